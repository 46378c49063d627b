"""The pages of hours and promises as an admin uses them, and what an agent is told of a promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import calendars, settings, sla
from desk.parts import Desk
from desk.sla import Wanted
from tests.factories import make_inbox
from tests.web.conftest import post

OFFICE = {"name": "Office", "zone": "Europe/Stockholm", "hours": "Mo-Fr 9:00-18:00", "holidays": "12-25 Christmas"}
POLICY = {
    "name": "Everybody",
    "inbox": "",
    "segment": "",
    "priority": "",
    "first": "1 h",
    "next": "",
    "resolution": "2 h 30 min",
    "warn": "15",
    "hours": "inbox",
    "pauses": "on",
}


def test_a_calendar_is_made_used_by_an_inbox_and_kept_while_it_is(admin: FlaskClient, desk: Desk) -> None:
    assert "No calendar yet" in admin.get("/admin/hours").text
    assert post(admin, "/admin/hours/new", **OFFICE).status_code == 303
    with desk.store.transaction() as tx:
        kept = calendars.every(tx)[0]
        inbox = make_inbox(tx, name="Support", config={"transport": "outbox"})
    form = {"name": "Support", "address": inbox.address, "brand": str(inbox.brand_id), "locale": "en", "active": "on"}
    saved = post(admin, f"/admin/inboxes/{inbox.id}", **form, calendar=str(kept.id), **{"config.transport": "outbox"})
    assert saved.status_code == 303, saved.text
    with desk.store.reading() as tx:
        assert settings.inbox(tx, inbox.id).calendar_id == kept.id
    assert "Used by Support" in admin.get("/admin/hours").text
    refused = post(admin, f"/admin/hours/{kept.id}/remove")
    assert refused.status_code == 422 and "in use by Support" in refused.text
    assert post(admin, "/admin/hours/new", **OFFICE).status_code == 422  # the name is taken


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hours": "Mo 9:00-12:00, 11:00-13:00"}, "overlap: make them one."),
        ({"hours": " "}, "write at least one"),
        ({"holidays": "when it rains"}, "is no day"),
        ({"zone": "Mars"}, "is no time zone"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_in_one_sentence(
    admin: FlaskClient, change: dict[str, str], said: str
) -> None:
    answer = post(admin, "/admin/hours/new", **(OFFICE | change))
    assert answer.status_code == 422 and said in answer.text and "Office" in answer.text
    assert said in admin.get("/admin/hours/preview", query_string=OFFICE | change).text


def test_the_preview_tells_when_a_message_is_due(admin: FlaskClient) -> None:
    said = admin.get("/admin/hours/preview", query_string=OFFICE).text  # a Monday at nine
    assert "A message on Monday 17:50 that is promised an answer within one hour is due Tuesday 09:50." in said
    asked: dict[str, Any] = POLICY | {"hours": "always", "first": "45 min"}
    assert "the first reply is due Monday 09:45" in admin.get("/admin/sla/preview", query_string=asked).text


def test_policies_are_made_put_in_order_changed_and_removed(admin: FlaskClient, desk: Desk) -> None:
    assert "Nothing is promised yet" in admin.get("/admin/sla").text
    for name in ("One", "Two"):
        assert post(admin, "/admin/sla/new", **(POLICY | {"name": name})).status_code == 303
    with desk.store.reading() as tx:
        one, two = sla.every(tx)
    assert (one.first_minutes, one.next_minutes, one.resolution_minutes, one.warn_minutes) == (60, None, 150, 15)
    post(admin, f"/admin/sla/{two.id}/move", by="up")
    page = admin.get("/admin/sla").text
    assert page.index(">Two<") < page.index(">One<") and "first reply within 1 h" in page
    assert 'value="2 h 30 min"' in admin.get(f"/admin/sla/{one.id}").text
    post(admin, f"/admin/sla/{one.id}", **(POLICY | {"name": "Uno", "priority": "1"}))
    assert "For High priority" in admin.get("/admin/sla").text
    post(admin, f"/admin/sla/{one.id}/remove")
    assert "Uno" not in admin.get("/admin/sla").text
    assert admin.get(f"/admin/sla/{one.id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": "soon"}, "is no length of time"),
        ({"first": "", "resolution": ""}, "at least one of the three"),
        ({"inbox": "77"}, "There is no such inbox any more."),
        ({"inbox": "x"}, "Choose one of those that are offered."),
        ({"hours": "99"}, "Choose one of the calendars."),
        ({"name": ""}, "needs a name"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(admin: FlaskClient, change: dict[str, str], said: str) -> None:
    answer = post(admin, "/admin/sla/new", **(POLICY | change))
    assert answer.status_code == 422 and said in answer.text


def test_only_admins_promise(as_role: Callable[[str], FlaskClient], desk: Desk) -> None:
    for path in ("/admin/hours", "/admin/sla", "/admin/hours/new", "/admin/sla/new"):
        assert as_role("supervisor").get(path).status_code == 403
    with desk.store.transaction() as tx:
        sla.save(tx, None, Wanted(name="Everybody", first_minutes=60))
    assert as_role("agent").get("/console/due").status_code == 200
