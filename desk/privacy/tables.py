"""Proof of what was erased, archives that wait to be fetched, and how long what was said is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base


class Erasure(Base):
    """That a customer was erased: who asked, why, when it was through, what went and what stayed, as counts.

    `state`: `waiting`, `running`, `done`. `place` is how far it has come. `digest` signs the record and names the one
    before it (`before`), so that none can be changed or left out unseen.
    """

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_customer", "customer_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    members: Mapped[list[Any]]  # the customers who were one by then
    place: Mapped[list[Any]] = mapped_column(default=list)
    went: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stayed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    before: Mapped[str] = mapped_column(String(64), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")


class Archive(Base):
    """Everything of one customer in one file, for a while. `state`: `waiting`, `running`, `done`, `gone`, `failed`."""

    __tablename__ = "archives"
    __table_args__ = (
        Index("ix_archives_customer", "customer_id", "id"),
        Index("ix_archives_expires", "state", "expires_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    done: Mapped[int] = mapped_column(default=0)  # lines so far
    total: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)  # files that could not be read
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class RetentionRule(Base):
    """How long what was said in an inbox is kept; without an inbox, in all that have no rule of their own.

    A rule is never changed: the newest of an inbox that was not cancelled counts, and nothing goes before `begins_at`.
    `what`: `all` (words and files), `files`, `nothing` (kept for good), `follow` (an inbox that goes by the rule of
    all). `number` of `unit` (days, months) after a conversation was over; the other spans are days, None for never.
    """

    __tablename__ = "retention_rules"
    __table_args__ = (Index("ix_retention_rules_inbox", "inbox_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    what: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    unit: Mapped[str] = mapped_column(String(6))
    raw_days: Mapped[int | None]
    spam_days: Mapped[int | None]
    aside_days: Mapped[int | None]  # what waits in quarantine, or was kept aside by a block
    persons: Mapped[bool]  # whoever has nothing left is erased as a person
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    saved_at: Mapped[datetime]
    begins_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class RetentionRun(Base):
    """One time that a rule took something: when, how much, and the proof. `state`: `running`, `done`. `place`: the
    conversation that it is in the midst of, and how far it has come there. `digest` signs it as that of an Erasure."""

    __tablename__ = "retention_runs"
    __table_args__ = (Index("ix_retention_runs_state", "state", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("retention_rules.id"))
    state: Mapped[str] = mapped_column(String(8), default="running")
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    place: Mapped[list[Any]] = mapped_column(default=list)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of the rule, as the proof names them
    went: Mapped[dict[str, Any]] = mapped_column(default=dict)
    before: Mapped[str] = mapped_column(String(64), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")


class Hold(Base):
    """A conversation whose content stays whatever a rule says, because somebody may have to prove something by it."""

    __tablename__ = "conversation_holds"
    __table_args__ = (
        Index("ix_conversation_holds_conversation", "conversation_id", "id"),
        Index(
            "uq_conversation_holds_standing",
            "conversation_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    reason: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
