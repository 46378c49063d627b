"""Calls to the outside: where they may go, how much may come back, and that a name cannot change its mind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import http
from desk.http import Client, Forbidden, Unreachable, is_public


class _Site(BaseHTTPRequestHandler):
    calls: list[str]

    def do_GET(self) -> None:
        type(self).calls.append(self.path)
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
        else:
            self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * (2000 if self.path == "/long" else 5))

    def do_POST(self) -> None:
        type(self).calls.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    _Site.calls = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def inside() -> Iterator[Client]:
    client = Client(allow_private=True, max_bytes=1000)
    yield client
    client.close()


@pytest.fixture
def outside() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:0a00:0001::1", "255.255.255.255"],
)  # fmt: skip
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_like_itself(ip: Any) -> None:
    assert is_public(f"::ffff:{ip}") == is_public(str(ip))


def test_a_call_goes_out_and_comes_back(site: str, inside: Client) -> None:
    answer = inside.call("GET", f"{site}/here")
    assert (answer.status, answer.content) == (200, b"xxxxx")
    assert inside.call("POST", f"{site}/", content=b"hello").status == 201
    assert _Site.calls == ["/here", "hello"]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://0/",
     "http://10.0.0.1:8080/", "file:///etc/passwd", "ftp://x.example/", "http://user:pass@x.example/", "http:///x",
     "http://93.184.215.14:22/", "nothing", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest"],
)  # fmt: skip
def test_private_networks_and_odd_addresses_are_refused_before_a_byte_is_sent(outside: Client, url: str) -> None:
    with pytest.raises(Forbidden):
        outside.call("GET", url)


def test_a_redirect_into_a_private_network_is_refused(
    site: str, monkeypatch: pytest.MonkeyPatch, outside: Client
) -> None:
    # The site itself counts as public here, and nothing else does.
    monkeypatch.setattr(http, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(http, "PORTS", frozenset({int(site.rsplit(":", 1)[1]), 80}))
    assert outside.call("GET", f"{site}/fine").status == 200
    with pytest.raises(Forbidden):
        outside.call("GET", f"{site}/away")


def test_a_name_is_looked_up_once_and_the_address_that_was_judged_is_called(
    site: str, monkeypatch: pytest.MonkeyPatch, outside: Client
) -> None:
    """DNS rebinding: the first answer is public, the second one would be ours."""
    port = int(site.rsplit(":", 1)[1])
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    called: list[str] = []
    monkeypatch.setattr(http, "PORTS", frozenset({port}))

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answers.pop(0)]

    def connect(_self: Any, host: str, *_: Any, **__: Any) -> Any:
        called.append(host)
        raise http.httpcore.ConnectError("no network here")

    monkeypatch.setattr(http.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(http.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(Unreachable):
        outside.call("GET", f"http://rebind.example:{port}/")
    assert called == ["93.184.215.14"]
    assert _Site.calls == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch, outside: Client
) -> None:
    monkeypatch.setattr(
        http.socket,
        "getaddrinfo",
        lambda host, port, **_: [(2, 1, 6, "", (a, port)) for a in ("93.184.215.14", "10.0.0.1")],
    )
    with pytest.raises(Forbidden):
        outside.call("GET", "http://mixed.example/")


def test_too_much_too_often_and_nobody_there(site: str, inside: Client) -> None:
    with pytest.raises(Unreachable, match="longer than"):
        inside.call("GET", f"{site}/long")
    with pytest.raises(Unreachable, match="more than 3 times"):
        inside.call("GET", f"{site}/loop")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            inside.call("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_a_proxy_of_the_environment_is_not_asked(site: str, monkeypatch: pytest.MonkeyPatch, inside: Client) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert inside.call("GET", f"{site}/").status == 200
