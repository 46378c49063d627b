"""What goes out: one delivery a recipient and message, and the local outbox of desks without a provider."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Delivery(Base):
    """One message to one address, from queued to its end.

    `state`: queued, sending, sent, delivered, seen, failed, uncertain, withdrawn. `sending` that outlives its lease
    means that the process died in between: the provider may have said yes, so the delivery becomes `uncertain` and, for
    mail, is sent again with the same Message-ID; an SMS waits until somebody knows. With `held_until` it is an answer
    whose writer can still take it back: nothing follows from it yet, and `follows` is what does beside the usual
    (`resolve`).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_state", "state", "id"),
        Index("ix_deliveries_provider", "inbox_id", "provider_id"),
        Index("ix_deliveries_recipient", "recipient", "queued_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(BigInt, index=True)  # none for notices such as a password reset
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    purpose: Mapped[str] = mapped_column(String(20))  # reply, forward, bot, rule, survey, notice, code, help
    channel: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    recipient: Mapped[str] = mapped_column(String(320))
    message: Mapped[dict[str, Any]]  # the OutboundMessage; emptied by erasure
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    uncertain_times: Mapped[int] = mapped_column(default=0)  # how often the outcome of an attempt was not known
    provider_id: Mapped[str] = mapped_column(String(255), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    queued_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]  # when the last attempt began
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    follows: Mapped[str] = mapped_column(String(10), default="", server_default=text("''"))


class OutboxMail(Base):
    """A message that a desk without a provider would have sent: shown at /admin/outbox, and answerable there."""

    __tablename__ = "outbox_mails"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    channel: Mapped[str] = mapped_column(String(20), default="email")
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(Text, default="")  # of a mail; the first words of what has none
    raw_sha256: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime]


class Upload(Base):
    """A file that waits for the answer which a colleague is writing in a conversation. The row goes when it is sent."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_draft", "staff_id", "conversation_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(100))  # by its bytes, such as image/png
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(index=True)


class ScheduledAnswer(Base):
    """An answer that goes at a time its writer chose. Its words and files are those of its line (kind `scheduled`), so
    that what erases, moves or exports lines needs to know nothing of it. The row goes when it was sent or called off.

    `state`: waiting, or held: somebody has to look at it first, because the customer wrote or it could not go.
    """

    __tablename__ = "scheduled_answers"
    __table_args__ = (Index("ix_scheduled_answers_conversation", "conversation_id", "state"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    send_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    anyway: Mapped[bool] = mapped_column(default=False)  # also to an address whose last mail came back
    follows: Mapped[str] = mapped_column(String(10), default="")
    made_at: Mapped[datetime]
