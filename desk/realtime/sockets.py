"""Who is connected: a socket needs a valid session, joins the rooms of its viewer, and says what it looks at."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO, disconnect, join_room, leave_room

from desk import conversations
from desk.agents import Viewer
from desk.parts import Desk
from desk.realtime.faces import EXTENSION
from desk.realtime.rooms import Look, customer_rooms, presence_room, queue_rooms, scopes, who_views


@dataclass(slots=True)
class Seat:
    """One open socket: whose it is, and what is open on it."""

    viewer: Viewer
    look: Look
    conversation_id: int | None = None
    customer_id: int | None = None
    writing: bool = False
    answering: bool = False  # what is written is for the customer, not a note
    visible: bool = True  # the page is on the screen, not behind another one


@dataclass(slots=True)
class Seats:
    """All open sockets of this process."""

    by_sid: dict[str, Seat] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _looks: Counter[Look] = field(default_factory=Counter)

    def looks(self) -> list[Look]:
        """The languages and zones that are on some screen now."""
        return list(self._looks)

    def sit(self, sid: str, viewer: Viewer) -> Seat:
        seat = Seat(viewer, Look(viewer.locale, viewer.zone))
        with self.lock:
            self.by_sid[sid] = seat
            self._looks[seat.look] += 1
        return seat

    def rise(self, sid: str) -> Seat | None:
        with self.lock:
            seat = self.by_sid.pop(sid, None)
            if seat is not None:
                self._looks[seat.look] -= 1
                if self._looks[seat.look] <= 0:
                    del self._looks[seat.look]
            return seat

    def viewing(self, conversation_id: int) -> dict[str, Seat]:
        """The sockets that have a conversation open."""
        with self.lock:
            return {sid: s for sid, s in self.by_sid.items() if s.conversation_id == conversation_id}

    def reader(self, conversation_id: int) -> int | None:
        """A colleague who truly has a conversation on screen."""
        seats = self.viewing(conversation_id).values()
        return next((seat.viewer.id for seat in seats if seat.visible), None)


class Chats(Protocol):
    """What the visitors' side wants to know of colleagues."""

    def writes(self, conversation_id: int, name: str, on: bool) -> None: ...

    def opened(self, conversation_id: int, staff_id: int) -> None: ...


class Sockets:
    """The events of Socket.IO. Every one of them checks the session again: a colleague who was switched off, or whose
    teams changed, is sent away and comes back with what they may hear now."""

    def __init__(self, app: Flask, socketio: SocketIO, desk: Desk, seats: Seats, chats: Chats) -> None:
        self._app, self._socketio, self._desk, self._seats, self._chats = app, socketio, desk, seats, chats
        socketio.on_event("connect", self.connect)
        socketio.on_event("disconnect", self.disconnect)
        socketio.on_event("open", self.open)
        socketio.on_event("here", self.here)

    def _viewer(self) -> Viewer | None:
        found: Viewer | None = self._app.extensions[EXTENSION].viewer()
        return found

    @property
    def _sid(self) -> str:
        return str(request.sid)  # type: ignore[attr-defined]

    def connect(self, _auth: Any = None) -> bool:
        viewer = self._viewer()
        if viewer is None:
            return False
        cap = self._app.config.get("SOCKET_CAP")
        if cap is not None and len(self._seats.by_sid) >= int(cap):
            # Each socket holds a thread of the server: past the cap plain requests would starve. The screen that is
            # refused asks again by itself now and then, and looks for news meanwhile.
            raise ConnectionRefusedError("full")
        seat = self._seats.sit(self._sid, viewer)
        for room in queue_rooms(scopes(viewer.id, viewer.role, viewer.team_ids), seat.look):
            join_room(room)
        return True

    def disconnect(self, _reason: Any = None) -> None:
        seat = self._seats.rise(self._sid)
        if seat is not None and seat.conversation_id is not None:
            self._answers(seat, False)
            self._tell_presence(seat.conversation_id)

    def open(self, conversation_id: Any = None) -> dict[str, Any]:
        """The screen shows another conversation, or none: its customer's timeline is told to it from now on."""
        seat = self._checked()
        if seat is None:
            return {"ok": False}
        before = seat.conversation_id
        self._leave(seat)
        number = str(conversation_id)
        if number.isascii() and number.isdigit() and len(number) <= 18:
            with self._desk.store.reading() as tx:
                try:
                    found = conversations.get(tx, int(number), seat.viewer)
                except conversations.NotVisible:
                    found = None
            if found is not None:
                seat.conversation_id, seat.customer_id = found.id, found.customer_id
                for room in self._rooms(seat):
                    join_room(room)
                if seat.visible:
                    self._chats.opened(found.id, seat.viewer.id)
        for id_ in {before, seat.conversation_id} - {None}:
            self._tell_presence(id_)  # type: ignore[arg-type]
        return {"ok": seat.conversation_id is not None or conversation_id is None}

    def here(self, said: Any = None) -> None:
        """A sign of life now and then, and whenever somebody begins or stops writing."""
        seat = self._checked()
        if seat is None or not isinstance(said, dict):
            return
        if seat.visible != (said.get("visible") is not False):
            seat.visible = not seat.visible
            if seat.visible and seat.conversation_id is not None:
                self._chats.opened(seat.conversation_id, seat.viewer.id)
        self._answers(seat, said.get("answering") is True)
        writing = bool(said.get("writing"))
        if writing != seat.writing:
            seat.writing = writing
            if seat.conversation_id is not None:
                self._tell_presence(seat.conversation_id)

    def _answers(self, seat: Seat, answering: bool) -> None:
        """Tells the visitor of a chat that somebody writes an answer. A note is nobody's business there."""
        if seat.conversation_id is not None and (answering or seat.answering):
            name = seat.viewer.name.split()[0] if seat.viewer.name else ""
            self._chats.writes(seat.conversation_id, name, answering)
        seat.answering = answering

    def _checked(self) -> Seat | None:
        seat, viewer = self._seats.by_sid.get(self._sid), self._viewer()
        if seat is None or viewer is None or viewer != seat.viewer:
            disconnect()
            return None
        return seat

    def _rooms(self, seat: Seat) -> list[str]:
        if seat.customer_id is None or seat.conversation_id is None:
            return []
        own = scopes(seat.viewer.id, seat.viewer.role, seat.viewer.team_ids)
        return [*customer_rooms(seat.customer_id, own, seat.look), presence_room(seat.conversation_id)]

    def _leave(self, seat: Seat) -> None:
        for room in self._rooms(seat):
            leave_room(room)
        self._answers(seat, False)
        seat.conversation_id = seat.customer_id = None
        seat.writing = False

    def _tell_presence(self, conversation_id: int) -> None:
        """Says who else looks at a conversation, and who of them writes."""
        viewing = self._seats.viewing(conversation_id)
        present = {sid: seat.viewer.id for sid, seat in viewing.items()}
        names = {seat.viewer.id: seat.viewer.name for seat in viewing.values()}
        writing = {seat.viewer.id for seat in viewing.values() if seat.writing}
        for sid in viewing:
            others = [{"id": s, "name": names[s], "writing": s in writing} for s in who_views(present, sid)]
            self._socketio.emit("presence", {"conversation": str(conversation_id), "others": others}, to=sid)
