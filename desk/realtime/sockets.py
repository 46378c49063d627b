"""Who is connected: a socket needs a valid session, joins the rooms of its viewer, and says what it looks at."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO, disconnect, join_room, leave_room

from desk import assigning, conversations, notices, timeline
from desk.agents import Viewer
from desk.parts import Desk
from desk.realtime.company import Company, Here, at, faces
from desk.realtime.faces import EXTENSION
from desk.realtime.rooms import Look, Reach, customer_rooms, hears, presence_room, queue_rooms, scopes, who_views
from desk.realtime.signs import Signs
from desk.store import Tx

RENEWED = 40.0  # seconds after which it is written again that a screen still shows the same


@dataclass(slots=True)
class Seat:
    """One open socket: whose it is, and what is open on it."""

    viewer: Viewer
    look: Look
    conversation_id: int | None = None
    customer_id: int | None = None
    writing: bool = False
    noting: bool = False  # what is written is a note
    answering: bool = False  # an answer is being typed just now: the visitor of a chat is told
    visible: bool = True  # the page is on the screen, not behind another one
    focused: bool = False  # and it is where its reader types
    looked_at: int | None = None  # the conversation that the notices know to be before them
    looked_since: float = 0.0
    met: bool = False  # it was told who is where, and what is unread
    # What one screen says is taken one after the other: a sign of life that was under way while another conversation
    # was opened would put its reader back at the one before.
    turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    stands: bool = False  # it was told how its viewer stands


@dataclass(slots=True)
class Seats:
    """All open sockets of this process."""

    by_sid: dict[str, Seat] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _looks: Counter[Look] = field(default_factory=Counter)

    def looks(self) -> list[Look]:
        """The languages and zones that are on some screen now."""
        return list(self._looks)

    def viewers(self) -> dict[int, Viewer]:
        """Whose screens hang on this process, by their ids."""
        with self.lock:
            return {seat.viewer.id: seat.viewer for seat in self.by_sid.values()}

    def of(self, staff_id: int) -> list[str]:
        """The sockets of one colleague."""
        with self.lock:
            return [sid for sid, seat in self.by_sid.items() if seat.viewer.id == staff_id]

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

    def __init__(
        self,
        app: Flask,
        socketio: SocketIO,
        desk: Desk,
        seats: Seats,
        chats: Chats,
        company: Company,
        looks: Callable[[], Iterable[Look]],
    ) -> None:
        self._app, self._socketio, self._desk, self._seats, self._chats = app, socketio, desk, seats, chats
        self._signs = Signs(desk)
        self._company, self._looks = company, looks
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
        self._show(seat)
        return True

    def disconnect(self, _reason: Any = None) -> None:
        seat = self._seats.rise(self._sid)
        self._company.drop(self._sid)
        if seat is not None:
            if seat.conversation_id is not None:
                self._answers(seat, False)
                self._tell_presence(seat.conversation_id)
                seat.focused = False
                self._looks_at(seat)
            self._tell_queues("on", {}, ("leads",))

    def open(self, conversation_id: Any = None) -> dict[str, Any]:
        """The screen shows another conversation, or none: its customer's timeline is told to it from now on.

        Answers how the conversation stands now: what changed after its page was written, and before this, nobody tells.
        """
        seat = self._checked()
        if seat is None:
            return {"ok": False}
        with seat.turn:
            return self._open(seat, conversation_id)

    def _open(self, seat: Seat, conversation_id: Any) -> dict[str, Any]:
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
                if not self._enter(seat):
                    return {"ok": False}
                if seat.visible:
                    self._chats.opened(found.id, seat.viewer.id)
        self._show(seat)
        for id_ in {before, seat.conversation_id} - {None}:
            self._tell_presence(id_)  # type: ignore[arg-type]
        self._looks_at(seat)
        if not seat.met:
            seat.met = True
            self._introduce(seat)
            self._tell_queues("on", {}, ("leads",))  # who is on stands on their wall
        if seat.conversation_id is None:
            return {"ok": conversation_id is None}
        return {"ok": True, **self._stands(seat, seat.conversation_id)}

    def _stands(self, seat: Seat, conversation_id: int) -> dict[str, Any]:
        """What a page of this conversation would show now, in marks that a screen compares with its own."""
        with self._desk.store.reading() as tx:
            row = conversations.row_of(tx, conversation_id)
            if row is None:
                return {}
            visible = conversations.visible_entries(seat.viewer)
            newest = timeline.page(tx, row.customer_id, limit=1, visible=visible)
        head = {"status": row.status, "level": row.level, "assignee": str(row.assignee_id or "")}
        return {"head": head, "newest": str(newest[0].id) if newest else ""}

    def here(self, said: Any = None) -> dict[str, Any]:
        """A sign of life now and then, and whenever somebody begins or stops writing. Answers how they stand now, where
        that may be news to the screen."""
        seat = self._checked()
        if seat is None or not isinstance(said, dict):
            return {}
        with seat.turn:
            return self._here(seat, said)

    def _here(self, seat: Seat, said: dict[str, Any]) -> dict[str, Any]:
        standing = self._signs.alive(seat.viewer.id, said)
        if standing is None and not seat.stands:
            with self._desk.store.reading() as tx:
                standing = assigning.standing_of(tx, seat.viewer.id, tx.now())
        seat.stands = True
        if seat.visible != (said.get("visible") is not False):
            seat.visible = not seat.visible
            if seat.visible and seat.conversation_id is not None:
                self._chats.opened(seat.conversation_id, seat.viewer.id)
        seat.focused = said.get("focused") is True
        self._looks_at(seat)
        self._answers(seat, said.get("answering") is True)
        before = (seat.writing, seat.noting)
        seat.writing = bool(said.get("writing"))
        seat.noting = seat.writing and said.get("note") is True
        self._show(seat)  # each time: a shared word is believed for a while only
        if (seat.writing, seat.noting) != before and seat.conversation_id is not None:
            self._tell_presence(seat.conversation_id)
        return {"state": standing.state} if standing is not None else {}

    def _looks_at(self, seat: Seat) -> None:
        """Keeps which conversation is before this colleague: they are not told of it, and have read what they were."""
        shown = seat.conversation_id if seat.focused and seat.visible and self._sits(seat) else None
        now, sid = time.monotonic(), self._sid
        if shown == seat.looked_at and (shown is None or now - seat.looked_since < RENEWED):
            return
        seat.looked_at, seat.looked_since = shown, now

        def write(tx: Tx) -> None:
            if shown is None:
                notices.looks_away(tx, sid)
            else:
                notices.looks(tx, sid, seat.viewer.id, shown)

        self._desk.store.attempt(write)

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

    def _sits(self, seat: Seat) -> bool:
        """Whether this socket is open still: each event has a thread of its own, and the end of a socket waits for
        none of them."""
        return self._seats.by_sid.get(self._sid) is seat

    def _enter(self, seat: Seat) -> bool:
        """Joins what its conversation is told in; False where the socket went meanwhile."""
        try:
            for room in self._rooms(seat):
                join_room(room)
        except (KeyError, ValueError):  # what Socket.IO says of a socket that it has forgotten
            return False
        return self._sits(seat)

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
        seat.writing = seat.noting = False

    def _show(self, seat: Seat) -> None:
        """What this screen shows is what all processes are told of it."""
        viewer = seat.viewer
        self._company.put(Here(self._sid, viewer.id, viewer.name, seat.conversation_id, seat.writing, seat.noting))
        if not self._sits(seat):
            self._company.drop(self._sid)  # else who went a moment ago would look at it for ever

    def _tell_presence(self, conversation_id: int) -> None:
        """Says who looks at a conversation and who of them writes: to those who have it open, each without themselves,
        and to every queue that may show its row."""
        screens = at(self._company, conversation_id)
        staff = {here.sid: here.staff_id for here in screens}
        for here in screens:
            rest = who_views(staff, here.sid)
            others = faces([other for other in screens if other.staff_id in rest])
            self._socketio.emit("presence", {"conversation": str(conversation_id), "others": others}, to=here.sid)
        with self._desk.store.reading() as tx:
            row = conversations.row_of(tx, conversation_id)
        if row is not None:
            told = {"conversation": str(conversation_id), "faces": faces(screens)}
            self._tell_queues("faces", told, hears(Reach(row.team_id, row.assignee_id)))

    def _tell_queues(self, event: str, told: dict[str, Any], to: Iterable[str]) -> None:
        """Tells every screen of these scopes, whatever language it reads."""
        rooms = [room for look in set(self._looks()) for room in queue_rooms(to, look)]
        if rooms:
            self._socketio.emit(event, told, to=rooms)

    def _introduce(self, seat: Seat) -> None:
        """Tells a screen that has just come who is where already, of what its viewer may see, and what is unread."""
        by_conversation: dict[int, list[Here]] = {}
        for here in self._company.all():
            if here.conversation_id is not None:
                by_conversation.setdefault(here.conversation_id, []).append(here)
        with self._desk.store.reading() as tx:
            seen = conversations.visible_among(tx, by_conversation, seat.viewer)
            bell = {"unread": notices.unread(tx, seat.viewer.id), "cap": notices.CAP}
        told = {str(number): faces(by_conversation[number]) for number in seen}
        self._socketio.emit("company", told, to=self._sid)
        self._socketio.emit("bell", bell, to=self._sid)
