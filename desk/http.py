"""The one client for calls to the outside: time-outs, a cap on what comes back, and no way into private networks.

An address that a person can type (a webhook, an image, a provider's host) must not reach what stands beside the desk.
Each host is looked up once, every address it has is judged, and the connection goes to the address that was judged: a
name that answers differently the second time (DNS rebinding) gains nothing. Redirects are followed by the same rule.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2 as httpcore
import httpx2 as httpx

TIMEOUT = 10.0  # seconds for connecting, and for each wait on an answer
MAX_BYTES = 5 << 20
MAX_REDIRECTS = 3
PORTS = frozenset({80, 443, 8080, 8443})
PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})  # for the server that was called, no other


class Unreachable(Exception):
    """The call did not come about or was not allowed; the sentence carries no secret. `sent` tells that the other side
    may have had the request, so that what it asks for may have been done."""

    def __init__(self, reason: str, *, sent: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent


class Forbidden(Unreachable):
    """The address leads into a private network, or by a port or scheme that is nobody's web server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `content` is whole, at most `max_bytes` long."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv4 address inside an IPv6 one is judged by itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64: the last four bytes are an IPv4 address
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


class _Guard(httpcore.NetworkBackend):
    """Opens connections to addresses that were looked up and judged here, and to no others."""

    def __init__(self, allow_private: bool) -> None:
        self._plain = httpcore.SyncBackend()
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if not self._allow_private and port not in PORTS:
            raise Forbidden(f"port {port} is not one of a web server")
        try:
            found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        if not self._allow_private and not all(is_public(address) for address in found):
            raise Forbidden(f"{host} is in a private network")
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in sorted(found, key=lambda a: ":" in a):  # IPv4 first: the safer bet on small machines
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                last = error
        raise last

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Forbidden("a socket file is no address")


class Client:
    """Makes calls. `allow_private` is for a desk whose own systems stand in a private network, and for tests."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        within: float | None = None,
    ) -> None:
        """`within`: seconds for a whole answer, where somebody waits for it; `timeout` is that of each wait."""
        transport = httpx.HTTPTransport(retries=0, trust_env=False)
        # httpx hands the choice of connections to its pool; the pool takes ours.
        transport._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=_Guard(allow_private)
        )
        self._client = httpx.Client(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)
        self._max_bytes = max_bytes
        self._within = within

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """One call. Raises Unreachable, and Forbidden where the address is not allowed. Only GET follows redirects:
        a body that was meant for one server is not handed to another, nor is the authority that was for it."""
        first = ""
        for _ in range(redirects + 1):
            try:
                parts = urlsplit(url)
            except ValueError as error:
                raise Forbidden("that is not an address") from error
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise Forbidden("an address begins with https:// and names a host")
            if parts.username or parts.password:
                raise Forbidden("an address carries no user and no password")
            origin = f"{parts.scheme}://{parts.netloc}"
            first = first or origin
            told = {k: v for k, v in (headers or {}).items() if origin == first or k.lower() not in PRIVATE}
            answer = self._once(method, url, told, content)
            target = answer.headers.get("location")
            if method != "GET" or answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            url = urljoin(url, target)
        raise Unreachable(f"it was passed on more than {redirects} times")

    def _once(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        began = time.monotonic()
        try:
            with self._client.stream(method, url, headers=dict(headers), content=content) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if self._within is not None and time.monotonic() - began > self._within:
                        raise Unreachable(f"the answer took longer than {self._within:g} s", sent=True)
                    if len(body) > self._max_bytes:
                        raise Unreachable(f"the answer is longer than {self._max_bytes} bytes", sent=True)
                return Answer(response.status_code, dict(response.headers), bytes(body), url)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Unreachable(f"the call failed: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"the call failed: {type(error).__name__}", sent=True) from error
        except httpx.InvalidURL as error:
            raise Forbidden("that is not an address") from error

    def close(self) -> None:
        self._client.close()
