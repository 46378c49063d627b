"""What every channel is: a name, what an inbox of it is configured with, and translation both ways."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, Protocol, runtime_checkable

from desk.messages import Carriage, InboundMessage, OutboundMessage, SendResult

FieldKind = Literal["text", "lines", "secret", "number", "flag", "choice"]


class Unreadable(ValueError):
    """What arrived cannot be a message; the reason is a sentence for the person who sees it in quarantine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


OWN_MAIL = "our own mail came back"


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
    made: bool = False  # a secret that the desk makes up where none is given, so that what it is for works at once
    check: Callable[[str], object] | None = None  # raises ValueError with a sentence where a text is none of its kind
    of: str = ""  # the provider that it is for, where a channel has several
    before: str = ""  # the field in which a secret stays for a while that another one replaces here

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
        if self.kind == "lines":
            text = text.replace("\r\n", "\n")
        if any((ord(c) < 32 and not (c == "\n" and self.kind == "lines")) or ord(c) == 127 for c in text):
            raise ValueError(f"{self.label} must be a single line")
        if self.check is not None:
            self.check(text)
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider tells how a message of ours fares: `sent` (on its way), `delivered`, `failed`, or `unknown` where its
    word for it is new to us.

    It names our message by the provider's id, by ours (`message_id`, out of the address that we asked to be called at),
    or both. Ours is known even where the process died before it learned the provider's.
    """

    inbox_id: int
    provider_id: str
    state: Literal["sent", "delivered", "failed", "unknown"]
    detail: str = ""
    message_id: str = ""
    stopped: bool = False  # refused because the number has asked for no texts


@dataclass(frozen=True, slots=True)
class Part:
    """One of `total` calls that are one message (a long SMS in pieces). `key` is the same for all pieces of it; pieces
    come in any order, and `number` (from 1) says which this is."""

    message: InboundMessage
    key: str
    number: int
    total: int


Translated = InboundMessage | Automatic | Bounce | Receipt | Part


@dataclass(frozen=True, slots=True)
class Cost:
    """What sending a text takes: its characters as the channel counts them, in how many parts it goes out, and how many
    characters are left in the last one (0 where there is no end). `words` says it in a few words."""

    characters: int
    parts: int = 1
    left: int = 0
    encoding: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried on an inbox: what, how it went, how many seconds it took."""

    ok: bool
    title: str
    detail: str
    seconds: float


@runtime_checkable
class Channel(Protocol):
    """The contract: pure functions of their arguments, without a database and without a web framework.

    `Plain` has the plainest answers to all of it; a channel takes it as its base and says what is different.
    """

    @property
    def name(self) -> str:
        """The word for it in `channel` columns: `email`, `sms`, `chat`."""
        ...

    @property
    def config_fields(self) -> tuple[ConfigField, ...]:
        """What the admin page asks for."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of `Address` that it reaches, the usual one first."""
        ...

    @property
    def direct(self) -> bool:
        """Whether our own screens carry it: then a message is sent with the commit, and no provider is asked."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether sending the same message twice does no harm, because the other side can tell that both are one."""
        ...

    @property
    def formats(self) -> bool:
        """Whether bold, lists and links are shown there as such; elsewhere words go without marks."""
        ...

    @property
    def longest(self) -> int:
        """How many characters one message holds."""
        ...

    def address(self, text: str) -> str:
        """An address of an inbox or of a person, in the one form that is kept. Raises ValueError with a sentence."""
        ...

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """What arrived, as a message. Raises Unreadable, and nothing else, whatever the bytes are."""
        ...

    def compose(self, message: OutboundMessage) -> bytes:
        """The message as it would go over the wire: what the outbox of a desk without a provider keeps."""
        ...

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """Tries to send once. Raises nothing: what went wrong is in the result.

        `config` is the inbox's, opened, and two values of the desk: `status_url` (where the provider may tell of this
        message; a channel without hooks ignores it) and `allow_private` (see desk.http).
        """
        ...

    def cost(self, text: str) -> Cost:
        """What sending `text` takes."""
        ...

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """How files go with a message of an inbox."""


class Plain:
    """The plainest channel there can be, to be told apart from."""

    name = ""
    config_fields: tuple[ConfigField, ...] = ()
    kinds: tuple[str, ...] = ()
    direct = False
    repeatable = False
    formats = False
    longest = 100_000

    def address(self, text: str) -> str:
        text = text.strip()
        if not text or len(text) > 320 or any(c.isspace() or ord(c) < 32 for c in text):
            raise ValueError("That is not an address.")
        return text

    def compose(self, message: OutboundMessage) -> bytes:
        return message.text.encode("utf-8", "replace")

    def cost(self, text: str) -> Cost:
        return Cost(len(text), 1 if text else 0)

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        return Carriage("link")


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


@lru_cache(maxsize=1)
def known() -> dict[str, Channel]:
    """What `discover` finds, looked for once a process."""
    return discover()
