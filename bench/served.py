"""Servers for a run: the desk as people start it, and the floor under the same gunicorn."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode

from bench.databases import BUILD, ROOT
from bench.fill import PASSWORD, environment


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Served:
    """One server process with its children, on a port of its own, which answers at `health`."""

    def __init__(
        self, name: str, command: Sequence[str], port: int, environ: Mapping[str, str], health: str = "/healthz"
    ) -> None:
        self.port = port
        self._log = BUILD / f"{name}.log"
        start = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait(health)
        except BaseException:
            self.stop()
            raise
        self.seconds = time.perf_counter() - start  # from the command to the first answer

    def _wait(self, health: str) -> None:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with suppress(OSError, http.client.HTTPException), closing(asked):
                asked.request("GET", health)
                with asked.getresponse() as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.02)
        raise RuntimeError(f"the server did not answer; its log ends with:\n{self._log.read_text()[-2000:]}")

    def settle(self, within: float = 60.0) -> None:
        """Waits until the server has nothing left to do by itself: what loads after the start is loaded then."""
        until, used = time.monotonic() + within, -1
        time.sleep(4.0)  # the models begin three seconds after the start
        while time.monotonic() < until and used != (used := sum(map(_ticks, self._pids()))):
            time.sleep(1.5)

    def megabytes(self) -> float:
        """Memory of the process and its children, shared pages counted once (proportional set size)."""
        return self._pss("Pss")

    def mapped_megabytes(self) -> float:
        """Of it, pages of files: the system takes them back whenever it needs them (code, a mapped database)."""
        return self._pss("Pss_File")

    def _pss(self, kind: str) -> float:
        total = 0
        for pid in self._pids():
            with suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(rf"^{kind}:\s+(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
        return round(total / 1024)

    def threads(self) -> int:
        """Threads of the process and its children."""
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self._pids())

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        return sum(map(_ticks, self._pids())) / 10

    def _pids(self) -> list[int]:
        found, waiting = [], [self._process.pid]
        while waiting:
            found.append(pid := waiting.pop())
            with suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    waiting += [int(child) for child in children.read_text().split()]
        return found

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)


def _ticks(pid: int) -> int:
    """Processor time of a process so far, in tenths of a second: a loop that looks around once a second is at rest."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 10 // os.sysconf("SC_CLK_TCK")
    return 0


def desk(name: str, url: str, folder: Path, **environ: str) -> Served:
    """The desk, by the command of `make run`."""
    port = free_port()
    command = ["-m", "flask", "--app", "wsgi", "serve", "--bootstrap"]
    return Served(f"desk-{name}", command, port, environment(folder, url, PORT=str(port), **environ))


def floor(name: str, kind: str, target: str) -> Served:
    """The floor on the same database."""
    port = free_port()
    command = ["-m", "bench.floor", kind, target, str(port)]
    return Served(f"floor-{name}", command, port, dict(os.environ))


def sign_in(port: int, email: str, address: str = "") -> str:
    """Signs a colleague in through the form, and gives the Cookie header of their session. Logins are counted by
    address: behind a proxy that the desk trusts, each colleague may have their own."""
    behind = {"X-Forwarded-For": address} if address else {}
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", "/login", headers=behind)
    answer = asked.getresponse()
    page, cookie = answer.read().decode(), _cookie(answer)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None, page[:500]
    form = urlencode({"email": email, "password": PASSWORD, "csrf_token": token[1]})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    headers |= {"Referer": f"http://127.0.0.1:{port}/login"} | behind
    asked.request("POST", "/login", form, headers)
    answer = asked.getresponse()
    answer.read()
    asked.close()
    assert answer.status in (302, 303), f"{email} could not sign in: {answer.status}"
    return _cookie(answer)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]
