"""What is promised to customers, and the clocks that run for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Policy(Base):
    """One promise and for whom it is. Of those in force (`removed_at` empty) the first by `position` that fits wins.

    A condition that is empty fits everything. Targets are minutes; empty: nothing is promised. `hours`: `inbox` (the
    calendar of the conversation's inbox), `calendar` (`calendar_id`), `always`.
    """

    __tablename__ = "sla_policies"
    __audit__: ClassVar[Watched] = Watched(
        "promise",
        (
            *("name", "position", "inbox_id", "segment_id", "priority", "first_minutes", "next_minutes"),
            *("resolution_minutes", "hours", "calendar_id", "pauses", "warn_minutes", "removed_at"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    segment_id: Mapped[int | None]  # no foreign key: one that was removed fits nobody, and the page says so
    priority: Mapped[int | None]
    first_minutes: Mapped[int | None]
    next_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    hours: Mapped[str] = mapped_column(String(10), default="inbox")
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))
    pauses: Mapped[bool] = mapped_column(default=True)
    warn_minutes: Mapped[int] = mapped_column(default=30)
    created_at: Mapped[datetime]  # what began before it was promised nothing
    updated_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    removed_at: Mapped[datetime | None]

    def minutes(self, kind: str) -> int | None:
        found: int | None = getattr(self, f"{kind}_minutes")
        return found


class Clock(Base):
    """One target of one episode. Target, calendar and reasons are a snapshot of when it began, or was given to another
    policy.

    It runs until `stopped_at`; while `paused_at` is set it has no `due_at`, and `left_seconds` of business time are
    left. `next_at` is when a job has to look at it: for the warning, then for the breach. `outcome`, once it has
    stopped: met, breached, dropped (nobody waits any more, without an answer).
    """

    __tablename__ = "sla_clocks"
    __table_args__ = (
        Index("ix_sla_clocks_began", "episode_id", "kind", "started_at", unique=True),
        Index(
            "ix_sla_clocks_running",
            "conversation_id",
            sqlite_where=text("stopped_at IS NULL"),
            postgresql_where=text("stopped_at IS NULL"),
        ),
        Index(
            "ix_sla_clocks_next",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_sla_clocks_conversation", "conversation_id", "id"),
        Index("ix_sla_clocks_due", "kind", "promised_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    episode_id: Mapped[int]
    policy_id: Mapped[int] = mapped_column(ForeignKey("sla_policies.id"))
    kind: Mapped[str] = mapped_column(String(10))  # first, next, resolution
    minutes: Mapped[int]
    version_id: Mapped[int | None]  # of the calendar; none: around the clock
    because: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pauses: Mapped[bool]
    warn_minutes: Mapped[int]
    started_at: Mapped[datetime]
    promised_at: Mapped[datetime | None]  # as `due_at`, but kept through a pause and after the end
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    left_seconds: Mapped[float] = mapped_column(default=0.0)
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(8), default="")
