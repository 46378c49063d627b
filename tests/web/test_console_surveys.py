"""What the timeline says of a question and its answer: by which channel each came."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import inbound, people, surveys
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.messages import Address, Sender
from desk.parts import Desk
from desk.store import Store
from tests import factories
from tests.inbound.messages import message
from tests.surveys.situations import Asked, asked, by_chat, by_sms
from tests.web.conftest import sign_in

PART = {"HX-Request": "true"}


@pytest.fixture
def store(app: Flask) -> Store:
    desk: Desk = app.extensions["loopdesk"]
    return desk.store


@pytest.fixture
def hers(app: Flask, store: Store) -> FlaskClient:
    with store.transaction() as tx:
        staff_id = factories.make_staff(tx, "supervisor").id
    return sign_in(app.test_client(), staff_id)


def told(client: FlaskClient, ask: Asked) -> str:
    html = client.get(f"/console/c/{ask.conversation_id}", headers=PART).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def test_in_the_chat(hers: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        surveys.answer_in_chat(tx, ask.invitation_id, ask.conversation_id, 4, ["speed"], "So kind")
    text = told(hers, ask)
    assert "CSAT asked by chat. It can be answered until" in text
    assert re.search(r"CSAT asked by chat .*, answered", text)
    assert "So kind" in text
    assert "answered by" not in text


def test_by_sms_with_the_text_beside_it(hers: FlaskClient, app: Flask, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_sms)
        number = tx.get_one(Conversation, ask.conversation_id).reply_address
    sender = Sender(Address("phone", number), "inferred", "a text came from this number")
    said = message(ask.inbox_id, clock.now() + timedelta(seconds=1), "2 - slow", channel="sms")
    inbound.receive(app.extensions["loopdesk"], replace(said, sender=sender))
    text = told(hers, ask)
    assert "CSAT asked by SMS. It can be answered until" in text
    assert "Answers the survey question" in text
    assert re.search(r"CSAT asked by SMS .*, answered", text)
    assert "slow" in text


def test_asked_in_the_chat_and_answered_by_mail(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        people.verify(tx, factories.identity_of(tx, ask.customer_id), "a code came back from it", tx.now())
    clock.advance(timedelta(hours=24))
    with store.transaction() as tx:
        surveys.look_after(tx, ask.invitation_id)
        surveys.answer(tx, ask.token, 5)
    text = told(hers, ask)
    assert "CSAT asked by email too: nobody saw the one of" in text
    assert re.search(r"CSAT asked by chat .*, answered by email", text)


def test_a_number_that_takes_no_texts(hers: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = by_sms(tx)
        people.identity(tx, conversation.reply_identity_id or 0).details = {"stopped": tx.now().isoformat()}
        tx.flush()
        decision = surveys.consider(tx, episode.id)
        assert decision.reason == "stopped_texts"
        ask = Asked(conversation.customer_id, conversation.id, episode.id, 0, 0, 0, "")
    assert "CSAT withheld. STOP came from this number, so that it gets no texts." in told(hers, ask)


def test_the_page_of_a_link_by_sms_names_the_number(app: Flask, store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_sms)
        number = tx.get_one(Conversation, ask.conversation_id).reply_address
    client = app.test_client()
    assert client.post(f"/s/{ask.token}", data={"score": "1"}).status_code == 303
    assert number in client.get(f"/s/{ask.token}?sent=1").text


def test_the_page_of_a_mailed_card_names_the_mailbox_and_no_browser(app: Flask, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        identity = factories.identity_of(tx, ask.customer_id)
        people.verify(tx, identity, "a code came back from it", tx.now())
        visitor = tx.get_one(Conversation, ask.conversation_id).reply_address
    clock.advance(timedelta(hours=24))
    with store.transaction() as tx:
        surveys.look_after(tx, ask.invitation_id)
    page = app.test_client().get(f"/s/{ask.token}/stop").text
    assert identity.value in page
    assert visitor not in page
