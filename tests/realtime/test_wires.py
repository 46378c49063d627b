"""What an open socket costs the desk, and that it is carried as before: its thread, pings, no compression."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engineio.packet import PING
from engineio.socket import Socket as EngineSocket
from socketio import Server

from desk.realtime.wires import Heart, thrifty
from tests.servers.live import LiveDesk
from tests.servers.needs import wait_for
from tests.servers.widget import Widget, chat_inbox

SOCKETS = 10


class Pinged:
    """As much of the engine's socket as a ping asks for."""

    def __init__(self, fails: bool = False) -> None:
        self.closing = self.closed = False
        self.last_ping: float | None = None
        self.sent: list[int] = []
        self.at = 0.0
        self._fails = fails

    def send(self, packet: Any) -> None:
        if self._fails:
            raise OSError("gone")
        self.at = time.monotonic()
        self.sent.append(packet.packet_type)


def soon(seen: Callable[[], Any]) -> Any:
    return wait_for(seen, "a ping", 5)


def test_each_socket_is_pinged_at_its_time_by_one_thread_that_ends() -> None:
    others = set(threading.enumerate())  # a server of another test in this process may have a heart too

    def beating() -> list[threading.Thread]:
        return [each for each in threading.enumerate() if each.name == "socket-pings" and each not in others]

    heart, now = Heart(), time.monotonic()
    late, early, gone, broken = Pinged(), Pinged(), Pinged(), Pinged(fails=True)
    gone.closed = True
    for wait, each in ((0.3, late), (0.1, early), (0.15, gone), (0.2, broken)):
        heart.ping_at(now + wait, each)  # type: ignore[arg-type]
    assert len(beating()) == 1
    soon(lambda: late.sent)
    assert early.sent == late.sent == [PING]
    assert now + 0.1 <= early.at < now + 0.3 <= late.at
    assert gone.sent == []
    assert late.last_ping is not None
    soon(lambda: not beating())
    again = Pinged()
    heart.ping_at(time.monotonic(), again)  # type: ignore[arg-type]
    soon(lambda: again.sent)


def threads(live: LiveDesk) -> int:
    children = Path(f"/proc/{live.pid}/task/{live.pid}/children").read_text().split()
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in children)


@pytest.mark.database("sqlite")
class Ending(EngineSocket):
    """A socket whose reader leaves between its being found and being written to."""

    looks = 0

    @property
    def closed(self) -> bool:
        self.looks += 1
        return self.looks > 1

    @closed.setter
    def closed(self, _said: bool) -> None:
        """The engine says that it begins open."""


def test_who_leaves_while_a_room_is_told_keeps_nothing_from_the_others() -> None:
    server = Server(async_mode="threading")
    thrifty(server.eio, 1000)
    staying = []
    for name in ("one", "two", "three"):
        made = (Ending if name == "two" else EngineSocket)(server.eio, name)
        server.eio.sockets[name] = made
        staying.append(made)
        server.manager.enter_room(server.manager.connect(name, "/"), "/", "queue")
    server.emit("row", {"id": "7"}, to="queue")
    assert staying[1].looks == 2
    assert [each.queue.qsize() for each in (staying[0], staying[2])] == [1, 1]


def test_a_socket_costs_one_thread_and_gives_it_back(live_desk: LiveDesk) -> None:
    key = chat_inbox(live_desk.desk)
    first = Widget(live_desk.base_url, key)
    first.connect()  # what begins once has begun
    before = threads(live_desk)
    widgets = [Widget(live_desk.base_url, key) for _ in range(SOCKETS)]
    for widget in widgets:
        assert widget.connect()["ok"]
    # The one that waits for what comes. None writes, for whoever tells does; none pings, for one does for all.
    most = threads(live_desk)
    assert most - before <= SOCKETS
    for widget in widgets:
        widget.close()
    again = [Widget(live_desk.base_url, key) for _ in range(SOCKETS)]
    for widget in again:
        assert widget.connect()["ok"]
    assert threads(live_desk) <= most  # the web server gave the next ones the threads of those who left
    for widget in again:
        widget.close()
    assert first.send("Still here")["ok"]
    first.close()


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("path", ["/widget/socket.io/", "/socket.io/"])
def test_compression_that_is_offered_is_not_taken_up(live_desk: LiveDesk, path: str) -> None:
    with socket.create_connection(("127.0.0.1", live_desk.port), timeout=10) as line:
        line.sendall(
            (
                f"GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
            ).encode()
        )
        answer = line.recv(4096)
    assert b" 101 " in answer.split(b"\r\n")[0]
    assert b"sec-websocket-extensions" not in answer.lower()
