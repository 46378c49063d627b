"""Saved views of the queue."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class View(Base):
    """A filter with a name and an order. `shared`: `private`, `team` (that of `team_id`), `everybody`."""

    __tablename__ = "views"
    __audit__: ClassVar[Watched] = Watched(
        "view",
        ("name", "filters", "sort", "shared", "team_id"),
        personal=lambda state: state["shared"] == "private",
    )
    __table_args__ = (Index("ix_views_staff", "staff_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(String(10))
    shared: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ViewPlace(Base):
    """Where a view stands in one colleague's list; one without a place stands behind, the oldest first."""

    __tablename__ = "view_places"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    view_id: Mapped[int] = mapped_column(
        ForeignKey("views.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    position: Mapped[int]
