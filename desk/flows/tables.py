"""Flows as they are written and published, their secrets, where each dialogue stands, and tries on the admin page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt


class FlowRow(Base):
    """A flow. `draft` is its YAML as it was last saved; customers get what `version` holds, and nothing where that is
    empty."""

    __tablename__ = "flows"
    __audit__: ClassVar[Watched] = Watched("flow", ("name", "draft", "version", "removed_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    draft: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)  # number of the published one; 0: none
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    removed_at: Mapped[datetime | None]


class FlowVersion(Base):
    """A flow as it was published once. Never changed: whoever began with it ends with it."""

    __tablename__ = "flow_versions"
    __table_args__ = (Index("uq_flow_versions_number", "flow_id", "number", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class FlowSecret(Base):
    """A secret that the calls of a flow carry; sealed, and shown to nobody again."""

    __tablename__ = "flow_secrets"
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class FlowRun(Base):
    """A dialogue. `state` holds what was answered so far, and only while it goes on: what stays stands on the timeline.

    `sent_step` is the step whose call may have reached the other side; such a call is not made a second time.
    """

    __tablename__ = "flow_runs"
    __table_args__ = (
        Index("ix_flow_runs_conversation", "conversation_id", "id"),
        Index(
            "uq_flow_runs_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    episode_id: Mapped[int | None] = mapped_column(BigInt)
    locale: Mapped[str] = mapped_column(String(16))
    state: Mapped[dict[str, Any]]
    sent_step: Mapped[int | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str] = mapped_column(String(12), default="")


class FlowTrial(Base):
    """A flow that a colleague talks to in the test console; kept for a day."""

    __tablename__ = "flow_trials"
    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(16))
    verified: Mapped[bool]
    state: Mapped[dict[str, Any]]
    lines: Mapped[list[Any]] = mapped_column(default=list)
    calling: Mapped[bool] = mapped_column(default=False)  # a job is making the call
    at: Mapped[datetime]
