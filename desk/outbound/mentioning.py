"""Notes that name colleagues by "@": who may be named there, what is kept of it, and who is told."""

from __future__ import annotations

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.signals import StaffMentioned
from desk.store import Tx

COLLEAGUES = 500


def nameable(tx: Tx, conversation: Conversation) -> dict[int, str]:
    """The names of those who work here and may see this conversation, by id: nobody is called to a closed door."""
    team_id = conversation.team_id
    members = next((set(one.staff_ids) for one in agents.teams(tx) if one.id == team_id), set()) if team_id else set()
    out = {}
    for one in agents.page(tx, limit=COLLEAGUES).rows:
        theirs = frozenset({team_id}) if team_id is not None and one.id in members else frozenset[int]()
        who = Viewer(one.id, one.role, theirs, one.name, one.email, one.locale, one.zone)
        if one.active and conversations.may_see(who, team_id, conversation.assignee_id):
            out[one.id] = one.name
    return out


def places(tx: Tx, conversation: Conversation, text: str) -> list[list[int]]:
    """Where a note names whom, as its line keeps it: [[start, end, id], …]."""
    if "@" not in text:
        return []
    return [list(one) for one in agents.mentioned(text, nameable(tx, conversation))]


def tell(tx: Tx, conversation: Conversation, entry_id: int, viewer: Viewer, found: list[list[int]]) -> None:
    """Keeps the mentions of a line, and says them once the transaction is through."""
    named = sorted({staff_id for _start, _end, staff_id in found})
    if named:
        timeline.mention(tx, entry_id, named)
    for staff_id in named:
        if staff_id != viewer.id:
            tx.announce(StaffMentioned(entry_id, conversation.customer_id, conversation.id, staff_id, viewer.id))
