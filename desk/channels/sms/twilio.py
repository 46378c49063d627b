"""Twilio, and those that speak like it, as a provider of SMS: its fields, and its parts in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.abilities import Hook
from desk.channels.base import ConfigField, InboxRef, Step, Translated
from desk.channels.sms import api, signature
from desk.channels.sms.common import PICTURES
from desk.channels.sms.translate import translate
from desk.i18n import N_
from desk.messages import Attachment, Carriage, OutboundMessage, SendResult

FIELDS = (
    ConfigField("account_sid", N_("Account SID"), group=N_("Twilio"), of="twilio"),
    ConfigField("auth_token", N_("Auth token"), "secret", N_("Twilio"), made=True, of="twilio"),
    ConfigField(
        "api_base", N_("Address of the API"), group=N_("Twilio"), default=api.BASE, of="twilio",
        help=N_("for another provider that speaks like Twilio"),
    ),
    ConfigField(
        "webhook_secret", N_("Secret of its webhooks, if it is not the auth token"), "secret", N_("Twilio"),
        of="twilio",
    ),
)  # fmt: skip


class Twilio:
    """See `common.Provider`."""

    name = "twilio"
    fields = FIELDS

    def problems(self, config: Mapping[str, Any]) -> dict[str, str]:
        return {}

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """See `signature.verify`."""
        return signature.verify(hook, config)

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """See `translate.translate`."""
        return translate(raw, inbox, envelope, received_at)

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

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """Ten addresses (`MediaUrl`), 5 MB together with the text; more is refused (error 21623)."""
        return Carriage("media", total=4_900_000, most=10, kinds=PICTURES)
