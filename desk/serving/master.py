"""The process that listens: gunicorn with our options instead of its command line."""

from __future__ import annotations

import logging
import resource
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from desk.serving import lingering

log = logging.getLogger(__name__)

GRACE = 5  # seconds that requests under way have to end in
SIGN_OF_LIFE = 10  # seconds between two while the desk is being put together
FILES = 500  # that are open beside sockets: connections that wait, the database, models, logs


class Server(BaseApplication):
    """gunicorn for one desk; `config` is what config.read() gives."""

    def __init__(self, config: Mapping[str, Any], *, first: bool = False) -> None:
        self.config = config
        self.first = first
        self._worker: Any = None
        self._process: Any = None
        room_for_files(config["THREADS"] + FILES)
        super().__init__()

    def load_config(self) -> None:
        config = self.config
        options: dict[str, Any] = {
            "bind": f"{config['HOST']}:{config['PORT']}",
            "workers": 1,  # sockets live in one process; more processes stand behind a sticky proxy
            "worker_class": "gthread",
            "threads": config["THREADS"],
            "worker_connections": config["THREADS"] + 200,
            "timeout": 120,
            "graceful_timeout": GRACE,
            "keepalive": 5,
            "accesslog": None,
            "loglevel": config["LOG_LEVEL"].lower(),
            "proc_name": "loopdesk",
            "control_socket_disable": True,
            "post_fork": self.forked,
            "pre_request": lingering.before,
            "post_request": lingering.after,
            "worker_exit": self.at_exit,
            "forwarded_allow_ips": "*" if config["TRUSTED_PROXIES"] else "127.0.0.1",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def forked(self, _arbiter: Any, worker: Any) -> None:
        self._worker = worker

    def load(self) -> Flask:
        """The application, in the process that serves: only there is the desk imported."""
        with alive(self._worker.notify):
            self._process = import_module("desk.serving.process").Process(first=self.first)
        app: Flask = self._process.app
        return app

    def at_exit(self, _arbiter: Any, _worker: Any) -> None:
        if self._process is not None:
            self._process.stop()


def room_for_files(wanted: int) -> None:
    """Every socket is an open file, and many systems give a process 1,024 until it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning(
            "%d files may be open at once, and the socket caps ask for %d (LimitNOFILE, ulimit -n)", most, wanted
        )


@contextmanager
def alive(tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell` now and then: a migration or a first start may take longer than a silent process may live."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(SIGN_OF_LIFE):
            tell()

    teller = threading.Thread(target=run, name="sign-of-life", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
