"""The ledger: entries (append-only), their erasable contents, and the keys that tell duplicates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt

_WITH_CHANNEL: dict[str, Any] = dict.fromkeys(("sqlite_where", "postgresql_where"), text("channel IS NOT NULL"))


class Entry(Base):
    """One line of a customer's timeline.

    The table's primary key is (customer, time, id), and on SQLite the table *is* that index, so that the newest 50 of
    a customer lie side by side. `id` alone names the entry everywhere else. `identity_id` never changes; `customer_id`
    is rewritten by a merge and restored by its undo.
    """

    __tablename__ = "entries"
    __table_args__ = (
        PrimaryKeyConstraint("customer_id", "occurred_at", "id"),
        UniqueConstraint("id"),
        Index("ix_entries_conversation", "conversation_id", "occurred_at", "id"),
        # For the lines of some kinds, and of one channel: the newest of a rare one without a walk past all the others.
        Index("ix_entries_kind", "customer_id", "kind", "occurred_at", "id"),
        Index("ix_entries_channel", "customer_id", "channel", "kind", "occurred_at", "id", **_WITH_CHANNEL),
        {"sqlite_with_rowid": False},
    )
    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012  the identity map goes by id alone

    id: Mapped[int] = mapped_column(BigInt, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episodes.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))
    # message, reply, note, forward, third_party, status, assigned, sentiment, survey_asked, survey_answered, stage, …
    kind: Mapped[str] = mapped_column(String(20))
    author: Mapped[str] = mapped_column(String(10))  # customer, staff, bot, desk
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    channel: Mapped[str | None] = mapped_column(String(20))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    content_id: Mapped[int | None]
    digest: Mapped[str | None] = mapped_column(String(64))  # of the content, salted; the salt is erased with it
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)  # no personal words in here
    # Whose it was, where no identity says so and it was moved: an undone merge sends it back there.
    origin_customer_id: Mapped[int | None]


class Content(Base):
    """The personal part of an entry. Erasing a person deletes this row, salt and all; the entry stays."""

    __tablename__ = "contents"
    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)  # the entry's id
    salt: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    quoted: Mapped[str] = mapped_column(Text, default="")  # the rest of a mail, behind "show quoted"
    html: Mapped[str] = mapped_column(Text, default="")
    # What a colleague typed, where it has marks in it (desk.formatting): `text` then is the same without them, so that
    # whoever reads words reads words. NULL where nothing is formatted: what customers wrote, and what is older.
    source: Mapped[str | None] = mapped_column(Text)
    attachments: Mapped[list[Any]] = mapped_column(default=list)  # name, type, size, sha256, inline
    raw_sha256: Mapped[str | None] = mapped_column(String(64))


class EntryKey(Base):
    """What an inbox has taken already: the primary key refuses the second copy, however close behind it comes."""

    __tablename__ = "entry_keys"
    __table_args__ = (Index("ix_entry_keys_entry", "entry_id"),)  # by which the keys of erased lines are found
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"), primary_key=True, autoincrement=False)
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt)


class Mention(Base):
    """Somebody named in a note by "@". Its conversation is that of the line, wherever that is moved."""

    __tablename__ = "mentions"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)


class MessageRef(Base):
    """Message-IDs, ours and theirs, by which later mails name an entry."""

    __tablename__ = "message_refs"
    message_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, index=True)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    ours: Mapped[bool]


class TimelineLook(Base):
    """How far a colleague has read a customer's timeline: the newest entry that they had before them, and when."""

    __tablename__ = "timeline_looks"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInt)
    looked_at: Mapped[datetime]
