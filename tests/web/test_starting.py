"""Beginning a conversation as a plain form: search, by which way, what is refused, and where it leads."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, people, timeline
from desk.agents import Viewer
from desk.parts import Desk
from tests.factories import (
    identity_of,
    make_conversation,
    make_customer,
    make_identity,
    make_inbox,
    make_team,
)
from tests.web.conftest import post, sign_in

PHONE = "+46705550132"


@pytest.fixture
def ada(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent").id)
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


@pytest.fixture
def marta(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        make_inbox(tx)
        make_inbox(tx, channel="sms", address="+46705550100", name="Texts")
        row = make_customer(tx, "marta@lindqvist.example", name="Marta Lindqvist")
        make_identity(tx, row, PHONE, kind="phone", evidence="verified")
        make_conversation(tx, row, status="resolved")
        team = make_team(tx)
        make_conversation(tx, make_customer(tx, "martin@rival.example", name="Martin Rival"), team_id=team.id)
        return row.id


def way(desk: Desk, customer_id: int, inbox_id: int = 1) -> str:
    with desk.store.reading() as tx:
        return f"{inbox_id}:{identity_of(tx, customer_id).id}"


def test_the_search_knows_names_addresses_and_numbers_of_those_one_may_see(hers: FlaskClient, marta: int) -> None:
    for text in ("Marta", "marta@lind", "+467055", "Mart"):
        page = hers.get("/console/new", query_string={"q": text}).text
        assert f"/console/new?customer={marta}" in page, text
        assert "Martin" not in page
    found = hers.get("/console/new/find?q=petra@hof.example").text
    assert "/console/new?address=petra%40hof.example" in found
    assert "Write to this address" in found
    assert "Nobody is found" in hers.get("/console/new/find?q=zzz").text


def test_the_form_begins_one_with_a_file(hers: FlaskClient, desk: Desk, marta: int) -> None:
    page = hers.get(f"/console/new?customer={marta}").text
    assert "marta@lindqvist.example" in page
    assert PHONE in page
    sent = post(
        hers, "/console/new", customer=str(marta), way=way(desk, marta), subject="Your bowl", text="It is back.",
        then="pending", attach=(BytesIO(b"%PDF-1.4 x"), "prices.pdf"),
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    page = hers.get(sent.location).text
    assert "It is back." in page
    assert "prices.pdf" in page
    assert "Your bowl" in page


def test_what_is_wrong_is_said_and_the_words_stay(hers: FlaskClient, desk: Desk, marta: int) -> None:
    fields = {"customer": str(marta), "text": "It is back.", "way": way(desk, marta)}
    told = post(hers, "/console/new", **fields)
    assert (told.status_code, "A mail needs a subject." in told.text, "It is back." in told.text) == (422, True, True)
    told = post(hers, "/console/new", **{**fields, "subject": "Bowl", "way": ""})
    assert "Choose by which way" in told.text
    told = post(hers, "/console/new", **{**fields, "subject": "Bowl", "text": "Dear {customer.first_name}"})
    assert "Fill in" in told.text
    with desk.store.transaction() as tx:
        people.stop(tx, people.speaks_for(tx, "phone", PHONE), tx.now())
    page = hers.get(f"/console/new?customer={marta}").text
    assert "STOP came from this number" in page
    for wrong, why in (("support@kiln.example", "address of this desk"), ("a b@c", "not a mail address")):
        assert why in hers.get("/console/new", query_string={"address": wrong}).text


def test_a_typed_address_of_somebody_known_leads_to_them(hers: FlaskClient, marta: int) -> None:
    assert "Marta Lindqvist" in hers.get("/console/new?address=Marta@Lindqvist.example").text
    fresh = hers.get("/console/new?address=martin@rival.example").text
    assert "Martin Rival" not in fresh
    assert "Nobody here has this address yet" in fresh


def test_nobody_begins_one_with_a_customer_they_may_not_see(hers: FlaskClient, desk: Desk, marta: int) -> None:
    other = marta + 1
    assert hers.get(f"/console/new?customer={other}").status_code == 404
    assert hers.get("/console/new?customer=999999").status_code == 404
    values = {"customer": str(other), "way": way(desk, other), "subject": "Hi", "text": "Hi"}
    assert post(hers, "/console/new", **values).status_code == 404
    assert post(hers, "/console/new", **{**values, "way": f"999:{1}"}).status_code == 404


def test_a_script_is_told_where_it_is_and_the_same_request_begins_one(
    hers: FlaskClient, desk: Desk, marta: int
) -> None:
    token = {"X-Part": "1"}
    values = {"customer": str(marta), "way": way(desk, marta), "subject": "Hi", "text": "Hi", "request_id": "one"}
    page = hers.get(f"/console/new?customer={marta}").text
    csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
    first, again = (hers.post("/console/new", data=values | {"csrf_token": csrf}, headers=token) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.headers["X-Open"] == again.headers["X-Open"]
    with desk.store.reading() as tx:
        number = int(first.headers["X-Open"].split("/c/")[1].split("?")[0])
        assert len(timeline.of_conversation(tx, number, kinds=("reply",))) == 1
