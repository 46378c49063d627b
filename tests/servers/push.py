"""A push service on loopback with a browser behind it: it opens what was sealed for it, and checks who signed."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class PushService:
    """`status` is what it answers; `heard` are the headers and the opened message of each call."""

    def __init__(self) -> None:
        self.port, self.status = 0, 201
        self.location = ""
        self.heard: list[tuple[dict[str, str], dict[str, Any]]] = []
        self._key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    @property
    def subscription(self) -> dict[str, Any]:
        """What the browser hands to the desk."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._auth)}
        return {"endpoint": f"http://127.0.0.1:{self.port}/push/abc", "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> dict[str, Any]:
        clear = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(clear)
        return found


def signer(headers: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The public key that signed a call, once the signature was found to be its, and what it claims."""
    found = headers["authorization"]
    assert Vapid02.verify(found), "the signature is not of this key"
    parts = dict(part.split("=", 1) for part in found.removeprefix("vapid ").split(","))
    claims = parts["t"].split(".")[1]
    return parts["k"], json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))


@contextmanager
def push_service() -> Iterator[PushService]:
    """Serves until the block ends."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.heard.append((headers, service.opened(body)))
            self.send_response(service.status)
            if service.location:
                self.send_header("Location", service.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()
