"""What a test needs of the machine, and how to wait for something that another process does."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def require(present: object, reason: str) -> None:
    """Skips a test that this machine cannot run, with the reason; where `CI=true`, everything must run, so it fails."""
    if not present:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run everything, but {reason}")
        pytest.skip(reason)


def wait_for(look: Callable[[], Found], what: str, seconds: float = 20) -> Found:
    """Calls `look` until it gives something true, and gives that. Fails the test after `seconds`, naming `what`."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain for {what}")
        pause.wait(0.02)
    return found


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
