"""The double of a provider takes what a real one would take: nothing of a client that died while it spoke."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import requests

from tests.servers.twilio import ACCOUNT, TOKEN, serving


def test_half_a_request_is_nobodys_message() -> None:
    with serving() as provider:
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        at = urlsplit(provider.url)
        with socket.create_connection((at.hostname or "", at.port or 0), timeout=10) as dying:
            dying.sendall(f"POST {path} HTTP/1.1\r\nHost: carrier\r\nContent-Length: 20\r\n\r\nBody=He".encode())
            dying.shutdown(socket.SHUT_WR)
            assert dying.recv(100) == b""
        assert provider.calls == []
        assert provider.messages == []
        whole = requests.post(provider.url + path, data={"Body": "Hello"}, auth=(ACCOUNT, TOKEN), timeout=10)
        assert whole.status_code == 201
        assert [row["body"] for row in provider.messages] == ["Hello"]
