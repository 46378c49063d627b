"""What goes out to customers and colleagues."""

from desk.outbound.moving import move, rehouse
from desk.outbound.outbox import outbox, outbox_mail, states
from desk.outbound.reached import reached
from desk.outbound.sending import bounced, deliver
from desk.outbound.service import (
    Refused,
    delivery_of,
    new_message_id,
    note,
    reply,
    send_notice,
    send_survey,
)
from desk.outbound.tables import Delivery, OutboxMail

__all__ = [
    "Delivery",
    "OutboxMail",
    "Refused",
    "bounced",
    "deliver",
    "delivery_of",
    "move",
    "new_message_id",
    "note",
    "outbox",
    "outbox_mail",
    "reached",
    "rehouse",
    "reply",
    "send_notice",
    "send_survey",
    "states",
]
