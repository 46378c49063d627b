"""Visitors of the widget, and how far each of their conversations was read on either side."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Visitor(Base):
    """One browser that wrote something. Its id is random, and a signed token proves it; who only looks has no row."""

    __tablename__ = "visitors"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    # The signed-in user whose browser this is. It never becomes another's: they get a visitor of their own.
    user_ref: Mapped[str] = mapped_column(String(320), default="")
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"), index=True)
    email_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"), index=True)  # typed here
    name: Mapped[str] = mapped_column(String(200), default="")
    locale: Mapped[str] = mapped_column(String(16), default="")
    zone: Mapped[str] = mapped_column(String(64), default="")
    page_url: Mapped[str] = mapped_column(String(1000), default="")
    page_title: Mapped[str] = mapped_column(String(300), default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class SpentToken(Base):
    """An answer to a challenge that was used: it is good once. Kept for a day, longer than any provider knows it."""

    __tablename__ = "challenge_tokens"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    spent_at: Mapped[datetime] = mapped_column(index=True)


class Thread(Base):
    """One conversation in the widget: whose it is, and the newest entry that each side has had on its screen.

    `owner` is a visitor (`visitor:<id>`) or a signed-in user on any of their devices (`user:<ref>`); it is also the
    name of the room in which they are told. Ids of entries count up with the time at which they were recorded.
    """

    __tablename__ = "visitor_threads"
    __table_args__ = (Index("ix_visitor_threads_owner", "owner", "wrote_at"),)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    owner: Mapped[str] = mapped_column(String(330))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    wrote_at: Mapped[datetime]
    got_id: Mapped[int] = mapped_column(BigInt, default=0)  # has arrived in the widget
    seen_id: Mapped[int] = mapped_column(BigInt, default=0)  # was on the visitor's screen
    seen_at: Mapped[datetime | None]
    read_id: Mapped[int] = mapped_column(BigInt, default=0)  # was on a colleague's screen
    read_at: Mapped[datetime | None]
    read_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    mailed_id: Mapped[int] = mapped_column(BigInt, default=0)  # went out by mail, because nobody looked here
