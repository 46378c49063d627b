"""Business calendars, each with every state that it ever had: what was promised by an old one stays as it was."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Calendar(Base):
    """A calendar by its name. `version_id` is its state in force. One that was removed keeps its states, for clocks
    that began under them, and gives its name free."""

    __tablename__ = "calendars"
    __audit__: ClassVar[Watched] = Watched("calendar", ("name", "removed_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_folded: Mapped[str | None] = mapped_column(String(160), unique=True)
    version_id: Mapped[int | None]
    removed_at: Mapped[datetime | None]


class CalendarVersion(Base):
    """One state of a calendar; never changed. `hours` and `holidays` as an admin writes them, see `calendars.hours`."""

    __tablename__ = "calendar_versions"
    __table_args__ = (Index("ix_calendar_versions_calendar", "calendar_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"))
    zone: Mapped[str] = mapped_column(String(64))
    hours: Mapped[str] = mapped_column(Text)
    holidays: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
