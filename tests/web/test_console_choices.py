"""Linking, moving to another inbox, snoozing until a reply, named statuses and undoing on a line, in the console."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import conversations, people
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.merging import talks
from desk.store import Store
from tests import factories
from tests.merging.lives import viewer_of
from tests.web.conftest import csrf_of

PART = {"HX-Request": "true"}


@pytest.fixture
def hers(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("agent")


@pytest.fixture
def two(store: Store, clock: SetClock) -> list[Conversation]:
    """Two conversations of one customer."""
    with store.transaction() as tx:
        person = factories.make_customer(tx)
        made = [factories.make_conversation(tx, person, subject=name) for name in ("The kettle", "The lid")]
        for talk, text in ((0, "The kettle leaks"), (1, "Too small")):
            clock.advance(timedelta(minutes=1))
            factories.make_entry(tx, made[talk], text)
        return made


def act(client: FlaskClient, path: str, script: bool = True, **data: Any) -> Any:
    values = {"csrf_token": csrf_of(client, "/console/"), **data}
    return client.post(path, data=values, headers=PART if script else {})


def undone(client: FlaskClient, answer: Any) -> Any:
    undo = json.loads(answer.headers["X-Toast"])["undo"]
    return act(client, undo["url"], **undo["values"])


def panel(client: FlaskClient, conversation_id: int) -> str:
    return str(client.get(f"/console/c/{conversation_id}/customer", headers=PART).text)


def test_link_from_the_menu_shown_on_both_sides_and_taken_back(hers: FlaskClient, two: list[Conversation]) -> None:
    kettle, lid = two
    assert "The lid" in hers.get(f"/console/c/{kettle.id}/menu/link").text
    for typed in (f"#{lid.id}", str(lid.id)):
        assert "The lid" in hers.get(f"/console/c/{kettle.id}/linkable", query_string={"q": typed}).text
    assert "Nothing that can be linked" in hers.get(f"/console/c/{kettle.id}/linkable?q=zebra").text
    done = act(hers, f"/console/c/{kettle.id}/link", to=str(lid.id))
    assert (done.status_code, done.headers["X-Moved"]) == (204, "1")
    for one, other in ((kettle, lid), (lid, kettle)):
        shown = panel(hers, one.id)
        assert f"#{other.id} {other.subject}" in shown and "Open" in shown
        page = hers.get(f"/console/c/{one.id}").text
        assert "linked <a" in page
    assert "The lid" not in hers.get(f"/console/c/{kettle.id}/menu/link").text, "it is linked already"
    assert undone(hers, done).status_code == 204
    assert "None." in panel(hers, lid.id)
    assert "took the link of" in hers.get(f"/console/c/{lid.id}").text
    plain = act(hers, f"/console/c/{kettle.id}/link", script=False, to=f"#{lid.id}")
    assert plain.status_code == 303
    assert act(hers, f"/console/c/{lid.id}/unlink", script=False, to=str(kettle.id)).status_code == 303
    for wrong in ("", "x", "9" * 30, str(kettle.id)):
        assert act(hers, f"/console/c/{kettle.id}/link", to=wrong).status_code == 409


def test_of_what_another_team_has_the_panel_tells_the_number_alone(
    store: Store, hers: FlaskClient, two: list[Conversation]
) -> None:
    with store.transaction() as tx:
        hidden = factories.make_conversation(tx, subject="Secret matter", team_id=factories.make_team(tx).id)
        conversations.link(tx, two[0].id, hidden.id, viewer_of(tx, "admin"))
    shown, page = panel(hers, two[0].id), hers.get(f"/console/c/{two[0].id}").text
    assert f"#{hidden.id} of another team" in shown and "Secret" not in shown + page
    assert "Secret" not in hers.get(f"/console/c/{two[0].id}/linkable?q={hidden.id}").text
    assert act(hers, f"/console/c/{two[0].id}/unlink", to=str(hidden.id)).status_code == 409


def test_moving_to_another_inbox_and_taking_it_back_though_it_is_gone(
    store: Store, hers: FlaskClient, two: list[Conversation]
) -> None:
    with store.transaction() as tx:
        billing = factories.make_inbox(tx, name="Billing", team_id=factories.make_team(tx).id)
    menu = hers.get(f"/console/c/{two[0].id}/menu/inbox").text
    assert "It is in Support" in menu and "Billing" in menu
    done = act(hers, f"/console/c/{two[0].id}/inbox", inbox_id=str(billing.id))
    assert (done.status_code, done.headers["X-Gone"]) == (204, "1")
    assert hers.get(f"/console/c/{two[0].id}").status_code == 404
    assert undone(hers, done).headers["X-Moved"] == "1"
    page = hers.get(f"/console/c/{two[0].id}").text
    assert "moved this from the inbox <b>Support</b> to <b>Billing</b>" in page and "moved this back" in page
    assert act(hers, f"/console/c/{two[0].id}/inbox", inbox_id="12345").status_code == 409
    assert act(hers, f"/console/c/{two[0].id}/inbox/back").status_code == 409
    assert act(hers, "/console/c/9999/inbox/back").status_code == 404


def test_snoozing_until_a_reply_shows_so_in_head_queue_and_line(hers: FlaskClient, two: list[Conversation]) -> None:
    assert "Until they reply" in hers.get(f"/console/c/{two[0].id}/menu/snooze").text
    done = act(hers, f"/console/c/{two[0].id}/snooze", until="reply")
    assert done.status_code == 200 and "Snoozed until they reply" in done.text
    assert "until they reply" in hers.get("/console/snoozed").text
    assert "snoozed this until the customer writes" in hers.get(f"/console/c/{two[0].id}").text
    row = hers.get(f"/console/row/{two[0].id}").json
    assert row is not None and float(row["keys"]["snoozed"]) < -(10**11)
    assert undone(hers, done).status_code == 200


def test_a_named_status_from_the_menu_to_queue_line_and_search(
    store: Store, hers: FlaskClient, two: list[Conversation]
) -> None:
    with store.transaction() as tx:
        ware = conversations.add_status_name(tx, "pending", "Waiting for <warehouse>", None)
        gone = conversations.add_status_name(tx, "open", "Given up", None)
        conversations.retire_status_name(tx, gone.id)
        conversations.assign(tx, two[0].id, viewer_of(tx, "admin"), None)
    menu = hers.get(f"/console/c/{two[0].id}/menu/status").text
    assert "Waiting for &lt;warehouse&gt;" in menu and "Given up" not in menu and "Resolved" in menu
    act(hers, f"/console/c/{two[0].id}/assign", staff_id="me")
    done = act(hers, f"/console/c/{two[0].id}/status", status="pending", name=str(ware.id))
    assert done.status_code == 200 and "Waiting for &lt;warehouse&gt;" in done.text
    for path in ("/console/", f"/console/c/{two[0].id}", f"/console/row/{two[0].id}"):
        assert "Waiting for" in hers.get(path).text, path
    assert "Status: <b>Waiting for &lt;warehouse&gt;</b>" in hers.get(f"/console/c/{two[0].id}").text
    assert "Waiting for <warehouse>" not in hers.get("/console/").text
    assert "The kettle" in hers.get("/search/", query_string={"q": "status:waiting"}).text
    assert "status is called" in hers.get("/search/", query_string={"q": "status:nonsense"}).text
    assert undone(hers, done).status_code == 200
    for wrong in ({"status": "pending", "name": str(gone.id)}, {"status": "x"}, {"status": "open", "name": "y"}):
        assert act(hers, f"/console/c/{two[0].id}/status", **wrong).status_code == 409


def test_the_line_of_a_merge_offers_its_undo_and_says_why_not(
    store: Store, hers: FlaskClient, two: list[Conversation]
) -> None:
    kettle, lid = two
    with store.transaction() as tx:
        third = factories.make_conversation(tx, tx.get_one(people.Customer, kettle.customer_id), subject="Third")
        move = talks.merge(tx, lid.id, kettle.id, viewer_of(tx))
        number = move.id
    path = f"/console/talks/{number}/undo"
    assert f'data-take-back="{path}"' in hers.get(f"/console/c/{kettle.id}").text
    with store.transaction() as tx:
        later = talks.merge(tx, kettle.id, third.id, viewer_of(tx)).id
    page = hers.get(f"/console/c/{third.id}").text
    assert path not in page and "first take back the later merge" in page
    assert act(hers, f"/console/talks/{later}/undo").status_code == 204
    assert act(hers, path).status_code == 204
    page = hers.get(f"/console/c/{kettle.id}").text
    assert path not in page and "It was undone." in page
