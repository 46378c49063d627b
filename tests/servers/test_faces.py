"""The server of browser tests ends after the pages that look at it, and with everything that answers for it."""

from __future__ import annotations

import socket
from threading import Event, Thread, current_thread
from urllib.parse import urlsplit

from flask import Flask

from tests.servers.browser import Chromium
from tests.servers.faces import served


def test_who_still_answers_is_waited_for_and_a_line_that_stays_open_holds_nothing_up() -> None:
    app, begun, go_on = Flask("slow"), Event(), Event()
    done: list[Thread] = []

    @app.get("/")
    def slow() -> str:
        begun.set()
        go_on.wait(20)
        done.append(current_thread())
        return "at last"

    with served(app, go_on.set) as url:
        port = urlsplit(url).port or 0
        idle = socket.create_connection(("127.0.0.1", port), timeout=20)  # asks for nothing
        asking = socket.create_connection(("127.0.0.1", port), timeout=20)
        asking.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert begun.wait(20)
    assert done and not done[0].is_alive()
    idle.close()
    asking.close()


def test_the_pages_go_first(chromium: Chromium) -> None:
    app = Flask("eager")
    asks = "<title>Eager</title><script>setInterval(() => fetch('/again'), 5)</script>"
    app.add_url_rule("/", "page", lambda: asks)
    app.add_url_rule("/again", "again", lambda: "and again")
    with served(app, chromium.close) as url:
        page = chromium.page(url)
        with page.expect_response("**/again"):
            page.goto("/")
    assert chromium.complaints == []
