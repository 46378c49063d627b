"""Who may be the same person, beside a conversation: what is shown to whom, joining, saying no, and undoing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, conversations, merging, people
from desk.agents import Viewer
from desk.merging import Merge
from desk.outbound.tables import Delivery
from desk.people import Customer
from desk.store import Store
from tests import factories
from tests.web.conftest import csrf_of, sign_in

PART = {"HX-Request": "true"}


@pytest.fixture
def ada(store: Store) -> Viewer:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent", zone="Europe/Berlin")
        found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


class Pair:
    """Marta, known by mail, and a browser in which her address was typed; each with a conversation."""

    def __init__(self, store: Store, **other: Any) -> None:
        with store.transaction() as tx:
            self.marta = factories.make_customer(tx, "marta@lindqvist.example", name="Marta Lindqvist")
            self.mails = factories.make_conversation(tx, self.marta, subject="Kettle")
            factories.make_entry(tx, self.mails, "By mail")
            browser = Customer(name="Sverre", name_folded="sverre", created_at=tx.now())
            tx.add(browser)
            tx.flush()
            factories.make_identity(tx, browser, "browser-1", kind="visitor", evidence="verified")
            self.chat = factories.make_conversation(tx, browser, subject="In the chat", **other)
            factories.make_entry(tx, self.chat, "By chat")
            self.claim = people.claim(tx, browser.id, "email", "marta@lindqvist.example", because="typed", at=tx.now())
            self.browser_id, self.marta_id = browser.id, self.marta.id


def panel(client: FlaskClient, conversation_id: int) -> str:
    answer = client.get(f"/console/c/{conversation_id}/customer", headers=PART)
    assert answer.status_code == 200
    return str(answer.text)


def act(client: FlaskClient, path: str, /, script: bool = True, **data: Any) -> Any:
    data = {"csrf_token": csrf_of(client, "/profile"), **data}
    return client.post(path, data=data, headers=PART if script else {})


def merges(store: Store) -> list[Merge]:
    with store.reading() as tx:
        return list(tx.scalars(select(Merge)))


def test_the_panel_offers_whoever_has_typed_the_same_address_with_its_evidence(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    shown = panel(hers, pair.mails.id)
    assert "May be the same person" in shown and "Sverre" in shown
    assert "Typed the address marta@lindqvist.example" in shown and "Not proven" in shown
    assert "Goes by another name" in shown and "Against" in shown
    assert "Would move: 1 conversation, 1 entry" in shown
    assert "Marta Lindqvist" in panel(hers, pair.chat.id)


def test_nobody_is_offered_where_nothing_points_to_anybody(store: Store, hers: FlaskClient) -> None:
    with store.transaction() as tx:
        alone = factories.make_conversation(tx)
    assert "May be the same person" not in panel(hers, alone.id)


def test_joining_by_script_tells_how_to_undo_it(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    said = act(hers, f"/console/c/{pair.chat.id}/same/{pair.marta_id}/join")
    assert (said.status_code, said.headers["X-Moved"]) == (204, "1")
    told = json.loads(said.headers["X-Toast"])
    with store.reading() as tx:
        assert {conversations.get(tx, c.id, None).customer_id for c in (pair.mails, pair.chat)} == {pair.marta_id}
        assert people.customer(tx, pair.browser_id).id == pair.marta_id
    page = hers.get(f"/console/c/{pair.chat.id}").text
    assert "By mail" in page and "By chat" in page and "Ada Ant</b> joined <b>Sverre</b>" in page
    undone = act(hers, told["undo"]["url"], **told["undo"]["values"])
    assert undone.status_code == 204
    with store.reading() as tx:
        assert conversations.get(tx, pair.chat.id, None).customer_id == pair.browser_id
    page = hers.get(f"/console/c/{pair.chat.id}").text
    assert "By mail" not in page and "took" in page
    assert "May be the same person" not in panel(hers, pair.chat.id), "they were told apart"


def test_joining_and_undoing_work_without_a_script(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    page = hers.get(f"/console/c/{pair.chat.id}/same/{pair.marta_id}").text
    for text in (
        "Are these one person?",
        "Marta Lindqvist",
        "Sverre",
        "What will move",
        "the rules look at everything",
    ):
        assert text in page
    said = act(hers, f"/console/c/{pair.chat.id}/same/{pair.marta_id}/join", script=False)
    assert said.headers["Location"].endswith(f"/console/c/{pair.chat.id}")
    (merge,) = merges(store)
    shown = hers.get(f"/console/merges/{merge.id}").text
    assert "Sverre joined into Marta Lindqvist" in shown and "Typed the other" in shown
    assert act(hers, f"/console/merges/{merge.id}/undo", script=False).status_code == 303
    assert "Taken apart by Ada Ant" in hers.get(f"/console/merges/{merge.id}").text
    again = act(hers, f"/console/c/{pair.chat.id}/same/{pair.browser_id}/join", script=False)
    assert again.status_code == 303
    assert len(merges(store)) == 1, "nobody is joined with themselves"


def test_a_no_is_remembered(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    assert act(hers, f"/console/c/{pair.chat.id}/same/{pair.marta_id}/apart").status_code == 204
    for conversation in (pair.chat, pair.mails):
        assert "May be the same person" not in panel(hers, conversation.id)


def test_an_agent_neither_joins_nor_sees_what_belongs_to_another_team(
    store: Store, app: Flask, hers: FlaskClient
) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
    pair = Pair(store, team_id=team.id)
    shown = panel(hers, pair.mails.id)
    assert "A customer of another team" in shown and "a supervisor can join them" in shown
    assert "Sverre" not in shown and "In the chat" not in shown
    for path in ("", "/join", "/apart"):
        address = f"/console/c/{pair.mails.id}/same/{pair.browser_id}{path}"
        answer = act(hers, address) if path else hers.get(address)
        assert answer.status_code == 404
    assert merges(store) == []
    with store.transaction() as tx:
        lead = agents.create(tx, email="lea@kiln.example", name="Lea Lead", role="supervisor")
    leads = sign_in(app.test_client(), lead.id)
    assert "Sverre" in panel(leads, pair.mails.id)
    assert act(leads, f"/console/c/{pair.mails.id}/same/{pair.browser_id}/join").status_code == 204
    (merge,) = merges(store)
    assert act(hers, f"/console/merges/{merge.id}/undo").status_code == 409
    assert merges(store)[0].undone_at is None


def test_whom_one_may_see_in_part_one_may_compare_and_not_join(store: Store, hers: FlaskClient) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
    pair = Pair(store)
    with store.transaction() as tx:
        factories.make_conversation(tx, tx.get_one(Customer, pair.browser_id), team_id=team.id)
    assert "Sverre" in panel(hers, pair.mails.id)
    page = hers.get(f"/console/c/{pair.mails.id}/same/{pair.browser_id}").text
    assert "a supervisor can join them" in page and "/join" not in page
    said = act(hers, f"/console/c/{pair.mails.id}/same/{pair.browser_id}/join")
    assert said.status_code == 409 and "supervisor" in said.text


def test_a_code_is_sent_to_a_claimed_address_on_request(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    assert "Ask to prove" in panel(hers, pair.chat.id)
    said = act(hers, f"/console/c/{pair.chat.id}/ask", identity_id=str(pair.claim.id))
    assert (said.status_code, json.loads(said.headers["X-Toast"])["text"]) == (
        204,
        "A code is on its way to marta@lindqvist.example",
    )
    soon = act(hers, f"/console/c/{pair.chat.id}/ask", identity_id=str(pair.claim.id))
    assert soon.status_code == 409 and "Wait" in soon.text
    with store.reading() as tx:
        assert [d.recipient for d in tx.scalars(select(Delivery).where(Delivery.purpose == "code"))] == [
            "marta@lindqvist.example"
        ]
    for bad in ("", "x", "999999", str(pair.claim.id + 50)):
        assert act(hers, f"/console/c/{pair.chat.id}/ask", identity_id=bad).status_code == 404
    assert act(hers, f"/console/c/{pair.mails.id}/ask", identity_id=str(pair.claim.id)).status_code == 404


def test_what_does_not_exist_is_not_found(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    for path in (
        f"/console/c/{pair.chat.id}/same/99999",
        "/console/merges/99999",
        f"/console/c/99999/same/{pair.marta_id}",
    ):
        assert hers.get(path).status_code == 404
    for path in (f"/console/c/{pair.chat.id}/same/99999/join", "/console/merges/99999/undo"):
        assert act(hers, path).status_code == 404


def test_an_address_that_stands_twice_is_shown_once(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    with store.transaction() as tx:
        merging.join(tx, pair.marta_id, pair.browser_id, because="proved", by=None)
    assert panel(hers, pair.mails.id).count('<span dir="auto">marta@lindqvist.example</span>') == 1


def test_an_old_number_leads_to_the_new_customer(store: Store, hers: FlaskClient) -> None:
    pair = Pair(store)
    with store.transaction() as tx:
        merging.join(tx, pair.marta_id, pair.browser_id, because="agent", by=None)
    assert hers.get(f"/console/u/{pair.browser_id}").status_code == 302
