"""Sending a code to an address that somebody typed: by mail or text, in the face of the brand they are talking to."""

from __future__ import annotations

from desk import outbound, people, settings
from desk.i18n import best
from desk.merging.letters import compose, short
from desk.people import CannotAsk, Code, Identity
from desk.people.codes import LASTS
from desk.settings import Inbox
from desk.store import Tx

CHANNEL_OF = {"email": "email", "phone": "sms"}


def ask_code(
    tx: Tx, identity: Identity, *, inbox_id: int, conversation_id: int | None = None, locale: str | None = None
) -> Code:
    """Makes a code for an identity and sends it to its address. `inbox_id` is where it is asked for: the message speaks
    for that inbox's brand, by an inbox of the brand that reaches such an address.

    Whoever asks is told the same whether the address is known or not, and whether it was sent too many already. Raises
    CannotAsk; `kind` also where this desk has no inbox that could send there.
    """
    here = settings.inbox(tx, inbox_id)
    sender = sender_for(tx, here, identity.kind)
    if sender is None:
        raise CannotAsk("kind")
    code = people.ask_code(tx, identity, conversation_id=conversation_id, inbox_id=inbox_id)
    if not code.send:
        return code
    brand = settings.brand(tx, here.brand_id)
    person = people.customer(tx, identity.customer_id)
    language = best(locale, person.locale, here.locale, brand.locale)
    minutes, logo = int(LASTS.total_seconds() // 60), None
    if identity.kind == "email":
        logo = settings.logo(tx, brand)
        letter = compose(
            locale=language,
            brand=brand.name,
            colour=brand.colour,
            address=code.address,
            digits=code.digits,
            url=code.url,
            minutes=minutes,
            logo=logo,
        )
    else:
        letter = short(locale=language, brand=brand.name, digits=code.digits, url=code.url, minutes=minutes)
    outbound.send_code(
        tx,
        identity,
        inbox=sender,
        sender_name=brand.name,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        inline=(logo.file,) if logo is not None else (),
    )
    return code


def sender_for(tx: Tx, here: Inbox, kind: str) -> Inbox | None:
    """The inbox that a code for this kind of address goes out by: this one, else one of its brand, else any."""
    channel = CHANNEL_OF.get(kind)
    if channel is None:
        return None
    able = settings.inboxes(tx, channel, active=True)
    own = [one for one in able if one.id == here.id] or [one for one in able if one.brand_id == here.brand_id]
    return next(iter(own or able), None)
