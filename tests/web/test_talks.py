"""Merging and splitting on screen: what the menu offers, where the screen goes on, the toast's way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk.clock import SetClock
from desk.conversations import Conversation
from desk.store import Store
from tests import factories
from tests.web.conftest import csrf_of

PART = {"HX-Request": "true"}


@pytest.fixture
def hers(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("agent")


@pytest.fixture
def two(store: Store, clock: SetClock) -> list[Conversation]:
    """Two conversations of one customer, the first with two messages."""
    with store.transaction() as tx:
        person = factories.make_customer(tx)
        made = [factories.make_conversation(tx, person, subject=name) for name in ("The kettle", "The lid")]
        for talk, text in ((0, "The kettle leaks"), (0, "And the invoice"), (1, "Too small")):
            clock.advance(timedelta(minutes=1))
            factories.make_entry(tx, made[talk], text)
        return made


def act(client: FlaskClient, path: str, script: bool = True, **data: Any) -> Any:
    values = {"csrf_token": csrf_of(client, "/console/"), **data}
    return client.post(path, data=values, headers=PART if script else {})


def test_merge_from_the_menu_and_back(hers: FlaskClient, two: list[Conversation]) -> None:
    kettle, lid = two
    menu = hers.get(f"/console/c/{lid.id}/menu/talks").text
    assert "The kettle" in menu and "It has one message" in menu
    done = act(hers, f"/console/c/{lid.id}/merge", into=str(kettle.id))
    assert done.status_code == 204 and done.headers["X-Moved"] == "1"
    gone = hers.get(f"/console/c/{lid.id}")
    assert gone.status_code == 302 and gone.location.endswith(f"/console/c/{kettle.id}?came={lid.id}")
    page = hers.get(f"/console/c/{kettle.id}").text
    assert "into this conversation: 1 line" in page and "What answers it comes here" in page
    undo = json.loads(done.headers["X-Toast"])["undo"]
    assert act(hers, undo["url"], **undo["values"]).status_code == 204
    assert hers.get(f"/console/c/{lid.id}").status_code == 200
    assert "took it back" in hers.get(f"/console/c/{lid.id}").text


def test_split_from_the_menu_and_by_a_plain_form(hers: FlaskClient, two: list[Conversation]) -> None:
    kettle = two[0]
    menu = hers.get(f"/console/c/{kettle.id}/menu/talks").text
    assert "And the invoice" in menu and "The kettle leaks" not in menu
    entry = menu.split('{"entry":"')[1].split('"')[0]
    done = act(hers, f"/console/c/{kettle.id}/split", script=False, entry=entry)
    assert done.status_code == 303
    assert "of this conversation" in hers.get(f"/console/c/{kettle.id}").text
    again = act(hers, f"/console/c/{kettle.id}/split", entry=entry)
    assert again.status_code == 409 and "Nothing would be left" in again.text


def test_what_nobody_offers_is_refused(hers: FlaskClient, two: list[Conversation]) -> None:
    assert act(hers, f"/console/c/{two[0].id}/merge", into="x").status_code == 404
    assert act(hers, f"/console/c/{two[0].id}/merge", into=str(two[0].id)).status_code == 409
    assert act(hers, f"/console/c/{two[0].id}/split", entry="1").status_code == 404
    assert act(hers, "/console/talks/999/undo").status_code == 404
