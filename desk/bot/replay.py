"""Last month's questions put to the bot as it is, and to a variation of it: changed articles, another target.

A job, and never a word to a customer. Each question stands by itself: what was tried before it, choices and flows are
left out on both sides, so that what differs comes of the variation alone. Words stay in their lines.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import delete, select

from desk import knowledge, settings, timeline
from desk.bot.lab import alone, weigh
from desk.bot.phrases import folded, kind_of
from desk.bot.shelf import SHELVES, Shelf, items, marked, measured
from desk.bot.tables import BotEpisode, BotReplay, BotReplayed, BotTurn
from desk.bot.turn import Situation, language
from desk.bot.wording import READ, cleaned
from desk.jobs import Leased, LeaseLost, enqueue, finish, is_open, renew
from desk.knowledge import Article
from desk.nlp import WITHOUT, Models, NoModel
from desk.nlp.matching import Matcher
from desk.parts import Desk
from desk.store import Tx

log = logging.getLogger(__name__)

BACK = timedelta(days=30)
MOST = 2000  # questions of one replay, the newest
SLICE = 50  # between two commits, for the page that shows how far it is
KEPT = timedelta(days=90)
DRAFTS = 200  # that one variation may take in
LEAST, GREATEST = 50.0, 99.9  # targets, in per cent
# Turns in which an article was looked for; the others are small talk, choices, flows and wishes for a person.
_LOOKED = ("sure", "between", "unsure", "language", "no_articles", "tried", "frustrated")


class BadReplay(ValueError):
    """It cannot be run: `reason` is busy (another one runs), precision, drafts, or model."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Asked:
    entry_id: int
    situation: Situation


def drafts(tx: Tx) -> list[Article]:
    """Articles that readers would get otherwise, were they published as they are: what a variation can take in."""
    found = [
        *knowledge.articles(tx, state="changed", limit=DRAFTS),
        *knowledge.articles(tx, state="draft", limit=DRAFTS),
    ]
    return [row for row in found if row.visibility == "public"][:DRAFTS]


def ask(
    tx: Tx, staff_id: int, draft_ids: Sequence[int], precision: float, *, models: Models, model: str = ""
) -> BotReplay:
    """Asks for a replay, one at a time. `models` is what the desk understands with, `model` what is tried instead, as
    `Models.others` names it. Raises BadReplay."""
    if not LEAST <= precision <= GREATEST:
        raise BadReplay("precision")
    ids = sorted(set(draft_ids))
    if set(ids) - {row.id for row in drafts(tx)}:
        raise BadReplay("drafts")
    if model and model not in models.others():
        raise BadReplay("model")
    last = tx.scalar(select(BotReplay).order_by(BotReplay.id.desc()).limit(1))
    if last is not None and under_way(tx, last):
        raise BadReplay("busy")
    row = BotReplay(
        asked_at=tx.now(),
        asked_by=staff_id,
        since=tx.now() - BACK,
        drafts=ids,
        precision=precision,
        before_precision=float(settings.get(tx, "bot.precision")),
        model=model,
        before_model=models.name if models.status.ready else WITHOUT,
        state="waiting",
        total=None,
        done=0,
        error="",
    )
    tx.add(row)
    tx.flush()
    enqueue(tx, "bot.replay", {"replay_id": row.id}, key=f"replay:{row.id}", priority=8, max_attempts=3)
    return row


def under_way(tx: Tx, row: BotReplay) -> bool:
    """Whether somebody still works at it, or will."""
    return row.state in ("waiting", "running") and is_open(tx, f"replay:{row.id}")


def one(tx: Tx, replay_id: int) -> BotReplay | None:
    """A replay that is still kept."""
    return tx.get(BotReplay, replay_id)


def newest(tx: Tx, limit: int = 10) -> list[BotReplay]:
    """The last replays, newest first."""
    return list(tx.scalars(select(BotReplay).order_by(BotReplay.id.desc()).limit(limit)))


def lines(tx: Tx, replay_id: int) -> list[BotReplayed]:
    """What came out, question by question."""
    return list(
        tx.scalars(select(BotReplayed).where(BotReplayed.replay_id == replay_id).order_by(BotReplayed.entry_id))
    )


def forget_old(tx: Tx) -> None:
    """What is older than it is kept goes."""
    old = list(tx.scalars(select(BotReplay.id).where(BotReplay.asked_at < tx.now() - KEPT)))
    if old:
        tx.execute(delete(BotReplayed).where(BotReplayed.replay_id.in_(old)))
        tx.execute(delete(BotReplay).where(BotReplay.id.in_(old)))


def work(desk: Desk, job: Leased) -> None:
    """The job `bot.replay`. What a run before it wrote stays, and it goes on from there."""
    replay_id = job.args["replay_id"]
    try:
        _run(desk, job, replay_id)
    except LeaseLost:
        raise
    except NoModel as error:
        _note(desk, replay_id, state="failed", error=str(error)[:300])
    except Exception as error:
        log.exception("replay %s failed", replay_id)
        _note(desk, replay_id, state="failed", error=type(error).__name__)
    with desk.store.transaction() as tx:
        finish(tx, job)


def _run(desk: Desk, job: Leased, replay_id: int) -> None:
    with desk.store.reading() as tx:
        row = one(tx, replay_id)
        if row is None or row.state == "done":
            return
        draft_ids, precision, model = list(row.drafts), row.precision / 100, row.model
        questions = _gather(tx, row)
        known = {each.entry_id for each in lines(tx, replay_id)}
    _note(desk, replay_id, state="running", total=len(questions), done=len(known))
    two = _Two(desk, draft_ids, precision, _model(desk, model))
    left = [q for q in questions if q.entry_id not in known]
    for start in range(0, len(left), SLICE):
        made = [two.line(replay_id, q) for q in left[start : start + SLICE]]
        with desk.store.transaction() as tx:
            renew(tx, job)  # whoever was given up for dead and comes back writes nothing beside its successor
            row = tx.get(BotReplay, replay_id, with_for_update=True)
            if row is None:
                return
            tx.add_all(made)
            row.done += len(made)
    _note(desk, replay_id, state="done")


def _model(desk: Desk, name: str) -> Models:
    """What the variation understands with, loaded. Raises NoModel: letters and words alone would be another trial."""
    if not name:
        return desk.models
    try:
        models = desk.models.other(name)
    except LookupError:
        raise NoModel(f"The folder of the model {name} is gone.") from None
    status = models.warm()
    if name != WITHOUT and not status.ready:
        raise NoModel(status.detail)
    return models


def _note(desk: Desk, replay_id: int, **values: str | int) -> None:
    with desk.store.transaction() as tx:
        row = tx.get(BotReplay, replay_id, with_for_update=True)
        if row is None:
            return
        for name, value in values.items():
            setattr(row, name, value)
        if row.state in ("done", "failed"):
            row.finished_at = tx.now()


def _gather(tx: Tx, row: BotReplay) -> list[_Asked]:
    """What was asked in the period, newest first, without what was erased meanwhile."""
    query = (
        select(BotTurn, BotEpisode.inbox_id)
        .join(BotEpisode, BotEpisode.episode_id == BotTurn.episode_id)
        .where(
            BotTurn.at >= row.since,
            BotTurn.at <= row.asked_at,
            BotTurn.question_entry_id.is_not(None),
            BotTurn.because.in_(_LOOKED),
        )
        .order_by(BotTurn.at.desc(), BotTurn.entry_id.desc())
        .limit(MOST)
    )
    turns = [(turn, inbox_id) for turn, inbox_id in tx.execute(query)]
    words = timeline.texts(tx, [turn.question_entry_id for turn, _ in turns if turn.question_entry_id])
    brands = {inbox_id: settings.inbox(tx, inbox_id).brand_id for inbox_id in {inbox_id for _, inbox_id in turns}}
    written = {brand_id: tuple(knowledge.locales(tx, brand_id)) for brand_id in set(brands.values())}
    out: list[_Asked] = []
    before: dict[int, str] = {}
    for turn, inbox_id in reversed(turns):  # in the order of talking: what leans on the question before it finds it
        text = words.get(turn.question_entry_id or 0, "")[:READ]
        if not text.strip() or kind_of(text) != "question":
            continue
        brand_id = brands[inbox_id]
        situation = replace(
            alone(text, turn.locale, written[brand_id]),
            before=before.get(turn.episode_id, ""),
            brand_id=brand_id,
            upset=turn.because == "frustrated",
        )
        before[turn.episode_id] = text
        out.append(_Asked(turn.question_entry_id or 0, situation))
    return out[::-1]


class _Two:
    """The bot as it is, and the variation, by language; each is learned when the first question needs it."""

    def __init__(self, desk: Desk, draft_ids: Sequence[int], precision: float, models: Models) -> None:
        self._desk, self._precision, self._models = desk, precision, models
        with desk.store.reading() as tx:
            self._drafts = [
                knowledge.as_drafted(row) for row in knowledge.some(tx, draft_ids) if row.visibility == "public"
            ]
        self._both: dict[str, tuple[Shelf | None, Shelf | None]] = {}
        self._examples: dict[str, set[str]] = {}

    def line(self, replay_id: int, asked: _Asked) -> BotReplayed:
        situation = asked.situation
        locale = language(situation)
        now, then = self._of(locale)
        before, near = weigh(now, situation, "question", locale in situation.written or not situation.written)
        after, nearer = weigh(then, situation, "question", then is not None or not situation.written)
        return BotReplayed(
            replay_id=replay_id,
            entry_id=asked.entry_id,
            locale=locale[:16],
            is_example=folded(cleaned(situation.texts[0])) in self._examples[locale],
            before=before.outcome,
            before_article=near[0].article_id if near else None,
            before_confidence=near[0].confidence if near else None,
            after=after.outcome,
            after_article=nearer[0].article_id if nearer else None,
            after_confidence=nearer[0].confidence if nearer else None,
        )

    def _of(self, locale: str) -> tuple[Shelf | None, Shelf | None]:
        if locale not in self._both:
            now = SHELVES.get(self._desk, locale)
            then = self._varied(locale, now)
            self._both[locale] = now, then
            found = [p for shelf in (now, then) if shelf is not None for p in shelf.articles.values()]
            self._examples[locale] = {folded(cleaned(text)) for p in found for text in p.examples}
        return self._both[locale]

    def _varied(self, locale: str, now: Shelf | None) -> Shelf | None:
        with self._desk.store.reading() as tx:
            known = marked(tx, locale)
        changed = {p.id: p for p in self._drafts if p.locale == locale}
        found = list(((now.articles if now is not None else {}) | changed).values())
        if not found:
            return None
        same = self._models is self._desk.models
        if now is not None and not changed and same:
            matcher = now.matcher
        else:
            matcher = Matcher.fit(items(found), self._models, now.matcher if now is not None and same else None)
        return measured(locale, "", matcher, found, self._precision, known)
