"""The visitors' own Socket.IO engine: any origin, no cookies, a cap on sockets, and no more from one than it may send.

It stands on its own path beside the console's engine, which takes its own origin only; what is allowed here is never
allowed there. A socket holds a thread of the server, so whoever comes past the cap is refused before one is opened.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import socketio
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from desk.realtime.flood import Bucket, Meter, Pace
from desk.realtime.wires import thrifty

log = logging.getLogger(__name__)

PATH = "widget/socket.io"
BIGGEST = 1 << 20  # bytes of one packet
OF_ONE_ADDRESS = 40
RESERVE = 20  # sockets past the cap that are opened only to be told why they are refused
SILENT = 20  # seconds that a socket may stay open without saying whose it is
HANDSHAKES = (60.0, 2.0)  # of one address: at once, a second

Start = Callable[..., Any]


@dataclass(slots=True)
class Line:
    """One open connection of the engine."""

    address: str
    since: float
    meter: Meter = field(default_factory=Meter)
    seated: bool = False


class Gate:
    """Opens, counts and closes connections. Whose they are is said by `visitors.py`."""

    def __init__(self, app: Flask, cap: int, redis_url: str | None, now: Callable[[], float] = time.monotonic) -> None:
        self.cap, self._now = cap, now
        self.lines: dict[str, Line] = {}
        self._lock = threading.Lock()
        self._handshakes = Pace(lambda: Bucket(*HANDSHAKES))
        manager = socketio.RedisManager(redis_url, channel="loopdesk-visitors") if redis_url else None
        self.server = socketio.Server(
            client_manager=manager,
            async_mode="threading",
            # In order, and on the connection's own thread: whoever floods waits for themselves.
            async_handlers=False,
            cors_allowed_origins="*",
            cors_credentials=False,
            ping_interval=20,
            ping_timeout=20,
            max_http_buffer_size=BIGGEST,
        )
        self.tell_flood: Callable[[str, int], None] = lambda sid, seconds: None
        self._guard_engine()
        inner = socketio.WSGIApp(self.server, self._nothing, socketio_path=PATH)
        door: Any = self._door(inner)
        proxies = int(app.config.get("TRUSTED_PROXIES") or 0)
        if proxies:
            door = ProxyFix(door, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies)
        rest = app.wsgi_app

        def route(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
            chosen = door if str(environ.get("PATH_INFO", "")).startswith(f"/{PATH}/") else rest
            answer: Iterable[bytes] = chosen(environ, start)
            return answer

        app.wsgi_app = route  # type: ignore[assignment, method-assign]

    def _guard_engine(self) -> None:
        engine = self.server.eio
        thrifty(engine, BIGGEST)
        take, leave = engine.handlers["message"], engine.handlers["disconnect"]

        def message(eio_sid: str, data: Any) -> Any:
            line = self.lines.get(eio_sid)
            if line is None:
                return None
            verdict, seconds = line.meter.judge(self._now(), len(data))
            if verdict == "take":
                return take(eio_sid, data)
            if verdict == "close":
                log.info("a visitor's socket was closed: it sent too much")
                self.close_line(eio_sid)
            elif verdict == "tell":
                self.tell_flood(eio_sid, seconds)
            return None

        def disconnect(eio_sid: str, reason: Any) -> Any:
            with self._lock:
                self.lines.pop(eio_sid, None)
            return leave(eio_sid, reason)

        connect = engine.handlers["connect"]

        def opened(eio_sid: str, environ: dict[str, Any]) -> Any:
            with self._lock:
                self.lines[eio_sid] = Line(address_of(environ), self._now())
            return connect(eio_sid, environ)

        engine.on("message", message)
        engine.on("disconnect", disconnect)
        engine.on("connect", opened)

    def _nothing(self, _environ: dict[str, Any], start: Start) -> list[bytes]:
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is nothing here."]

    def _door(self, inner: Start) -> Start:
        def door(environ: dict[str, Any], start: Start) -> Any:
            if environ["REQUEST_METHOD"] == "GET" and "sid" not in parse_qs(environ.get("QUERY_STRING", "")):
                wait = self._handshakes.take(address_of(environ), self._now())
                if wait or len(self.lines) >= self.cap + RESERVE:
                    self._prune()
                if wait:
                    return _refused(environ, start, "429 Too Many Requests", wait)
                if len(self.lines) >= self.cap + RESERVE:
                    return _refused(environ, start, "503 Service Unavailable", 15)
            return inner(environ, start)

        return door

    def _prune(self) -> None:
        """Closes what has been open for a while and never said whose it is."""
        limit = self._now() - SILENT
        with self._lock:
            silent = [sid for sid, line in self.lines.items() if not line.seated and line.since < limit]
        for sid in silent:
            self.close_line(sid)

    def close_line(self, eio_sid: str) -> None:
        """Ends a connection; one that is gone already is no trouble."""
        with self._lock:
            self.lines.pop(eio_sid, None)
        socket = self.server.eio.sockets.get(eio_sid)
        if socket is not None:
            socket.close(wait=False)  # whoever reads nothing more must not hold up who closes them

    def room_for(self, eio_sid: str) -> bool:
        """Whether one more visitor may be seated: in all, and of this address."""
        with self._lock:
            mine = self.lines.get(eio_sid)
            if mine is None:
                return False
            seated = Counter(line.address for line in self.lines.values() if line.seated)
            return sum(seated.values()) < self.cap and seated[mine.address] < OF_ONE_ADDRESS

    def seat(self, eio_sid: str) -> None:
        line = self.lines.get(eio_sid)
        if line is not None:
            line.seated = True

    def seated(self) -> int:
        return sum(line.seated for line in list(self.lines.values()))


def address_of(environ: dict[str, Any]) -> str:
    return str(environ.get("REMOTE_ADDR", ""))


def _refused(environ: dict[str, Any], start: Start, status: str, seconds: int) -> list[bytes]:
    headers = [("Content-Type", "application/json"), ("Retry-After", str(seconds)), ("Cache-Control", "no-store")]
    if environ.get("HTTP_ORIGIN"):
        headers.append(("Access-Control-Allow-Origin", "*"))
    start(status, headers)
    return [json.dumps({"error": "full", "retry_after": seconds}).encode()]
