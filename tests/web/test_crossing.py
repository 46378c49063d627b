"""Two colleagues answer the same customer: the second is shown the first one's answer before theirs goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, outbound, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.store import Store
from tests import factories
from tests.web.conftest import csrf_of, sign_in

PART = {"HX-Request": "true"}


def colleague(store: Store, name: str) -> Viewer:
    with store.transaction() as tx:
        staff = agents.create(tx, email=f"{name.split()[0].casefold()}@kiln.example", name=name, role="agent")
        found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


@pytest.fixture
def ada(store: Store) -> Viewer:
    return colleague(store, "Ada Ant")


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


@pytest.fixture
def conversation(store: Store) -> Conversation:
    with store.transaction() as tx:
        made = factories.make_conversation(tx)
        factories.make_entry(tx, made)
        return made


def newest(store: Store, conversation: Conversation) -> timeline.EntryView:
    with store.reading() as tx:
        return timeline.of_conversation(tx, conversation.id)[-1]


def answers(store: Store, conversation: Conversation) -> list[str]:
    with store.reading() as tx:
        return [e.text for e in timeline.of_conversation(tx, conversation.id, kinds=("reply",))]


def send(client: FlaskClient, conversation: Conversation, text: str, script: bool = True, **data: Any) -> Any:
    data = {"csrf_token": csrf_of(client, "/console/"), "text": text, **data}
    return client.post(f"/console/c/{conversation.id}/reply", data=data, headers=PART if script else {})


def bea_answers(store: Store, conversation: Conversation, text: str = "It goes out <today>.") -> timeline.EntryView:
    bea = colleague(store, "Bea Bee")
    with store.transaction() as tx:
        return outbound.reply(tx, conversation.id, bea, text)


def test_whoever_is_second_sees_the_first_answer_and_decides(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    began = newest(store, conversation).id
    theirs = bea_answers(store, conversation)
    crossed = send(hers, conversation, "We will look.", seen=began)
    assert crossed.status_code == 409
    assert "Bea Bee" in crossed.text and "It goes out &lt;today&gt;." in crossed.text
    assert f'data-seen="{theirs.id}"' in crossed.text
    assert answers(store, conversation) == ["It goes out <today>."]
    assert send(hers, conversation, "We will look.", seen=theirs.id).status_code == 201
    assert answers(store, conversation) == ["It goes out <today>.", "We will look."]


def test_nobody_is_asked_about_what_they_saw_or_said_themselves(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    began = newest(store, conversation).id
    assert send(hers, conversation, "One", seen=began).status_code == 201
    assert send(hers, conversation, "Two", seen=began).status_code == 201, "their own answer crosses nothing"
    bea_answers(store, conversation)
    assert send(hers, conversation, "For us", mode="note", seen=began).status_code == 201, "a note crosses nothing"
    assert send(hers, conversation, "Three").status_code == 201, "a program that names no line is not asked"
    assert send(hers, conversation, "Four", seen="x" * 30).status_code == 201, "nor is nonsense"


def test_an_answer_that_went_is_not_asked_about_when_it_is_posted_again(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    began = newest(store, conversation).id
    first = send(hers, conversation, "On its way.", seen=began, request_id="r1")
    bea_answers(store, conversation)
    again = send(hers, conversation, "On its way.", seen=began, request_id="r1")
    assert (again.status_code, again.headers["X-Entry"]) == (201, first.headers["X-Entry"])


def test_without_a_script_the_words_come_back_beside_their_answer(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    began = newest(store, conversation).id
    page = hers.get(f"/console/c/{conversation.id}").text
    assert f'name="seen" value="{began}"' in page
    theirs = bea_answers(store, conversation)
    back = send(hers, conversation, "We will look.", script=False, seen=began)
    assert back.status_code == 303
    page = hers.get(back.headers["Location"]).text
    assert "A colleague has answered since you began to write." in page
    assert 'data-draft="We will look."' in page
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None and int(seen.group(1)) >= theirs.id, "they have seen it now"
