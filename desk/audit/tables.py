"""The log of what was changed: one row a change, added and never written again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base


class Change(Base):
    """One change: who, when, of what, from what to what.

    `kind` and `key` name the thing, `title` is what it was called then. `what`: made, changed, removed, or `done` for
    what leaves no other trace (a link was sent, sessions were ended). `before` and `after` hold what differs, by field;
    a secret is {"secret": whether there is one}. `ref` is the number of the row in the thing's own history, where it
    has one and something can be taken back by it. `previous` and `digest` are room for a chain over the rows, empty
    while there is none.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_at", "at", "id"),
        Index("ix_changes_kind", "kind", "at", "id"),
        Index("ix_changes_staff", "staff_id", "at", "id"),
        Index("ix_changes_thing", "kind", "key", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: the desk itself
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200), default="")
    what: Mapped[str] = mapped_column(String(8))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ref: Mapped[int | None]
    previous: Mapped[str] = mapped_column(String(64), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
