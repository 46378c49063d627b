"""Inbound to screen: a mail handed in by SMTP, until the push that carries its line and its row reaches a real client.

The client is python-socketio over a websocket, signed in as an agent who has the conversation open. Beside it stands a
bare Socket.IO echo of the same run, through the same client: what no desk could be faster than.
"""

from __future__ import annotations

import queue
import smtplib
import time
from collections.abc import Callable
from typing import Any

import socketio

from bench.fill import Sample
from bench.load import summary
from bench.pages import AGENT
from bench.served import Served, sign_in

TO = "support@desk.example"
PATIENCE = 20.0  # seconds until a push counts as lost
PAUSE = 0.25  # seconds between mails: each finds a desk at rest, which what follows a mail takes a while to give back


class Screen:
    """What a browser holds: a socket, and the time at which each event came in."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.events: queue.Queue[tuple[str, float, Any]] = queue.Queue()
        self.client = socketio.Client(reconnection=False)
        for name in ("row", "entry", "echo"):
            self.client.on(name, self._hear(name))
        self.client.connect(
            f"http://127.0.0.1:{port}", headers={"Cookie": cookie} if cookie else {}, transports=["websocket"]
        )

    def _hear(self, name: str) -> Callable[[Any], None]:
        return lambda said: self.events.put((name, time.perf_counter(), said))

    def wait(self, wanted: Callable[[str, Any], bool]) -> float:
        """When an event came that is wanted. Raises queue.Empty."""
        until = time.perf_counter() + PATIENCE
        while True:
            name, at, said = self.events.get(timeout=max(0.01, until - time.perf_counter()))
            if wanted(name, said):
                return at

    def close(self) -> None:
        self.client.disconnect()


class Sender:
    """A mail server with something for the desk, on one connection."""

    def __init__(self, port: int) -> None:
        self._smtp = smtplib.SMTP("127.0.0.1", port, local_hostname="mail.customer.example", timeout=30)
        self._smtp.ehlo()

    def send(self, address: str, mail: bytes) -> tuple[float, float]:
        """Hands one mail in; when its last byte was sent, and when the server said 250."""
        self._smtp.mail(address)
        self._smtp.rcpt(TO)
        code, answer = self._smtp.docmd("DATA")
        assert code == 354, answer
        self._smtp.send(mail.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        sent = time.perf_counter()
        code, answer = self._smtp.getreply()
        taken = time.perf_counter()
        assert code == 250, answer
        return sent, taken

    def close(self) -> None:
        self._smtp.quit()


def mail_of(number: int, customer: int, conversation: int, subject: str = "Re: about my order") -> bytes:
    """A short mail that answers in a conversation by its number in the subject."""
    return (
        f"From: A customer <customer{customer}@customer.example>\nTo: {TO}\nSubject: {subject} [#{conversation}]\n"
        f"Message-ID: <bench-{number}-{time.time_ns()}@customer.example>\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        f"Hello, this is token{number}x. The parcel has not moved since Monday, could you look?\n"
    ).encode()


def measure(served: Served, smtp_port: int, floor: Served, sample: Sample, *, mails: int) -> dict[str, Any]:
    """Milliseconds from the last byte, and from the 250, to the line and the row; the echo in between."""
    screen, bare, sender = Screen(served.port, sign_in(served.port, AGENT)), Screen(floor.port), Sender(smtp_port)
    times: dict[str, list[float]] = {"entry": [], "row": [], "entry_after_250": [], "row_after_250": [], "accept": []}
    echoes: list[float] = []
    try:
        for number in range(mails):
            place = number % len(sample.conversation_ids)
            customer, conversation = sample.customer_ids[place], sample.conversation_ids[place]
            screen.client.call("open", str(conversation), timeout=PATIENCE)
            time.sleep(PAUSE)
            token = f"token{number}x"
            address = f"customer{customer}@customer.example"
            sent, taken = sender.send(address, mail_of(number, customer, conversation))
            entry = screen.wait(lambda name, said, t=token: name == "entry" and t in said["html"])  # type: ignore[misc]
            row = screen.wait(lambda name, said, t=token: name == "row" and t in said["html"])  # type: ignore[misc]
            if number >= 5:  # the first ones load what is loaded once
                times["accept"].append((taken - sent) * 1000)
                for name, at in (("entry", entry), ("row", row)):
                    times[name].append((at - sent) * 1000)
                    times[f"{name}_after_250"].append((at - taken) * 1000)
            start = time.perf_counter()
            bare.client.emit("echo", {"html": "x" * 1500})
            echoes.append((bare.wait(lambda name, _said: name == "echo") - start) * 1000)
    finally:
        screen.close()
        bare.close()
        sender.close()
    return {"mails": mails, **{name: summary(found) for name, found in times.items()}, "echo": summary(echoes)}
