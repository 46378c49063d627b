"""Inbound messages as a channel would translate them, for tests of the corridor."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from desk.messages import Address, InboundMessage, Sender

_number = count(1)


def message(
    inbox_id: int,
    at: datetime,
    text: str = "Where is my kettle?",
    *,
    sender: str = "marta@lindqvist.example",
    **more: Any,
) -> InboundMessage:
    """A mail of Marta's, each with an id of its own."""
    n = next(_number)
    fields: dict[str, Any] = {
        "channel": "email",
        "inbox_id": inbox_id,
        "external_id": f"mail-{n}",
        "message_id": f"mail-{n}@lindqvist.example",
        "sender": Sender(Address("email", sender, "Marta Lindqvist"), "inferred", "a mail came from this address"),
        "sent_at": at,
        "text": text,
        "subject": "Kettle",
    }
    return InboundMessage(**(fields | more))
