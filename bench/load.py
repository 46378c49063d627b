"""A small load: a few connections that stay open and ask one page after the other, with a bounded number of requests.

Written on plain sockets, because an HTTP library would take as much of the machine as the server it measures.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

CONNECTIONS = 8


class Wrong(RuntimeError):
    """A page that did not come as it should; a rate of errors is no rate."""


def request_of(path: str, cookie: str = "", **headers: str) -> bytes:
    """One GET with what a browser would send."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en", "Accept-Encoding: gzip, deflate"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Timed:
    """One round: requests a second, and the milliseconds that each took."""

    rate: float
    times: list[float] = field(default_factory=list)
    size: int = 0


def ask(connection: socket.socket, request: bytes) -> int:
    """Sends one request, reads the whole answer and gives the size of its body in bytes. Raises Wrong."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(262144)
        if not piece:
            raise Wrong("the server closed the connection")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Wrong(f"{request.split(b' ', 2)[1].decode()}: {head.partition(bytes([13]))[0].decode()}")
    marker = head.lower().find(b"content-length: ")
    if marker < 0:
        raise Wrong("the answer does not say how long it is")
    length = int(head[marker + 16 :].split(b"\r", 1)[0])
    left = length - len(body)
    while left > 0:
        left -= len(connection.recv(262144))
    return length


def load(port: int, requests: Sequence[bytes], count: int, connections: int = CONNECTIONS) -> Timed:
    """Asks `count` times, the requests in turn, over `connections` connections at once."""
    numbers = iter(range(count))
    lock = threading.Lock()
    found = Timed(0.0)
    wrong: list[Exception] = []

    def one() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not wrong:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    start = time.perf_counter()
                    found.size = ask(connection, requests[number % len(requests)])
                    found.times.append((time.perf_counter() - start) * 1000)
        except Exception as error:  # noqa: BLE001  raised again by whoever waits for the threads
            wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    found.rate = count / (time.perf_counter() - start)
    return found


def quantile(times: Sequence[float], share: float) -> float:
    """The value below which this share of the times lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summary(times: Sequence[float]) -> dict[str, float]:
    """Milliseconds: the median and the 95th per cent."""
    return {"p50_ms": round(statistics.median(times), 2), "p95_ms": round(quantile(times, 0.95), 2)}
