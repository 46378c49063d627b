"""What stood at the door: every raw message is kept before anybody tries to understand it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt

KEPT_ASIDE = "state IN ('duplicate', 'automatic', 'bounce', 'quarantined', 'blocked', 'discarded') AND raw_sha256 <> ''"


class Arrival(Base):
    """One raw message, from the moment it was accepted to what became of it.

    `state`: `waiting`, `part` (of a message whose other parts are on their way), `accepted` (an entry), `duplicate`,
    `automatic`, `bounce`, `quarantined`, `blocked` (its sender is: kept aside like those in quarantine), `discarded`.
    """

    __tablename__ = "arrivals"
    __table_args__ = (
        Index("ix_arrivals_state_id", "state", "id"),
        Index("ix_arrivals_entry", "entry_id"),
        Index(
            "ix_arrivals_block",
            "block_id",
            "id",
            sqlite_where=text("block_id IS NOT NULL"),
            postgresql_where=text("block_id IS NOT NULL"),
        ),
        # What became no line and still has its file: what retention takes, the oldest first. A message that was taken
        # in never stands in it.
        Index(
            "ix_arrivals_loose",
            "inbox_id",
            "state",
            "id",
            sqlite_where=text(KEPT_ASIDE),
            postgresql_where=text(KEPT_ASIDE),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    channel: Mapped[str] = mapped_column(String(20))
    door: Mapped[str] = mapped_column(String(20))  # smtp, lmtp, imap, file, outbox
    # What the door calls it (IMAP: uidvalidity/uid), so that one fetched twice is one arrival.
    door_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    envelope: Mapped[dict[str, Any]] = mapped_column(default=dict)
    raw_sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    reason: Mapped[str] = mapped_column(Text, default="")
    entry_id: Mapped[int | None]
    arrived_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    block_id: Mapped[int | None] = mapped_column(BigInt)  # what kept it aside
