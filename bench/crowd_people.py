"""Who is in the crowd: visitors whose widgets do what `static/widget` does, and agents whose consoles do what
`static/js` does, with what was sent and when it was where."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench.wire import Wire

TYPES_BEFORE = 0.4  # seconds that a visitor is seen to type
TOKEN = re.compile(r"crowd(\d+)x")
REPLY = re.compile(r"answer(\d+)x")
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
RUNNING: set[asyncio.Future[Any]] = set()  # what nobody waits for, kept so that it is not thrown away meanwhile


@dataclass
class Sent:
    """One message of a visitor."""

    widget: int
    at: float


@dataclass
class Watch:
    """What was sent, and when it was where."""

    sent: list[Sent] = field(default_factory=list)
    of_widget: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    replied: list[float] = field(default_factory=list)
    counted_from: int = sys.maxsize  # the messages before only began the conversations
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lines: set[int] = field(default_factory=set)
    answers: set[int] = field(default_factory=set)

    def say(self, widget: int) -> int:
        self.sent.append(Sent(widget, time.perf_counter()))
        self.of_widget[widget].append(len(self.sent) - 1)
        return len(self.sent) - 1

    def note(self, what: str, number: int, now: float) -> None:
        if number >= self.counted_from:
            self.times[what].append((now - self.sent[number].at) * 1000)


class Calm:
    """Does something `rest` seconds after the last time it was asked for, and `most` after the first, as `calmly` of
    the console's scripts."""

    def __init__(self, work: Callable[[], Awaitable[Any]], rest: float, most: float) -> None:
        self._work, self._rest, self._most = work, rest, most
        self._first = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        now = time.monotonic()
        if self._timer is None:
            self._first = now
        else:
            self._timer.cancel()
        wait = max(0.0, min(self._rest, self._first + self._most - now))
        self._timer = asyncio.get_running_loop().call_later(wait, self._go)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _go(self) -> None:
        self._timer = None
        RUNNING.add(task := asyncio.ensure_future(self._work()))
        task.add_done_callback(RUNNING.discard)


class Agent:
    """An agent's console: the queue in view, one conversation open, and the pages that its scripts ask for again."""

    def __init__(self, number: int, port: int, watch: Watch) -> None:
        self.number, self.watch = number, watch
        self.wire: Wire
        self.cookie = self.csrf = self.conversation = ""
        self._rows: dict[int, int] = {}  # widget -> how many of its messages its row has shown here
        self._port = port
        self._resting = False
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()
        # As often as static/js/live.js and composer.js do it; how much the queues hold is told.
        self._head = Calm(lambda: self._part(f"/console/c/{self.conversation}/head"), 0.2, 60)
        self._ways = Calm(lambda: self._part(f"/console/c/{self.conversation}/ways"), 0.25, 1.5)

    @property
    def address(self) -> str:
        return f"198.19.0.{self.number + 1}"

    def hear(self, event: str, now: float) -> None:
        if self._resting:
            return
        row = event.startswith('["row"')
        found = TOKEN.search(event)
        if found is None:
            return
        number = int(found[1])
        widget = self.watch.sent[number].widget
        if row:
            # A row that was changed twice while it waited is told once: it shows the newest of both.
            shown = self._rows.get(widget, 0)
            for each in self.watch.of_widget[widget][shown:]:
                if each <= number:
                    self.watch.note("row", each, now)
                    shown += 1
            self._rows[widget] = shown
            if widget == self.number and self.conversation:
                self._head.soon()
        elif event.startswith('["entry"'):
            self._ways.soon()
            if number not in self.watch.lines:
                self.watch.lines.add(number)
                self.watch.note("line", number, now)

    async def open(self, conversation: str) -> None:
        """Opens a conversation: the page for its form's token, then the socket."""
        self.conversation = conversation
        _status, page = await self.http("GET", f"/console/c/{conversation}?view=all")
        found = CSRF.search(page)
        assert found is not None, page[:300]
        self.csrf = found[1]
        answer, _now = await self.wire.ask("open", conversation)
        assert answer["ok"], answer

    async def reply(self) -> None:
        number = len(self.watch.replied)
        self.watch.replied.append(time.perf_counter())
        form = f"text=It+left+today%2C+answer{number}x&mode=reply&request_id={secrets.token_hex(8)}"
        status, page = await self.http("POST", f"/console/c/{self.conversation}/reply", form)
        assert status == 201, (status, page[:500])

    async def _part(self, path: str) -> None:
        began = time.perf_counter()
        status, page = await self.http("GET", path, part=True)
        assert status == 200, (path, status, page[:300])
        self.watch.times["part"].append((time.perf_counter() - began) * 1000)

    async def http(self, method: str, path: str, form: str = "", *, part: bool = False) -> tuple[int, str]:
        """Over one connection that stays open while it is used, as a browser's."""
        lines = [
            f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {self.cookie}", "Accept-Encoding: gzip",
            f"X-Forwarded-For: {self.address}", f"Content-Length: {len(form)}",
        ]  # fmt: skip
        if part or form:
            lines += ["HX-Request: true", "X-Part: 1", f"X-CSRFToken: {self.csrf}"]
        if form:
            lines.append("Content-Type: application/x-www-form-urlencoded")
        asked = ("\r\n".join(lines) + "\r\n\r\n" + form).encode()
        async with self._turn:
            for again in (True, False):
                reader, writer = self._line or await asyncio.open_connection("127.0.0.1", self._port)
                fresh, self._line = self._line is None, (reader, writer)
                try:
                    writer.write(asked)
                    head = (await reader.readuntil(b"\r\n\r\n")).decode()
                    break
                except (OSError, EOFError):  # the server had closed it, as it does after some seconds
                    self._line = None
                    writer.close()
                    if fresh or not again:
                        raise
            length = re.search(r"(?i)content-length: (\d+)", head)
            assert length is not None, head
            body = await reader.readexactly(int(length[1]))
        if re.search(r"(?im)^content-encoding: gzip", head):
            body = gzip.decompress(body)
        return int(head.split(" ", 2)[1]), body.decode()

    def rest(self) -> None:
        """Asks for nothing more."""
        self._resting = True
        for each in (self._head, self._ways):
            each.stop()

    def close(self) -> None:
        self.wire.close()
        if self._line is not None:
            self._line[1].close()


class Widget:
    """One visitor's widget, which does what `static/widget` does."""

    def __init__(self, number: int, watch: Watch) -> None:
        self.number, self.watch = number, watch
        self.wire: Wire
        self.conversation = ""
        self._busy = asyncio.Lock()  # a widget sends its next message once the one before is acknowledged

    @property
    def address(self) -> str:
        return f"198.18.{self.number // 250}.{self.number % 250 + 1}"

    def hear(self, event: str, now: float) -> None:
        if not event.startswith('["message"'):
            return
        (_name, message) = json.loads(event)
        if message["who"] == "agent" and (found := REPLY.search(message["text"])):
            number = int(found[1])
            if number not in self.watch.answers:  # it is told again when it was seen
                self.watch.answers.add(number)
                self.watch.times["reply"].append((now - self.watch.replied[number]) * 1000)
            self.wire.tell("seen", {"conversation": message["conversation"], "place": message["place"]})
        self.wire.tell("got", {"conversation": message["conversation"], "place": message["place"]})

    async def say(self) -> None:
        async with self._busy:
            if self.conversation:
                self.wire.tell("typing", {"conversation": self.conversation, "on": True})
                await asyncio.sleep(TYPES_BEFORE)
            number = self.watch.say(self.number)
            said = {"client_id": secrets.token_hex(8), "text": f"Where is my parcel, please? crowd{number}x"}
            answer, now = await self.wire.ask("send", said)
            if not answer["ok"]:
                raise RuntimeError(f"a message was refused: {answer}")
            self.conversation = answer["conversation"]
            self.watch.note("acknowledged", number, now)
