"""One message as a row, and as a job unless our own screens carry it; and how it is packed into the row."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk import conversations, settings
from desk.among import among
from desk.channels.base import known
from desk.jobs import enqueue
from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound.capping import withheld
from desk.outbound.quiet import ASKED_FOR, quiet_until, waits
from desk.outbound.tables import Delivery
from desk.signals import DeliverySettled
from desk.store import Tx


def newest_locked(tx: Tx, entry_id: int) -> Delivery | None:
    """The last delivery of a line, as it is now: whoever else decides about it waits."""
    query = select(Delivery).where(Delivery.entry_id == entry_id).order_by(Delivery.id.desc()).limit(1)
    return tx.scalar(query.with_for_update().execution_options(populate_existing=True))


def new_message_id(inbox: settings.Inbox | None) -> str:
    """Ours, unguessable, and the same at every attempt; without angle brackets."""
    domain = inbox.address.rpartition("@")[2] if inbox and "@" in inbox.address else "loopdesk.invalid"
    return f"{secrets.token_hex(16)}@{domain}"


def name_of(inbox: settings.Inbox, brand: settings.Brand) -> str:
    """The name beside the inbox's address: what it is set to, or the brand's."""
    return str(inbox.config.get("sender_name") or "").strip() or brand.sender_name or brand.name


def reply_to(tx: Tx, inbox: settings.Inbox, conversation_id: int, *, aside: bool = False) -> str:
    """Our address for the answers to one conversation (`aside`: of somebody outside); nothing where the desk is set to
    use the plain one."""
    if not settings.get(tx, "mail.reply_address_signed"):
        return ""
    local, _, domain = inbox.address.rpartition("@")
    return f"{local}+r-{conversations.reply_token(tx.keys, inbox.id, conversation_id, aside=aside)}@{domain}"


def queue(
    tx: Tx,
    message: OutboundMessage,
    *,
    purpose: str,
    entry_id: int | None,
    conversation: conversations.Conversation | None,
    refused: str = "",
    held_until: datetime | None = None,
) -> Delivery:
    """Writes the delivery, and the job that sends it, not before `held_until`. What our own screens carry is sent with
    this transaction; with `refused` it has failed already, for that reason."""
    refused = refused or withheld(tx, message, purpose, conversation)
    channel = known().get(message.channel)
    direct = channel is not None and channel.direct
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
        state="failed" if refused else "sent" if direct else "queued",
        attempts=0,
        uncertain_times=0,
        provider_id="",
        detail=refused,
        queued_at=tx.now(),
        sent_at=tx.now() if direct and not refused else None,
        held_until=held_until,
        follows="",
    )
    tx.add(row)
    tx.flush()
    if message.automatic and not refused and purpose not in ASKED_FOR:
        until = quiet_until(tx, row.channel, row.inbox_id, row.customer_id)
        if until is not None:
            row.detail = waits(tx, until, row.inbox_id, row.customer_id)
            send_later(tx, row, until)
            return row
    if direct or refused:
        tx.announce(DeliverySettled(row.id, purpose, not refused))
    else:
        send_later(tx, row, held_until)
    return row


def send_later(tx: Tx, row: Delivery, at: datetime | None = None) -> None:
    """The job that sends a delivery: now, at a time, or with its next attempt."""
    args = {"delivery_id": row.id}
    enqueue(tx, "outbound.deliver", args, key=f"deliver:{row.id}", run_at=at, priority=2, at_once=True)


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


_D = Delivery.__table__.c
# What a timeline shows of a delivery, and its names elsewhere: of fifty lines at a time, so never the message itself.
_STANDING = (
    select(
        _D.id, _D.entry_id, _D.message_id, _D.provider_id, _D.state, _D.purpose, _D.channel, _D.attempts,
        _D.uncertain_times, _D.detail, _D.sent_at, _D.held_until, _D.follows,
    )
    .where(among(_D.entry_id, "entries"))
    .order_by(_D.entry_id, _D.id)
)  # fmt: skip


def delivery_of(tx: Tx, entry_ids: list[int]) -> dict[int, Any]:
    """How the deliveries of these entries stand, by entry."""
    if not entry_ids:
        return {}
    rows = tx.execute(_STANDING, {"entries": entry_ids}).all()
    return {row.entry_id: row for row in rows}


def about(tx: Tx, delivery_id: int) -> tuple[int | None, int | None]:
    """The conversation and the line that a delivery belongs to."""
    query = select(Delivery.conversation_id, Delivery.entry_id).where(Delivery.id == delivery_id)
    found = tx.execute(query).first()
    return (None, None) if found is None else (found.conversation_id, found.entry_id)


def conversation_of(tx: Tx, delivery_id: int) -> int | None:
    """The conversation that a delivery belongs to."""
    return tx.scalar(select(Delivery.conversation_id).where(Delivery.id == delivery_id))
