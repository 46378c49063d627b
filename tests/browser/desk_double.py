"""A desk that says what a test wants it to say: docs/widget-protocol.md without anything behind it, for states of the
widget that are hard to reach on a real one."""

from __future__ import annotations

import json
import mimetypes
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

import socketio
from playwright.sync_api import FilePayload
from werkzeug.formparser import parse_form_data
from werkzeug.serving import WSGIRequestHandler, make_server

DIST = Path(__file__).resolve().parents[2] / "static" / "widget" / "dist"
KEY = "test-inbox"
OTHER = "other-inbox"  # of another brand, for a page with two widgets
EVENTS = (
    "hello", "send", "typing", "seen", "got", "person", "helped", "address", "code", "rename", "rate", "history",
    "open", "new", "end", "page", "transcript",
)  # fmt: skip
Answer = dict[str, Any]


def picture(width: int = 42, height: int = 24) -> bytes:
    """A small PNG: a shade from teal to sand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes((37 + 4 * x, 128 + y, 138)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


def at(minutes: float = 0) -> str:
    """So many minutes from now, as the protocol writes times."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def never(seconds: float) -> Callable[[Any], Answer | None]:
    """An event that is answered when nobody waits any more."""

    def answer(_: Any) -> None:
        threading.Event().wait(seconds)

    return answer


class DeskDouble:
    """`boot` is what the widget is told first; `messages`, `state`, `me`, `survey` are the conversation; `answers` sets
    how an event is answered; `heard` is all that widgets sent. The site is on another origin than the desk."""

    def __init__(self) -> None:
        self.server = socketio.Server(async_mode="threading", cors_allowed_origins="*", async_handlers=True)
        self.heard: list[tuple[str, Any]] = []
        self.auths: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Answer | None]] = {}
        self.refuse: Answer | None = None
        self.uploads: list[str] = []
        self.events: list[Answer] = []
        self.wrong_users = {"wrong.token"}
        self.polyglot = False  # whether `boot` speaks whatever is asked for
        self.other: dict[str, Any] = {"brand": {"name": "Moss", "colour": "#5b3a8c"}}
        self.more_scripts = ""
        self.page = "<p>Nothing but a shop.</p>"
        self.csp = ""
        self.attributes = ""
        self.language = "en"
        self.found: list[dict[str, str]] | None = []
        self.messages: list[dict[str, Any]] = []
        self.subject = "Induction hob"
        self.status = "open"
        self.unread = 0
        self.me: dict[str, Any] = {"name": "", "email": None, "user": False}
        self.survey: dict[str, Any] | None = None
        self.seen: dict[str, Any] | None = None
        self.state = self.who("bot")
        self.more = False
        self.earlier: list[dict[str, Any]] = []
        self._count = 0
        self._lock = threading.Lock()
        self._sockets: set[str] = set()
        for event in EVENTS:
            self.server.on(event, self._handler(event))
        self.server.on("connect", self._connect)
        self.server.on("disconnect", lambda sid, *_: self._sockets.discard(sid))
        self._app = socketio.WSGIApp(self.server, self._http, socketio_path="widget/socket.io")
        self._server = make_server("127.0.0.1", 0, self._app, threaded=True, request_handler=Quiet)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.site = f"http://localhost:{self.port}"
        self.boot: dict[str, Any] = {
            "on": True,
            "brand": {"name": "Kiln & Co.", "colour": "#0e6b70"},
            "locale": "en",
            "locales": ["en", "ar", "de", "es", "fr", "pt"],
            "welcome": "",
            "bot": True,
            "hours": {"open": True, "until": at(90), "opens": None},
            "reply_minutes": 4,
            "suggestions": [
                {"id": "1", "text": "Is the casserole safe on induction?", "url": f"{self.url}/help/hobs"},
                {"id": "2", "text": "Where is my order?", "url": f"{self.url}/help/order"},
                {"id": "3", "text": "How do I return a chipped piece?", "url": f"{self.url}/help/return"},
            ],
            "help": f"{self.url}/help/",
            "limits": {
                "characters": 20_000,
                "file_bytes": 2_000_000,
                "files": 5,
                "types": ["image/png", "application/pdf"],
                "extensions": [".png", ".pdf"],
            },
            "socket": {"url": self.url, "path": "/widget/socket.io"},
            "files": f"{self.url}/widget/{KEY}/files",
        }
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    # ---- what a test does -----------------------------------------------------------------------

    def who(self, who: str, **more: Any) -> dict[str, Any]:
        """A State of the protocol."""
        return {
            "conversation": "c1" if self.messages else None,
            "who": who,
            "open": who != "offline",
            "open_until": at(90),
            "opens": at(60 * 40) if who == "offline" else None,
            "resolved": False,
            "can_ask_bot": False,
            **({"name": "Mara", "full_name": "Mara Oliveira"} if who == "agent" else {}),
            **more,
        }

    def message(self, who: str, text: str = "", minutes: float = 0, **more: Any) -> dict[str, Any]:
        """Adds a Message to the conversation, and gives it."""
        with self._lock:
            self._count += 1
            number = self._count
        made = {
            "id": f"{number:06}",
            "place": f"p{number:06}",
            "conversation": "c1",
            "at": at(minutes),
            "who": who,
            "name": "Mara Oliveira" if who == "agent" else "",
            "text": text,
            "channel": "chat",
            "client_id": None,
            "files": [],
            **({"event": "resolved", "detail": {}} if who == "event" else {}),
            **more,
        }
        if who == "bot":
            made["bot"] = {"outcome": "answer", "article": None, "choices": [], "ask_helped": False, "helped": None} | (
                more.get("bot") or {}
            )
        self.messages.append(made)
        return made

    def push(self, event: str, data: Any) -> None:
        """Tells every widget."""
        self.server.emit(event, data)

    def say(self, who: str, text: str = "", **more: Any) -> dict[str, Any]:
        """A new Message, pushed."""
        made = self.message(who, text, **more)
        if who in ("agent", "bot"):
            self.unread += 1
        self.push("message", made)
        self.push("conversation", self.conversation())
        return made

    def change(self, **state: Any) -> None:
        """Another State, pushed."""
        self.state = self.who(**state)
        self.push("state", self.state)

    def break_off(self) -> None:
        """Closes every socket, as a desk does that stops."""
        for sid in list(self._sockets):
            self.server.disconnect(sid)

    def sent(self, event: str) -> list[Any]:
        return [data for name, data in self.heard if name == event]

    def texts(self) -> list[str]:
        """What the visitor wrote and the desk took, in order."""
        return [each["text"] for each in self.messages if each["who"] == "me"]

    def conversation(self) -> dict[str, Any]:
        last = next((each for each in reversed(self.messages) if each["who"] != "event"), None)
        return {
            "id": "c1",
            "subject": self.subject,
            "status": self.status,
            "at": self.messages[-1]["at"] if self.messages else at(),
            "unread": self.unread,
            "preview": {key: last[key] for key in ("who", "name", "text")} if last else None,
            "transcript": f"{self.url}/transcript",
        }

    # ---- the protocol ---------------------------------------------------------------------------

    def _connect(self, sid: str, environ: WSGIEnvironment, auth: dict[str, Any]) -> None:
        self.auths.append(auth)
        if self.refuse is not None:
            raise socketio.exceptions.ConnectionRefusedError(self.refuse["error"], self.refuse)
        self._sockets.add(sid)

    def _handler(self, event: str) -> Callable[[str, Any], Answer | None]:
        def handle(sid: str, data: Any = None) -> Answer | None:
            self.heard.append((event, data))
            special = self.answers.get(event)
            if special is not None:
                return special(data)
            method = getattr(self, f"_on_{event}", None)
            return method(data) if method else {"ok": True}

        return handle

    def _on_hello(self, data: Answer) -> Answer:
        since = data.get("since")
        known = [each for each in self.messages if not since or each["place"] > since]
        talk = self.conversation() if self.messages else None
        return {
            "ok": True,
            "visitor": "token-1",
            "fresh": False,
            "me": self.me,
            "conversation": talk,
            "conversations": [talk] if talk else [],
            "messages": known,
            "reset": not since,
            "more": self.more,
            "place": self.messages[-1]["place"] if self.messages else None,
            "seen": self.seen,
            "state": self.state,
            "survey": self.survey,
            "unread": self.unread,
        }

    _on_open = _on_hello

    def _on_send(self, data: Answer) -> Answer:
        with self._lock:
            known = next((each for each in self.messages if each["client_id"] == data["client_id"]), None)
        files = [
            {"name": name, "type": "", "size": 70, "image": name.endswith(".png"), "url": f"{self.url}/file/{name}"}
            for name in data.get("files", [])
        ]
        made = known or self.message("me", data["text"], client_id=data["client_id"], files=files)
        self.state["conversation"] = "c1"
        if known is None:
            self.push("message", made)
            self.push("conversation", self.conversation())
        return {
            "ok": True, "id": made["id"], "place": made["place"], "conversation": "c1", "message": made,
            "state": self.state, **({"again": True} if known else {}),
        }  # fmt: skip

    def _on_seen(self, data: Answer) -> Answer:
        place = data.get("place", "")
        after = [each for each in self.messages if each["who"] in ("agent", "bot") and each["place"] > place]
        self.unread = min(self.unread, len(after))  # what was said meanwhile was not seen
        self.push("unread", {"unread": self.unread})
        return {"ok": True, "unread": self.unread}

    def _on_person(self, data: Answer) -> Answer:
        answer = self._on_send({**data, "text": "I would like to talk to a person."})
        self.message("event", event="handover", detail={"why": "customer"})
        self.push("message", self.messages[-1])
        self.state = self.who("queue", place=2, ahead_many=False, minutes=3, can_ask_bot=True)
        return answer | {"state": self.state}

    def _on_helped(self, data: Answer) -> Answer:
        turn = next(each for each in self.messages if each["id"] == data["turn"])
        turn["bot"]["helped"] = data["yes"]
        return {"ok": True, "message": turn, "state": self.state}

    def _on_address(self, data: Answer) -> Answer:
        self.me["email"] = {"id": "7", "address": data["email"], "state": "claimed"}
        return {"ok": True, "me": self.me}

    def _on_code(self, data: Answer) -> Answer:
        if data.get("code") not in (None, "246810"):
            return {"ok": False, "error": "code", "text": "That is not the code. Four tries are left.", "left": 4}
        if "code" in data:
            self.me["email"]["state"] = "verified"
        return {"ok": True, "me": self.me}

    def _on_transcript(self, data: Answer) -> Answer:
        return {"ok": True, "address": self.me["email"]["address"]}

    def _on_rate(self, data: Answer) -> Answer:
        assert self.survey is not None
        label = next(each["label"] for each in self.survey["labels"] if each["score"] == data["score"])
        answered = {key: data[key] for key in ("score", "reasons", "comment")} | {"label": label}
        self.survey = {**self.survey, "answered": answered}
        return {"ok": True, "survey": self.survey}

    def _on_history(self, data: Answer) -> Answer:
        return {"ok": True, "messages": self.earlier, "more": False}

    def _on_new(self, data: Answer) -> Answer:
        return {"ok": True, "state": {**self.who("bot"), "conversation": None}}

    def _on_end(self, data: Answer) -> Answer:
        self.status = "resolved"
        self.state = {**self.state, "resolved": True}
        return {"ok": True, "state": self.state}

    # ---- pages and files ------------------------------------------------------------------------

    def _http(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, kind, body = self._route(environ, environ["PATH_INFO"])
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        if kind.startswith("text/html") and self.csp:
            headers.append(("Content-Security-Policy", self.csp))
        else:
            headers.append(("Access-Control-Allow-Origin", "*"))
        start(status, headers)
        return [body]

    def _route(self, environ: WSGIEnvironment, path: str) -> tuple[str, str, bytes]:
        if path == f"/widget/{KEY}/boot":
            asked = parse_qs(environ["QUERY_STRING"]).get("locale", [""])[0][:2]
            if self.polyglot and asked in self.boot["locales"]:
                self.boot["locale"] = asked
            return "200 OK", "application/json", json.dumps(self.boot).encode()
        if path == f"/widget/{OTHER}/boot":
            return "200 OK", "application/json", json.dumps({**self.boot, **self.other}).encode()
        if path == f"/widget/{KEY}/events":
            return self._events(environ)
        if path == f"/widget/{KEY}/files":
            return self._file(environ)
        if path.startswith("/file/"):
            return "200 OK", "image/png", picture()
        if path == "/help/search.json":
            if self.found is None:
                return "503 Service Unavailable", "application/json", b"{}"
            return "200 OK", "application/json", json.dumps({"results": self.found}).encode()
        if path == "/widget.js" or path.startswith("/widget/assets/"):
            file = DIST / Path(path).name
            if file.is_file():
                return "200 OK", mimetypes.guess_type(file.name)[0] or "text/plain", file.read_bytes()
        if path in ("/", "/other"):
            return "200 OK", "text/html; charset=utf-8", self._shop()
        return "404 Not Found", "text/plain", b""

    def _shop(self) -> bytes:
        nonce = ' nonce="abc123"' if self.csp else ""
        return (
            f'<!doctype html><html lang="{self.language}"><meta charset="utf-8"><title>Kiln</title>'
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            f"<main><h1>Shop</h1>{self.page}</main>"
            f'<script src="{self.url}/widget.js" data-inbox="{KEY}" {self.attributes}{nonce} async></script>'
            f"{self.more_scripts}"
        ).encode()

    def _events(self, environ: WSGIEnvironment) -> tuple[str, str, bytes]:
        said = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        self.events.append(said)
        if said["user"] in self.wrong_users:
            refused = {"error": "user", "text": "We could not make sure who is signed in. Load the page again."}
            return "403 Forbidden", "application/json", json.dumps(refused).encode()
        answer = {"ok": True, "kept": bool(said["events"]), "user": bool(said["user"])}
        return "200 OK", "application/json", json.dumps(answer).encode()

    def _file(self, environ: WSGIEnvironment) -> tuple[str, str, bytes]:
        if environ["REQUEST_METHOD"] == "OPTIONS":  # a browser asks first, because the widget watches the progress
            return "204 No Content", "text/plain", b""
        _, form, files = parse_form_data(environ)
        name = files["file"].filename or ""
        self.uploads.append(name)
        if "virus" in name:
            files["file"].close()
            refused = {"error": "type", "text": "Files of this kind are not taken."}
            return "415 Unsupported Media Type", "application/json", json.dumps(refused).encode()
        with files["file"].stream as content:
            size = len(content.read())
        body: Answer = {"file": name, "name": name, "type": "image/png", "size": size, "image": name.endswith(".png")}
        assert form["visitor"] == "token-1"
        return "201 Created", "application/json", json.dumps(body).encode()

    @contextmanager
    def serving(self) -> Iterator[DeskDouble]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self.server.shutdown()


def photo(name: str = "rim.png", content: bytes = b"", kind: str = "image/png") -> FilePayload:
    """A picture for a file field; with `content`, whatever that is."""
    return {"name": name, "mimeType": kind, "buffer": content or picture()}
