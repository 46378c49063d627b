"""Being reminded of a conversation: at a time that one chooses for oneself, by a job of the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from desk import agents, conversations
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible
from desk.jobs import Leased, enqueue, finish
from desk.parts import Desk
from desk.signals import Reminded
from desk.store import Tx
from desk.tasks.tables import Reminder

LONGEST = timedelta(days=366)
MOST = 100  # that one person reads at once


@dataclass(frozen=True, slots=True)
class ReminderView:
    """One reminder with what it is about."""

    conversation_id: int
    at: datetime
    customer: str
    subject: str


def remind(tx: Tx, conversation_id: int, viewer: Viewer, at: datetime) -> bool:
    """Reminds this colleague of the conversation at a time; what was to remind them of it before is moved there. False
    where it was so already. Raises NotVisible, NotPossible."""
    conversation = conversations.get(tx, conversation_id, viewer)
    if not tx.now() < at <= tx.now() + LONGEST:
        raise NotPossible("Choose a time to come, within a year.")
    row = tx.get(Reminder, (viewer.id, conversation.id))
    if row is not None and row.at == at:
        return False
    if row is None:
        tx.add(Reminder(staff_id=viewer.id, conversation_id=conversation.id, at=at))
    else:
        row.at = at
    tx.flush()
    args = {"staff_id": viewer.id, "conversation_id": conversation.id, "at": at.isoformat()}
    key = f"reminder:{viewer.id}:{conversation.id}:{at.isoformat()}"
    enqueue(tx, "tasks.remind", args, key=key, run_at=at, priority=3)
    return True


def call_off(tx: Tx, conversation_id: int, viewer: Viewer) -> bool:
    """Reminds nobody. False where nothing would have. What one may not see any more can be called off too."""
    mine = delete(Reminder).where(Reminder.staff_id == viewer.id, _of(tx, conversation_id))
    return bool(tx.execute(mine).rowcount)


def _of(tx: Tx, conversation_id: int) -> ColumnElement[bool]:
    """Of a conversation, and of what has been merged into it since somebody wanted to be reminded."""
    return Reminder.conversation_id.in_(conversations.members(tx, conversation_id))


def reminder_of(tx: Tx, conversation_id: int, viewer: Viewer) -> datetime | None:
    """When this colleague is reminded of a conversation."""
    mine = select(Reminder.at).where(Reminder.staff_id == viewer.id, _of(tx, conversation_id))
    return tx.scalar(mine.order_by(Reminder.at).limit(1))


def reminders(tx: Tx, viewer: Viewer) -> list[ReminderView]:
    """Of what this colleague is reminded, the next first."""
    query = (
        select(Reminder, Conversation)
        .join(Conversation, Conversation.id == Reminder.conversation_id)
        .where(Reminder.staff_id == viewer.id, conversations.visible_to(viewer))
        .order_by(Reminder.at, Reminder.conversation_id)
        .limit(MOST)
    )
    return [
        ReminderView(about.id, row.at, about.customer_name or about.reply_address, about.subject)
        for row, about in tx.execute(query)
    ]


def ring(desk: Desk, job: Leased) -> None:
    """The task `tasks.remind`: the time has come. What was moved or called off rings no more; what its reader may not
    see any more goes without a word. A conversation that is put aside comes back where it is theirs, or nobody's."""
    with desk.store.transaction() as tx:
        finish(tx, job)
        staff_id, number = int(job.args["staff_id"]), int(job.args["conversation_id"])
        row = tx.get(Reminder, (staff_id, number), with_for_update=True)
        if row is None or row.at.isoformat() != job.args["at"]:
            return
        tx.delete(row)
        viewer, found = agents.viewer(tx, staff_id), conversations.landed(tx, number)
        if viewer is None or found is None or not conversations.may_see(viewer, found.team_id, found.assignee_id):
            return
        if found.status == "snoozed" and found.assignee_id in (None, staff_id):
            conversations.come_back(tx, found)
        tx.announce(Reminded(staff_id, found.id))


def forget_of(tx: Tx, staff_id: int) -> None:
    """Somebody works here no more: nothing reminds them."""
    tx.execute(delete(Reminder).where(Reminder.staff_id == staff_id))
