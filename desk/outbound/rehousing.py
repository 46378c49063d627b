"""Moving a conversation to another inbox: only to one that its customer can be written to from."""

from __future__ import annotations

from desk import conversations
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible
from desk.outbound.ways import homes
from desk.store import Tx

NOT_FROM_THERE = "This customer cannot be written to from that inbox."


def move_to(tx: Tx, conversation_id: int, viewer: Viewer, inbox_id: int) -> Conversation:
    """Moves it; later answers go out from there. Raises NotVisible and NotPossible."""
    row = conversations.get(tx, conversation_id, viewer)
    if row.inbox_id == inbox_id:
        raise NotPossible("This conversation is in that inbox already.")
    for inbox, identity in homes(tx, row):
        if inbox.id == inbox_id:
            return conversations.rehome(tx, row.id, viewer, inbox, identity)
    raise NotPossible(NOT_FROM_THERE)
