"""A server that speaks S3, as a process on a loopback port; and one in front of it that goes wrong when told to."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import config
from tests.servers.needs import free_port, listens, wait_for

_START = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"
_NUMBERS = count(1)
KEY, SECRET = "AKIATESTSOFTHEDESK00", "a-secret-that-no-log-may-hold"


@dataclass(frozen=True)
class Storage:
    """The server; `bucket` makes a fresh one and gives its address as BLOBS takes it."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bucket(self) -> str:
        name = f"bucket-{next(_NUMBERS)}"
        assert self.ask("PUT", f"/{name}")[0] == 200
        return f"s3://{name}/of/this/desk"

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """A call without a signature: what an operator does with other tools."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.request(method, path, body)
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def access(self, **changed: str) -> config.Secrets:
        """BLOBS_ACCESS for it."""
        return config.Secrets(
            {"endpoint": self.url, "region": "us-east-1", "key": KEY, "secret": SECRET, "token": ""} | changed
        )


@contextmanager
def serving(folder: Path) -> Iterator[Storage]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-c", _START, str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        wait_for(lambda: listens(port), f"the object storage on port {port} ({folder}/log says why)", 60)
        yield Storage(port)
        process.terminate()


class Between:
    """A proxy before the storage. `answers`: it says so itself instead (a status, a body), for `first` calls if
    that is set. `silent`: nothing at all until it is closed. `seen` counts the calls; `port` is where it listens."""

    def __init__(self, storage: Storage) -> None:
        self.answers: tuple[int, bytes] | None = None
        self.first: int | None = None
        self.silent = False
        self.seen = 0
        self._over = threading.Event()
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                between.seen += 1
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if between.silent:
                    between._over.wait(30)
                    self.close_connection = True
                    return
                if between.first is not None:
                    between.first -= 1
                    if between.first < 0:
                        between.answers = between.first = None
                if between.answers is not None:
                    self._say(*between.answers, [])
                    return
                link = http.client.HTTPConnection("127.0.0.1", storage.port, timeout=20)
                link.request(self.command, self.path, body, dict(self.headers))
                answer = link.getresponse()
                kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("connection", "transfer-encoding")]
                self._say(answer.status, answer.read(), kept)
                link.close()

            def _say(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() != "content-length" or self.command == "HEAD":
                        self.send_header(name, value)
                if self.command != "HEAD":
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
