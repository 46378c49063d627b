"""What travels between the channels and the corridor: frozen, without a database and without a web framework."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

ON_THE_WAY = timedelta(minutes=2)  # younger than this, a mail counts from when it arrived
OLDEST = timedelta(days=14)
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
class Trust:
    """What speaks for, or against, that a message came from where its sender's address is.

    `by`: `hop`, a server that we trust said it; `dkim`, the signature alone was looked at here. `spf`, `dkim`, `dmarc`
    are result words of RFC 8601, empty where nobody said one; `why` is a word that screens have a sentence for.
    """

    verdict: Literal["passed", "failed", "unchecked"]
    by: Literal["hop", "dkim"]
    why: str
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    pending: bool = False  # somebody outside has to be asked before the message is taken in

    def said(self) -> dict[str, str]:
        """What the line of a message keeps of it."""
        return {name: value for name, value in asdict(self).items() if value and name != "pending"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a calendar file says. `method`: request, reply, cancel, counter, publish, or empty; `answer`: accepted,
    declined, tentative. `starts` and `ends` are ISO: times of UTC, days (`whole_day`), or times of a clock whose zone
    nobody knows (`own_clock`)."""

    method: str = ""
    answer: str = ""
    summary: str = ""
    starts: str = ""
    ends: str = ""
    whole_day: bool = False
    own_clock: bool = False
    where: str = ""
    organiser: str = ""
    repeats: bool = False

    def said(self) -> dict[str, str | bool]:
        """What a file keeps of it."""
        return {name: value for name, value in asdict(self).items() if value}


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
    held: str = ""  # why it must wait until an admin releases it
    unscanned: bool = False  # the scanner could not be asked, and the desk lets such files through
    url: str = ""  # where it still lies at the provider; fetched before the message is taken in
    meeting: Meeting | None = None  # what it says, where it is a calendar's


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
    command_answered: bool = False  # by the provider, already
    locale: str | None = None
    raw_sha256: str | None = None
    network: str = ""  # the IP address that handed it in, where the door knows
    trust: Trust | None = None  # None: the channel has no such question

    @property
    def doubtful(self) -> bool:
        """Somebody else seems to have written it: it proves nothing, and no machine answers it."""
        return self.trust is not None and self.trust.verdict == "failed"


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
class Carriage:
    """How files go with a message: as `bytes` in it; on a `screen` of ours; as `media`, which the provider fetches from
    an address of ours; or as a `link` in the text. What does not fit `most`, `total` and `kinds` goes as links where
    it would have been media, and not at all elsewhere. 0 and nothing: no limit."""

    how: Literal["bytes", "screen", "media", "link"]
    total: int = 0  # bytes of all files together
    most: int = 0
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a try to send. `unknown` means that it may have been accepted."""

    outcome: Literal["accepted", "retry", "refused", "unknown"]
    provider_id: str = ""
    detail: str = ""
    stopped: bool = False  # refused because this address has asked for no messages
    missed: tuple[tuple[str, str], ...] = ()  # copies that were refused for good where it was accepted, and why


def storable(text: str) -> str:
    """What a database takes: without NUL, and with lone surrogates replaced."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def happened_at(written: datetime, arrived: datetime) -> datetime:
    """When a message counts as written: its own word for it where that can be true, else when it arrived.

    A date in the future, or weeks back, is a wrong clock; one a few seconds back is the way here, and the time of
    arrival then keeps the order in which people really spoke.
    """
    written = written.astimezone(UTC)
    return written if ON_THE_WAY < arrived - written < OLDEST else arrived
