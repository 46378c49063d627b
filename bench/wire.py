"""A Socket.IO connection in asyncio, spoken by hand: a thousand of a client library's, each with its threads, would
take more of the machine than the server that is measured."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

PATIENCE = 30.0  # seconds until a connection or an answer counts as lost
TAIL = b"\x00\x00\xff\xff"  # what a compressed message leaves out at its end (RFC 7692)

Hear = Callable[[str, float], None]  # an event as its JSON text, and when its bytes were here


class Lost(RuntimeError):
    """A connection that was refused or ended."""


class Wire(asyncio.Protocol):
    """One connection of a browser, WebSocket from the start. It offers compression, as every browser does."""

    def __init__(self, path: str, headers: Mapping[str, str], auth: Any, hear: Hear) -> None:
        self._path, self._headers, self._auth, self._hear = path, headers, auth, hear
        loop = asyncio.get_running_loop()
        self.up: asyncio.Future[None] = loop.create_future()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._data = b""
        self._open = False
        self._pack: Any = None
        self._unpack: Any = None
        self._transport: asyncio.Transport

    @property
    def packed(self) -> bool:
        """Whether the server took up the offer to compress."""
        return self._pack is not None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self._path}?EIO=4&transport=websocket HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        ]  # fmt: skip
        lines += [f"{name}: {value}" for name, value in self._headers.items()]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._data += data
        if not self._open:
            head, there, rest = self._data.partition(b"\r\n\r\n")
            if not there:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._end(Lost(head.split(b"\r\n", 1)[0].decode()))
                return
            if b"permessage-deflate" in head.lower():
                self._pack, self._unpack = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
            self._open, self._data = True, rest
        while (size := self._frame(now)) and self._data:
            self._data = self._data[size:]

    def _frame(self, now: float) -> int:
        """Takes the first frame; gives its length, 0 where it is not here as a whole. A server masks nothing."""
        data = self._data
        if len(data) < 2:
            return 0
        length, start = data[1] & 0x7F, 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            return 0
        body = data[start : start + length]
        if data[0] & 0x0F == 8:
            self._end(Lost("the server closed the socket"))
        else:
            if data[0] & 0x40:
                body = self._unpack.decompress(body + TAIL)
            self._take(body.decode(), now)
        return start + length

    def _take(self, packet: str, now: float) -> None:
        if packet == "2":
            self._write("3")
        elif packet.startswith("42"):
            self._hear(packet[2:], now)
        elif packet.startswith("43"):
            at = packet.index("[")
            asked = self._asked.pop(int(packet[2:at]), None)
            if asked is not None and not asked.done():
                (answer,) = json.loads(packet[at:])
                asked.set_result((answer, now))
        elif packet.startswith("0"):
            self._write("40" + (json.dumps(self._auth) if self._auth is not None else ""))
        elif packet.startswith("40"):
            if not self.up.done():
                self.up.set_result(None)
        elif packet.startswith("44"):
            self._end(Lost(packet))

    def _write(self, packet: str) -> None:
        body, flags = packet.encode(), 0x81
        if self._pack is not None:
            body, flags = (self._pack.compress(body) + self._pack.flush(zlib.Z_SYNC_FLUSH))[:-4], 0xC1
        size = len(body)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self._transport.write(bytes([flags]) + length + b"\0\0\0\0" + body)  # a mask of zeros leaves it as it is

    def tell(self, event: str, said: Any) -> None:
        """Emits, and waits for nothing."""
        self._write("42" + json.dumps([event, said]))

    async def ask(self, event: str, said: Any) -> tuple[Any, float]:
        """Emits; the answer, and when it was here."""
        self._number += 1
        asked = self._asked[self._number] = asyncio.get_running_loop().create_future()
        self._write(f"42{self._number}" + json.dumps([event, said]))
        answer: tuple[Any, float] = await asyncio.wait_for(asked, PATIENCE)
        return answer

    def connection_lost(self, _error: Exception | None) -> None:
        self._end(Lost("the connection ended"))

    def _end(self, why: Lost) -> None:
        for waiting in (self.up, *self._asked.values()):
            if not waiting.done():
                waiting.set_exception(why)
        self._asked.clear()

    def close(self) -> None:
        self._transport.close()


async def connected(port: int, path: str, headers: Mapping[str, str], auth: Any, hear: Hear) -> Wire:
    """A connection that the server has taken. Raises Lost, TimeoutError."""
    _transport, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(path, headers, auth, hear), "127.0.0.1", port
    )
    await asyncio.wait_for(wire.up, PATIENCE)
    return wire


async def a_few_at_once(how_many: int, work: list[Awaitable[Any]]) -> list[Any]:
    """Awaits all of it, at most so many at a time; the results in the order that was given."""
    room = asyncio.Semaphore(how_many)

    async def one(each: Awaitable[Any]) -> Any:
        async with room:
            return await each

    return await asyncio.gather(*map(one, work))
