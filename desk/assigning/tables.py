"""Who is at the desk, what each person can take and knows, how teams give out work, and who was given what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt, Json


class Presence(Base):
    """When somebody was last at the desk, by any of their screens. Nobody is written off: what is old has run out.

    `chosen`: away, or empty. `drafts`: by device, the conversations in which they have begun an answer not sent.
    """

    __tablename__ = "presences"
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[datetime | None]  # a screen of theirs was connected
    active_at: Mapped[datetime | None]  # and something was done on it
    chosen: Mapped[str] = mapped_column(String(8), default="")
    chosen_at: Mapped[datetime | None]
    drafts: Mapped[list[Any]] = mapped_column(Json, default=list)


class Work(Base):
    """What one person can take: when they work, and how much at once. Without a row: always, and the usual."""

    __tablename__ = "staff_work"
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))  # none: always
    capacity: Mapped[int]  # places, of which a conversation takes what its channel weighs
    most: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # conversations by channel, where there is a limit


class Skill(Base):
    """What somebody knows: a language (`kind` language, its code) or a skill by the name of the label that asks for
    it."""

    __tablename__ = "staff_skills"
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)


class AssignmentPolicy(Base):
    """How a team's conversations are given out; without a team: those that belong to none, to anybody.

    `mode`: hand, round, load. `away_minutes`: after how long away of an assignee what waits goes back to the queue;
    empty: never.
    """

    __tablename__ = "assignment_policies"
    __audit__: ClassVar[Watched] = Watched(
        "assignment", ("team_id", "mode", "by_language", "by_label", "away_minutes", "at_end"), title=""
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), unique=True)
    mode: Mapped[str] = mapped_column(String(8), default="hand")
    by_language: Mapped[bool] = mapped_column(default=False)
    by_label: Mapped[bool] = mapped_column(default=False)
    away_minutes: Mapped[int | None]
    at_end: Mapped[bool] = mapped_column(default=False)  # back to the queue at the end of the assignee's hours
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Assignment(Base):
    """One time that somebody was given a conversation. `how`: round, load, hand (a colleague or a rule), taken.

    `ended`: declined (given away by themselves before they answered), passed (after), moved (by somebody else), away,
    hours; empty while it is theirs. A resolved conversation stays with whoever had it.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "ix_assignments_now",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_assignments_conversation", "conversation_id", "id"),
        Index("ix_assignments_turn", "policy_id", "staff_id", "id"),
        Index("ix_assignments_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    policy_id: Mapped[int | None] = mapped_column(BigInt)
    how: Mapped[str] = mapped_column(String(8))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    kept: Mapped[bool] = mapped_column(default=False)  # by hand: it does not go back by itself
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended: Mapped[str] = mapped_column(String(8), default="")


class Wait(Base):
    """Why a conversation is still nobody's, as its line says; said once until it changes."""

    __tablename__ = "assignment_waits"
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime]
