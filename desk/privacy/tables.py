"""Proof of what was erased, and archives that wait to be fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
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
