"""Spam and blocked senders on screen: the menu, the toast's way back, the admin's list, and who may do what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import blocking, conversations, intake
from desk.conversations import Conversation
from desk.parts import Desk
from desk.store import Store
from desk.worker import drain
from tests import factories
from tests.web.conftest import csrf_of, post
from tests.web.test_admin_mail import hand_in

PART = {"HX-Request": "true"}


@pytest.fixture
def hers(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("agent")


@pytest.fixture
def conversation(store: Store) -> Conversation:
    with store.transaction() as tx:
        made = factories.make_conversation(tx, factories.make_customer(tx, "lea@customer.example"))
        factories.make_entry(tx, made)
        return made


def act(client: FlaskClient, path: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf_of(client, "/console/"), **data}, headers=PART)


def status(store: Store, conversation: Conversation) -> str:
    with store.reading() as tx:
        return conversations.get(tx, conversation.id, None).status


def test_spam_and_block_is_one_press_and_one_undo(hers: FlaskClient, store: Store, conversation: Conversation) -> None:
    menu = hers.get(f"/console/c/{conversation.id}/menu/spam").text
    assert "lea@customer.example" in menu and "Spam, and block the sender" in menu and "Unblock" not in menu
    done = act(hers, f"/console/c/{conversation.id}/block", on="1", spam="1")
    assert done.status_code == 200 and status(store, conversation) == "spam"
    assert "Unblock the sender" in hers.get(f"/console/c/{conversation.id}/menu/spam").text
    assert "kept aside" in hers.get(f"/console/c/{conversation.id}").text  # the line that says who did it
    assert f"/console/c/{conversation.id}" in hers.get("/console/spam").text
    undo = json.loads(done.headers["X-Toast"])["undo"]
    assert act(hers, undo["url"], **undo["values"]).status_code == 200
    assert status(store, conversation) == "open"
    with store.reading() as tx:
        assert blocking.standing(tx) == 0
    assert f"/console/c/{conversation.id}" not in hers.get("/console/spam").text


def test_marking_spam_twice_is_told_and_changes_nothing(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    first = act(hers, f"/console/c/{conversation.id}/spam")
    assert act(hers, f"/console/c/{conversation.id}/spam").status_code == 409
    undo = json.loads(first.headers["X-Toast"])["undo"]
    act(hers, undo["url"], **undo["values"])
    assert status(store, conversation) == "open"
    assert "said that this is no spam" in hers.get(f"/console/c/{conversation.id}").text


def test_an_admin_blocks_sees_the_count_and_releases(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox_id = factories.make_inbox(tx, config={"transport": "outbox"}).id
    assert "Nobody is blocked" in admin.get("/admin/blocks").text
    wrong = post(admin, "/admin/blocks", kind="email", value="lea")
    assert wrong.status_code == 422 and "no mail address" in wrong.text and 'value="lea"' in wrong.text
    assert post(admin, "/admin/blocks", kind="email", value="@customer.example", why="sells").status_code == 303
    arrival_id = hand_in(desk, inbox_id=inbox_id, rcpt_to="support@kiln.example")
    page = admin.get("/admin/blocks").text
    assert "@customer.example" in page and "1 message kept aside" in page and "Unblock and release" in page
    with desk.store.reading() as tx:
        block_id = blocking.blocks(tx)[0].id
    kept = admin.get(f"/admin/quarantine?held=blocked&block={block_id}").text
    assert "Kühl" in kept and "Is blocked".casefold() in kept.casefold()
    assert "Nothing is held back" in admin.get("/admin/quarantine").text
    assert admin.get(f"/admin/quarantine/{arrival_id}").status_code == 200
    assert post(admin, f"/admin/blocks/{block_id}/lift", release="1").status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        assert intake.get(tx, arrival_id).state == "accepted"
        assert blocking.standing(tx) == 0
    assert "Lifted" in admin.get("/admin/blocks").text
    assert post(admin, "/admin/blocks/999/lift").status_code == 404


def test_who_may_open_the_list(as_role: Callable[[str], FlaskClient]) -> None:
    assert as_role("agent").get("/admin/blocks").status_code == 403
    lead = as_role("supervisor")
    assert lead.get("/admin/blocks").status_code == 200
    assert post(lead, "/admin/blocks", kind="email", value="lea@customer.example").status_code == 403
