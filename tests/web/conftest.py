"""An application over a fresh desk, and people to call it as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents
from desk.parts import Desk
from desk.web import base, register
from tests.factories import sends_at_once
from tests.servers.faces import served

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "warm kiln, cold clay"


def make_app(desk: Desk, **config: Any) -> Flask:
    """The faces over `desk`, as create_app puts them together, without the worker and the sockets."""
    app = Flask("desk", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config.update(dict(desk.config) | config)
    app.extensions["loopdesk"] = desk
    base.setup(app)
    register(app)
    return app


@pytest.fixture
def app(desk: Desk) -> Flask:
    with desk.store.transaction() as tx:
        sends_at_once(tx)
    return make_app(desk)


@pytest.fixture
def base_url(app: Flask, leave_pages: Callable[[], None]) -> Iterator[str]:
    """The same app behind a real server, for a browser."""
    with served(app, leave_pages) as url:
        yield url


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def csrf_of(client: FlaskClient, path: str = "/login") -> str:
    """The token of this client's session, as a page of it carries it."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path, follow_redirects=True).text)
    assert found is not None, f"{path} carries no token"
    return found.group(1)


def sign_in(client: FlaskClient, staff_id: int, epoch: int = 0) -> FlaskClient:
    """Begins a session without the work of a password."""
    desk: Desk = client.application.extensions["loopdesk"]
    with client.session_transaction() as session:
        session.clear()
        session["staff_id"], session["epoch"] = staff_id, epoch
        session["since"] = int(desk.store.clock.now().timestamp())
    return client


@pytest.fixture
def as_role(app: Flask, desk: Desk) -> Callable[[str], FlaskClient]:
    """`as_role("admin")`: a client signed in as a fresh colleague of this role; `as_role("nobody")`: a stranger."""

    def make(role: str) -> FlaskClient:
        client = app.test_client()
        if role == "nobody":
            return client
        with desk.store.transaction() as tx:
            n = len(agents.names(tx))
            staff = agents.create(tx, email=f"{role}{n}@kiln.example", name=f"{role.title()} {n}", role=role)
        return sign_in(client, staff.id)

    return make


def post(client: FlaskClient, path: str, /, **data: Any) -> Any:
    """Posts a form of a page that only staff see, with its token."""
    return client.post(path, data=data | {"csrf_token": csrf_of(client, "/profile")})


@pytest.fixture
def admin(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("admin")
