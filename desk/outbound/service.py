"""What goes out: an answer, a note beside it, a survey, a notice. Each is a row and a job in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from desk import conversations, people, settings, timeline
from desk.agents import Viewer
from desk.jobs import enqueue
from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound import mailtext
from desk.outbound.tables import Delivery
from desk.store import Tx
from desk.timeline import Words

MAX_REPLY = 100_000  # characters


class Refused(ValueError):
    """This cannot be sent; the message says why in one sentence."""


def reply(
    tx: Tx, conversation_id: int, viewer: Viewer, text: str, *, request_id: str | None = None
) -> timeline.EntryView:
    """A colleague's public answer: on the timeline at once, on its way by a job. The same `request_id` answers once."""
    conversation = conversations.get(tx, conversation_id, viewer)
    known = _known(tx, conversation.inbox_id, viewer, request_id)
    if known is not None:
        return known
    text = _checked(text)
    if conversation.status == "spam":
        raise Refused("This conversation is marked as spam: reopen it before you answer.")
    if not conversation.reply_address:
        raise Refused("This customer has no address to answer to.")
    inbox = settings.inbox(tx, conversation.inbox_id)
    if not inbox.active:
        raise Refused(f"The inbox {inbox.name} is switched off, so nothing can be sent from it.")
    if conversation.status == "resolved":
        conversations.reopen(tx, conversation.id, viewer)
    now = tx.now()
    brand = settings.brand(tx, inbox.brand_id)
    person = people.customer(tx, conversation.customer_id)
    said = timeline.of_conversation(tx, conversation.id, limit=1, kinds=("message",))
    quoted = mailtext.Quoted(conversation.customer_name, said[-1].occurred_at, said[-1].text) if said else None
    first_name = viewer.name.split()[0] if viewer.name else brand.name
    locale = person.locale or inbox.locale
    written = mailtext.reply(
        text,
        signature=viewer.name,
        brand=brand.name,
        quoted=quoted,
        locale=locale,
        zone=inbox.zone,
        number=conversation.id,
    )
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="reply",
        author="staff",
        occurred_at=now,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        staff_id=viewer.id,
        channel=conversation.channel,
        inbox_id=inbox.id,
        external_id=_request_key(viewer, request_id),
        words=Words(text),
    )
    thread = timeline.thread_ids(tx, conversation.id)
    message = OutboundMessage(
        channel=conversation.channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address("email", conversation.reply_address, conversation.customer_name),),
        text=written.text,
        html=written.html,
        subject=mailtext.reply_subject(conversation.subject),
        sender_name=f"{first_name} ({brand.name})",
        sender_address=inbox.address,
        reply_to=_reply_to(tx, inbox, conversation.id),
        in_reply_to=thread[-1] if thread else "",
        references=tuple(thread),
        sent_at=now,
    )
    timeline.remember_id(tx, message.message_id, entry.id, conversation.id, ours=True)
    _queue(tx, message, purpose="reply", entry_id=entry.id, conversation=conversation)
    conversations.agent_replied(tx, conversation, entry.id, viewer.id, text, now)
    view = timeline.one(tx, entry.id)
    assert view is not None
    return view


def note(
    tx: Tx, conversation_id: int, viewer: Viewer, text: str, *, request_id: str | None = None
) -> timeline.EntryView:
    """Words for colleagues only."""
    conversation = conversations.get(tx, conversation_id, viewer)
    known = _known(tx, conversation.inbox_id, viewer, request_id)
    if known is not None:
        return known
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="note",
        author="staff",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        staff_id=viewer.id,
        inbox_id=conversation.inbox_id,
        external_id=_request_key(viewer, request_id),
        words=Words(_checked(text)),
    )
    view = timeline.one(tx, entry.id)
    assert view is not None
    return view


def send_survey(
    tx: Tx,
    *,
    conversation_id: int,
    subject: str,
    text: str,
    html: str,
    locale: str,
    unsubscribe_url: str,
    entry_id: int | None,
) -> Delivery:
    """The mail that asks how it was, in the thread of its conversation."""
    conversation = conversations.get(tx, conversation_id, None)
    inbox = settings.inbox(tx, conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    thread = timeline.thread_ids(tx, conversation.id)
    message = OutboundMessage(
        channel="email",
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address("email", conversation.reply_address, conversation.customer_name),),
        text=text,
        html=html,
        subject=subject,
        sender_name=brand.name,
        sender_address=inbox.address,
        reply_to=_reply_to(tx, inbox, conversation.id),
        in_reply_to=thread[-1] if thread else "",
        references=tuple(thread),
        automatic=True,
        unsubscribe_url=unsubscribe_url,
        sent_at=tx.now(),
    )
    row = _queue(tx, message, purpose="survey", entry_id=entry_id, conversation=conversation)
    if entry_id is not None:
        timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
    return row


def send_notice(tx: Tx, *, to: str, subject: str, text: str, html: str = "") -> Delivery:
    """A mail to a colleague (a password reset, an invitation), from the first active email inbox."""
    inboxes = settings.inboxes(tx, "email", active=True)
    inbox = inboxes[0] if inboxes else None
    message = OutboundMessage(
        channel="email",
        inbox_id=inbox.id if inbox else 0,
        message_id=new_message_id(inbox),
        to=(Address("email", to),),
        text=text,
        html=html,
        subject=subject,
        sender_name=settings.get(tx, "desk.name"),
        sender_address=inbox.address if inbox else "desk@localhost",
        automatic=True,
        sent_at=tx.now(),
    )
    return _queue(tx, message, purpose="notice", entry_id=None, conversation=None)


def new_message_id(inbox: settings.Inbox | None) -> str:
    """Ours, unguessable, and the same at every attempt; without angle brackets."""
    domain = inbox.address.rpartition("@")[2] if inbox and "@" in inbox.address else "loopdesk.invalid"
    return f"{secrets.token_hex(16)}@{domain}"


def _reply_to(tx: Tx, inbox: settings.Inbox, conversation_id: int) -> str:
    if not settings.get(tx, "mail.reply_address_signed"):
        return ""
    local, _, domain = inbox.address.rpartition("@")
    return f"{local}+r-{conversations.reply_token(tx.keys, inbox.id, conversation_id)}@{domain}"


def _request_key(viewer: Viewer, request_id: str | None) -> str | None:
    return None if request_id is None else f"staff:{viewer.id}:{request_id}"[:255]


def _known(tx: Tx, inbox_id: int, viewer: Viewer, request_id: str | None) -> timeline.EntryView | None:
    key = _request_key(viewer, request_id)
    known = timeline.knows(tx, inbox_id, key) if key is not None else None
    return timeline.one(tx, known) if known is not None else None


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise Refused("There is nothing to send yet.")
    if len(text) > MAX_REPLY:
        raise Refused(f"That is {len(text):,} characters; a message holds {MAX_REPLY:,} at most.")
    return text


def _queue(
    tx: Tx,
    message: OutboundMessage,
    *,
    purpose: str,
    entry_id: int | None,
    conversation: conversations.Conversation | None,
) -> Delivery:
    row = Delivery(
        entry_id=entry_id,
        customer_id=conversation.customer_id if conversation else None,
        conversation_id=conversation.id if conversation else None,
        inbox_id=message.inbox_id or None,
        purpose=purpose,
        channel=message.channel,
        message_id=message.message_id,
        recipient=message.to[0].value,
        message=packed(message),
        state="queued",
        attempts=0,
        uncertain_times=0,
        provider_id="",
        detail="",
        queued_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    enqueue(tx, "outbound.deliver", {"delivery_id": row.id}, key=f"deliver:{row.id}", priority=2, at_once=True)
    return row


def packed(message: OutboundMessage) -> dict[str, Any]:
    """An OutboundMessage as JSON; attachments by digest only."""
    out = asdict(message)
    out["sent_at"] = message.sent_at.isoformat() if message.sent_at else None
    out["attachments"] = [{k: v for k, v in a.items() if k != "content"} for a in out["attachments"]]
    return out


def unpacked(data: dict[str, Any]) -> OutboundMessage:
    """The other way."""
    fields = dict(data)
    fields["to"] = tuple(Address(**a) for a in data["to"])
    fields["cc"] = tuple(Address(**a) for a in data["cc"])
    fields["references"] = tuple(data["references"])
    fields["attachments"] = tuple(Attachment(**a) for a in data["attachments"])
    fields["sent_at"] = datetime.fromisoformat(data["sent_at"]) if data["sent_at"] else None
    return OutboundMessage(**fields)


# Without the message itself: it is the largest column there is, and a timeline shows only how the delivery stands.
_STANDING = (
    select(*(c for c in Delivery.__table__.c if c.name != "message"))
    .where(Delivery.__table__.c.entry_id.in_(bindparam("entries", expanding=True)))
    .order_by(Delivery.__table__.c.id)
)


def delivery_of(tx: Tx, entry_ids: list[int]) -> dict[int, Any]:
    """How the deliveries of these entries stand, by entry."""
    if not entry_ids:
        return {}
    rows = tx.execute(_STANDING, {"entries": entry_ids}).all()
    return {row.entry_id: row for row in rows}
