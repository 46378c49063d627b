"""Saved conditions, and the customers for whom each holds."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Segment(Base):
    """One saved condition. `size` follows every change; `looked` of `customers` tells how far a count has come, and
    `counted_at` is when the last one that went through all of them began."""

    __tablename__ = "segments"
    __audit__: ClassVar[Watched] = Watched("segment", ("name", "description", "condition"))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_folded: Mapped[str] = mapped_column(String(160), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    condition: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1)  # goes up with the condition: an older count then stops
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who changed it last
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]  # its condition, or that of a segment which it names
    size: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime | None]
    looked: Mapped[int] = mapped_column(default=0)
    customers: Mapped[int] = mapped_column(default=0)


class SegmentMember(Base):
    """A customer for whom a segment's condition holds, and since when the desk knows it."""

    __tablename__ = "segment_members"
    __table_args__ = (Index("ix_segment_members_customer", "customer_id"),)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    since: Mapped[datetime]


class SegmentUse(Base):
    """Something whose condition names a segment. `kind` says what kind of thing, `key` which one."""

    __tablename__ = "segment_uses"
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
