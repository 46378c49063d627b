"""What every channel is: a name, what an inbox of it is configured with, and translation both ways."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from desk.messages import InboundMessage, OutboundMessage, SendResult

FieldKind = Literal["text", "secret", "number", "flag", "choice"]


class Unreadable(ValueError):
    """What arrived cannot be a message; the reason is a sentence for the person who sees it in quarantine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class InboxRef:
    """All that a channel may know of an inbox. Secrets in `config` are open: keep it out of logs."""

    id: int
    address: str  # as people write to it: support@example.org, +15550100
    key: str
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One thing that an inbox of a channel is configured with, as the admin page shows and checks it."""

    name: str
    label: str
    kind: FieldKind = "text"
    group: str = ""  # fields of one group stand together on the page: "Incoming", "Outgoing"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None

    @property
    def secret(self) -> bool:
        """A secret is sealed before it is stored and never shown again."""
        return self.kind == "secret"

    def clean(self, value: Any) -> Any:
        """The value in its type. Raises ValueError with a sentence."""
        if value is None or value == "":
            if self.required:
                raise ValueError(f"{self.label} is needed")
            return self.default
        if self.kind == "flag":
            return value if isinstance(value, bool) else str(value).casefold() in {"1", "true", "yes", "on"}
        if self.kind == "number":
            try:
                number = int(str(value))
            except ValueError:
                raise ValueError(f"{self.label} must be a whole number") from None
            if (self.minimum is not None and number < self.minimum) or (
                self.maximum is not None and number > self.maximum
            ):
                raise ValueError(f"{self.label} must lie between {self.minimum} and {self.maximum}")
            return number
        text = str(value) if self.kind == "secret" else str(value).strip()
        if self.kind == "choice" and text not in self.choices:
            raise ValueError(f"{self.label} must be one of {', '.join(self.choices)}")
        if any(ord(c) < 32 or ord(c) == 127 for c in text):
            raise ValueError(f"{self.label} must be a single line")
        return text


@dataclass(frozen=True, slots=True)
class Automatic:
    """A machine wrote this (an absence note, a list, our own mail coming back): shown, never answered by a machine."""

    message: InboundMessage
    reason: str


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One address that a message did not reach. `kind` is `hard` (never will) or `soft` (may at another time)."""

    address: str
    status: str  # an RFC 3463 code such as 5.1.1; empty where none was given
    kind: Literal["hard", "soft"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server tells that a message of ours did not arrive.

    `message_ids` are the ids of the refused message as far as the notice names them, without angle brackets.
    """

    inbox_id: int
    recipients: tuple[BouncedRecipient, ...]
    message_ids: tuple[str, ...]
    received_at: datetime
    detail: str = ""
    external_id: str = ""


Translated = InboundMessage | Automatic | Bounce


@runtime_checkable
class Channel(Protocol):
    """The contract: pure functions of their arguments, without a database and without a web framework."""

    @property
    def name(self) -> str:
        """The word for it in `channel` columns: `email`, `sms`, `chat`."""
        ...

    @property
    def config_fields(self) -> tuple[ConfigField, ...]:
        """What the admin page asks for."""
        ...

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """What arrived, as a message. Raises Unreadable, and nothing else, whatever the bytes are."""
        ...

    def compose(self, message: OutboundMessage) -> bytes:
        """The message as it would go over the wire: what the outbox of a desk without a provider keeps."""
        ...

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """Tries to send once. Raises nothing: what went wrong is in the result."""
        ...


def discover() -> dict[str, Channel]:
    """Every channel there is, by name: each module or package beside this file that has a `CHANNEL`."""
    package = importlib.import_module("desk.channels")
    found: dict[str, Channel] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name == "base":
            continue
        channel = getattr(importlib.import_module(f"desk.channels.{info.name}"), "CHANNEL", None)
        if channel is None:
            continue
        if not isinstance(channel, Channel):
            raise TypeError(f"desk.channels.{info.name}.CHANNEL is not a channel")
        if channel.name in found:
            raise TypeError(f"two channels call themselves {channel.name}")
        found[channel.name] = channel
    return found
