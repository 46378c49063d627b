"""The head start that a desk gives to the frustrated, and the queues put in order anew when it is another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from desk import settings
from desk.conversations.states import HEAD_START, urgency
from desk.conversations.tables import Conversation
from desk.signals import ConversationChanged
from desk.store import Tx

SETTINGS = frozenset(("frustration.strained_hours", "frustration.frustrated_hours"))
SLICE = 200  # conversations a transaction
_C = Conversation.__table__.c


def head_start(tx: Tx, level: str) -> Mapping[str, timedelta]:
    """By level, as the settings say; of calm ones nobody need ask."""
    if level == "calm":
        return HEAD_START
    return HEAD_START | {
        name: timedelta(hours=settings.get(tx, f"frustration.{name}_hours")) for name in ("strained", "frustrated")
    }


def rank(tx: Tx, conversation: Conversation) -> None:
    """Gives a conversation its place in the queues."""
    conversation.urgency = urgency(
        waiting_since=conversation.waiting_since,
        last_at=conversation.last_at,
        level=conversation.level,
        priority=conversation.priority,
        due_at=conversation.due_at,
        due_state=conversation.due_state or "",
        head_start=head_start(tx, conversation.level),
    )


def rank_again(tx: Tx, after: int = 0) -> int | None:
    """Puts those that stand in a queue with a head start, and whose number is above `after`, into their new places. The
    number to go on from, or None at the end. Screens hear of every one that moved."""
    query = (
        select(Conversation)
        .where(_C.status.in_(("open", "pending", "snoozed")), _C.level.in_(("strained", "frustrated")), _C.id > after)
        .order_by(_C.id)
        .limit(SLICE)
    )
    found = list(tx.scalars(query.with_for_update()))
    for conversation in found:
        before = conversation.urgency
        rank(tx, conversation)
        if conversation.urgency != before:
            tx.announce(ConversationChanged(conversation.id, conversation.customer_id, True))
    tx.flush()
    return found[-1].id if len(found) == SLICE else None
