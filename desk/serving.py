"""The web server: gunicorn's threaded worker in one process, with the background threads started after the fork."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from desk.parts import Desk
from desk.worker import Background

log = logging.getLogger(__name__)

GRACE = 5  # seconds that requests under way have to end in


class Server(BaseApplication):
    """gunicorn with our options instead of its command line."""

    def __init__(self, app: Flask) -> None:
        self.flask_app = app
        self.background: Background | None = None
        super().__init__()

    def load_config(self) -> None:
        config = self.flask_app.config
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
            "post_worker_init": self.after_fork,
            "worker_exit": self.at_exit,
            "forwarded_allow_ips": "*" if config["TRUSTED_PROXIES"] else "127.0.0.1",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.flask_app

    def after_fork(self, _worker: Any) -> None:
        """Only now, in the process that serves, may threads and connections begin."""
        desk: Desk = self.flask_app.extensions["loopdesk"]
        desk.store.engine.dispose(close=False)
        if self.flask_app.config["WORKER"] == "thread":
            self.background = Background(desk, self._settle)
            self.background.start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            self._close_sockets_first(number)

    def _settle(self) -> None:
        """What the last job changed is told before the next one begins: to colleagues, and to visitors."""
        for name in ("loopdesk.push", "loopdesk.visitor_push"):
            self.flask_app.extensions[name].teller.settle()

    def _close_sockets_first(self, number: int) -> None:
        # An open socket is a request that never ends: gunicorn would wait for it until the grace is over.
        before = signal.getsignal(number)

        def handler(signum: int, frame: Any) -> None:
            threading.Thread(target=self._close_sockets, daemon=True).start()
            if callable(before):
                before(signum, frame)

        signal.signal(number, handler)

    def _close_sockets(self) -> None:
        staff, visitors = self.flask_app.extensions["socketio"], self.flask_app.extensions["loopdesk.visitors"]
        engines = (staff.server.eio, visitors.server.eio)
        ended = threading.Event()
        for _ in range(GRACE * 10):  # a handshake that was under way opens one more after the first look
            for engine in engines:
                for socket in list(engine.sockets.values()):
                    try:
                        socket.close(wait=False)  # not one after the other, each as slow as its reader
                    except Exception:
                        log.debug("a socket was gone already", exc_info=True)
            ended.wait(0.1)

    def at_exit(self, _arbiter: Any, _worker: Any) -> None:
        if self.background is not None:
            self.background.stop()


def run(app: Flask) -> None:
    """Serves until SIGTERM or SIGINT."""
    Server(app).run()
