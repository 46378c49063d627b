"""A mail over the limit is refused in words that its sender hears, however it sends, in little memory."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desk import intake, settings
from desk.serving import lingering
from tests.factories import make_brand
from tests.servers.live import LiveDesk

pytestmark = pytest.mark.timeout(120)

SECRET = "provider-secret-0123456789"
HEADERS = {"Authorization": f"Bearer {SECRET}", "Content-Type": "message/rfc822"}
SENTENCE = b"A mail has 25 MB at most."
OVER = 26 << 20
PIECE = b"x" * 62 + b"\r\n"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    folder = tmp_path_factory.mktemp("lingering")
    running = LiveDesk(folder, f"sqlite:///{folder / 'desk.sqlite'}").start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def path(live: LiveDesk) -> str:
    with live.desk.store.transaction() as tx:
        inbox = settings.create_inbox(
            tx, channel="email", name="Support", address="support@kiln.example", brand_id=make_brand(tx).id,
            config={"hook_secret": SECRET}, secret_fields=frozenset({"hook_secret"}),
        )  # fmt: skip
        return f"/hooks/email/{inbox.key}"


def serving(live: LiveDesk) -> int:
    """The process that holds the desk."""
    (found,) = [int(n) for p in Path(f"/proc/{live.pid}/task").glob("*/children") for n in p.read_text().split()]
    return found


@contextlib.contextmanager
def grows(live: LiveDesk, most: int) -> Iterator[None]:
    pid = serving(live)

    def status(name: str) -> int:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))

    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    except OSError:
        pytest.skip("this system does not say how much memory was used")
    before = status("VmRSS")
    yield
    assert status("VmHWM") - before < most


def pieces(size: int) -> Iterator[bytes]:
    block = PIECE * 1024
    for _ in range(size // len(block)):
        yield block


def posted(live: LiveDesk, path: str, size: int, **headers: str) -> tuple[int, bytes]:
    """Sends all before it reads anything, as most clients do."""
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
    try:
        chunked = "Content-Length" not in headers
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        connection.request("POST", path, pieces(size), HEADERS | headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def kept(live: LiveDesk) -> list[Any]:
    with live.desk.store.reading() as tx:
        return list(intake.quarantined(tx))


@pytest.mark.parametrize("size", [OVER, 100 << 20], ids=["26 MB", "100 MB"])
def test_whoever_sends_all_before_reading_hears_why_not(live: LiveDesk, path: str, size: int) -> None:
    with grows(live, 12 << 20):
        status, said = posted(live, path, size, **{"Content-Length": str(size)})
    assert status == 413
    assert SENTENCE in said
    assert kept(live) == []


def test_a_body_in_chunks_is_refused_once_it_is_over(live: LiveDesk, path: str) -> None:
    with grows(live, 60 << 20):  # 25 MB of it could still have been a mail
        status, said = posted(live, path, OVER)
    assert status == 413
    assert SENTENCE in said


def test_a_wrong_secret_is_said_to_whoever_is_still_sending(live: LiveDesk, path: str) -> None:
    status, said = posted(live, path, OVER, **{"Content-Length": str(OVER), "Authorization": "Bearer nobody-knows-it"})
    assert status == 403
    assert b"not the one of this inbox" in said


def answered(sock: socket.socket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    while piece := sock.recv(65536):
        found += piece
    return found


def head(path: str, size: int, **headers: str) -> bytes:
    lines = {"Host": "desk", **HEADERS, "Content-Length": str(size), **headers}
    said = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{said}\r\n".encode()


def test_whoever_asks_before_sending_is_refused_without_sending(live: LiveDesk, path: str) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as sock:
        sock.sendall(head(path, OVER, Expect="100-continue"))
        said = answered(sock)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in said
    assert SENTENCE in said


def test_whoever_asks_and_does_not_wait_for_the_answer_hears_it_too(live: LiveDesk, path: str) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as sock:
        sock.sendall(head(path, OVER, Expect="100-continue"))
        for piece in pieces(OVER):
            sock.sendall(piece)
        said = answered(sock)
    assert said.startswith(b"HTTP/1.1 413 ")


def test_whoever_asks_with_a_mail_that_fits_is_told_to_go_on_and_may_send_another(live: LiveDesk, path: str) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as sock:
        for number in range(2):
            mail = b"From: Mara <mara@customer.example>\r\nMessage-ID: <%d@customer.example>\r\n\r\nHello\r\n" % number
            sock.sendall(head(path, len(mail), Expect="100-continue"))
            assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(mail)
            answer = http.client.HTTPResponse(sock, method="POST")
            answer.begin()
            assert (answer.status, answer.read()) == (200, b"kept\n")


def test_the_connection_serves_another_request_after_a_refusal(live: LiveDesk, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
    try:
        connection.request("POST", path, pieces(OVER), HEADERS | {"Content-Length": str(OVER)})
        answer = connection.getresponse()
        assert answer.status == 413
        answer.read()
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def test_a_mail_of_26_mb_in_a_form_or_in_json_is_refused_in_words(live: LiveDesk, path: str) -> None:
    mail = b"From: mara@customer.example\r\n\r\n" + PIECE * (OVER // len(PIECE))
    form = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + mail + b"\r\n--x--\r\n"
    packed = b'{"raw": "' + base64.b64encode(mail) + b'"}'
    for kind, body in (("multipart/form-data; boundary=x", form), ("application/json", packed)):
        connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
        connection.request("POST", path, body, HEADERS | {"Content-Type": kind})
        answer = connection.getresponse()
        assert answer.status == 413
        assert SENTENCE in answer.read()
        connection.close()


class Slow:
    """A socket whose other end sends for ever, or says nothing more."""

    def __init__(self, piece: bytes) -> None:
        self.piece, self.given, self.timeout = piece, 0, None

    def gettimeout(self) -> float | None:
        return self.timeout

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds  # type: ignore[assignment]

    def read(self, _size: int) -> bytes:
        if not self.piece:
            raise TimeoutError
        self.given += len(self.piece)
        return self.piece


@pytest.mark.parametrize("piece", [b"", bytes(1 << 20)], ids=["says nothing", "never ends"])
def test_nobody_is_heard_for_ever(piece: bytes) -> None:
    sock = Slow(piece)
    req = SimpleNamespace(unreader=SimpleNamespace(sock=sock), body=sock)
    begun = time.monotonic()
    lingering.after(None, req, {}, SimpleNamespace(upgrade=False))
    assert time.monotonic() - begun < 5
    assert sock.given <= lingering.MOST_BYTES
    assert sock.timeout is None


def test_a_crowd_of_them_holds_no_more_threads_than_a_few() -> None:
    sock = Slow(b"x")
    for _ in range(lingering.AT_ONCE):
        assert lingering._seats.acquire(blocking=False)
    try:
        lingering.after(
            None, SimpleNamespace(unreader=SimpleNamespace(sock=sock), body=sock), {}, SimpleNamespace(upgrade=False)
        )
        assert sock.given == 0
    finally:
        for _ in range(lingering.AT_ONCE):
            lingering._seats.release()
