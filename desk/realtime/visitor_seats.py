"""Who of the visitors is connected: a seat for each socket, proved by the token that it came with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from desk import i18n, settings, visitors
from desk.channels.chat import origin_allowed
from desk.keys import BadSignature
from desk.parts import Desk
from desk.store import Tx


class Refusal(Exception):
    """A socket or an event that is not taken: a code of the protocol, with what its sentence needs."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(slots=True)
class Seat:
    """One socket of a visitor. `owner` names whose conversations it may see, and the room in which they are told."""

    sid: str
    inbox_id: int
    inbox_key: str
    visitor_id: str
    user: visitors.User | None
    user_ref: str
    locale: str
    zone: str
    page: tuple[str, str]  # address and title
    renew: bool  # the token is worth a new one
    fresh: bool  # another visitor than the token said
    address: str = ""  # the IP address from which the socket came
    human: bool = False  # has shown, on this socket, that a person writes
    ready: bool = False  # has said hello
    anew: bool = False  # what is sent next opens another conversation
    open: int | None = None  # the conversation on its screen
    mine: set[int] = field(default_factory=set)  # conversations that were found to be this owner's
    got: dict[int, int] = field(default_factory=dict)  # of them: the place up to which the desk knows that all came
    state: dict[str, Any] | None = None  # as it was told last
    who: str = ""

    @property
    def owner(self) -> str:
        return visitors.owner_of(self.visitor_id, self.user_ref)


class VisitorSeats:
    """All sockets of visitors of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Seat] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._by_sid)

    def sit(self, seat: Seat) -> None:
        with self._lock:
            self._by_sid[seat.sid] = seat

    def rise(self, sid: str) -> Seat | None:
        with self._lock:
            return self._by_sid.pop(sid, None)

    def of(self, sid: str) -> Seat | None:
        return self._by_sid.get(sid)

    def all(self) -> list[Seat]:
        with self._lock:
            return list(self._by_sid.values())

    def owned(self, owner: str) -> list[Seat]:
        with self._lock:
            return [seat for seat in self._by_sid.values() if seat.owner == owner]


def text_of(said: dict[str, Any], name: str, limit: int) -> str:
    """A short text of what was sent, without surprises; an empty one where there is none."""
    value = said.get(name)
    return "".join(c for c in value if c.isprintable())[:limit].strip() if isinstance(value, str) else ""


def admit(desk: Desk, sid: str, auth: Any, origin: str | None, address: str = "") -> Seat:
    """Whose socket this is. Raises Refusal, in the language that was asked for."""
    auth = auth if isinstance(auth, dict) else {}
    locale = i18n.best(text_of(auth, "locale", 32))
    with desk.store.reading() as tx:
        inbox = settings.inbox_by_key(tx, "chat", text_of(auth, "inbox", 40))
        if inbox is None or not inbox.active:
            raise Refusal("inbox", locale=locale)
        if not origin_allowed(inbox.config, origin, tx.public_url):
            raise Refusal("origin", locale=locale)
        user = _user(tx, inbox, auth.get("user"), locale)
        user_ref = f"{user.sub}@{inbox.address}"[:320] if user else ""
        visitor_id, renew, fresh = _visitor(tx, inbox.id, auth.get("visitor"), user_ref, locale)
    told = auth.get("page")
    page = told if isinstance(told, dict) else {}
    return Seat(
        sid=sid,
        inbox_id=inbox.id,
        inbox_key=inbox.key,
        visitor_id=visitor_id,
        user=user,
        user_ref=user_ref,
        locale=locale,
        zone=text_of(auth, "zone", 64),
        page=(text_of(page, "url", 1000), text_of(page, "title", 300)),
        renew=renew,
        fresh=fresh,
        address=address,
    )


def _user(tx: Tx, inbox: settings.Inbox, token: Any, locale: str) -> visitors.User | None:
    if token is None or token == "":
        return None
    try:
        return visitors.read_user(visitors.user_secrets(settings.opened(tx, inbox)), token, tx.now())
    except (visitors.BadToken, BadSignature):
        raise Refusal("user", locale=locale) from None


def _visitor(tx: Tx, inbox_id: int, token: Any, user_ref: str, locale: str) -> tuple[str, bool, bool]:
    """The visitor's id, whether their token is renewed, and whether they are another one than it said."""
    if token is None or token == "":
        return visitors.new_visitor(), True, False
    try:
        named = visitors.read_visitor(tx.keys, inbox_id, token, tx.now())
    except visitors.BadToken:
        raise Refusal("visitor", locale=locale) from None
    row = visitors.known(tx, named.visitor_id)
    if row is not None and row.user_ref and row.user_ref != user_ref:
        # Signed out, or somebody else signed in: what one wrote is not shown to the next at the same screen.
        return visitors.new_visitor(), True, True
    return named.visitor_id, named.renew, False
