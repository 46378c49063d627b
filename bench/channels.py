"""Chat and SMS to the screen, and many widgets at once: what a visitor and a provider wait for, and the agent's screen.

Beside chat and its 200 sockets stands a bare Socket.IO echo of the same run, through the same client.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import socketio

from bench.arrival import PATIENCE, PAUSE, Screen
from bench.corridor import opened
from bench.databases import Database
from bench.load import summary
from bench.pages import AGENT
from bench.rows import Size
from bench.served import Served, sign_in
from desk import settings

ACCOUNT, TOKEN, OURS, THEIRS = "AC" + "0" * 32, "t" * 32, "+15005550006", "+14155550123"
SOCKETS = 200
AT_ONCE = 6  # messages of one visitor after the first, without being asked to slow down


def inboxes(database: Database, name: str, size: Size) -> tuple[str, str]:
    """A widget and a number on the filled desk, the assistant off; their keys."""
    desk = opened(database, name, size)
    with desk.store.transaction() as tx:
        brand_id = settings.brands(tx)[0].id
        chat = settings.create_inbox(
            tx, channel="chat", name="Bench chat", address="bench.example", brand_id=brand_id, config={"bot": False}
        ).key
        sms = settings.create_inbox(
            tx,
            channel="sms",
            name="Bench texts",
            address=OURS,
            brand_id=brand_id,
            config={"account_sid": ACCOUNT, "auth_token": TOKEN},
            secret_fields=frozenset({"auth_token"}),
        ).key
    desk.store.engine.dispose()
    return chat, sms


class Visitor:
    """A widget without a browser."""

    def __init__(self, port: int, inbox: str, address: str = "192.0.2.1") -> None:
        self.client = socketio.Client(reconnection=False)
        self.client.connect(
            f"http://127.0.0.1:{port}",
            headers={"X-Forwarded-For": address},  # a desk takes forty of one address, and all of these are here
            auth={"inbox": inbox, "visitor": None, "locale": "en"},
            transports=["websocket"],
            socketio_path="/widget/socket.io",
        )
        answer = self.client.call("hello", {}, timeout=PATIENCE)
        assert answer["ok"], answer

    def send(self, text: str) -> Any:
        return self.client.call("send", {"client_id": secrets.token_hex(8), "text": text}, timeout=PATIENCE)


def signature(url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature: the address and the sorted form, HMAC-SHA1 under the account's token."""
    said = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), said.encode(), hashlib.sha1).digest()).decode()


def chat(served: Served, inbox: str, *, count: int) -> dict[str, Any]:
    """From a visitor's emit to the acknowledgement (after the commit), and to the line on the agent's screen."""
    screen = Screen(served.port, sign_in(served.port, AGENT))
    times: dict[str, list[float]] = {"acknowledged": [], "screen": []}
    visitor: Visitor | None = None
    try:
        for n in range(count):
            if n % AT_ONCE == 0:  # one visitor may not write quicker than people do, so the next one goes on
                if visitor is not None:
                    visitor.client.disconnect()
                visitor = writer = Visitor(served.port, inbox, f"198.51.100.{n // AT_ONCE % 250}")
                first = f"chatfirst{n}x"
                _follow(screen, first, lambda w=writer, t=first: w.send(f"Hello, this is {t}."))
            time.sleep(PAUSE)
            token = f"chat{n}x"
            start = time.perf_counter()
            answer = writer.send(f"Where is it, {token}?")
            told = time.perf_counter()
            assert answer["ok"], answer
            seen = screen.wait(lambda name, said, t=token: name == "entry" and t in said["html"])  # type: ignore[misc]
            times["acknowledged"].append((told - start) * 1000)
            times["screen"].append((seen - start) * 1000)
    finally:
        screen.close()
        if visitor is not None:
            visitor.client.disconnect()
    return {name: summary(found) for name, found in times.items()}


def sms(served: Served, inbox: str, *, count: int) -> dict[str, Any]:
    """From the last byte of the webhook to its 200, and to the line on the agent's screen."""
    screen = Screen(served.port, sign_in(served.port, AGENT))
    times: dict[str, list[float]] = {"answered": [], "screen": []}
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    path = f"/hooks/sms/{inbox}"

    def text(body: str, n: int) -> None:
        form = {
            "MessageSid": f"SM{n:032x}", "AccountSid": ACCOUNT, "From": THEIRS, "To": OURS, "Body": body,
            "NumMedia": "0",
        }  # fmt: skip
        signed = signature(f"http://127.0.0.1:{served.port}{path}", form)
        told = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
        line.request("POST", path, urlencode(form), told)
        answer = line.getresponse()
        words = answer.read()
        assert answer.status == 200, (answer.status, words)

    try:
        _follow(screen, "textfirst", lambda: text("Hello, this is textfirst.", 0))
        for n in range(1, count + 6):
            time.sleep(PAUSE)
            token = f"text{n}x"
            start = time.perf_counter()
            text(f"Where is it, {token}?", n)
            told = time.perf_counter()
            seen = screen.wait(lambda name, said, t=token: name == "entry" and t in said["html"])  # type: ignore[misc]
            if n > 5:
                times["answered"].append((told - start) * 1000)
                times["screen"].append((seen - start) * 1000)
    finally:
        screen.close()
        line.close()
    return {name: summary(found) for name, found in times.items()}


def _follow(screen: Screen, token: str, say: Any) -> None:
    """Makes the agent open the conversation that a first message begins."""
    say()
    found: list[str] = []

    def row(name: str, said: Any) -> bool:
        if name == "row" and token in said["html"]:
            found.append(said["id"])
        return bool(found)

    screen.wait(row)
    answer = screen.client.call("open", found[0], timeout=PATIENCE)
    assert answer["ok"], answer


def crowd(served: Served, floor: Served, inbox: str, *, rounds: int) -> dict[str, Any]:
    """An event with its acknowledgement over 200 widgets that stay open, and a bare echo over as many sockets."""
    found: dict[str, Any] = {}
    for name, make, ask in (
        ("floor", lambda _n: _bare(floor.port), lambda c: c.call("echo", {"on": True}, timeout=PATIENCE)),
        (
            "desk",
            lambda n: Visitor(served.port, inbox, f"192.0.2.{n % 250}").client,
            lambda c: c.call("page", {"url": "https://shop.example/", "title": "A shop"}, timeout=PATIENCE),
        ),
    ):
        clients: list[socketio.Client] = []
        with ThreadPoolExecutor(8) as hands:
            clients = list(hands.map(make, range(SOCKETS)))
        alone: list[float] = []
        for client in clients[: 5 * rounds]:
            start = time.perf_counter()
            ask(client)  # type: ignore[no-untyped-call]
            alone.append((time.perf_counter() - start) * 1000)
        rates = []
        with ThreadPoolExecutor(16) as hands:
            for _ in range(rounds):
                start = time.perf_counter()
                list(hands.map(ask, clients))
                rates.append(len(clients) / (time.perf_counter() - start))
        found[name] = {"sockets": len(clients), "a_second": round(statistics.median(rates), 1), **summary(alone)}
        if name == "desk":
            found["megabytes"] = served.megabytes()
        for client in clients:
            client.disconnect()
    found["ratio"] = round(found["desk"]["a_second"] / found["floor"]["a_second"], 3)
    return found


def _bare(port: int) -> socketio.Client:
    client = socketio.Client(reconnection=False)
    client.connect(f"http://127.0.0.1:{port}", transports=["websocket"])
    return client


def measure(served: Served, floor: Served, keys: tuple[str, str], *, count: int) -> dict[str, Any]:
    """All of it on a desk that serves."""
    return {
        "chat": chat(served, keys[0], count=max(20, count // 4)),
        "sms": sms(served, keys[1], count=count),
        "crowd": crowd(served, floor, keys[0], rounds=3),
    }
