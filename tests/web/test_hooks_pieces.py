"""Pieces of a long text that could not be put together: a person sees them, and releases them as the one message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import inbound, intake, settings
from desk.clock import SetClock
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.worker import SCHEDULE, drain
from tests.web.conftest import post
from tests.web.test_hooks_providers import call, inbox, part, said, states

__all__ = ["inbox"]


def failed(client: FlaskClient, desk: Desk, inbox: settings.Inbox, clock: SetClock, patch: pytest.MonkeyPatch) -> None:
    """Three pieces that came while the corridor could not take them in."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the corridor is broken")

    with patch.context() as broke:
        broke.setattr(inbound, "receive", broken)
        for number in (2, 1, 3):
            assert call(client, inbox, part(number)) == 200
        for _ in range(16):
            drain(desk)
            clock.advance(timedelta(minutes=2))


@pytest.fixture
def pieces(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    failed(client, desk, inbox, clock, monkeypatch)
    with desk.store.reading() as tx:
        return [row.id for row in intake.quarantined(tx)]


def test_pieces_that_cannot_be_joined_wait_where_a_person_sees_them(
    admin: FlaskClient, desk: Desk, pieces: list[int]
) -> None:
    assert states(desk) == ["quarantined"] * 3
    page = admin.get("/admin/quarantine").text
    assert page.count("of 3 of a long text") == 3
    assert "46705550132" in page, "who wrote can be read, though the call is JSON"
    assert "&lt;2&gt;" in page
    one = admin.get(f"/admin/quarantine/{pieces[0]}").text
    assert "its 3 pieces are released or discarded together" in one


def test_releasing_one_piece_releases_the_message(
    admin: FlaskClient, desk: Desk, inbox: settings.Inbox, pieces: list[int]
) -> None:
    assert post(admin, f"/admin/quarantine/{pieces[1]}/release", inbox=inbox.id).status_code == 303
    drain(desk)
    assert said(desk) == ["<1><2><3>"]
    assert states(desk) == ["accepted"] * 3
    assert post(admin, f"/admin/quarantine/{pieces[0]}/release", inbox=inbox.id).status_code == 409


def test_discarding_one_piece_discards_the_message(admin: FlaskClient, desk: Desk, pieces: list[int]) -> None:
    assert post(admin, f"/admin/quarantine/{pieces[2]}/discard").status_code == 303
    assert states(desk) == ["discarded"] * 3


def test_another_message_of_the_same_person_stays(
    client: FlaskClient,
    admin: FlaskClient,
    desk: Desk,
    inbox: settings.Inbox,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    pieces: list[int],
) -> None:
    with desk.store.transaction() as tx:
        for row in tx.scalars(select(Arrival).where(Arrival.id == pieces[0])):
            row.envelope = row.envelope | {"part": row.envelope["part"] | {"key": "another"}}
    post(admin, f"/admin/quarantine/{pieces[1]}/release", inbox=inbox.id)
    drain(desk)
    assert sorted(states(desk)) == ["accepted", "accepted", "quarantined"]


def test_a_piece_that_no_job_looks_after_is_found_and_one_with_a_job_left_alone(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, clock: SetClock
) -> None:
    look = next(one for one in SCHEDULE if one.name == "pieces left over")
    assert call(client, inbox, part(1)) == 200
    drain(desk)
    clock.advance(timedelta(hours=2))
    look.run(desk)
    assert states(desk) == ["part"], "its job is due, and was only late"
    with desk.store.transaction() as tx:
        tx.execute(Arrival.__table__.update().values(state="waiting"))
    drain(desk)
    with desk.store.transaction() as tx:
        tx.execute(Arrival.__table__.update().values(state="part"))
    look.run(desk)
    assert states(desk) == ["quarantined"]
    with desk.store.reading() as tx:
        (row,) = intake.quarantined(tx)
    assert row.reason == "Piece 1 of 3 of a long text. It was never put together with the others."
