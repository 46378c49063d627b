"""What was promised to a conversation's customer, as its queue row shows it; whoever keeps the clocks says it here."""

from __future__ import annotations

from datetime import datetime

from desk.conversations.service import _touch
from desk.conversations.tables import Conversation
from desk.store import Tx


def at_hand(tx: Tx, conversation_id: int) -> Conversation | None:
    """The row as this transaction knows it: for a reaction to a change that holds the row already."""
    found: Conversation | None = tx.get(Conversation, conversation_id)
    return found


def promise(
    tx: Tx,
    conversation: Conversation,
    *,
    due_at: datetime | None = None,
    warn_at: datetime | None = None,
    kind: str = "",
    state: str = "",
) -> None:
    """What is due next; without anything, nothing is. The queue follows."""
    said = (due_at, warn_at, kind, state)
    if said == (conversation.due_at, conversation.due_warn_at, conversation.due_kind, conversation.due_state):
        return
    conversation.due_at, conversation.due_warn_at = due_at, warn_at
    conversation.due_kind, conversation.due_state = kind, state
    _touch(tx, conversation)
