"""A conversation by mail, for the one who had it and asked for it."""

from __future__ import annotations

from desk.conversations import Conversation
from desk.messages import Address, OutboundMessage
from desk.outbound.queueing import new_message_id, queue, reply_to
from desk.outbound.tables import Delivery
from desk.people import Identity
from desk.settings import Inbox
from desk.store import Tx

PURPOSE = "transcript"


def send_transcript(
    tx: Tx,
    conversation: Conversation,
    to: Identity,
    *,
    inbox: Inbox,
    sender_name: str,
    subject: str,
    text: str,
    html: str,
) -> Delivery:
    """Mails it by an inbox; an answer to that mail goes on in the conversation. It has failed already where machines of
    ours have written to this address too often."""
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
        reply_to=reply_to(tx, inbox, conversation.id),
        automatic=True,
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose=PURPOSE, entry_id=None, conversation=conversation)
