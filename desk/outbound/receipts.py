"""What is heard of a delivery after it was sent: a provider's receipt, a mail that came back, a colleague's word.

A provider may tell before we have its answer to our request, out of order, or twice. What is known to have arrived is
not taken back, and a receipt for a message whose outcome nobody knew settles it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select

from desk import conversations, people, timeline
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient, Receipt
from desk.outbound.queueing import send_later
from desk.outbound.tables import Delivery
from desk.outbound.writing import Refused
from desk.signals import DeliverySettled
from desk.store import Tx

# A refusal that speaks of this mail or of the box being full says nothing about the address.
OF_THE_MAIL = ("5.2.2", "5.2.3", "5.3.", "5.6.", "5.7.")
_NO_SUCH = re.compile(r"\b5\.1\.(?:1|2|3|6|10)\b")
ARRIVED = ("delivered", "seen")
MISSED = "no copy to "  # how each part of a detail begins that names a copy which was refused for good


def settled(tx: Tx, row: Delivery, ok: bool) -> None:
    """Says that a delivery came to an end."""
    row.settled_at = tx.now()
    tx.flush()
    tx.announce(DeliverySettled(row.id, row.purpose, ok))


def shown(tx: Tx, row: Delivery) -> None:
    """Tells the screens that show it."""
    tx.flush()
    if row.entry_id is not None:
        timeline.changed(tx, row.entry_id)


def receipt(tx: Tx, told: Receipt) -> Delivery | None:
    """Takes a provider's word for one of our messages. None where it is not one of this inbox."""
    row = _named(tx, told)
    if row is None:
        return None
    if told.provider_id and not row.provider_id:
        row.provider_id = told.provider_id[:255]
    came_late = told.state in ("sent", "failed") and row.state in ARRIVED
    if told.state == "failed" and row.state not in ARRIVED:
        again = row.state == "failed"
        row.state, row.detail = "failed", told.detail[:2000]
        if not again:
            settled(tx, row, False)
    elif told.state in ("sent", "delivered") and row.state not in ARRIVED:
        ended = row.state in ("sent", "failed")
        if told.state == "delivered" or row.state != "failed":
            row.state, row.detail = told.state, told.detail[:2000]
            row.sent_at = row.sent_at or tx.now()
            if not ended or told.state == "delivered":
                settled(tx, row, True)
    if told.detail and row.detail != told.detail and (told.state == "unknown" or came_late):
        # What the state does not take is not lost: a word that is new to us, or one that was overtaken.
        row.detail = f"{row.detail}; {told.detail}"[-2000:] if row.detail else told.detail[:2000]
    if told.stopped:
        people.stop_address(tx, "phone", row.recipient, tx.now())
    shown(tx, row)
    return row


def _named(tx: Tx, told: Receipt) -> Delivery | None:
    query = select(Delivery).where(Delivery.inbox_id == told.inbox_id).with_for_update()
    if told.message_id:
        found = tx.scalar(query.where(Delivery.message_id == told.message_id[:255]))
        # The provider's own id, where we have it, must be the same: an address that we gave out names one message.
        if found is None or not told.provider_id or found.provider_id in ("", told.provider_id):
            return found
        return None
    return tx.scalar(query.where(Delivery.provider_id == told.provider_id[:255])) if told.provider_id else None


def bounced(tx: Tx, message_id: str, recipients: Sequence[BouncedRecipient], detail: str) -> Delivery | None:
    """A mail server told whom one of ours did not reach. None where it is not one of ours.

    The line says why. An address that refused for good is marked, so that nobody writes there without knowing; a copy
    that was refused is not sent again by itself, and does not make an answer fail that its customer has.
    """
    row = tx.scalar(select(Delivery).where(Delivery.message_id == message_id[:255]).with_for_update())
    if row is None:
        return None
    hard = [one for one in recipients if one.kind == "hard"]
    written_to, copied = ({str(a["value"]).casefold() for a in row.message.get(n) or ()} for n in ("to", "cc"))
    mere_copies = [one for one in hard if one.address.casefold() in copied - written_to]
    if mere_copies and len(mere_copies) == len(recipients):
        without(tx, row, [(one.address, f"{one.status} {one.detail}".strip()) for one in mere_copies])
        shown(tx, row)
        return row
    row.detail = detail[:2000]
    for one in hard:
        if one in mere_copies:
            if row.conversation_id is not None:
                conversations.drop_copy(tx, row.conversation_id, one.address)
        elif not one.status.startswith(OF_THE_MAIL):
            named = one.address if one.address.casefold() in written_to else row.recipient
            people.unreachable(tx, "email", named, f"{one.status} {one.detail}")
    if hard:
        row.state = "failed"
        settled(tx, row, False)
    shown(tx, row)
    return row


def without(tx: Tx, row: Delivery, copies: Sequence[tuple[str, str]]) -> None:
    """Notes on a delivery which copies were refused for good, and why; they get none until a colleague says so."""
    said = [f"{MISSED}{address}: {why}" for address, why in copies]
    row.detail = "; ".join([one for one in (row.detail, *said) if one])[:2000]
    for address, _why in copies:
        if row.conversation_id is not None:
            conversations.drop_copy(tx, row.conversation_id, address)


def missed(detail: str) -> list[str]:
    """The parts of a delivery's detail that tell of copies."""
    return [part for part in detail.split("; ") if part.startswith(MISSED)]


def refused(tx: Tx, row: Delivery) -> None:
    """A mail server said no while it was handed the mail: where it says that there is no such address, that is marked
    as well."""
    alone = not row.message.get("cc") and len(row.message.get("to") or ()) < 2
    if row.channel == "email" and alone and _NO_SUCH.search(row.detail):
        people.unreachable(tx, "email", row.recipient, row.detail)


def decide(tx: Tx, entry_id: int, viewer: Viewer, *, arrived: bool) -> Delivery:
    """A colleague who asked the customer knows what the desk does not: a message whose outcome is unknown arrived, or
    is to be sent once more. Raises Refused where the outcome is known, NotVisible where it is not theirs to see."""
    row = tx.scalar(
        select(Delivery).where(Delivery.entry_id == entry_id).order_by(Delivery.id.desc()).with_for_update()
    )
    if row is None or row.conversation_id is None:
        raise conversations.NotVisible("There is no such answer.")
    conversations.get(tx, row.conversation_id, viewer)
    if row.state != "uncertain":
        raise Refused("What became of this message is known by now.")
    if arrived:
        row.state, row.sent_at = "sent", row.sent_at or row.tried_at or tx.now()
        row.detail = f"{viewer.name} says that it arrived"
        settled(tx, row, True)
    else:
        row.state, row.detail = "queued", f"{viewer.name} had it sent again"
        send_later(tx, row)
    shown(tx, row)
    return row
