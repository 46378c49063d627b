"""A channel that nobody has: carrier pigeons, whose loft calls us and whose answers are kept in a list. One file."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.abilities import Forged, Hook
from desk.channels.base import ConfigField, Cost, InboxRef, Plain, Receipt, Translated, Unreadable
from desk.messages import Address, InboundMessage, OutboundMessage, Sender, SendResult

FLOWN: list[OutboundMessage] = []


class Pigeon(Plain):
    name = "pigeon"
    kinds = ("loft",)
    longest = 300
    config_fields = (
        ConfigField("seed", "Kind of seed", "choice", default="corn", choices=("corn", "wheat")),
        ConfigField("ring", "Number on the ring", "secret", required=True),
        ConfigField("transport", "Pigeons", "choice", default="real", choices=("real", "outbox")),
    )
    hook_answer = ("text/plain", b"coo")

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        ring = str(config.get("ring") or "")
        if not ring or not hmac.compare_digest(hook.headers.get("x-ring", "").encode(), ring.encode()):
            raise Forged("This pigeon wears another ring.")
        return f"{hook.kind}-{hash(hook.body)}"

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        try:
            note = json.loads(raw)
            if envelope.get("kind") == "status":
                return Receipt(inbox.id, "", "delivered", "it landed", str(envelope["query"]["delivery"]))
            sender = Sender(Address("loft", str(note["loft"])), "verified", "its ring says so")
            return InboundMessage(self.name, inbox.id, str(note["id"]), sender, received_at, str(note["text"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreadable("the note was eaten on the way") from error

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        if not config.get("ring"):
            return SendResult("refused", detail="no pigeon without a ring")
        FLOWN.append(message)
        return SendResult("accepted", provider_id="p1", detail="it took off")

    def cost(self, text: str) -> Cost:
        return Cost(len(text), -(-len(text) // 100), words="a pigeon for each hundred letters")


CHANNEL = Pigeon()
