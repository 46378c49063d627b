"""Screens that follow along: rooms by who may see what, pushes after the commit, presence."""

from __future__ import annotations

from flask import Flask
from flask_socketio import SocketIO

from desk.parts import Desk
from desk.realtime.push import Push, StaffLooks
from desk.realtime.sockets import Seats, Sockets

__all__ = ["Push", "Seats", "Sockets", "setup"]


def setup(app: Flask, socketio: SocketIO, desk: Desk) -> Push:
    """Listens to the store and to the sockets. The push (`app.extensions["loopdesk.push"]`) begins its thread with the
    first change that somebody has on screen; `stop()` ends it.

    With a message queue, screens may hang on other processes than this one: then it renders for every language and zone
    that somebody of the staff has, and the queue carries it there.
    """
    seats = Seats()
    Sockets(app, socketio, desk, seats)
    push = Push(app, socketio, desk, StaffLooks(desk.store) if app.config.get("REDIS_URL") else seats.looks)
    desk.store.listen_together(push.hear)
    app.extensions["loopdesk.push"] = push
    return push
