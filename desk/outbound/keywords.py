"""HELP by SMS: who this is, and how to stop it. Told once an hour at most, and also to whoever has stopped texts."""

from __future__ import annotations

from datetime import timedelta

from desk import people, settings, timeline
from desk.conversations import Conversation
from desk.i18n import texts
from desk.messages import Address, OutboundMessage
from desk.outbound.queueing import new_message_id, queue
from desk.outbound.tables import Delivery
from desk.store import Tx
from desk.timeline import Words

HELP = "help"
PAUSE = timedelta(hours=1)


def answer_help(tx: Tx, conversation: Conversation, identity: people.Identity, inbox_id: int) -> Delivery | None:
    """Answers HELP by the inbox that it came to, with an entry that says that a machine wrote it. None where the inbox
    leaves that to its provider, or told it within the hour."""
    inbox = settings.inbox(tx, inbox_id)
    if not inbox.config.get("help_answers", True):
        return None
    if not people.may_tell(tx, identity, inbox.id, tx.now(), PAUSE):
        return None
    brand = settings.brand(tx, inbox.brand_id)
    locale = people.customer(tx, conversation.customer_id).locale or inbox.locale
    text = str(inbox.config.get("help_text") or "").strip() or texts(locale).gettext(
        "%(brand)s: texts about your questions to us. Write to this number, and we answer. "
        "STOP ends these texts, START begins them again."
    ) % {"brand": brand.name}
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="reply",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=identity.id,
        channel=inbox.channel,
        inbox_id=inbox.id,
        detail={"automatic": "help"},
        words=Words(text),
    )
    message = OutboundMessage(
        channel=inbox.channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address(identity.kind, identity.value, identity.name),),
        text=text,
        sender_name=brand.name,
        sender_address=inbox.address,
        automatic=True,
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose=HELP, entry_id=entry.id, conversation=conversation)
