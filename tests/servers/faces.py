"""An application served on a free port for a real browser, and a door through which a test signs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask, Response
from werkzeug.serving import WSGIRequestHandler, make_server

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


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address at which the application answers until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
