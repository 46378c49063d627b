"""Senders whose messages are kept aside, and since when; a block that was lifted stays as a record."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Block(Base):
    """One sender: `email` (an address, or @domain), `phone`, `visitor`, `user` or `network` (in CIDR).

    While `lifted_at` is empty it stands; of each sender one at most. `messages` counts what it kept aside.
    """

    __tablename__ = "blocks"
    __audit__: ClassVar[Watched] = Watched("block", ("kind", "lifted_at"), title="")
    __table_args__ = (
        Index(
            "uq_blocks_standing",
            "kind",
            "value_folded",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(320))
    value_folded: Mapped[str] = mapped_column(String(640))
    why: Mapped[str] = mapped_column(String(200), default="")
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    messages: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]  # when it kept something aside last
