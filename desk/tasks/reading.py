"""Tasks as they are read: those of a conversation, and the open ones page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, tuple_

from desk import conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.store import BigInt, Tx, UtcTime
from desk.tasks.tables import Task

SHOWN_DONE = 5  # that were ticked off, beside a conversation
CAP = 99
WHICH = ("mine", "team", "overdue")

Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task. `text` is empty where it was erased."""

    id: int
    conversation_id: int
    entry_id: int
    text: str
    assignee_id: int | None
    due_at: datetime | None
    made_by: int | None
    made_at: datetime
    done_at: datetime | None
    done_by: int | None
    customer: str = ""
    subject: str = ""
    channel: str = ""
    status: str = ""

    def late(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True)
class Page:
    """A page of open tasks; `next` is the place behind its last, None at the end."""

    rows: list[TaskView]
    next: Place | None


_COLUMNS = (
    Task.id, Task.conversation_id, Task.entry_id, Task.assignee_id, Task.due_at, Task.made_by, Task.made_at,
    Task.done_at, Task.done_by,
)  # fmt: skip


def one(tx: Tx, task_id: int) -> TaskView | None:
    """A task by its number, for whoever has asked whether its conversation may be seen."""
    return next(iter(_views(tx, tx.execute(select(*_COLUMNS).where(Task.id == task_id)).all())), None)


def of_conversation(tx: Tx, conversation_id: int) -> list[TaskView]:
    """What is open in a conversation, what is due first in front, and behind it what was ticked off last."""
    mine = select(*_COLUMNS).where(Task.conversation_id == conversation_id)
    rows = [*tx.execute(mine.where(Task.done_at.is_(None)).order_by(Task.sort_at, Task.id)).all()]
    done = mine.where(Task.done_at.is_not(None)).order_by(Task.done_at.desc(), Task.id.desc()).limit(SHOWN_DONE)
    rows += tx.execute(done).all()
    return _views(tx, rows)


def every(tx: Tx, conversation_ids: Iterable[int]) -> list[TaskView]:
    """All tasks that these conversations ever had, for an archive."""
    query = select(*_COLUMNS).where(Task.conversation_id.in_(sorted(set(conversation_ids)))).order_by(Task.id)
    return _views(tx, tx.execute(query).all())


def open_in(tx: Tx, conversation_ids: Iterable[int]) -> dict[int, int]:
    """How many tasks are open in each of these conversations; those without one are left out."""
    ids = sorted(set(conversation_ids))
    query = select(Task.conversation_id, func.count()).where(
        Task.conversation_id.in_(ids), Task.done_at.is_(None)
    ).group_by(Task.conversation_id)  # fmt: skip
    return {row[0]: row[1] for row in tx.execute(query)} if ids else {}


def page(tx: Tx, viewer: Viewer, which: str, *, after: Place | None = None, limit: int = 50) -> Page:
    """Open tasks of conversations that a colleague may see, what is due first in front: their own, everybody's, or
    those whose time has passed."""
    query = (
        select(
            *_COLUMNS, Task.sort_at, Conversation.customer_name, Conversation.reply_address, Conversation.subject,
            Conversation.channel, Conversation.status,
        )
        .join(Conversation, Conversation.id == Task.conversation_id)
        .where(*_wanted(tx, viewer, which))
    )  # fmt: skip
    if after is not None:
        # Typed by hand: a bare tuple would hand SQLite an aware time, which it writes in another form.
        place = tuple_(literal(after[0], UtcTime()), literal(after[1], BigInt))
        query = query.where(tuple_(Task.sort_at, Task.id) > place)
    rows = tx.execute(query.order_by(Task.sort_at, Task.id).limit(limit + 1)).all()
    more = (rows[limit - 1].sort_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(_views(tx, rows[:limit]), more)


def counts(tx: Tx, viewer: Viewer) -> dict[str, int]:
    """How many there are of each, counted to one past CAP and no further."""
    found = {}
    for which in WHICH:
        query = select(Task.id).join(Conversation, Conversation.id == Task.conversation_id)
        some = query.where(*_wanted(tx, viewer, which)).limit(CAP + 1).subquery()
        found[which] = tx.scalar(select(func.count()).select_from(some)) or 0
    return found


def _wanted(tx: Tx, viewer: Viewer, which: str) -> list[Any]:
    found: list[Any] = [Task.done_at.is_(None), conversations.visible_to(viewer)]
    if which == "mine":
        found.append(Task.assignee_id == viewer.id)
    elif which == "overdue":
        found.append(Task.sort_at < tx.now())
    return found


def _views(tx: Tx, rows: Iterable[Any]) -> list[TaskView]:
    rows = list(rows)
    texts = timeline.texts(tx, [row.entry_id for row in rows])
    return [
        TaskView(
            id=row.id,
            conversation_id=row.conversation_id,
            entry_id=row.entry_id,
            text=texts.get(row.entry_id, ""),
            assignee_id=row.assignee_id,
            due_at=row.due_at,
            made_by=row.made_by,
            made_at=row.made_at,
            done_at=row.done_at,
            done_by=row.done_by,
            **_about(row),
        )
        for row in rows
    ]


def _about(row: Any) -> dict[str, str]:
    if not hasattr(row, "customer_name"):
        return {}
    return {
        "customer": row.customer_name or row.reply_address,
        "subject": row.subject,
        "channel": row.channel,
        "status": row.status,
    }
