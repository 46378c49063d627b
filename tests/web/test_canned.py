"""The pages of canned replies, and what the composer asks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import automation
from desk.parts import Desk
from tests.factories import make_conversation, make_customer, make_inbox, make_team
from tests.web.conftest import post

HELLO = {"name": "Say hello", "shortcut": "hello", "whose": "own", "locale": ["en"], "text": ["Hello {customer.name}"]}


@pytest.fixture
def agent(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("agent")


def kept(desk: Desk) -> list[Any]:
    with desk.store.reading() as tx:
        return list(tx.query(automation.Canned).order_by(automation.Canned.id))


def test_an_agent_keeps_their_own_and_a_lead_shares_them(
    agent: FlaskClient, as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    assert "None yet" in agent.get("/admin/canned").text
    assert post(agent, "/admin/canned/new", **HELLO).status_code == 303
    shown = agent.get("/admin/canned").text
    assert "Say hello" in shown and "/hello" in shown and 'href="/admin/canned/1"' in shown
    lead = as_role("supervisor")
    assert "Say hello" not in lead.get("/admin/canned").text
    assert lead.get("/admin/canned/1").status_code == 404, "what is somebody's own is not another's to read"
    with desk.store.transaction() as tx:
        team = make_team(tx, name="Returns").id
    assert post(lead, "/admin/canned/new", **HELLO | {"name": "Shared", "whose": f"team:{team}"}).status_code == 303
    assert "Returns" in lead.get("/admin/canned").text
    refused = post(agent, "/admin/canned/new", **HELLO | {"name": "Too far", "whose": "everybody", "shortcut": ""})
    assert refused.status_code == 422 and "Only supervisors" in refused.text and "Too far" in refused.text
    again = post(agent, "/admin/canned/1", **HELLO | {"text": ["Good day"]})
    assert again.status_code == 303 and kept(desk)[0].texts == [{"locale": "en", "text": "Good day"}]
    assert post(agent, "/admin/canned/1/remove").status_code == 303
    assert "Say hello" not in agent.get("/admin/canned").text.split("<main")[1].replace("“Say hello” is removed", "")
    assert post(agent, "/admin/canned/2/remove").status_code == 404


def test_the_editor_gives_back_what_was_typed_and_says_what_is_wrong(agent: FlaskClient) -> None:
    answer = post(agent, "/admin/canned/new", **HELLO | {"name": "", "text": ["Hi {customer.mother}"]})
    assert answer.status_code == 422
    assert "Hi {customer.mother}" in answer.text and "There is no variable {customer.mother}" in answer.text


def test_the_composer_is_offered_them_and_gets_the_text_filled_in(agent: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        make_inbox(tx)
        number = make_conversation(tx, make_customer(tx, "noor@customer.example", name="Noor Aziz")).id
    post(agent, "/admin/canned/new", **HELLO)
    found = agent.get(f"/console/c/{number}/offer/canned?q=hello").json["results"]
    assert [(one["text"], one["key"]) for one in found] == [("Say hello", "/hello")]
    assert agent.get(f"/console/c/{number}/offer/canned?q=zebra").json["results"] == []
    used = post(agent, f"/console/c/{number}/canned/1").json
    assert used == {"text": "Hello Noor Aziz", "missing": [], "locale": "en"}
    assert kept(desk)[0].uses == 1
    assert post(agent, f"/console/c/{number}/canned/99").status_code == 404


def test_an_answer_with_a_gap_is_not_sent_and_a_note_may_speak_of_one(agent: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        make_inbox(tx)
        number = make_conversation(tx).id
    headers = {"X-Part": "1"}
    from_page = {"data": {"text": "Hello {customer.name}", "mode": "reply"}, "headers": headers}
    agent.application.config["WTF_CSRF_ENABLED"] = False
    refused = agent.post(f"/console/c/{number}/reply", **from_page)
    assert refused.status_code == 422 and "Fill in {customer.name}" in refused.text
    from_page["data"] = {"text": "We write {customer.name} there", "mode": "note"}
    assert agent.post(f"/console/c/{number}/reply", **from_page).status_code == 201
