"""What goes out by a socket, written by whoever tells it and not by a thread of the socket's own.

The engine wakes one thread for each socket and packet. With fifty consoles a message of a customer was some 250 such
wake-ups, which took longer than everything the desk does with the message. Here the teller writes, as far as the
connection has room; what finds no room waits in order, for a thread that is there as long as one browser is slow.
"""

from __future__ import annotations

import logging
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engineio.packet import Packet

log = logging.getLogger(__name__)

MOST_WAITING = 4_000_000  # bytes that wait for one browser, past which it is let go; it asks for what it missed
GOODBYE = b"\x88"  # the first byte of a frame that closes; whatever follows it is an error to the other side
LOOK_AGAIN = 5.0  # seconds after which a thread that waits for room asks whether the socket is still open


def frame(payload: str | bytes) -> bytes:
    """One unfragmented WebSocket message as a server sends it, without a mask (RFC 6455, section 5.2)."""
    first, data = (0x81, payload.encode()) if isinstance(payload, str) else (0x82, bytes(payload))
    size = len(data)
    if size < 126:
        return bytes((first, size)) + data
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + data
    return bytes((first, 127)) + size.to_bytes(8, "big") + data


class Packets(queue.Queue[Packet | None]):
    """The queue of one socket of the engine: it holds packets while the socket is asked for them, and hands them on at
    once from the moment on that it has a WebSocket. None is the engine's word for the end."""

    def __init__(self) -> None:
        super().__init__()
        self._opening = threading.Lock()
        self._write: Callable[[Packet | None], None] | None = None

    def put(self, item: Packet | None, block: bool = True, timeout: float | None = None) -> None:
        if self._write is None:
            with self._opening:
                if self._write is None:
                    super().put(item, block, timeout)
                    return
        self._write(item)

    def open(self, write: Callable[[Packet | None], None]) -> None:
        """What waits goes first, and all that comes after it by `write`."""
        with self._opening:
            while not self.empty():
                write(self.get_nowait())
                self.task_done()
            self._write = write


class Outlet:
    """Writes bytes to one connection in the order in which they are given, and never waits for its reader.

    `send`, `recv` and `close` are those of the connection itself, so that it can stand in its place.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._flags = 0 if isinstance(sock, ssl.SSLSocket) else socket.MSG_DONTWAIT
        self._order = threading.Lock()
        self._waiting = bytearray()
        self._ended = self._parting = False
        self.recv = sock.recv

    def send(self, data: bytes) -> int:
        """Raises OSError if the connection is closed, or goodbye was said: others may tell while somebody closes."""
        with self._order:
            if self._ended or self._parting:
                raise OSError("the socket is closed")
            self._parting = data[:1] == GOODBYE
            if self._waiting:
                self._put_aside(data)
                return len(data)
            sent = self._write(data)
            if sent < len(data):
                self._put_aside(data[sent:])
                threading.Thread(target=self._drain, name="slow-socket", daemon=True).start()
        return len(data)

    def _put_aside(self, data: bytes) -> None:
        if len(self._waiting) + len(data) > MOST_WAITING:
            log.info("a socket was closed: its reader is too slow")
            self._end()
            raise OSError("its reader is too slow")
        self._waiting += data

    def _write(self, data: bytes | bytearray) -> int:
        try:
            return int(self._sock.send(data, self._flags))
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._end()
            raise

    def _drain(self) -> None:
        while True:
            with self._order:
                number = -1 if self._ended else self._sock.fileno()
            if number < 0:
                return
            room = select.poll()
            room.register(number, select.POLLOUT)
            if not room.poll(LOOK_AGAIN * 1000):
                continue
            with self._order:
                try:
                    del self._waiting[: self._write(self._waiting)]
                except OSError:
                    return
                if not self._waiting:
                    return

    def _end(self) -> None:
        self._ended = True
        self._waiting.clear()
        with suppress(OSError):  # it was gone
            self._sock.shutdown(socket.SHUT_RDWR)  # whoever reads it finds out

    def close(self) -> None:
        with self._order:
            self._ended = True
            self._waiting.clear()
            self._sock.close()
