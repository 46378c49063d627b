"""A visitor's widget without a browser: a real Socket.IO client that remembers what it was told."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import requests
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from desk import settings
from desk.parts import Desk
from tests.servers.live import PASSWORD, LiveDesk

EVENTS = (
    "message", "seen", "typing", "state", "survey", "conversation", "unread", "me", "trouble",
)  # fmt: skip


def chat_inbox(desk: Desk, **config: Any) -> str:
    """Another chat inbox of the first brand; gives its key. The assistant is off unless it is asked for."""
    with desk.store.transaction() as tx:
        n = len(settings.inboxes(tx))
        made = settings.create_inbox(
            tx,
            channel="chat",
            name=f"Chat {n}",
            address=f"shop{n}.kiln.example",
            brand_id=settings.brands(tx)[0].id,
            config={"bot": False} | config,
            secret_fields=frozenset({"user_secret", "challenge_secret"}),
        )
        return made.key


class Refused(Exception):
    """The socket was not taken; `args[0]` is the code, `args[1]` what was told with it."""


_numbers = itertools.count(1)


def own_address() -> str:
    """An address that no other widget of this run has: 198.18.0.0/15 is kept for measuring."""
    return str(ip_address("198.18.0.0") + next(_numbers) % (1 << 17))


class Widget:
    """One tab of one visitor, behind the proxy that a desk on the internet has (LiveDesk's TRUSTED_PROXIES): visitors
    come from an address each, so that no limit of one address stands between the widgets of a test. `address` says that
    some come from the same."""

    def __init__(self, base_url: str, inbox: str, visitor: str | None = None, address: str = "", **auth: Any) -> None:
        self.base_url, self.inbox, self.visitor = base_url, inbox, visitor
        self.address = address or own_address()
        self.auth = auth
        self.told: list[tuple[str, Any]] = []
        self._news = threading.Condition()
        self._refused: Any = None
        self.client = socketio.Client(reconnection=False)
        self._listen()

    def _listen(self) -> None:
        for event in EVENTS:
            self.client.on(event, self._hear(event))
        self.client.on("connect_error", self._refuse)

    def _hear(self, event: str) -> Callable[[Any], None]:
        def heard(what: Any) -> None:
            with self._news:
                self.told.append((event, what))
                self._news.notify_all()

        return heard

    def _refuse(self, told: Any = None) -> None:
        self._refused = told

    def connect(self, hello: bool = True, origin: str | None = None, **said: Any) -> Any:
        """Connects and says hello; gives the answer to it. Raises Refused."""
        auth = {"inbox": self.inbox, "visitor": self.visitor, "locale": "en", **self.auth}
        if origin:
            self.client = socketio.Client(reconnection=False, websocket_extra_options={"origin": origin})
            self._listen()
        try:
            self.client.connect(
                self.base_url,
                auth=auth,
                headers={"X-Forwarded-For": self.address},
                transports=["websocket"],
                socketio_path="/widget/socket.io",
                wait_timeout=10,
            )
        except NotConnected:
            told = self._refused if isinstance(self._refused, dict) else {"message": str(self._refused)}
            raise Refused(told.get("message"), told.get("data")) from None
        if not hello:
            return None
        answer = self.call("hello", **said)
        if answer["ok"]:
            self.visitor = answer["visitor"]
        return answer

    def call(self, event: str, **said: Any) -> Any:
        """Emits and waits for the acknowledgement."""
        return self.client.call(event, said, timeout=20)

    def send(self, text: str, **said: Any) -> Any:
        return self.call("send", **{"client_id": secrets.token_hex(8), "text": text, **said})

    def wait(self, event: str, fits: Callable[[Any], bool] = lambda what: True, seconds: float = 15) -> Any:
        """The first of these events that fits, told already or soon."""
        with self._news:
            found: list[Any] = []

            def there() -> bool:
                found[:] = [what for name, what in self.told if name == event and fits(what)]
                return bool(found)

            assert self._news.wait_for(there, seconds), f"no {event} that fits; told: {self.told}"
            return found[0]

    def all(self, event: str) -> list[Any]:
        with self._news:
            return [what for name, what in self.told if name == event]

    def close(self) -> None:
        wire = self.client.eio.ws
        with suppress(Exception):
            self.client.disconnect()
        with suppress(Exception):
            wire.shutdown()  # what the server closed, the client leaves open


class Console:
    """A colleague's browser without the pages: signed in once, for requests and for sockets."""

    def __init__(self, live: LiveDesk, email: str) -> None:
        self.base_url = live.base_url
        self.session = requests.Session()
        page = self.session.get(f"{live.base_url}/login").text
        self.session.post(
            f"{live.base_url}/login", data={"email": email, "password": PASSWORD, "csrf_token": _token(page)}
        ).raise_for_status()
        self.told: list[tuple[str, Any]] = []
        self.client = socketio.Client(reconnection=False)

    def reply(self, conversation: str, text: str, mode: str = "reply", then: str = "", request_id: str = "") -> None:
        """Writes an answer, or a note, over HTTP: in the process that serves the sockets. `then` may be "resolve";
        under the same `request_id` it is written once."""
        page = self.session.get(f"{self.base_url}/console/c/{conversation}").text
        self.session.post(
            f"{self.base_url}/console/c/{conversation}/reply",
            data={"text": text, "mode": mode, "then": then, "request_id": request_id or secrets.token_hex(8)},
            headers={"X-CSRFToken": _token(page), "HX-Request": "true"},
        ).raise_for_status()

    @property
    def cookies(self) -> str:
        return "; ".join(f"{c.name}={c.value}" for c in self.session.cookies)

    def connect(self, origin: str | None = None) -> None:
        extra = {"websocket_extra_options": {"origin": origin}} if origin else {}
        self.client = socketio.Client(reconnection=False, **extra)
        for event in ("customer", "entry", "row", "presence"):
            self.client.on(event, lambda what, event=event: self.told.append((event, what)))
        self.client.connect(self.base_url, headers={"Cookie": self.cookies}, transports=["websocket"], wait_timeout=10)

    def close(self) -> None:
        with suppress(Exception):
            self.client.disconnect()
        self.session.close()


def _token(page: str) -> str:
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
