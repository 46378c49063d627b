"""The virus scanner's own protocol, spoken with one that a test is."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk.channels.email.clamd import Found, scan
from desk.channels.email.scanning import scanned
from desk.messages import Address, Attachment, InboundMessage, Sender
from tests.channels.mails import NOON
from tests.servers.clamd import EICAR, Daemon


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    running = Daemon(socket.create_server(("127.0.0.1", 0)))
    yield running
    running.close()


@pytest.fixture
def address(daemon: Daemon) -> str:
    return f"127.0.0.1:{daemon.listening.getsockname()[1]}"


@pytest.fixture
def message() -> Callable[..., InboundMessage]:
    def make(*contents: bytes) -> InboundMessage:
        files = tuple(Attachment(f"{n}.txt", "text/plain", len(c), "0" * 64, c) for n, c in enumerate(contents))
        sender = Sender(Address("email", "mara@customer.example"))
        return InboundMessage("email", 1, "x", sender, NOON, "Hello", attachments=files)

    return make


def test_a_file_is_handed_over_whole_and_the_verdict_read(daemon: Daemon, address: str) -> None:
    content = bytes(range(256)) * 1000
    assert scan(address, content) == Found("clean")
    assert scan(address, b"") == Found("clean")
    assert scan(address, b"..." + EICAR) == Found("found", "Eicar-Test-Signature")
    assert daemon.seen[:2] == [content, b""]


def test_it_listens_at_a_socket_file_too(tmp_path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "c"))
    listening.listen()
    daemon = Daemon(listening)
    assert scan(str(tmp_path / "c"), EICAR).state == "found"
    daemon.close()


def test_over_its_limit_it_says_so(daemon: Daemon, address: str) -> None:
    daemon.limit = 100
    assert scan(address, b"x" * 101) == Found("too_large")


def test_nobody_there_or_nothing_said_is_unreachable(daemon: Daemon, address: str, tmp_path: Path) -> None:
    daemon.silent = True
    assert scan(address, b"x").state == "unreachable"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"127.0.0.1:{closed.getsockname()[1]}"
    assert scan(gone, b"x").state == "unreachable"
    assert scan(str(tmp_path / "none"), b"x").state == "unreachable"
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection, and never a word
        assert scan(f"127.0.0.1:{mute.getsockname()[1]}", b"x", wait=0.2).state == "unreachable"


def test_what_it_finds_waits(daemon: Daemon, address: str, message: Callable[..., InboundMessage]) -> None:
    found = scanned(message(b"fine", EICAR), address, hold=True)
    assert [a.held for a in found.attachments] == ["", "virus Eicar-Test-Signature"]


def test_what_waits_already_is_not_asked_about(
    daemon: Daemon, address: str, message: Callable[..., InboundMessage]
) -> None:
    first = message(EICAR)
    held = replace(first, attachments=tuple(replace(a, held="program") for a in first.attachments))
    assert scanned(held, address, hold=True) == held
    assert daemon.seen == []


@pytest.mark.parametrize("hold", [True, False])
def test_where_nobody_answers_files_wait_or_pass_with_a_word(
    hold: bool, message: Callable[..., InboundMessage]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"127.0.0.1:{closed.getsockname()[1]}"
    found = scanned(message(b"a", b"b"), gone, hold)
    assert [(a.held, a.unscanned) for a in found.attachments] == [("unscanned", False) if hold else ("", True)] * 2


def test_without_a_scanner_nobody_is_asked(message: Callable[..., InboundMessage]) -> None:
    assert scanned(message(EICAR), "", hold=True).attachments[0].held == ""
