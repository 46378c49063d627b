"""A test of an inbox: one message to whoever tries it out, by the way that answers take, and how it fared."""

from __future__ import annotations

from desk import i18n, settings
from desk.channels.base import known
from desk.messages import Address, OutboundMessage
from desk.outbound.queueing import name_of, new_message_id, queue
from desk.outbound.tables import Delivery
from desk.store import Tx

PURPOSE = "test"


def send_test(tx: Tx, inbox_id: int, to: str, locale: str) -> Delivery:
    """Queues a message that says what it is; a colleague asked for it, so no quiet hours hold it back. `to` is as the
    channel writes addresses. Raises LookupError where there is no such inbox, or nothing can be sent by its channel."""
    inbox = settings.inbox(tx, inbox_id)
    channel = known().get(inbox.channel)
    if channel is None or channel.direct:
        raise LookupError(f"nothing is sent by {inbox.channel}")
    _ = i18n.texts(locale).gettext
    values = {"inbox": inbox.address, "desk": settings.get(tx, "desk.name")}
    subject = _("A test of %(inbox)s") % values
    text = _("This is a test of %(inbox)s, sent from %(desk)s. Answer it to see that answers come in.") % values
    message = OutboundMessage(
        channel=inbox.channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address(channel.kinds[0], to),),
        text=text,
        subject=subject if inbox.channel == "email" else "",
        sender_name=name_of(inbox, settings.brand(tx, inbox.brand_id)),
        sender_address=inbox.address,
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose=PURPOSE, entry_id=None, conversation=None)


def tried(tx: Tx, delivery_id: int) -> Delivery | None:
    """The delivery of a test, as it stands."""
    row = tx.get(Delivery, delivery_id)
    return row if row is not None and row.purpose == PURPOSE else None
