"""SMS: one channel, and a file for each provider that carries its texts. Here they become one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.abilities import Forged, Hook
from desk.channels.base import ConfigField, Cost, InboxRef, Plain, Step, Translated
from desk.channels.sms import api, numbers, signature
from desk.channels.sms.common import LINKS, Provider
from desk.channels.sms.generic import Generic
from desk.channels.sms.segments import count
from desk.channels.sms.twilio import Twilio
from desk.channels.sms.vonage import Vonage
from desk.channels.sms.words import command
from desk.i18n import N_
from desk.messages import Attachment, Carriage, OutboundMessage, SendResult

PROVIDERS: dict[str, Provider] = {one.name: one for one in (Twilio(), Vonage(), Generic())}
TWILIO = "twilio"  # what inboxes from before there was a choice have

CONFIG_FIELDS = (
    ConfigField(
        "transport",
        N_("Send messages"),
        "choice",
        N_("Outgoing"),
        default="outbox",
        choices=("outbox", "provider"),
        help=N_("outbox: nothing is sent, messages are shown at /admin/outbox; provider: by the account below"),
    ),
    ConfigField(
        "provider", N_("Provider"), "choice", N_("Outgoing"), default=TWILIO, choices=tuple(PROVIDERS),
        help=N_("only the fields under its name are used; those of the others are kept"),
    ),
    ConfigField(
        "sender", N_("Send as"), group=N_("Outgoing"),
        help=N_("empty: the number of this inbox; or a messaging service (MG…), or a name where the country "
        "allows one"),
    ),
    ConfigField(
        "status_callbacks", N_("Be told what became of each message"), "flag", N_("Outgoing"), default=True,
        help=N_("the provider calls this desk back, so PUBLIC_URL must be an address that it can reach"),
    ),
    ConfigField(
        "media", N_("Files of answers go as"), "choice", N_("Outgoing"), default="link", choices=("link", "mms"),
        help=N_("link: an address in the text, for any number; mms: pictures as MMS, where country, number and provider"
        " know it, other files as links"),
    ),
    *(field for provider in PROVIDERS.values() for field in provider.fields),
    ConfigField(
        "help_answers", N_("Answer HELP by itself"), "flag", N_("Answers"), default=True,
        help=N_("once an hour for each number; leave it off where your provider answers HELP already"),
    ),
    ConfigField(
        "help_text", N_("What HELP is answered with"), group=N_("Answers"),
        help=N_("empty: your brand, what these texts are, and that STOP ends them; in the customer’s language"),
    ),
    ConfigField("bot", N_("The assistant answers first"), "flag", N_("Answers"), default=False),
)  # fmt: skip


def provider_of(config: Mapping[str, Any]) -> Provider:
    """The provider that an inbox names. Raises LookupError."""
    name = str(config.get("provider") or TWILIO)
    if name not in PROVIDERS:
        raise LookupError(f"there is no provider {name[:20]}")
    return PROVIDERS[name]


def _caller(hook: Hook, config: Mapping[str, Any]) -> Provider:
    """Who called: the inbox's provider, or the outbox page of this desk, which signs as Twilio does."""
    if config.get("transport", "outbox") == "outbox" and signature.HEADER in hook.headers:
        return PROVIDERS[TWILIO]
    return provider_of(config)


class SmsChannel(Plain):
    """The contract of desk.channels.base, for SMS; what differs between providers is asked of the inbox's own."""

    name = "sms"
    config_fields = CONFIG_FIELDS
    kinds = ("phone",)
    longest = 1600  # what Twilio takes as one message (error 21617 above it)
    hook_answer = ("text/xml; charset=utf-8", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')

    def address(self, text: str) -> str:
        return numbers.own(text)

    def problems(self, config: Mapping[str, Any]) -> Mapping[str, str]:
        """The contract of `Configured.problems`, for the provider that was chosen."""
        return provider_of(config).problems(config)

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """By the provider that the call was verified for, whatever the inbox names by now."""
        return provider_of(envelope).translate(raw, inbox, envelope, received_at)

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """The contract of `Hooked.verify`."""
        try:
            return _caller(hook, config).verify(hook, config)
        except LookupError as error:
            raise Forged(f"Nobody can tell who is calling: {error}.") from None

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The contract of `Noting.noted`."""
        provider = _caller(hook, config)
        return {"provider": provider.name} | provider.noted(hook, config)

    def compose(self, message: OutboundMessage) -> bytes:
        """The message as Twilio's form, which is what the outbox of a desk without a provider shows."""
        return api.body(message, {})

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """The contract of `Channel.send`."""
        try:
            return provider_of(config).send(message, config)
        except LookupError as error:
            return SendResult("refused", detail=str(error))

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """The contract of `LookedUp.look_up`."""
        try:
            return provider_of(config).look_up(message, config)
        except LookupError as error:
            return SendResult("unknown", detail=str(error))

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes:
        """The contract of `Fetching.fetch`."""
        try:
            return provider_of(config).fetch(attachment, config)
        except LookupError as error:
            raise OSError(str(error)) from None

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """The contract of `Checked.check`."""
        if config.get("transport", "outbox") == "outbox":
            return [Step(True, "Outgoing", "messages are kept in the outbox of this desk, none is sent", 0.0)]
        try:
            return provider_of(config).check(config)
        except LookupError as error:
            return [Step(False, "Outgoing", str(error), 0.0)]

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """As its provider can, where the inbox says that its number can."""
        try:
            return provider_of(config).carriage(config) if config.get("media") == "mms" else LINKS
        except LookupError:
            return LINKS

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

__all__ = ["CHANNEL", "CONFIG_FIELDS", "PROVIDERS", "SmsChannel", "command", "count", "provider_of"]
