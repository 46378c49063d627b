"""What is told reaches each socket whole and in order, and one that reads slowly holds up nobody."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from engineio.packet import MESSAGE, Packet
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from desk.realtime import outlets
from desk.realtime.outlets import Outlet, Packets, frame
from tests.servers.needs import wait_for

SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_001])


@given(st.one_of(st.text(), st.binary(), SIZES.map(lambda n: "x" * n), SIZES.map(bytes)))
def test_a_frame_is_read_by_a_websocket_client_as_what_was_told(said: str | bytes) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(frame(said) + frame("and"))
    messages = [event for event in client.events() if isinstance(event, TextMessage | BytesMessage)]
    assert all(message.message_finished for message in messages)
    assert [message.data for message in messages] == [said, "and"]


@pytest.fixture
def line() -> Iterator[tuple[Outlet, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_000)
    outlet = Outlet(ours)
    yield outlet, theirs
    outlet.close()
    theirs.close()


def slow_sockets() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "slow-socket"}


def read(theirs: socket.socket, size: int) -> bytes:
    theirs.settimeout(10)
    found = b""
    while len(found) < size and (more := theirs.recv(100_000)):
        found += more
    return found


def test_who_reads_slowly_gets_everything_in_order_and_holds_up_nobody(line: tuple[Outlet, socket.socket]) -> None:
    outlet, theirs = line
    before = slow_sockets()
    # Far more than there is room for: each of these calls returns, though nobody reads.
    said = [b"%07d" % n * 100 for n in range(1000)]
    for each in said:
        assert outlet.send(each) == len(each)
    (waiting,) = slow_sockets() - before
    whole = b"".join(said)
    assert read(theirs, len(whole)) == whole
    wait_for(lambda: not waiting.is_alive(), "the end of the thread that waited for room")
    outlet.send(b"and on")
    assert read(theirs, 6) == b"and on"


def test_what_several_tell_at_once_is_never_torn(line: tuple[Outlet, socket.socket]) -> None:
    outlet, theirs = line

    def tell(letter: bytes) -> None:
        for _ in range(200):
            outlet.send(letter * 500)

    tellers = [threading.Thread(target=tell, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for teller in tellers:
        teller.start()
    found = read(theirs, 3 * 200 * 500)
    for teller in tellers:
        teller.join()
    pieces = [found[at : at + 500] for at in range(0, len(found), 500)]
    assert len(pieces) == 600
    assert all(len(set(piece)) == 1 for piece in pieces)


def test_who_does_not_read_at_all_is_let_go_before_they_fill_the_memory(
    line: tuple[Outlet, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet, theirs = line
    monkeypatch.setattr(outlets, "MOST_WAITING", 50_000)
    with pytest.raises(OSError, match="too slow"):
        for _ in range(10_000):
            outlet.send(b"x" * 1000)
    theirs.settimeout(10)
    while theirs.recv(100_000):
        pass  # what had gone; then the end, so that the browser connects anew
    with pytest.raises(OSError, match="closed"):
        outlet.send(b"more")


def test_who_has_gone_is_found_out_and_nobody_waits_for_them(line: tuple[Outlet, socket.socket]) -> None:
    outlet, theirs = line
    before = slow_sockets()
    outlet.send(b"x" * 500_000)
    (waiting,) = slow_sockets() - before
    theirs.close()
    wait_for(lambda: not waiting.is_alive(), "the end of the thread that waited for room")
    with pytest.raises(OSError, match="closed"):
        outlet.send(b"more")


def test_nothing_follows_a_goodbye(line: tuple[Outlet, socket.socket]) -> None:
    """Whoever tells may have found the socket open just before somebody closed it."""
    outlet, theirs = line
    goodbye = Connection(ConnectionType.SERVER).send(CloseConnection(1000))
    outlet.send(frame("last words"))
    outlet.send(goodbye)
    with pytest.raises(OSError, match="closed"):
        outlet.send(frame("one more"))
    outlet.close()
    assert read(theirs, 100) == frame("last words") + goodbye


def test_what_was_put_aside_before_the_socket_opened_goes_first() -> None:
    packets, told = Packets(), list[Packet | None]()
    early, late = Packet(MESSAGE, "early"), Packet(MESSAGE, "late")
    packets.put(early)
    assert packets.get_nowait() is early  # asked for by polling, as long as there is no WebSocket
    packets.task_done()
    packets.put(early)
    packets.open(told.append)
    packets.put(late)
    packets.put(None)
    assert told == [early, late, None]
    packets.join()  # nothing is left that somebody would wait for
