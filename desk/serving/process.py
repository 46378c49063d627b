"""The process that serves: the desk, and the threads and connections that begin in it alone."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from typing import Any

from desk.app import create_app
from desk.cli.running import prepare
from desk.parts import Desk
from desk.worker import Background

log = logging.getLogger(__name__)

SETTLED = 10.0  # seconds after which what was loaded once is there: the application, the models
ROUNDS = 50  # looks for open sockets at the end, a tenth of a second apart: as long as requests have to end in


class Process:
    """One desk being served. `first` brings it up to date before, as `flask bootstrap` does."""

    def __init__(self, *, first: bool = False) -> None:
        self.app = create_app()
        desk: Desk = self.app.extensions["loopdesk"]
        if first:
            with self.app.app_context():
                prepare(desk, self.app.config)
        self.background: Background | None = None
        if self.app.config["WORKER"] == "thread":
            self.background = Background(desk, self._settle)
            self.background.start()
        self._setting = threading.Timer(SETTLED, self._set_aside)
        self._setting.daemon = True
        self._setting.start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            self._close_sockets_first(number)

    @staticmethod
    def _set_aside() -> None:
        """What was loaded once stays for good, and the collector need not look at it again: all of it took 0.2 s with a
        thousand widgets open, and everybody waits for so long."""
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        self._setting.cancel()
        if self.background is not None:
            self.background.stop()

    def _settle(self) -> None:
        """What the last job changed is told before the next one begins: to colleagues, and to visitors."""
        for name in ("loopdesk.push", "loopdesk.visitor_push"):
            self.app.extensions[name].teller.settle()

    def _close_sockets_first(self, number: int) -> None:
        # An open socket is a request that never ends: gunicorn would wait for it until the grace is over.
        before = signal.getsignal(number)

        def handler(signum: int, frame: Any) -> None:
            threading.Thread(target=self._close_sockets, daemon=True).start()
            if callable(before):
                before(signum, frame)

        signal.signal(number, handler)

    def _close_sockets(self) -> None:
        staff, visitors = self.app.extensions["socketio"], self.app.extensions["loopdesk.visitors"]
        engines = (staff.server.eio, visitors.server.eio)
        ended = threading.Event()
        for _ in range(ROUNDS):  # a handshake that was under way opens one more after the first look
            for engine in engines:
                for socket in list(engine.sockets.values()):
                    try:
                        socket.close(wait=False)  # not one after the other, each as slow as its reader
                    except Exception:
                        log.debug("a socket was gone already", exc_info=True)
            ended.wait(0.1)
