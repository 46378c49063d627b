"""What the providers of SMS have in common: a customer's text, an id as a key, JSON that may be anything."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from desk.channels.abilities import Hook
from desk.channels.base import Automatic, ConfigField, InboxRef, Step, Translated, Unreadable
from desk.channels.sms.numbers import of_provider, region_of
from desk.channels.sms.words import command
from desk.http import Answer, Forbidden, Unreachable
from desk.messages import Address, Attachment, Carriage, InboundMessage, OutboundMessage, Sender, SendResult

MAX_TEXT = 10_000  # characters; ten segments are 1,600, and providers that join more are not known


# What phones of every maker show; other files go as links.
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
LINKS = Carriage("link")


class Provider(Protocol):
    """One who carries texts, in a file of its own: the part of the channel's contract that differs between them."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> tuple[ConfigField, ...]: ...

    def problems(self, config: Mapping[str, Any]) -> dict[str, str]: ...

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str: ...

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> dict[str, Any]: ...

    def translate(
        self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime
    ) -> Translated: ...

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult: ...

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult: ...

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes: ...

    def check(self, config: Mapping[str, Any]) -> list[Step]: ...

    def carriage(self, config: Mapping[str, Any]) -> Carriage: ...


def key_of(text: str) -> str:
    """A provider's name for a message, as a key of ours: short, and printable."""
    text = text.strip()
    if len(text) <= 120 and re.fullmatch(r"[!-~]*", text):
        return text
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def text_message(
    inbox: InboxRef,
    received_at: datetime,
    *,
    name: str,
    written: str,
    text: str,
    signed: bool,
    attachments: tuple[Attachment, ...] = (),
    said: str = "",
    international: bool = False,
) -> InboundMessage | Automatic:
    """A customer's text. `written` is its sender as the provider writes it, `said` the provider's own word for what it
    asks; `international` tells that its numbers have a country code and no plus. Raises Unreadable."""
    written = written.strip()[:64]
    if not name:
        raise Unreadable("this call names no message")
    if not written:
        raise Unreadable("this message has no sender")
    if international and re.fullmatch(r"[1-9][0-9]{8,14}", written):
        written = f"+{written}"
    number = of_provider(written, region_of(inbox.address))
    text = text.replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT]
    message = InboundMessage(
        channel="sms",
        inbox_id=inbox.id,
        external_id=name,
        sender=Sender(
            Address("phone", number or written),
            "verified" if signed else "inferred",
            f"an SMS came from {number or written}" + (", and its provider signed for it" if signed else ""),
        ),
        sent_at=received_at,
        text=text,
        attachments=attachments,
        command=command(text, said),
        command_answered=bool(said),
    )
    if number is None or number == inbox.address:
        reason = "our own message came back" if number else "a short code or a named sender"
        return Automatic(message, reason)
    return message


def as_object(content: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def unreached(error: Unreachable) -> SendResult:
    """What a call that did not come about means for the message: certainly not sent, or nobody knows."""
    outcome: Any = "refused" if isinstance(error, Forbidden) else "unknown" if error.sent else "retry"
    return SendResult(outcome, detail=why(error))


def why(error: Unreachable) -> str:
    return f"the provider's address {'cannot be called' if isinstance(error, Forbidden) else 'did not answer'}: {error}"


def outcome_of(answer: Answer, said: str, *, stopped: bool = False) -> SendResult:
    """What an answer that is no yes means. 502 and 504: a server in between gave up waiting, so that the message may
    have been taken. 429, 408, 425 and other 5xx: it was not."""
    if answer.status in (502, 504):
        return SendResult("unknown", detail=said)
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return SendResult("retry", detail=said)
    return SendResult("refused", detail=said, stopped=stopped)


def hidden(text: str, config: Mapping[str, Any], *names: str) -> str:
    """A sentence without our secrets in it."""
    for name in names:
        secret = str(config.get(name) or "")
        text = text.replace(secret, "…") if secret else text
    return text


def reachable(config: Mapping[str, Any]) -> Step:
    """Whether the provider can call us, as far as the address tells."""
    url = str(config.get("status_url") or "")
    near = re.match(r"https?://(localhost|127\.0\.0\.1|\[::1\])?([:/]|$)", url) is not None or not url
    said = (
        "the provider can call no address of this machine: set PUBLIC_URL to one that the internet knows"
        if near
        else f"the provider calls {url.partition('?')[0].removesuffix('/status')}"
    )
    return Step(not near, "Incoming: webhooks", said, 0.0)
