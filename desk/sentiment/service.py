"""Scoring a customer's message as it arrives, following the level of its conversation, and hearing corrections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from desk import conversations, facts, settings, timeline
from desk.agents import Viewer
from desk.sentiment import scoring
from desk.sentiment.tables import Correction, Score
from desk.signals import FrustrationChanged
from desk.store import Tx


def score(tx: Tx, conversation: conversations.Conversation, entry_id: int, text: str, at: datetime) -> scoring.Scored:
    """Scores a message, moves the level, and puts a shift on the timeline with the words that carried it."""
    found = scoring.score(text, unanswered=conversation.unread)
    before = conversation.level
    value = scoring.follow(conversation.frustration, found.frustration)
    after = scoring.level(
        before,
        value,
        strained_at=settings.get(tx, "frustration.strained_at"),
        frustrated_at=settings.get(tx, "frustration.frustrated_at"),
    )
    tx.add(
        Score(
            entry_id=entry_id,
            conversation_id=conversation.id,
            customer_id=conversation.customer_id,
            occurred_at=at,
            model=scoring.MODEL,
            compound=found.compound,
            frustration=found.frustration,
            words=[list(w) for w in found.words],
            conversation_frustration=value,
            level_before=before,
            level_after=after,
        )
    )
    conversations.set_level(tx, conversation, after, value)
    if after != before:
        _shift(tx, conversation, before, after, value, at, entry_id, found.words, staff_id=None)
    return found


def _shift(
    tx: Tx,
    conversation: conversations.Conversation,
    before: str,
    after: str,
    value: float,
    at: datetime,
    message_entry_id: int | None,
    words: tuple[tuple[int, int, float], ...],
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
            "after": after,
            "score": value,
            "spans": [list(w) for w in words],
            "message_entry_id": str(message_entry_id) if message_entry_id else None,
            "model": scoring.MODEL if staff_id is None else "person",
        },
    )
    facts.record(
        tx,
        conversation.customer_id,
        "frustration",
        after,
        occurred_at=at,
        entry_id=entry.id,
        identity_id=conversation.reply_identity_id,
    )
    tx.announce(FrustrationChanged(conversation.customer_id, conversation.id, before, after))


def correct(tx: Tx, entry_id: int, viewer: Viewer, instead: str) -> None:
    """An agent contradicts a shift: the level follows the person, and the correction is kept to learn from."""
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.kind != "sentiment" or entry.conversation_id is None:
        raise LookupError("There is no such judgement on the timeline.")
    conversation = conversations.get(tx, entry.conversation_id, viewer)
    if instead not in conversations.LEVELS:
        raise conversations.NotPossible("A level is calm, strained or frustrated.")
    tx.add(
        Correction(
            entry_id=int(entry.detail.get("message_entry_id") or entry_id),
            conversation_id=conversation.id,
            said=entry.detail["after"],
            instead=instead,
            staff_id=viewer.id,
            at=tx.now(),
        )
    )
    before = conversation.level
    if before == instead:
        tx.flush()
        return
    value = {"calm": 0.1, "strained": 0.5, "frustrated": 0.8}[instead]
    conversations.set_level(tx, conversation, instead, value)
    _shift(tx, conversation, before, instead, value, tx.now(), None, (), staff_id=viewer.id)


def history(tx: Tx, customer_id: int, limit: int = 400) -> list[tuple[datetime, float, str]]:
    """How a customer's messages felt over time: (when, frustration of the conversation, level), newest last."""
    rows = tx.execute(
        select(Score.occurred_at, Score.conversation_frustration, Score.level_after)
        .where(Score.customer_id == customer_id)
        .order_by(Score.occurred_at.desc(), Score.entry_id.desc())
        .limit(limit)
    ).all()
    return [(at, value, level) for at, value, level in reversed(rows)]


_S = Score.__table__.c
_SCORES = select(_S.entry_id, _S.frustration, _S.words, _S.compound).where(
    _S.entry_id.in_(bindparam("entries", expanding=True))
)


def scores(tx: Tx, entry_ids: list[int]) -> dict[int, Any]:
    """The scores of messages, by entry."""
    if not entry_ids:
        return {}
    return {row.entry_id: row for row in tx.execute(_SCORES, {"entries": entry_ids}).all()}
