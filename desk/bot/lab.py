"""What the lab asks for: learning the articles anew, and trying a question out. Both are jobs: no request waits for a
model, and a desk whose worker is a process of its own loads models there alone."""

from __future__ import annotations

from typing import Any

from desk import knowledge
from desk.bot import marks
from desk.bot.decide import Candidate, Case, Decision, decide
from desk.bot.passage import LONGEST
from desk.bot.phrases import Kind, kind_of
from desk.bot.shelf import SHELVES, Shelf, learned_from
from desk.bot.tables import BotFit, BotTrial
from desk.bot.turn import Situation, candidates, language, passage, variants
from desk.bot.wording import READ
from desk.jobs import Leased, enqueue, finish
from desk.parts import Desk
from desk.store import Tx

LONGEST_QUESTION = READ


def learn(desk: Desk, job: Leased) -> None:
    """The job `bot.learn`: fits the articles of a language, or forgets one that has none any more."""
    locale = job.args["locale"]
    shelf = SHELVES.get(desk, locale)
    with desk.store.transaction() as tx:
        row = tx.get(BotFit, locale)
        if shelf is None and row is not None:
            tx.delete(row)
        finish(tx, job)


def ask_to_learn(tx: Tx, locale: str) -> None:
    """Queues the job, where nothing is queued yet."""
    enqueue(tx, "bot.learn", {"locale": locale}, key=f"learn:{locale}", priority=6, max_attempts=3)


def is_learned(tx: Tx, row: BotFit) -> bool:
    """Whether what was learned is of the articles and of the marked questions as they are now."""
    step = marks.step_of(marks.counts(tx).get(row.locale, 0))
    return row.digest.rpartition(":")[0] == learned_from(knowledge.state(tx, row.locale), step)


def ask(tx: Tx, text: str, locale: str, staff_id: int) -> BotTrial:
    """Puts a question to the bot as a try; the answer comes by a job."""
    row = BotTrial(
        text=text.replace("\x00", "").strip()[:LONGEST_QUESTION],
        locale=locale,
        staff_id=staff_id,
        asked_at=tx.now(),
        result=None,
    )
    tx.add(row)
    tx.flush()
    enqueue(tx, "bot.try", {"trial_id": row.id}, key=f"try:{row.id}", priority=1, max_attempts=2)
    return row


def trial(tx: Tx, trial_id: int, staff_id: int) -> BotTrial | None:
    """A try of one's own."""
    row = tx.get(BotTrial, trial_id)
    return row if row is not None and row.staff_id == staff_id else None


def try_out(desk: Desk, job: Leased) -> None:
    """The job `bot.try`."""
    with desk.store.reading() as tx:
        row = tx.get(BotTrial, job.args["trial_id"])
        text, locale = (row.text, row.locale) if row is not None else ("", "")
    result = answers(desk, text, locale) if row is not None else None
    with desk.store.transaction() as tx:
        row = tx.get(BotTrial, job.args["trial_id"])
        if row is not None:
            row.result = result
        finish(tx, job)


def answers(desk: Desk, question: str, locale: str = "") -> dict[str, Any]:
    """What the bot would do with a question that stands alone: outcome, reason, candidates, the nearest example and the
    passage. `locale` "" finds the language out. May take seconds where the articles are still to be learned."""
    with desk.store.reading() as tx:
        written = tuple(knowledge.locales(tx))
    situation = alone(question, locale or "en", written)
    spoken = locale or language(situation)
    kind = kind_of(question)
    shelf: Shelf | None = SHELVES.get(desk, spoken) if spoken in written and kind == "question" else None
    found, ranked = weigh(shelf, situation, kind, spoken in written or not written)
    out: dict[str, Any] = {
        "outcome": found.outcome,
        "because": found.because,
        "locale": spoken,
        "kind": kind,
        "threshold": shelf.threshold.value if shelf else None,
        "floor": shelf.floor if shelf else None,
        "candidates": [[c.article_id, c.title, round(c.confidence, 4)] for c in ranked[:5]],
        "nearest": None,
        "passage": "",
    }
    texts = variants(situation)
    if shelf is not None and texts:
        [ranked_once] = shelf.matcher.score(texts[:1])
        if ranked_once.nearest is not None:
            near = ranked_once.nearest
            out["nearest"] = [near.text, round(near.cosine, 4), int(near.id)]
        if ranked:
            article = shelf.articles[ranked[0].article_id]
            out["passage"] = passage(desk.models, article, texts[0], LONGEST)
    return out


def weigh(
    shelf: Shelf | None, situation: Situation, kind: Kind, spoken: bool
) -> tuple[Decision, tuple[Candidate, ...]]:
    """What the bot would do in a situation with what is on a shelf, and the articles that it would choose among."""
    ranked: tuple[Candidate, ...] = candidates(shelf, situation) if shelf is not None else ()
    at, floor = (shelf.threshold.value, shelf.floor) if shelf is not None else (1.0, 1.0)
    case = Case(kind=kind, candidates=ranked, threshold=at, floor=floor, upset=situation.upset, spoken=spoken)
    return decide(case), ranked


def alone(question: str, locale: str, written: tuple[str, ...]) -> Situation:
    """A question without a conversation around it, for whatever brand."""
    return Situation(
        conversation_id=0,
        question_id=0,
        texts=(question[:READ],),
        before="",
        upset=False,
        channel="chat",
        brand="",
        brand_id=None,
        locales=(locale,),
        written=written,
        tried=frozenset(),
        refused=frozenset(),
        offered=(),
        answer_id=None,
        turns=0,
        aside=False,
    )
