"""An application served on a free port for a real browser, and a door through which a test signs in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread, current_thread
from typing import Any

from flask import Flask, Response
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from desk.web import base


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


def with_door(app: Flask) -> Flask:
    """The application with /try/<number>, which begins a session of that colleague."""

    @app.get("/try/<int:staff_id>")
    @base.allow("public")
    def come_in(staff_id: int) -> Response:
        base.begin_session(staff_id, 0)
        return Response("in")

    return app


def _closing(app: Flask) -> Callable[..., Iterator[bytes]]:
    """The application, whose answers are closed even where the browser went away in the middle: the development server
    then forgets to, and a file that stays open fails whichever test happens to run."""

    def called(environ: Any, start_response: Any) -> Iterator[bytes]:
        answer = app(environ, start_response)

        def parts() -> Iterator[bytes]:
            try:
                yield from answer
            finally:
                close = getattr(answer, "close", None)
                if close is not None:
                    close()

        return parts()

    return called


class Server(ThreadedWSGIServer):
    """Ends together with every thread that answers for it: one that reads on would do so in a database that is gone."""

    def __init__(self, app: Any) -> None:
        super().__init__("127.0.0.1", 0, app, Quiet)
        self._lines: dict[Thread, socket.socket] = {}
        self._lock = Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(target=self._answer, args=(request, client_address), daemon=True)
        with self._lock:
            self._lines[thread] = request
        thread.start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._lines.pop(current_thread(), None)

    def end(self) -> None:
        """Takes nothing more, hangs up, and waits for who still answers."""
        self.shutdown()
        with self._lock:
            lines = dict(self._lines)
        for line in lines.values():
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # who waits on it for the next request, or message, waits no longer
        for thread in lines:
            thread.join(20)
        self.server_close()


def _events_of(app: Flask) -> list[Thread]:
    """The threads in which the screens' events are handled, each its own, from now on."""
    begun: list[Thread] = []
    sockets = app.extensions.get("socketio")
    if sockets is not None:
        begin = sockets.server.start_background_task

        def remembered(*args: Any, **options: Any) -> Any:
            begun.append(begin(*args, **options))
            return begun[-1]

        sockets.server.start_background_task = remembered
    return begun


@contextmanager
def served(app: Flask, leave: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The address at which the application answers until the block ends; `leave` closes the pages that look at it
    before it goes, for a page that asks in vain complains."""
    server, events = Server(_closing(app)), _events_of(app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        leave()
        server.end()
        thread.join()
        for event in list(events):
            event.join(20)
        for name in ("loopdesk.push", "loopdesk.visitor_push"):
            if name in app.extensions:
                app.extensions[name].teller.stop()
