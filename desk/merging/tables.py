"""Joins of customers with their reasons, and pairs that somebody said are two people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Merge(Base):
    """`join` became `keep`, and why. While `undone_at` is empty it stands; a customer is joined into one other at most.

    `moved`: what changed hands, as counts and conversation numbers, for people. `kept`: what an undo needs beyond the
    identities, which say themselves where everything belongs.
    """

    __tablename__ = "merges"
    __table_args__ = (
        Index(
            "uq_merges_standing",
            "join_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    keep_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    join_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    because: Mapped[str] = mapped_column(String(40))  # proved, agent
    evidence: Mapped[list[Any]] = mapped_column(default=list)  # [[weight, key, {…}], …], see evidence.py
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: the desk itself
    at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Apart(Base):
    """Somebody said that these two are not one person, knowing the evidence in `known`. The lower number first."""

    __tablename__ = "customers_apart"
    one_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True, autoincrement=False, index=True)
    known: Mapped[list[Any]] = mapped_column(default=list)  # keys of the evidence for it that there was
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class TalkMove(Base):
    """Lines of one conversation stand in another one of the same customer: by a `merge` of the two, or by a `split`.

    `kept`: which lines, and both rows as they were, so that an undo restores them.
    """

    __tablename__ = "talk_moves"
    __table_args__ = (Index("ix_talk_moves_from", "from_id", "id"), Index("ix_talk_moves_to", "to_id", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    from_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    kept: Mapped[dict[str, Any]] = mapped_column(default=dict)
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
