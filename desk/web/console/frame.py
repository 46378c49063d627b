"""The page around the panes, made once and filled in: rail, icons, words and scripts are the same from request to
request for one person, and making them anew would take longer than the queue itself."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from flask import render_template, session
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from desk.agents import Viewer
from desk.web.base import csp_nonce

KEPT_SECONDS = 2.0  # so that a changed asset or template shows without a restart
MOST = 500
_PANES, _TITLE = "\x02panes\x02", "\x02title\x02"


@dataclass(frozen=True, slots=True)
class _Cut:
    """A rendered page in pieces; each piece names what comes after it: nonce, token, panes, title or nothing."""

    pieces: tuple[tuple[str, str], ...]
    until: float


class Frames:
    """Frames by viewer (whose language, role and name show in them) and by whether a conversation is open."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Viewer, bool], _Cut] = {}
        self._lock = threading.Lock()

    def around(self, viewer: Viewer, panes: str, title: str, *, opened: bool) -> str:
        """The whole page. A page that has news to show once (a flashed message) is made for itself."""
        if "_flashes" in session:
            cut = self._made(viewer, opened=opened)
        else:
            key, now = (viewer, opened), time.monotonic()
            cut = self._kept.get(key) or _Cut((), 0.0)
            if cut.until < now:
                cut = self._made(viewer, opened=opened)
                with self._lock:
                    if len(self._kept) >= MOST:
                        self._kept.clear()
                    self._kept[key] = cut
        values = {"nonce": csp_nonce(), "token": generate_csrf(), "panes": panes, "title": str(escape(title)), "": ""}
        return "".join(part for text, then in cut.pieces for part in (text, values[then]))

    def _made(self, viewer: Viewer, *, opened: bool) -> _Cut:
        html = render_template("console/page.html", me=viewer, opened=opened, panes=_PANES, title=_TITLE)
        marks = {_PANES: "panes", _TITLE: "title", csp_nonce(): "nonce", generate_csrf(): "token"}
        pieces: list[tuple[str, str]] = []
        while True:
            found = [(at, mark) for mark in marks if (at := html.find(mark)) >= 0]
            if not found:
                pieces.append((html, ""))
                return _Cut(tuple(pieces), time.monotonic() + KEPT_SECONDS)
            at, mark = min(found)
            pieces.append((html[:at], marks[mark]))
            html = html[at + len(mark) :]


FRAMES = Frames()
