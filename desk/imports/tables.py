"""Lists of customers that were brought in, and the rows of them that were refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base


class Import(Base):
    """One list. `state`: read (its columns wait to be named), trying, tried, running, done, stopped, failed.

    `line` is the last row that was worked off: after a crash the next slice begins behind it. The counts are those of
    the dry run until the run begins.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_made_at", "made_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(200))  # of the file
    sha256: Mapped[str | None] = mapped_column(String(64))  # None once the list was let go
    size: Mapped[int]
    encoding: Mapped[str] = mapped_column(String(16))
    delimiter: Mapped[str] = mapped_column(String(1))
    header: Mapped[list[Any]] = mapped_column(default=list)
    rows: Mapped[int]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(8), default="read")
    revision: Mapped[int] = mapped_column(default=0)  # goes up with each beginning: an older job then stops
    problem: Mapped[str] = mapped_column(Text, default="")
    line: Mapped[int] = mapped_column(default=0)
    made: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    examples: Mapped[dict[str, Any]] = mapped_column(default=dict)
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ImportRefusal(Base):
    """A row that was not taken, by its number, and the sentence that says why. Its cells stay in the list itself."""

    __tablename__ = "import_refusals"
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    why: Mapped[str] = mapped_column(String(400))
