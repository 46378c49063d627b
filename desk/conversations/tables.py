"""Conversations (the tickets), their episodes and who else takes part."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt


class Conversation(Base):
    """The ticket. What a queue row shows stands in this row, so that a queue is one indexed read.

    `status`: open, pending, snoozed, resolved, spam. `level`: calm, strained, frustrated. `urgency` sorts the queues,
    highest first; `desk.conversations.states.urgency` says how it is made.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_queue", "status", "team_id", "urgency", "id"),
        Index("ix_conversations_all", "status", "urgency", "id"),
        Index("ix_conversations_mine", "assignee_id", "status", "urgency", "id"),
        Index(
            "ix_conversations_unassigned",
            "urgency",
            "id",
            sqlite_where=text("status = 'open' AND assignee_id IS NULL"),
            postgresql_where=text("status = 'open' AND assignee_id IS NULL"),
        ),
        Index("ix_conversations_level", "status", "level", "urgency", "id"),
        Index("ix_conversations_waiting", "status", "waiting_since", "id"),
        Index("ix_conversations_customer", "customer_id", "last_at"),
        Index("ix_conversations_snoozed", "status", "snoozed_until", "id"),
        Index("ix_conversations_latest", "status", "last_at", "id"),
        Index(
            "ix_conversations_due",
            "due_at",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_conversations_linked", "linked_id"),
        Index("ix_conversations_merged", "merged_into"),
        Index(
            "ix_conversations_bot",
            "bot",  # one value only, but with it SQLite prefers this index to those of every status
            "status",
            "last_at",
            sqlite_where=text("bot = 'talking'"),
            postgresql_where=text("bot = 'talking'"),
        ),
        # What retention walks: the oldest first that still holds something. None of those that are open stands in it.
        Index(
            "ix_conversations_ended",
            "inbox_id",
            "status",
            "emptied",
            "last_at",
            "id",
            sqlite_where=text("status IN ('resolved', 'spam')"),
            postgresql_where=text("status IN ('resolved', 'spam')"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    subject: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[str] = mapped_column(String(10), default="open")
    priority: Mapped[int] = mapped_column(default=0)  # -1 low, 0 normal, 1 high
    channel: Mapped[str] = mapped_column(String(20))  # by which the customer wrote last
    level: Mapped[str] = mapped_column(String(10), default="calm")
    frustration: Mapped[float] = mapped_column(default=0.0)
    urgency: Mapped[float] = mapped_column(default=0.0)
    # What its customer's messages say that a person should look at, the gravest first, a space between, as
    # desk.sentiment found it and people left it.
    risks: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    episode_id: Mapped[int | None] = mapped_column(BigInt)  # the open one, or the last
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]  # the oldest customer message that nobody has answered
    snoozed_until: Mapped[datetime | None]
    last_at: Mapped[datetime]
    last_author: Mapped[str] = mapped_column(String(10), default="customer")
    preview: Mapped[str] = mapped_column(String(200), default="")  # erased with the contents
    unread: Mapped[int] = mapped_column(default=0)  # customer messages since a person last answered
    customer_name: Mapped[str] = mapped_column(String(200), default="")
    reply_address: Mapped[str] = mapped_column(String(320), default="")  # where an answer goes
    reply_identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))
    # Where it began: in a thread that it could not join, or as a part of that one. What is linked: ConversationLink.
    linked_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    # Its lines stand in that one now, and what answers it goes there.
    merged_into: Mapped[int | None] = mapped_column(BigInt)
    # What was promised to its customer and is due next, as desk.sla told (`promise`): when, from when on it is nearly
    # due, what (first, next, resolution), and how it stands: nothing promised (empty), running, soon, late, paused.
    due_at: Mapped[datetime | None]
    due_warn_at: Mapped[datetime | None]
    due_kind: Mapped[str] = mapped_column(String(10), default="", server_default=text("''"))
    due_state: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))
    # What the bot does here: nothing yet (empty), talking, handed_over, quiet (a person answered).
    bot: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
    status_name_id: Mapped[int | None] = mapped_column(BigInt)  # StatusName; one of another status shows nothing
    # When somebody chose its inbox: answers go out from there since, wherever the customer writes.
    moved_at: Mapped[datetime | None]
    # The note that a colleague handed it over with: it stands at the top until somebody answers.
    pinned_entry_id: Mapped[int | None] = mapped_column(BigInt)
    # What a retention rule has taken: 0 nothing, 1 raw messages, 2 files as well, 3 every word. Whatever is done to the
    # conversation sets it back, so that new words are found.
    emptied: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class StatusName(Base):
    """One of a desk's own names for a status ("Waiting for warehouse" for pending). What follows from a status follows
    from the five alone. One that is retired is not offered any more; who has it keeps it."""

    __tablename__ = "status_names"
    __audit__: ClassVar[Watched] = Watched("status", ("name", "status", "position", "retired_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_folded: Mapped[str] = mapped_column(String(120), unique=True)
    position: Mapped[int]
    retired_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]


class ConversationLink(Base):
    """Two conversations that have to do with each other, the lower number first. `staff_id` none: the desk itself,
    where one began in the other."""

    __tablename__ = "conversation_links"
    one_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True, autoincrement=False, index=True
    )
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class Episode(Base):
    """One span from opened (or reopened) to resolved. Times, surveys and outcomes belong to it."""

    __tablename__ = "episodes"
    __table_args__ = (
        Index("ix_episodes_conversation", "conversation_id", "number", unique=True),
        Index("ix_episodes_opened", "opened_at", "id"),  # the report of contact reasons: those of a period
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    number: Mapped[int]
    opened_at: Mapped[datetime]
    first_message_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]  # of a person
    first_reply_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    replies: Mapped[int] = mapped_column(default=0)  # public ones of people
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    waited_for_customer: Mapped[float] = mapped_column(default=0.0)  # seconds
    pending_since: Mapped[datetime | None]


class Participant(Base):
    """Somebody beside the customer who takes part in a conversation by mail. They belong to the conversation and to no
    customer, so that they go where it goes.

    `role`: `copied` (in To or Cc of a mail of the customer's), `wrote` (their own mail led here), `added` (by a
    colleague), `outside` (a colleague forwarded to them). `kept`: whether an answer goes to them too, unless the
    composer says otherwise.
    """

    __tablename__ = "participants"
    __table_args__ = (Index("ix_participants_conversation", "conversation_id", "address_folded", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320))
    address_folded: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(10))
    kept: Mapped[bool] = mapped_column(default=False)
    entry_id: Mapped[int | None] = mapped_column(BigInt)  # the last line that they came with
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who added them
    first_at: Mapped[datetime]


class Label(Base):
    """A label as the desk knows it. `tone` is the number of its colour, none: plain. One that is archived is offered no
    more. One with `into_id` is a former name: whoever puts it on, a rule or a person, puts on what it became."""

    __tablename__ = "labels"
    __audit__: ClassVar[Watched] = Watched("label", ("name", "tone", "archived_at", "into_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_folded: Mapped[str] = mapped_column(String(120), unique=True)
    tone: Mapped[int | None]
    archived_at: Mapped[datetime | None]
    into_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id"), index=True)
    made_at: Mapped[datetime]


class ConversationLabel(Base):
    __tablename__ = "conversation_labels"
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(String(60), primary_key=True, index=True)
