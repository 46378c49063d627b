"""What only some channels can: be called by a provider, be tried out, be asked later, ask others themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from desk.channels.base import Step
from desk.messages import Attachment, InboundMessage, OutboundMessage, SendResult


@dataclass(frozen=True, slots=True)
class Hook:
    """A call of a provider at `/hooks/<channel>/<inbox key>`, as it came. `url` is the whole public address with its
    query, which signatures cover; `kind` is `message`, or `status` for what came to `…/status`. Header names are in
    lower case."""

    url: str
    kind: Literal["message", "status"]
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


class Forged(Exception):
    """A call that the inbox's provider did not make, as far as can be told; the reason names no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@runtime_checkable
class Hooked(Protocol):
    """A channel whose provider calls us."""

    @property
    def hook_answer(self) -> tuple[str, bytes]:
        """What the provider hears when its call is kept: content type and body."""
        ...

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """Checks that the inbox's provider made this call. Gives a key that is the same for every copy of it, and for
        no other call of this inbox. Raises Forged, and nothing else, whatever the bytes are."""
        ...


@runtime_checkable
class Wrapped(Protocol):
    """A hooked channel whose provider wraps what came in. Its calls may be big, so `verify` must tell from the headers
    and the address alone who is calling: it is asked once without the body, before that is read."""

    @property
    def hook_bytes(self) -> int:
        """How big a call may be."""
        ...

    def unwrap(self, hook: Hook) -> tuple[bytes, dict[str, Any]]:
        """What the desk keeps of a call, and the envelope for `translate`. Raises Unreadable, and nothing else."""
        ...


@runtime_checkable
class Noting(Protocol):
    """A hooked channel that needs to know more of a call than its body when it is read later."""

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is kept in the envelope beside a verified call: no secret, and no more than its reading needs."""
        ...


@runtime_checkable
class Configured(Protocol):
    """A channel whose fields must fit each other."""

    def problems(self, config: Mapping[str, Any]) -> Mapping[str, str]:
        """What keeps an inbox from being saved: a sentence for each field that is wrong. A secret may be sealed."""
        ...


@runtime_checkable
class Checked(Protocol):
    """A channel whose inboxes can be tried out."""

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """Asks the servers of an inbox whether they would take us, and sends nothing. Raises nothing."""
        ...


@runtime_checkable
class LookedUp(Protocol):
    """A channel whose provider can be asked what became of a message, where the answer to sending it was lost."""

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """`accepted`: it is there, with its id. `refused`: it certainly is not. `unknown`: nobody could say. Raises
        nothing."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A channel whose messages name files that lie at the provider."""

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes:
        """The content of a file that came as an address. Raises OSError with a sentence."""
        ...


@runtime_checkable
class Asking(Protocol):
    """A channel that asks others about a message before it is taken in, such as for the key of its signature."""

    def asks(self, message: InboundMessage, config: Mapping[str, Any]) -> bool:
        """Whether somebody has to be asked. Asks nobody."""
        ...

    def asked(self, raw: bytes, message: InboundMessage, config: Mapping[str, Any]) -> InboundMessage:
        """The message with what was found. Waits for others, so never within a transaction; raises nothing."""
        ...
