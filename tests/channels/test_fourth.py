"""A channel that nobody has heard of joins by one file: called, taken in, shown, answered, without any other change."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import desk.channels
from desk import agents, conversations, outbound, settings
from desk.channels.base import known
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_brand
from tests.web.conftest import csrf_of, make_app, post, sign_in

FOURTH = Path(__file__).parent / "fourth"


@pytest.fixture
def pigeon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The one file, put beside the others."""
    monkeypatch.setattr(desk.channels, "__path__", [*desk.channels.__path__, str(FOURTH)])
    known.cache_clear()
    module = importlib.import_module("desk.channels.pigeon")
    module.FLOWN.clear()
    yield module
    known.cache_clear()
    sys.modules.pop("desk.channels.pigeon", None)


@pytest.fixture
def app(desk: Desk, pigeon: Any) -> Flask:
    return make_app(desk)


@pytest.fixture
def hers(app: Flask, desk: Desk) -> FlaskClient:
    with desk.store.transaction() as tx:
        make_brand(tx)
        ada = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="admin")
    return sign_in(app.test_client(), ada.id)


def test_a_pigeon_comes_in_is_seen_and_flies_back(app: Flask, desk: Desk, hers: FlaskClient, pigeon: Any) -> None:
    form = hers.get("/admin/inboxes/new/pigeon").text
    assert "Kind of seed" in form
    made = post(hers, "/admin/inboxes/new/pigeon", address="north-tower", name="Loft", brand="1", active="on",
                **{"config.seed": "wheat", "config.ring": "R-4711", "config.transport": "real"})  # fmt: skip
    assert made.status_code == 303
    with desk.store.reading() as tx:
        (inbox,) = settings.inboxes(tx, "pigeon")
    assert inbox.config["ring"] != "R-4711"  # sealed
    page = hers.get(f"/admin/inboxes/{inbox.id}").text
    assert f"/hooks/pigeon/{inbox.key}" in page
    assert "R-4711" not in page

    stranger = app.test_client()
    note = json.dumps({"id": "n1", "loft": "old-oak", "text": "Where is my kettle?"})
    assert stranger.post(f"/hooks/pigeon/{inbox.key}", data=note, headers={"X-Ring": "R-1"}).status_code == 403
    for _ in range(2):
        answer = stranger.post(f"/hooks/pigeon/{inbox.key}", data=note, headers={"X-Ring": "R-4711"})
        assert (answer.status_code, answer.data) == (200, b"coo")
        drain(desk)

    with desk.store.reading() as tx:
        found = tx.scalars(select(conversations.Conversation)).one()
    assert (found.channel, found.reply_address) == ("pigeon", "old-oak")
    screen = hers.get(f"/console/c/{found.id}").text
    assert "Where is my kettle?" in screen
    assert "old-oak" in screen
    ways = hers.get(f"/console/c/{found.id}/ways").text
    assert 'value="pigeon" checked' in ways

    long = post(hers, f"/console/c/{found.id}/reply", text="x" * 301, channel="pigeon")
    assert "draft=" in long.location
    sent = hers.post(
        f"/console/c/{found.id}/reply",
        data={"text": "On its way.", "channel": "pigeon", "csrf_token": csrf_of(hers, "/console/")},
        headers={"HX-Request": "true"},
    )
    assert sent.status_code == 201
    assert "pigeon" in sent.text
    drain(desk)
    (flown,) = pigeon.FLOWN
    assert (flown.to[0].kind, flown.to[0].value, flown.text) == ("loft", "old-oak", "On its way.")

    told = f"/hooks/pigeon/{inbox.key}/status?delivery={flown.message_id}"
    assert stranger.post(told, data=b"{}", headers={"X-Ring": "R-4711"}).status_code == 200
    drain(desk)
    with desk.store.reading() as tx:
        assert tx.scalars(select(Delivery.state)).all() == ["delivered"]
        assert [w.channel for w in outbound.ways(tx, found.id)] == ["pigeon"]


def test_without_its_file_nothing_of_it_is_left(desk: Desk) -> None:
    assert "pigeon" not in known()
