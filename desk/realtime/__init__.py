"""Screens that follow along: rooms by who may see what, pushes after the commit, presence."""

from __future__ import annotations

from flask import Flask
from flask_socketio import SocketIO

from desk.parts import Desk
from desk.realtime.company import Company, OwnCompany, SharedCompany
from desk.realtime.counting import Counting
from desk.realtime.gate import BIGGEST, Gate
from desk.realtime.push import Push, StaffLooks
from desk.realtime.rights import Rights
from desk.realtime.sockets import Seats, Sockets
from desk.realtime.visitor_events import VisitorEvents
from desk.realtime.visitor_push import VisitorPush
from desk.realtime.visitor_seats import VisitorSeats
from desk.realtime.visitors import Visitors
from desk.realtime.wires import thrifty

__all__ = ["Push", "Seats", "Sockets", "VisitorPush", "setup"]


def setup(app: Flask, socketio: SocketIO, desk: Desk) -> Push:
    """Listens to the store and to the sockets. The push (`app.extensions["loopdesk.push"]`) begins its thread with the
    first change that somebody has on screen; `teller.stop()` ends it.

    With a message queue, screens may hang on other processes than this one: then it renders for every language and zone
    that somebody of the staff has, and the queue carries it there.
    """
    thrifty(socketio.server.eio, BIGGEST)
    seats = Seats()
    visitors = _visitors(app, socketio, desk, seats)
    redis_url = app.config.get("REDIS_URL")
    company: Company = SharedCompany(redis_url) if redis_url else OwnCompany()
    looks = StaffLooks(desk.store) if redis_url else seats.looks
    Sockets(app, socketio, desk, seats, visitors, company, looks)
    app.extensions["loopdesk.company"] = company
    push = Push(app, socketio, desk, looks)
    desk.store.listen_together(push.hear)
    app.extensions["loopdesk.push"] = push
    counting = Counting(desk.store, company, looks, seats.viewers, socketio.emit)
    desk.store.listen_together(counting.hear)
    app.extensions["loopdesk.counting"] = counting
    rights = Rights(looks, seats.of, socketio.emit, lambda sid: socketio.server.disconnect(sid, namespace="/"))
    desk.store.listen_together(rights.hear)
    app.extensions["loopdesk.rights"] = rights
    return push


def _visitors(app: Flask, socketio: SocketIO, desk: Desk, staff: Seats) -> VisitorPush:
    """The visitors' side: an engine of its own (`app.extensions["loopdesk.visitors"]`), its events and its push
    (`app.extensions["loopdesk.visitor_push"]`)."""
    redis_url = app.config.get("REDIS_URL") or None
    gate, seats = Gate(app, int(app.config.get("VISITOR_SOCKET_CAP") or 200), redis_url), VisitorSeats()
    VisitorEvents(Visitors(gate, desk, seats), lambda event, what, room: socketio.emit(event, what, to=room))
    push = VisitorPush(
        desk,
        seats,
        lambda event, what, room: gate.server.emit(event, what, to=room),
        staff.reader,
        everywhere=redis_url is not None,
    )
    desk.store.listen_together(push.hear)
    app.extensions["loopdesk.visitors"], app.extensions["loopdesk.visitor_push"] = gate, push
    return push
