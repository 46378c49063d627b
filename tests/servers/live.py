"""The desk as people run it: its own process, gunicorn, threads and all, on a free port with its own data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import create_engine

import config
from desk import agents, settings
from desk.agents import Viewer
from desk.clock import SystemClock
from desk.files import Blobs, open_store
from desk.keys import KeyRing
from desk.parts import Desk
from desk.store import Store, prepare_engine
from tests.servers.needs import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "warm kiln, cold clay"


class LiveDesk:
    """One running desk. `desk` reaches the same database and files from the test's process (its clock is the
    machine's), for setting a scene up and for looking at what was stored."""

    def __init__(self, folder: Path, database_url: str = "", **environ: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "DATA": str(folder),
            "PORT": str(self.port),
            "DEMO": "0",
            "ADMIN_EMAIL": "admin@kiln.example",
            "DATABASE_URL": database_url,
            "TRUSTED_PROXIES": "1",  # as behind the proxy of a desk on the internet; nobody has to come by it
            **environ,
        }
        self.config = config.read(self.environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._staff = 0
        self._desk: Desk | None = None
        self.at_once = True  # answers wait for nobody to take them back

    def run(self, *command: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs a `flask …` command on this desk's data, and gives what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
            **options,
        )

    def _environment(self) -> Mapping[str, str]:
        ours = set(self.environ) | {"PUBLIC_URL", "WORKER", "SMTP_PORT", "LMTP_PORT", "REDIS_URL"}
        return {name: value for name, value in os.environ.items() if name not in ours} | self.environ

    def start(self, *arguments: str, patience: float = 60) -> LiveDesk:
        """Starts serving (`flask serve --bootstrap`) and waits until the desk answers."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--bootstrap", *arguments],
                cwd=ROOT,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, f"the desk at {self.base_url}; its log ends with:\n{self.log()[-2000:]}", patience)
        with self.desk.store.transaction() as tx:
            for name in ("mail.undo_seconds", "sms.undo_seconds") if self.at_once else ():
                settings.set(tx, name, 0, None)
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the desk ended by itself:\n{self.log()[-4000:]}"
        with suppress(URLError, OSError), urlopen(f"{self.base_url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process that listens."""
        assert self._process is not None
        return self._process.pid

    def stop(self, seconds: float = 15) -> int:
        """Asks the server to end, as a service manager does, and gives its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(seconds)

    def kill(self) -> None:
        """Ends every process of this desk at once (kill -9): nothing is flushed, nobody says goodbye."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def close(self) -> None:
        if self.running:
            threading.Timer(15, self.kill).start()
            self.stop(20)
        self.kill()
        if self._desk is not None:
            self._desk.store.engine.dispose()

    def log(self) -> str:
        """What the server has said so far."""
        path = self.folder / "server.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            engine = prepare_engine(create_engine(self.config["DATABASE_URL"]))
            keys = KeyRing.load(self.config["KEYS_FILE"])
            store = Store(engine, SystemClock(), keys, self.config["PUBLIC_URL"])
            self._desk = Desk(
                store=store, files=Blobs(open_store(self.config["BLOBS"], self.config)), config=self.config
            )
        return self._desk

    def staff(self, role: str = "agent", name: str = "") -> Viewer:
        """Somebody new who can log in with PASSWORD."""
        self._staff += 1
        email = f"{role}{self._staff}@kiln.example"
        with self.desk.store.transaction() as tx:
            made = agents.create(
                tx, email=email, name=name or f"{role.title()} {self._staff}", role=role, password=PASSWORD
            )
            viewer = agents.viewer(tx, made.id)
        assert viewer is not None
        return viewer

    def log_in(self, page: Any, viewer: Viewer) -> None:
        """Signs a browser page in through the form, as this person does."""
        page.goto(f"{self.base_url}/login")
        page.locator("input[name=email]").fill(viewer.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
