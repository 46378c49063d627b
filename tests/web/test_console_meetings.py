"""What a calendar file says, on the timeline, by the reader's clock."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents
from desk.store import Store
from desk.web.console.look import look
from desk.web.console.meetings import text
from tests import factories
from tests.web.conftest import sign_in

CALL = {"method": "request", "starts": "2026-07-06T12:00:00+00:00", "ends": "2026-07-06T13:30:00+00:00"}


def when(locale: str = "en", zone: str = "Europe/Berlin", **told: Any) -> str:
    shown = text(told, look(locale, zone))
    assert shown is not None
    return shown.when.replace("\u202f", " ")


def test_a_time_is_shown_by_the_reader_s_clock() -> None:
    assert when(**CALL) == "Mon 6 Jul 2026, 2:00 PM–3:30 PM CEST"
    assert when("de", **CALL) == "Mo., 6. Juli 2026, 14:00–15:30 CEST"  # codespell:ignore juli
    assert when(zone="America/New_York", **CALL) == "Mon 6 Jul 2026, 8:00 AM–9:30 AM EDT"
    assert "Tue 7 Jul 2026" in when(**CALL | {"ends": "2026-07-07T01:00:00+00:00"})


def test_days_and_clocks_of_nobody_s() -> None:
    assert when(starts="2026-07-06", ends="2026-07-09", whole_day=True) == "Mon 6 Jul 2026 – Wed 8 Jul 2026"
    assert when(starts="2026-07-06", ends="2026-07-07", whole_day=True, repeats=True) == "Mon 6 Jul 2026, repeats"
    far = text({"starts": "2026-07-06T12:00:00", "own_clock": True}, look("en", "Europe/Berlin"))
    assert far is not None
    assert (far.when, bool(far.clock)) == ("Mon 6 Jul 2026, 12:00 PM", True)


@pytest.mark.parametrize("told", [None, {}, "x", 3])
def test_nothing_is_no_card(told: Any) -> None:
    assert text(told, look("en", "UTC")) is None


@pytest.mark.parametrize("told", [{"starts": "x"}, {"starts": "9999-12-31T23:59:59+00:00"}, {"whole_day": True}])
def test_a_time_that_cannot_be_shown_is_left_out(told: dict[str, Any]) -> None:
    assert when(zone="Pacific/Auckland", **told) == ""


def test_the_card_stands_on_the_message_and_the_file_below_it(app: Flask, store: Store) -> None:
    file = {
        "filename": "invite.ics",
        "content_type": "text/calendar",
        "size": 300,
        "sha256": "0" * 64,
        "meeting": CALL | {"summary": "<b>Call</b>", "where": "Room 4", "organiser": "Mara"},
    }
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
        conversation = factories.make_conversation(tx)
        entry = factories.make_entry(tx, conversation, "", content_attachments=[file])
    client: FlaskClient = sign_in(app.test_client(), staff.id)
    page = client.get(f"/console/c/{conversation.id}").text
    card = page[page.index('<div class="meeting">') :]
    assert "<b>Invitation</b>" in card
    assert "&lt;b&gt;Call&lt;/b&gt;" in card
    assert "Room 4" in card
    assert f"/console/e/{entry.id}/file/0" in card


def test_an_invitation_that_came_twice_has_one_card_and_both_files(app: Flask, store: Store) -> None:
    same = {"content_type": "text/calendar", "size": 300, "sha256": "0" * 64, "meeting": CALL | {"summary": "Call"}}
    other = same | {"filename": "later.ics", "meeting": CALL | {"summary": "Another call"}}
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
        conversation = factories.make_conversation(tx)
        twice = [same | {"filename": "text-1.ics"}, same | {"filename": "invite.ics"}, other]
        factories.make_entry(tx, conversation, "", content_attachments=twice)
    page = sign_in(app.test_client(), staff.id).get(f"/console/c/{conversation.id}").text
    assert page.count('<div class="meeting">') == 2
    assert "text-1.ics" in page
    assert "invite.ics" in page
    assert "Another call" in page
