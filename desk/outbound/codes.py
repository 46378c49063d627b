"""The message that proves an address: it carries a code, goes to nobody else, and is not kept once it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound.queueing import new_message_id, queue
from desk.outbound.tables import Delivery
from desk.outbound.ways import STOPPED
from desk.outbound.writing import Refused
from desk.people import Identity
from desk.settings import Inbox
from desk.store import Tx

PURPOSE = "code"


def send_code(
    tx: Tx,
    to: Identity,
    *,
    inbox: Inbox,
    sender_name: str,
    subject: str,
    text: str,
    html: str = "",
    inline: Sequence[Attachment] = (),
) -> Delivery:
    """Sends a code to an address by an inbox. It belongs to no conversation: the address may be anybody's. Raises
    Refused where the address has asked for no texts."""
    if to.details.get("stopped"):
        raise Refused(STOPPED)
    message = OutboundMessage(
        channel=inbox.channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address(to.kind, to.value),),
        text=text,
        html=html,
        subject=subject,
        sender_name=sender_name,
        sender_address=inbox.address,
        automatic=True,
        attachments=tuple(inline),
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose=PURPOSE, entry_id=None, conversation=None)


def forget_code(tx: Tx, delivery_id: int) -> None:
    """Empties a message with a code that has reached its end: the desk keeps no code that anybody could read."""
    row = tx.get(Delivery, delivery_id)
    if row is not None and row.purpose == PURPOSE:
        row.message = {}
        tx.flush()
