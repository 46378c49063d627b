"""What a client still sends when its answer is written already: read to an end, within bounds, so that it is heard.

A mail of 26 MB is refused by its stated length, and its sender is still sending then. Closing at that moment makes the
kernel break the connection off (RST), which throws away the 413 that the sender has not read yet; most clients send all
before they read anything. So the rest is read and dropped, as far as one can ask of us (RFC 9112, section 9.6). Whoever
asks first (`Expect: 100-continue`) is told to go on only when somebody reads: a refusal then costs no byte of the mail.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from gunicorn.http.errors import ParseException

MOST_BYTES = 128 << 20  # that are read and dropped of one request
MOST_SECONDS = 30.0  # and for so long
SILENCE = 3.0  # seconds without a byte: nothing more is coming
PIECE = 256 << 10
AT_ONCE = 8  # clients that are heard out; whoever comes beyond is broken off, so that no crowd holds every thread

_seats = threading.BoundedSemaphore(AT_ONCE)


class Awaited:
    """The body of a request whose client waits to be told to go on; the first read tells it."""

    def __init__(self, req: Any) -> None:
        self.asked = False
        self._req, self._body = req, req.body
        self._closes = req.must_close
        req.must_close = (
            True  # unread, nobody knows whether the body comes: no other request follows on this connection
        )

    def _ask(self) -> None:
        if not self.asked:
            self.asked = True
            self._req.must_close = self._closes
            self._req.unreader.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def read(self, *size: int) -> bytes:
        self._ask()
        return bytes(self._body.read(*size))

    def readline(self, *size: int) -> bytes:
        self._ask()
        return bytes(self._body.readline(*size))

    def readlines(self, *size: int) -> list[bytes]:
        self._ask()
        return list(self._body.readlines(*size))

    def __iter__(self) -> Awaited:
        return self

    def __next__(self) -> bytes:
        if line := self.readline():
            return line
        raise StopIteration

    @property
    def failed(self) -> bool:
        """Asked by gunicorn before it waits for another request: an unread body ends the connection."""
        return not self.asked or bool(self._body.failed)


def before(_worker: Any, req: Any) -> None:
    """gunicorn's pre_request. It would say "go on" by itself, before anybody knows whether the body is wanted."""
    if getattr(req, "_expected_100_continue", False):
        req._expected_100_continue = False
        req.body = Awaited(req)


def after(_worker: Any, req: Any, _environ: Any, resp: Any) -> None:
    """gunicorn's post_request: the answer is out, in the thread that wrote it."""
    sock = getattr(req.unreader, "sock", None)
    if sock is None or resp is None or resp.upgrade or not _seats.acquire(blocking=False):
        return
    try:
        if isinstance(req.body, Awaited) and not req.body.asked:
            sock.shutdown(socket.SHUT_WR)  # the answer says that this connection ends
            _drop(sock, sock.recv)
        else:
            _drop(sock, req.body.read)
    except (OSError, ParseException):
        pass  # gone, silent, or not a body: gunicorn closes
    finally:
        _seats.release()


def _drop(sock: Any, read: Any) -> None:
    left, until = MOST_BYTES, time.monotonic() + MOST_SECONDS
    before = sock.gettimeout()
    try:
        while left > 0 and (seconds := until - time.monotonic()) > 0:
            sock.settimeout(min(SILENCE, seconds))
            piece = read(PIECE)
            if not piece:
                return
            left -= len(piece)
    finally:
        sock.settimeout(before)
