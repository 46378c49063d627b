"""The customer's name in a queue row, when it changes."""

from __future__ import annotations

from desk.conversations.tables import Conversation
from desk.signals import ConversationChanged
from desk.store import Tx


def call(tx: Tx, conversation_id: int, name: str) -> None:
    """Shows another name for the customer of a conversation."""
    row = tx.get_one(Conversation, conversation_id)
    if row.customer_name != name:
        row.customer_name = name[:200]
        tx.flush()
        tx.announce(ConversationChanged(row.id, row.customer_id))
