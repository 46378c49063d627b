"""A word of a lead to the colleague who is on a conversation: a note, and at once beside their composer."""

from __future__ import annotations

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.outbound.service import note
from desk.outbound.writing import Refused
from desk.signals import Whispered
from desk.store import Tx

LONGEST = 500  # letters: it is read in the middle of writing


def whisper(
    tx: Tx, conversation_id: int, viewer: Viewer, to_id: int, text: str, *, request_id: str | None = None
) -> timeline.EntryView:
    """Says it to a colleague who works here and may see the conversation. Raises Refused, NotVisible."""
    if len(text) > LONGEST:
        raise Refused("A whisper has 500 characters at most.")
    to = agents.viewer(tx, to_id)
    if to is None:
        raise Refused("Nobody with that number works here now.")
    row = conversations.get(tx, conversation_id, viewer)
    if not conversations.may_see(to, row.team_id, row.assignee_id):
        raise Refused("They may not see this conversation: assign it to them, or to one of their teams.")
    entry = note(tx, conversation_id, viewer, text, request_id=request_id)
    tx.announce(Whispered(entry.id, conversation_id, to.id, viewer.name, entry.text))
    return entry
