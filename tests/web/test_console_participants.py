"""Who takes part beside the customer, as colleagues see it: on the line, in the panel and in the composer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, people
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address
from desk.outbound.tables import Delivery
from desk.parts import Desk
from tests.factories import make_inbox
from tests.inbound.messages import message
from tests.web.conftest import csrf_of, sign_in

BOSS = "boss@lindqvist.example"


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
def walk(desk: Desk, clock: SetClock) -> Any:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id

    def receive(text: str = "Where is my kettle?", **more: Any) -> inbound.Outcome:
        clock.advance(timedelta(minutes=5))
        return inbound.receive(desk, message(inbox_id, clock.now(), text, **more))

    return receive


@pytest.fixture
def talk(walk: Any) -> int:
    first = walk(message_id="one@lindqvist.example", participants=(Address("email", BOSS, "The Boss"),), hidden=True)
    walk("<b>Pay me</b>", sender="eve@other.example", reply_refs=("one@lindqvist.example",))
    assert first.conversation_id is not None
    return int(first.conversation_id)


def test_a_line_says_who_wrote_it_and_who_was_copied(hers: FlaskClient, talk: int) -> None:
    page = hers.get(f"/console/c/{talk}").text
    assert "not the customer" in page
    assert "eve@other.example" in page
    assert "also to The Boss" in page
    assert "Bcc: we are not in To or Cc" in page
    assert "<b>Pay me</b>" not in page


def test_the_panel_names_those_who_take_part(hers: FlaskClient, talk: int) -> None:
    panel = hers.get(f"/console/c/{talk}/customer", headers={"HX-Request": "true"}).text
    assert "Also in this conversation" in panel
    assert panel.count("gets copies") == 1


def test_the_composer_offers_who_was_copied_and_not_by_itself_who_came(hers: FlaskClient, talk: int) -> None:
    html = hers.get(f"/console/c/{talk}/ways").text
    assert f'value="{BOSS}" checked' in html
    assert 'value="eve@other.example">' in html


def _reply(client: FlaskClient, talk: int, **data: Any) -> Any:
    data = {"csrf_token": csrf_of(client, "/console/"), "text": "I will look.", **data}
    return client.post(f"/console/c/{talk}/reply", data=data, headers={"HX-Request": "true"})


def _sent(desk: Desk) -> list[Delivery]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Delivery).order_by(Delivery.id)))


def test_the_form_says_who_gets_copies(desk: Desk, hers: FlaskClient, talk: int) -> None:
    answer = _reply(hers, talk, copies="1", cc=[BOSS, "zoe@other.example; max@other.example"])
    assert answer.status_code == 201
    assert "also to The Boss, zoe@other.example +1" in answer.text
    assert [a["value"] for a in _sent(desk)[-1].message["cc"]] == [BOSS, "zoe@other.example", "max@other.example"]
    assert _reply(hers, talk, copies="1", cc="").status_code == 201
    assert _sent(desk)[-1].message["cc"] == []


def test_a_mail_to_forty_is_answered_with_as_many_copies_as_an_answer_has(
    desk: Desk, hers: FlaskClient, walk: Any
) -> None:
    forty = tuple(Address("email", f"p{n}@other.example") for n in range(40))
    found = walk(message_id="forty@lindqvist.example", participants=forty)
    ways = hers.get(f"/console/c/{found.conversation_id}/ways", headers={"X-Part": "1"}).text
    boxes = re.findall(r'name="cc" value="([^"]+)"( checked)?', ways)
    assert len(boxes) == 40
    ticked = [address for address, checked in boxes if checked]
    assert len(ticked) == 20
    assert _reply(hers, found.conversation_id, copies="1", cc=ticked).status_code == 201
    refused = _reply(hers, found.conversation_id, copies="1", cc=[address for address, _ in boxes])
    assert (refused.status_code, refused.text) == (
        422,
        "An answer goes to 20 copies at most: take 20 of these 40 out.",
    )


def test_a_form_without_the_choice_copies_whom_the_customer_copied(desk: Desk, hers: FlaskClient, talk: int) -> None:
    assert _reply(hers, talk).status_code == 201
    assert [a["value"] for a in _sent(desk)[-1].message["cc"]] == [BOSS]


def test_a_wrong_address_keeps_the_words(desk: Desk, hers: FlaskClient, talk: int) -> None:
    answer = _reply(hers, talk, copies="1", cc="not an address")
    assert (answer.status_code, answer.text) == (422, "One of the copies goes to what is not a mail address.")
    assert _sent(desk) == []


def test_an_address_that_refused_is_shown_and_asked_about(desk: Desk, hers: FlaskClient, talk: int) -> None:
    with desk.store.transaction() as tx:
        people.unreachable(tx, "email", "marta@lindqvist.example", "550 5.1.1 no such user")
    assert "Mail came back" in hers.get(f"/console/c/{talk}/customer", headers={"HX-Request": "true"}).text
    ways = hers.get(f"/console/c/{talk}/ways").text
    assert "550 5.1.1 no such user" in ways
    assert 'name="anyway"' in ways
    answer = _reply(hers, talk)
    assert answer.status_code == 422
    assert "came back" in answer.text
    assert _reply(hers, talk, anyway="1").status_code == 201


def test_a_conversation_that_goes_on_later_is_linked_both_ways(
    desk: Desk, hers: FlaskClient, walk: Any, talk: int, ada: Viewer, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, talk, ada, "Done.")
        conversations.resolve(tx, talk, ada)
        ours = outbound.delivery_of(tx, [entry.id])[entry.id].message_id
    clock.advance(timedelta(days=31))
    late = walk("It broke again", reply_refs=(ours,))
    assert late.conversation_id != talk
    sign_in(hers, ada.id)  # the session of a month ago has ended
    assert "Goes on from a conversation resolved long ago" in hers.get(f"/console/c/{late.conversation_id}").text
    later = hers.get(f"/console/c/{late.conversation_id}/customer", headers={"HX-Request": "true"}).text
    earlier = hers.get(f"/console/c/{talk}/customer", headers={"HX-Request": "true"}).text
    assert "Linked conversations" in later and f'href="/console/c/{talk}"' in later
    assert "Linked conversations" in earlier and f'href="/console/c/{late.conversation_id}"' in earlier
