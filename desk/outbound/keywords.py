"""HELP by SMS: who this is, and how to stop it. Told once an hour at most, and also to whoever has stopped texts."""

from __future__ import annotations

from datetime import timedelta

from desk import people, settings
from desk.channels.sms.words import language
from desk.conversations import Conversation
from desk.i18n import texts
from desk.messages import Address, OutboundMessage
from desk.outbound import recording
from desk.outbound.queueing import new_message_id, queue
from desk.outbound.tables import Delivery
from desk.store import Tx

HELP = "help"
PAUSE = timedelta(hours=1)

# Languages whose words are understood and that the desk does not speak otherwise. By the letters of GSM-7 alone, so
# that it is one segment: no ê, ç or ú.
_MORE = {
    "fr": "%(brand)s: messages au sujet de vos demandes. Écrivez à ce numéro, nous répondons."
    " STOP y met fin, START les reprend.",
    "it": "%(brand)s: messaggi sulle sue domande. Scriva a questo numero e le rispondiamo."
    " STOP li ferma, START li riprende.",
    "pt": "%(brand)s: mensagens sobre as suas perguntas. Responda a este SMS para nos escrever."
    " STOP para parar, START para retomar.",
    "nl": "%(brand)s: berichten over uw vragen. Schrijf naar dit nummer, en wij antwoorden."
    " STOP stopt ze, START hervat ze.",
}


def answer_help(
    tx: Tx, conversation: Conversation, identity: people.Identity, inbox_id: int, asked: str
) -> Delivery | None:
    """Answers HELP by the inbox that it came to, in the language of the word that was used, with an entry that says
    that a machine wrote it. None where the inbox leaves that to its provider, or told it within the hour."""
    inbox = settings.inbox(tx, inbox_id)
    if not inbox.config.get("help_answers", True):
        return None
    if not people.may_tell(tx, identity, inbox.id, tx.now(), PAUSE):
        return None
    brand = settings.brand(tx, inbox.brand_id)
    locale = language(asked) or people.customer(tx, conversation.customer_id).locale or inbox.locale
    text = str(inbox.config.get("help_text") or "").strip() or _text(locale) % {"brand": brand.name}
    entry_id = recording.by_desk(
        tx, conversation, text,
        inbox_id=inbox.id, identity_id=identity.id, channel=inbox.channel, detail={"automatic": "help"},
    )  # fmt: skip
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
    return queue(tx, message, purpose=HELP, entry_id=entry_id, conversation=conversation)


def _text(locale: str) -> str:
    more = _MORE.get(locale.replace("_", "-").partition("-")[0].casefold())
    return more or texts(locale).gettext(
        "%(brand)s: texts about your questions to us. Write to this number, and we answer. "
        "STOP ends these texts, START begins them again."
    )
