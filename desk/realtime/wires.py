"""What an open socket costs: one thread instead of the engine's four, and no memory for compression.

The engine gives each socket a thread of the web server that handles what came, one that reads, one that writes and one
that sleeps until the next ping. Here whoever handles also reads, whoever tells also writes (`outlets`), and one thread
pings for all. Compression would keep a window of about 300 kB for each browser that has offered it, which is all of
them, to save bytes of packets that are mostly shorter than a sentence.
"""

from __future__ import annotations

import heapq
import inspect
import itertools
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import CodeType
from typing import Any

import simple_websocket
from engineio.async_drivers.threading import DaemonThread
from engineio.exceptions import SocketIsClosedError
from engineio.packet import PING, Packet
from engineio.socket import Socket as EngineSocket
from simple_websocket.ws import LocalProtocolError

from desk.realtime.outlets import Outlet, Packets, frame

log = logging.getLogger(__name__)

FRAME = "desk_frame"  # where a packet keeps its bytes
# The function that the engine would run in a thread for each socket.
(WRITER,) = (
    code
    for code in EngineSocket._websocket_handler.__code__.co_consts
    if isinstance(code, CodeType) and code.co_name == "writer"
)


def thrifty(engine: Any, biggest: int) -> None:
    """Makes an Engine.IO server in threads carry its sockets so. `biggest`: bytes of one packet, past which a socket is
    closed; simple-websocket would collect a message of any length."""
    heart = Heart()

    def thread(target: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        if getattr(target, "__code__", None) is WRITER:
            known = inspect.getclosurevars(target).nonlocals
            return Opening(known["self"].queue, known["ws"])
        pinged = getattr(target, "__self__", None)
        if isinstance(pinged, EngineSocket) and getattr(target, "__func__", None) is EngineSocket._send_ping:
            return Beat(heart, pinged, engine.ping_interval)
        return DaemonThread(target=target, args=args, kwargs=kwargs)

    def websocket(handler: Callable[[Any], Any], _server: Any) -> Wire:
        return Wire(handler, biggest)

    # A socket may end between being found and being written to. The engine raises then, and whoever tells a room would
    # leave out all that come after it.
    send = engine.send_packet

    def send_packet(sid: str, packet: Packet) -> None:
        with suppress(SocketIsClosedError):
            send(sid, packet)

    engine.send_packet = send_packet
    engine._async = dict(engine._async) | {"thread": thread, "websocket": websocket, "queue": Packets}


class Heart:
    """Pings each socket when its time has come; its thread begins with the first and ends when there is none."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, EngineSocket]] = []
        self._numbers = itertools.count()
        self._news = threading.Condition()
        self._beating = False

    def ping_at(self, when: float, socket: EngineSocket) -> None:
        """`when` by the monotonic clock."""
        with self._news:
            heapq.heappush(self._due, (when, next(self._numbers), socket))
            if self._due[0][2] is socket:
                self._news.notify()
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat, name="socket-pings", daemon=True).start()

    def _beat(self) -> None:
        while (socket := self._next()) is not None:
            try:
                if not socket.closing and not socket.closed:
                    socket.last_ping = time.time()
                    socket.send(Packet(PING))
            except Exception:
                log.debug("a socket could not be pinged", exc_info=True)

    def _next(self) -> EngineSocket | None:
        with self._news:
            while self._due:
                wait = self._due[0][0] - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._news.wait(wait)
            self._beating = False
            return None


class Beat:
    """Stands where the engine would begin a thread that sleeps and pings once."""

    def __init__(self, heart: Heart, socket: EngineSocket, wait: float) -> None:
        self._heart, self._socket, self._wait = heart, socket, wait

    def start(self) -> None:
        self._heart.ping_at(time.monotonic() + self._wait, self._socket)


class Opening:
    """Stands where the engine would begin a thread that writes: from here on whoever tells writes."""

    def __init__(self, packets: Packets, wire: Wire) -> None:
        self._packets, self._wire = packets, wire

    def start(self) -> None:
        self._packets.open(self._wire.tell)

    def join(self) -> None:
        """Nothing runs that would have to end."""


class _NoThread:
    """What simple-websocket would read with, if it were begun."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        del target

    def start(self) -> None:
        """Whoever waits reads by themselves."""


class Wire:
    """One WebSocket, called as a WSGI application: what the engine calls its driver."""

    def __init__(self, handler: Callable[[Any], Any], biggest: int) -> None:
        self._handler, self._biggest = handler, biggest
        self._ws: Any = None

    def __call__(self, environ: dict[str, Any], _start: Any) -> Any:
        plain = {name: value for name, value in environ.items() if name != "HTTP_SEC_WEBSOCKET_EXTENSIONS"}
        self._ws = simple_websocket.Server(plain, max_message_size=self._biggest, thread_class=_NoThread)
        self._ws.sock = Outlet(self._ws.sock)  # answers to pings and goodbyes keep their place among the rest
        try:
            answer = self._handler(self)
        finally:
            self._ws.connected = False
            self._ws.sock.close()
        if self._ws.mode == "gunicorn":
            raise StopIteration  # gunicorn's word for a connection that is not its own any more
        if self._ws.mode == "werkzeug":
            raise ConnectionError
        return answer

    def wait(self) -> Any:
        """The next message; None once the socket is closed."""
        ws = self._ws
        while not ws.input_buffer:
            if not ws.connected:
                return None
            try:
                data = ws.sock.recv(ws.receive_bytes)
                if not data:
                    ws.connected = False
                    return None
                ws.ws.receive_data(data)
                ws.connected = ws._handle_events() and ws.connected
            except (OSError, LocalProtocolError):
                ws.connected = False
        return ws.input_buffer.pop(0)

    def send(self, message: str | bytes) -> None:
        try:
            self._ws.send(message)
        except simple_websocket.ConnectionClosed as error:
            raise OSError("the socket is closed") from error

    def tell(self, packet: Packet | None) -> None:
        """Writes a packet, or closes at None. One that goes to many sockets is put into its frame once."""
        if packet is None:
            self.close()
            return
        framed = packet.__dict__.get(FRAME)
        if framed is None:
            framed = packet.__dict__[FRAME] = frame(packet.encode())
        try:
            if self._ws.connected:
                self._ws.sock.send(framed)
        except OSError:
            self._ws.connected = False

    def close(self) -> None:
        try:
            if self._ws.connected:
                self._ws.close()
        except OSError:
            self._ws.connected = False
