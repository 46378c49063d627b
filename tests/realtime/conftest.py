"""A whole application with a desk in it, and screens on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIO, SocketIOTestClient

from desk import agents
from desk.agents import Viewer
from desk.parts import Desk
from desk.realtime import Push, setup
from desk.web import register
from desk.web.base import setup as setup_web
from tests.web.conftest import ROOT, sign_in


class Screens:
    """Opens screens: what each is told comes back as a list of (event, what)."""

    def __init__(self, app: Flask, socketio: SocketIO, desk: Desk, push: Push) -> None:
        self.app, self.socketio, self.desk, self.push = app, socketio, desk, push

    def staff(self, name: str, role: str = "agent", **more: Any) -> Viewer:
        with self.desk.store.transaction() as tx:
            email = f"{name.split()[0].casefold()}@kiln.example"
            staff = agents.create(tx, email=email, name=name, role=role, **more)
            found = agents.viewer(tx, staff.id)
        assert found is not None
        return found

    def screen(self, viewer: Viewer) -> SocketIOTestClient:
        client = sign_in(self.app.test_client(), viewer.id)
        return self.socketio.test_client(self.app, flask_test_client=client)

    def told(self, screen: SocketIOTestClient) -> list[tuple[str, Any]]:
        """What this screen was told since the last time, once all that waited was told."""
        self.push.teller.stop()
        return [told for told in self._received(screen) if told[0] != "counts"]

    def counts(self, screen: SocketIOTestClient) -> list[dict[str, Any]]:
        """What this screen was told since the last time of how much the queues hold."""
        return [what for name, what in self._received(screen) if name == "counts"]

    @staticmethod
    def _received(screen: SocketIOTestClient) -> list[tuple[str, Any]]:
        return [(event["name"], event["args"][0]) for event in screen.get_received()]


@pytest.fixture
def screens(desk: Desk) -> Iterator[Screens]:
    app = Flask("desk", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config.update(desk.config)
    app.extensions["loopdesk"] = desk
    setup_web(app)
    register(app)
    socketio = SocketIO(app, async_mode="threading", manage_session=False)
    push = setup(app, socketio, desk)
    yield Screens(app, socketio, desk, push)
    push.teller.stop()
    app.extensions["loopdesk.counting"].teller.stop()
    app.extensions["loopdesk.rights"].teller.stop()
