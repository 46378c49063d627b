"""Which ways the composer is offered: whom they reach, whether somebody is there, and who may ask."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, visitors
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient
from desk.messages import Address, InboundMessage, Sender
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.store import Store
from desk.worker import drain
from tests.factories import make_inbox, make_team
from tests.inbound.messages import message
from tests.web.conftest import csrf_of, post, sign_in

VISITOR = "v-1"


class Here:
    """What knows who is connected."""

    def __init__(self, *owners: str) -> None:
        self.owners = owners

    def is_here(self, owner: str) -> bool:
        return owner in self.owners


@pytest.fixture
def ada(store: Store) -> Viewer:
    with store.transaction() as tx:
        found = agents.viewer(tx, agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent").id)
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


@pytest.fixture
def chat(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, channel="chat", address="shop.example").id
    sender = Sender(Address("visitor", VISITOR, "Noor"), "verified", "the signed token of this browser")
    outcome = inbound.receive(
        desk, InboundMessage("chat", inbox_id, "v-1:c-1", sender, desk.store.clock.now(), "Hello?")
    )
    assert outcome.conversation_id is not None
    with desk.store.transaction() as tx:
        visitors.begin(tx, visitors.owner_of(VISITOR, ""), inbox_id, outcome.conversation_id, tx.now())
    return outcome.conversation_id


@pytest.mark.parametrize(("here", "said"), [((f"visitor:{VISITOR}",), "on the site now"), ((), "not on the site now")])
def test_a_chat_says_whether_somebody_is_there(app: Flask, hers: FlaskClient, chat: int, here: Any, said: str) -> None:
    app.extensions["loopdesk.visitor_push"] = Here(*here)
    ways = hers.get(f"/console/c/{chat}/ways").text
    assert f'title="Chat: {said}"' in ways
    assert "Noor" in ways
    assert VISITOR not in ways  # the number of a browser says nothing to anybody


def test_a_plain_page_offers_the_customers_own_channel(hers: FlaskClient, chat: int) -> None:
    page = hers.get(f"/console/c/{chat}").text
    assert 'value="chat" checked' in page


def test_an_answer_by_a_channel_that_is_closed_is_refused_with_the_reason(hers: FlaskClient, chat: int) -> None:
    for channel, said in (("sms", "no such channel"), ("fax", "no such channel"), ("x" * 300, "no such channel")):
        answer = hers.post(
            f"/console/c/{chat}/reply",
            data={"text": "Hello!", "channel": channel, "csrf_token": csrf_of(hers, "/console/")},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 422
        assert said in answer.text


def test_the_composer_offers_the_corrected_address_and_marks_the_one_that_came_back(
    desk: Desk, hers: FlaskClient, ada: Viewer
) -> None:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
    came = inbound.receive(desk, message(inbox_id, desk.store.clock.now(), "Where is it?"))
    number = came.conversation_id
    assert number is not None
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, number, ada, "On its way.")
    drain(desk)
    with desk.store.transaction() as tx:
        row = tx.scalars(select(Delivery)).one()
        gone = [BouncedRecipient("marta@lindqvist.example", "5.1.1", "hard", "no such user")]
        assert outbound.bounced(tx, row.message_id, gone, "550 5.1.1 no such user") is not None
    before = hers.get(f"/console/c/{number}/ways").text
    assert "Mail came back" in before
    assert "Send anyway" in before
    assert post(hers, f"/console/e/{entry.id}/again", address="marta@lindquist.example").status_code == 303
    ways = hers.get(f"/console/c/{number}/ways").text
    assert "<bdi>marta@lindquist.example</bdi>" in ways
    assert ">Corrected<" in ways
    assert "Mail to marta@lindqvist.example came back (5.1.1 no such user). A colleague corrected the address." in ways
    assert "Send anyway" not in ways
    panel = hers.get(f"/console/c/{number}/customer").text
    marked = re.search(r"marta@lindqvist\.example</span><span class=\"chip warn[^>]*>([^<]+)<", panel)
    assert marked is not None
    assert marked[1] == "Mail came back"


def test_what_became_of_an_answer_is_not_for_other_teams_to_say(
    app: Flask, desk: Desk, hers: FlaskClient, chat: int, ada: Viewer
) -> None:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, chat, ada, "Hello!")
        conversation = conversations.get(tx, chat, None)
        conversation.team_id, conversation.assignee_id = make_team(tx).id, None
    assert post(hers, f"/console/e/{entry.id}/delivery", arrived="1").status_code == 404
    assert post(hers, "/console/e/1/delivery", arrived="1").status_code == 404
    assert hers.get(f"/console/c/{chat}/ways").status_code == 404
