"""How much our machines may write to one address in an hour, so that two of them that answer each other stop."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from desk import settings
from desk.messages import OutboundMessage
from desk.outbound.tables import Delivery
from desk.store import Tx

WINDOW = timedelta(hours=1)
# A talk with the bot by text is as long as the customer makes it; STOP ends it, and machines do not answer texts.
UNCOUNTED = {"email": ("reply", "notice"), "sms": ("reply", "notice", "bot")}
WITHHELD = "Withheld"


def withheld(tx: Tx, message: OutboundMessage, purpose: str) -> str:
    """Why a machine of ours must not write to an address now; empty where it may. What people write is never counted,
    nor what was withheld before: so a loop of two machines ends, and the next hour begins anew."""
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
