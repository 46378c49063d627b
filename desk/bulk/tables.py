"""Changes of many, and how each conversation stood before and after; kept for a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class BulkRun(Base):
    """One press. `kind` says what a keepsake holds (desk.conversations.restoring)."""

    __tablename__ = "bulk_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]


class BulkItem(Base):
    """One conversation that it changed: a state of ours before and after, and no word of anybody's."""

    __tablename__ = "bulk_items"
    run_id: Mapped[int] = mapped_column(
        ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
