"""Taking a conversation over from the colleague who has it: a line on the timeline, and they are told."""

from __future__ import annotations

from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.service import assign
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation
from desk.signals import TakenOver
from desk.store import Tx


def take_over(tx: Tx, conversation_id: int, viewer: Viewer) -> Conversation:
    """It is the viewer's from now on. Raises NotPossible where it is over, or joined with another; NotVisible."""
    conversation = get(tx, conversation_id, viewer)
    if conversation.merged_into is not None:
        raise NotPossible(f"This conversation has been merged into #{conversation.merged_into}.")
    before = conversation.assignee_id
    assign(tx, conversation_id, viewer, viewer.id)
    if before is not None and before != viewer.id:
        tx.announce(TakenOver(conversation_id, before, viewer.name))
    return conversation
