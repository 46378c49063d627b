"""Scoring a customer's message as it arrives, following the level of its conversation, and hearing corrections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, literal, select, union_all

from desk import conversations, facts, jobs, settings, timeline
from desk.agents import Viewer
from desk.among import among
from desk.sentiment import flagging, following, scoring
from desk.sentiment.adapting import FEWEST
from desk.sentiment.following import Heard, Limits, State
from desk.sentiment.scoring import Scored
from desk.sentiment.tables import Correction, Layer, RiskFlag, Score
from desk.signals import FrustrationChanged
from desk.store import Tx

FELT = 0.3  # from this score on, a line shows the words that carried it
FIRST = 1  # the priority of reading: the bot asks how a customer feels before it answers
_VALUES = {"calm": 0.1, "strained": 0.5, "frustrated": 0.8}  # of a conversation, where a person said so


def score(
    tx: Tx,
    conversation: conversations.Conversation,
    entry_id: int,
    text: str,
    at: datetime,
    *,
    channel: str | None = None,
    later: bool = False,
) -> Scored:
    """Scores a message by the word list and the cues, which takes no time.

    The level of the conversation follows at once; with `later`, where a model is there to read the message, a job is
    queued in this transaction and the level follows what that finds, within a second.
    """
    found = scoring.score(text)
    since = conversation.waiting_since
    row = Score(
        entry_id=entry_id,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        occurred_at=at,
        model=scoring.MODEL,
        compound=found.compound,
        frustration=found.frustration,
        language=found.language[:8],
        words=[list(w) for w in found.words],
        conversation_frustration=conversation.frustration,
        level_before=conversation.level,
        level_after=conversation.level,
        episode_id=conversation.episode_id,
        unanswered=conversation.unread,
        waited=following.patiences(
            (at - since).total_seconds() / 60 if since else 0.0, channel or conversation.channel
        ),
        similarity=0.0,
        read_at=None if later else tx.now(),
    )
    tx.add(row)
    flagging.raise_flags(tx, conversation, entry_id, text, at)
    if later:
        jobs.enqueue(
            tx, "sentiment.read", {"entry_id": entry_id}, key=f"sentiment.read:{entry_id}", priority=FIRST, at_once=True
        )
    else:
        _follow(tx, conversation, row)
    return found


def unread(tx: Tx, entry_id: int) -> Score | None:
    """The quick score of a message that a model has yet to read."""
    row = tx.get(Score, entry_id)
    return row if row is not None and row.read_at is None else None


def earlier(tx: Tx, row: Score, limit: int = 3) -> list[str]:
    """The texts of the customer's messages before this one in the same episode, newest first."""
    before = tx.scalars(
        select(Score.entry_id)
        .where(Score.conversation_id == row.conversation_id, Score.entry_id < row.entry_id)
        .where(Score.episode_id == row.episode_id)
        .order_by(Score.entry_id.desc())
        .limit(limit)
    ).all()
    entries = [timeline.one(tx, entry_id) for entry_id in before]
    return [entry.text for entry in entries if entry is not None and entry.text.strip()]


def settle(tx: Tx, entry_id: int, found: Scored, model: str, similarity: float) -> bool:
    """Puts what a model read in the place of the quick score, and follows the conversation from that message on.

    False where that was done before. Messages are followed in the order in which they came in, whichever is read first.
    """
    row = unread(tx, entry_id)
    if row is None:
        return False
    conversation = conversations.get(tx, row.conversation_id, None)
    tx.refresh(conversation, with_for_update=True)  # two messages of one customer may be read at the same time
    row.model, row.compound, row.frustration = model[:40], found.compound, found.frustration
    row.words, row.language = [list(w) for w in found.words], found.language[:8]
    row.similarity, row.read_at = similarity, tx.now()
    _follow(tx, conversation, row)
    timeline.changed(tx, entry_id)
    return True


def _follow(tx: Tx, conversation: conversations.Conversation, row: Score) -> None:
    """Follows the conversation from a message that was just read to the last one that was."""
    tx.flush()
    limits = Limits(settings.get(tx, "frustration.strained_at"), settings.get(tx, "frustration.frustrated_at"))
    of_episode = select(Score).where(
        Score.conversation_id == row.conversation_id, Score.episode_id == row.episode_id, Score.read_at.is_not(None)
    )
    before = tx.scalar(of_episode.where(Score.entry_id < row.entry_id).order_by(Score.entry_id.desc()).limit(1))
    since = row.entry_id if before is None else before.entry_id
    said = _said_since(tx, row.conversation_id, since)
    state = State() if before is None else State(before.conversation_frustration, before.level_after)
    if before is not None:
        state = _overruled(state, said, since, row.entry_id)
    rows = tx.scalars(of_episode.where(Score.entry_id >= row.entry_id).order_by(Score.entry_id)).all()
    for place, each in enumerate(rows):
        each.level_before = state.level
        state = following.step(state, _heard(each), limits)
        each.conversation_frustration, each.level_after = state.value, state.level
        until = rows[place + 1].entry_id if place + 1 < len(rows) else None
        state = _overruled(state, said, each.entry_id, until)
    if conversation.episode_id == row.episode_id:
        _move(tx, conversation, state, row)


def _heard(row: Score) -> Heard:
    return Heard(row.frustration, row.unanswered, row.waited, row.similarity)


def _said_since(tx: Tx, conversation_id: int, entry_id: int) -> list[tuple[int, str]]:
    """What people said of a conversation after a message: (the newest message then, the level), in order."""
    rows = tx.execute(
        select(Correction.after_entry_id, Correction.instead)
        .where(Correction.conversation_id == conversation_id, Correction.after_entry_id >= entry_id)
        .order_by(Correction.id)
    ).all()
    return [(after, instead) for after, instead in rows if after is not None]


def _overruled(state: State, said: list[tuple[int, str]], since: int, until: int | None) -> State:
    """The state, or what a person said of it between two messages."""
    for after, instead in said:
        if since <= after and (until is None or after < until):
            state = State(_VALUES[instead], instead)
    return state


def _move(tx: Tx, conversation: conversations.Conversation, state: State, row: Score) -> None:
    before = conversation.level
    if (before, conversation.frustration) == (state.level, state.value):
        return
    conversations.set_level(tx, conversation, state.level, state.value)
    if before != state.level:
        _shift(tx, conversation, before, row.occurred_at, row, staff_id=None)


def _shift(
    tx: Tx,
    conversation: conversations.Conversation,
    before: str,
    at: datetime,
    row: Score | None,
    *,
    staff_id: int | None,
) -> None:
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="sentiment",
        author="desk" if staff_id is None else "staff",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        staff_id=staff_id,
        # Words by their places, so that no personal text stands in the skeleton.
        detail={
            "before": before,
            "after": conversation.level,
            "score": conversation.frustration,
            "spans": row.words if row else [],
            "message_entry_id": str(row.entry_id) if row else None,
            "model": row.model if row else "person",
            "circumstances": _circumstances(row) if row else {},
        },
    )
    facts.record(
        tx,
        conversation.customer_id,
        "frustration",
        conversation.level,
        occurred_at=at,
        entry_id=entry.id,
        identity_id=conversation.reply_identity_id,
    )
    tx.announce(FrustrationChanged(conversation.customer_id, conversation.id, before, conversation.level))


def _circumstances(row: Score) -> dict[str, float]:
    """What besides its words a message was judged by, where there is any: numbers, as the console tells them."""
    known = {
        "unanswered": row.unanswered,
        "waited": round(row.waited, 2) if row.waited >= 1 else 0,
        "similarity": row.similarity if row.similarity > following.ALIKE_FROM else 0,
    }
    return {name: value for name, value in known.items() if value}


def correct(tx: Tx, entry_id: int, viewer: Viewer, instead: str) -> None:
    """An agent contradicts a shift, or says of a message what the desk did not hear: the level follows the person, and
    the correction is kept to learn from."""
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None or entry.kind not in ("sentiment", "message"):
        raise LookupError("There is no such judgement on the timeline.")
    conversation = conversations.get(tx, entry.conversation_id, viewer)
    heard = tx.get(Score, entry_id) if entry.kind == "message" else None
    if entry.kind == "message" and heard is None:
        raise LookupError("There is no such judgement on the timeline.")
    if instead not in conversations.LEVELS:
        raise conversations.NotPossible("A level is calm, strained or frustrated.")
    newest = tx.scalar(select(func.max(Score.entry_id)).where(Score.conversation_id == conversation.id))
    tx.add(
        Correction(
            entry_id=int(entry.detail.get("message_entry_id") or entry_id),
            conversation_id=conversation.id,
            after_entry_id=newest,
            said=heard.level_after if heard is not None else entry.detail["after"],
            instead=instead,
            staff_id=viewer.id,
            at=tx.now(),
        )
    )
    tx.flush()
    _ask_to_learn(tx)
    before = conversation.level
    if before == instead:
        return
    conversations.set_level(tx, conversation, instead, _VALUES[instead])
    _shift(tx, conversation, before, tx.now(), None, staff_id=viewer.id)


def _ask_to_learn(tx: Tx) -> None:
    """Queues a lesson where there is enough to learn from that no layer has learned from yet."""
    since = tx.scalar(select(func.max(Layer.last_correction_id))) or 0
    new = tx.scalars(select(Correction.id).where(Correction.id > since).order_by(Correction.id).limit(FEWEST)).all()
    if len(new) >= FEWEST:
        jobs.enqueue(tx, "sentiment.learn", {}, key="sentiment.learn", priority=8)


def history(tx: Tx, customer_id: int, limit: int = 400) -> list[tuple[datetime, float, str]]:
    """How a customer's messages felt over time: (when, frustration of the conversation, level), newest last.

    What was not scored is not among them."""
    rows = tx.execute(
        select(Score.occurred_at, Score.conversation_frustration, Score.level_after)
        .where(Score.customer_id == customer_id, Score.frustration.is_not(None))
        .order_by(Score.occurred_at.desc(), Score.entry_id.desc())
        .limit(limit)
    ).all()
    return [(at, value, level) for at, value, level in reversed(rows)]


def heard(tx: Tx, customer_ids: Collection[int]) -> set[int]:
    """Those of these customers (of a page: at most 500) of whom any message was scored."""
    any_scored = [
        select(literal(number)).where(exists().where(Score.customer_id == number, Score.frustration.is_not(None)))
        for number in sorted(customer_ids)
    ]
    return set(tx.scalars(union_all(*any_scored))) if any_scored else set()


_S, _R = Score.__table__, RiskFlag.__table__
# A message has a row for each of its flags, and one without where it has none: score and flags are one read.
_SCORES = (
    select(
        _S.c.entry_id, _S.c.frustration, _S.c.language, _S.c.level_after,
        case((_S.c.frustration >= FELT, _S.c.words)).label("words"),
        _R.c.kind, _R.c.start, _R.c.end, _R.c.off_at, _R.c.off_by,
    )
    .select_from(_S.outerjoin(_R, _R.c.entry_id == _S.c.entry_id))
    .where(among(_S.c.entry_id, "entries"))
    .order_by(_S.c.entry_id, _R.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag as it stands: its place in the text (None: erased), and who took it off when."""

    kind: str
    start: int | None
    end: int | None
    off_at: datetime | None
    off_by: int | None


@dataclass(slots=True)
class Sound:
    """What a message sounded like, and what a person should look at in it."""

    entry_id: int
    frustration: float | None  # None: not scored
    language: str  # ISO 639, empty where nobody can tell
    words: list[Any]  # what carried it, where it is felt at all
    level: str  # of its conversation after it
    flags: list[Flag]


def scores(tx: Tx, entry_ids: list[int]) -> dict[int, Sound]:
    """The scores of messages with their flags, by entry."""
    if not entry_ids:
        return {}
    found: dict[int, Sound] = {}
    for row in tx.execute(_SCORES, {"entries": entry_ids}):
        sound = found.get(row.entry_id)
        if sound is None:
            sound = found[row.entry_id] = Sound(
                row.entry_id, row.frustration, row.language, row.words or [], row.level_after, []
            )
        if row.kind is not None:
            sound.flags.append(Flag(row.kind, row.start, row.end, row.off_at, row.off_by))
    return found
