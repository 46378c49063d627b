"""What somebody has to do in a conversation, and when somebody wants to be reminded of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt

_OPEN: dict[str, Any] = dict.fromkeys(("sqlite_where", "postgresql_where"), text("done_at IS NULL"))


class Task(Base):
    """One thing to do. Its words are those of the line `entry_id`, so that whatever takes words from a timeline
    (erasing, redacting, retention) takes them from here too.

    Its conversation is that of the line, wherever that is moved. `sort_at` is when it is due, and far away where it has
    no time, so that a list is one walk along an index.
    """

    __tablename__ = "tasks"
    __audit__: ClassVar[Watched] = Watched("task", ("conversation_id", "assignee_id", "due_at", "done_at"), title="")
    __table_args__ = (
        Index("ix_tasks_conversation", "conversation_id", "id"),
        Index("ix_tasks_mine", "assignee_id", "sort_at", "id", **_OPEN),
        Index("ix_tasks_open", "sort_at", "id", **_OPEN),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(BigInt)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    due_at: Mapped[datetime | None]
    sort_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: a rule
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Reminder(Base):
    """When one colleague wants to be reminded of one conversation; nobody else sees it. It goes when it has rung."""

    __tablename__ = "reminders"
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    at: Mapped[datetime]
