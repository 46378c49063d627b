"""What travels between the channels and the corridor: frozen, without a database and without a web framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Evidence = Literal["verified", "claimed", "inferred"]


@dataclass(frozen=True, slots=True)
class Address:
    """One address as a channel writes it. `kind` is `email`, `phone`, `user` or `visitor`."""

    kind: str
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, and what speaks for it."""

    address: Address
    evidence: Evidence = "inferred"
    because: str = ""  # "mail came from this address", "DKIM passed for example.org"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `content` is None once it lies in files/ under `sha256`."""

    filename: str
    content_type: str
    size: int
    sha256: str
    content: bytes | None = field(default=None, repr=False, compare=False)
    content_id: str | None = None  # for images shown inside the text
    inline: bool = False
    url: str = ""  # where it still lies at the provider; fetched before the message is taken in


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message of a customer, translated by its channel and nothing more.

    `external_id` tells two copies of one message apart from two messages. `reply_refs` names, best first, what it may
    answer: our own message ids or reply tokens; the corridor decides what is true of them.
    """

    channel: str
    inbox_id: int
    external_id: str
    sender: Sender
    sent_at: datetime
    text: str  # what the writer wrote new
    full_text: str = ""  # with the quoted rest
    html: str = ""  # sanitised
    subject: str = ""
    message_id: str = ""  # the sender's own name for it, by which later mails refer to it
    reply_refs: tuple[str, ...] = ()
    reply_token: str | None = None
    subject_token: str | None = None  # what stands in the subject to name a conversation
    client_id: str = ""  # what the sender's screen calls it, to know it again when it comes back
    fresh: bool = False  # the writer asked for a conversation of its own
    participants: tuple[Address, ...] = ()  # who else it was written to
    hidden: bool = False  # our address stands neither in To nor in Cc
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None  # the reason, where a machine wrote it
    command: Literal["", "stop", "start", "help"] = ""  # a word by which people switch a channel off, on, or ask
    locale: str | None = None
    raw_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message on its way to a customer, complete: a channel needs nothing else to send it."""

    channel: str
    inbox_id: int
    message_id: str  # ours; the same at every attempt
    to: tuple[Address, ...]
    text: str
    subject: str = ""
    html: str = ""
    sender_name: str = ""
    sender_address: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    cc: tuple[Address, ...] = ()
    automatic: bool = False
    answers: bool = False  # a machine's answer to a message, not a message of its own accord
    unsubscribe_url: str = ""
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a try to send. `unknown` means that it may have been accepted."""

    outcome: Literal["accepted", "retry", "refused", "unknown"]
    provider_id: str = ""
    detail: str = ""
