"""Asks a ClamAV daemon whether a file is known to do harm: INSTREAM over TCP or a socket file."""

from __future__ import annotations

import re
import socket
import struct
import time
from typing import Literal, NamedTuple

WAIT = 30.0  # seconds for one file, from the first byte to the verdict
CHUNK = 1 << 16
MOST_ANSWER = 4096


class Found(NamedTuple):
    """What the daemon says: clean, found (with the name of what), too_large for it, or nobody there to say."""

    state: Literal["clean", "found", "too_large", "unreachable"]
    name: str = ""


def scan(address: str, content: bytes, wait: float = WAIT) -> Found:
    """Hands a file over and reads the verdict. Raises nothing: whoever cannot be asked is `unreachable`."""
    until = time.monotonic() + wait
    try:
        with _connected(address, wait) as link:
            answer = _asked(link, content, until)
    except (OSError, ValueError) as error:
        return Found("unreachable", str(error)[:100])
    if answer.endswith(" FOUND"):
        # A name goes to the page: signatures are called by letters, digits and a few marks.
        name = answer.removesuffix(" FOUND").rpartition(": ")[2]
        return Found("found", re.sub(r"[^\w.:/()-]+", "_", name)[:80])
    if answer.endswith(": OK"):
        return Found("clean")
    return Found("too_large") if "size limit exceeded" in answer else Found("unreachable", answer[:100])


def _connected(address: str, wait: float) -> socket.socket:
    if address.startswith("/"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(wait)
        try:
            link.connect(address)
        except OSError:
            link.close()
            raise
        return link
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), wait)


def _asked(link: socket.socket, content: bytes, until: float) -> str:
    try:
        link.sendall(b"zINSTREAM\0")
        for at in range(0, len(content), CHUNK):
            link.settimeout(_left(until))
            piece = content[at : at + CHUNK]
            link.sendall(struct.pack("!I", len(piece)) + piece)
        link.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it says why it hangs up before it does: a file over its limit
    said = b""
    while b"\0" not in said and len(said) < MOST_ANSWER:
        link.settimeout(_left(until))
        try:
            piece = link.recv(MOST_ANSWER)
        except ConnectionResetError:
            break
        if not piece:
            break
        said += piece
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the scanner did not answer in time")
    return left
