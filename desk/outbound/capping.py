"""What our machines must not write: too much to one address in an hour, and anything where a person is needed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from desk import settings
from desk.conversations import Conversation
from desk.messages import OutboundMessage
from desk.outbound.tables import Delivery
from desk.store import Tx

WINDOW = timedelta(hours=1)
# A talk with the bot by text is as long as the customer makes it; STOP ends it, and machines do not answer texts.
UNCOUNTED = {"email": ("reply", "notice"), "sms": ("reply", "notice", "bot")}
WITHHELD = "Withheld"


A_PERSON = f"{WITHHELD}: what the customer wrote is for a person to answer."
GRAVE = "self_harm"  # of Conversation.risks
STILL_SENT = frozenset({"code", "help", "transcript", "reply"})  # even there: they asked for these


def withheld(tx: Tx, message: OutboundMessage, purpose: str, conversation: Conversation | None) -> str:
    """Why a machine of ours must not write to an address now; empty where it may. What people write is never counted,
    nor what was withheld before: so a loop of two machines ends, and the next hour begins anew.
    Nor does a machine write where somebody spoke of harming themselves, unless they asked for that very message."""
    if message.automatic and purpose not in STILL_SENT and conversation and GRAVE in conversation.risks.split():
        return A_PERSON
    if message.channel not in UNCOUNTED or purpose in UNCOUNTED[message.channel] or not message.automatic:
        return ""
    most = int(settings.get(tx, "mail.automatic_per_hour"))
    sent = tx.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.recipient == message.to[0].value,
            Delivery.queued_at > tx.now() - WINDOW,
            Delivery.channel == message.channel,
            Delivery.purpose.not_in(UNCOUNTED[message.channel]),
            Delivery.detail.not_like(f"{WITHHELD}%"),
        )
    )
    if (sent or 0) < most:
        return ""
    return f"{WITHHELD}: {sent} automatic messages went to this address within an hour."
