"""SMS by Twilio and those that speak like it: webhooks in, one REST call out. Here its parts become a channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.base import ConfigField, Cost, Hook, InboxRef, Plain, Step, Translated
from desk.channels.sms import api, numbers, signature
from desk.channels.sms.segments import count
from desk.channels.sms.translate import command, translate
from desk.messages import Attachment, OutboundMessage, SendResult

CONFIG_FIELDS = (
    ConfigField(
        "transport",
        "Send messages",
        "choice",
        "Outgoing",
        default="outbox",
        choices=("outbox", "provider"),
        help="outbox: nothing is sent, messages are shown at /admin/outbox; provider: by the account below",
    ),
    ConfigField("account_sid", "Account SID", group="Outgoing"),
    ConfigField("auth_token", "Auth token", "secret", "Outgoing", made=True),
    ConfigField(
        "sender", "Send as", group="Outgoing",
        help="empty: the number of this inbox; or a messaging service (MG…), or a name where the country allows one",
    ),
    ConfigField(
        "api_base", "Address of the API", group="Outgoing", default=api.BASE,
        help="for another provider that speaks like Twilio",
    ),
    ConfigField(
        "status_callbacks", "Be told what became of each message", "flag", "Outgoing", default=True,
        help="the provider calls this desk back, so PUBLIC_URL must be an address that it can reach",
    ),
    ConfigField("webhook_secret", "Secret of its webhooks, if it is not the auth token", "secret", "Incoming"),
    ConfigField("bot", "The assistant answers first", "flag", "Answers", default=False),
)  # fmt: skip


class SmsChannel(Plain):
    """The contract of desk.channels.base, for SMS."""

    name = "sms"
    config_fields = CONFIG_FIELDS
    kinds = ("phone",)
    longest = 1600  # what Twilio takes as one message (error 21617 above it)
    hook_answer = ("text/xml; charset=utf-8", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')

    def address(self, text: str) -> str:
        return numbers.own(text)

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """See `translate.translate`."""
        return translate(raw, inbox, envelope, received_at)

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """See `signature.verify`."""
        return signature.verify(hook, config)

    def compose(self, message: OutboundMessage) -> bytes:
        """The form that the provider would be sent, but for the address that it is asked to call back."""
        return api.body(message, {})

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """See `api.send`."""
        return api.send(message, config)

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """See `api.look_up`."""
        return api.look_up(message, config)

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes:
        """See `api.fetch`."""
        return api.fetch(attachment, config)

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """See `api.check`."""
        return api.check(config)

    def cost(self, text: str) -> Cost:
        """By segments: each of them is paid for."""
        found = count(text)
        return Cost(
            found.units,
            found.segments,
            found.left,
            found.encoding,
            f"{found.segments} segment{'' if found.segments == 1 else 's'}, {found.encoding}",
        )


CHANNEL = SmsChannel()

__all__ = ["CHANNEL", "CONFIG_FIELDS", "SmsChannel", "command", "count", "translate"]
