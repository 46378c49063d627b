"""What a site's page says of its visitor: events on the timeline, believed as far as somebody proved whose they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from desk import facts, settings, timeline, visitors
from desk.clock import SetClock
from desk.parts import Desk
from desk.settings.tables import Inbox
from desk.web import base
from tests import factories
from tests.visitors.test_visitors import chat, writes

NEW, OLD = "the-secret-of-now-0123456789", "the-secret-of-before-012345"


@pytest.fixture
def inbox(desk: Desk) -> Inbox:
    with desk.store.transaction() as tx:
        factories.make_brand(tx)
        made = chat(tx)
        made.config = settings.sealed(
            tx,
            {**made.config, "user_secret": NEW, "user_secret_before": OLD},
            frozenset({"user_secret", "user_secret_before"}),
        )
        return made


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> Any:
    base.limiter.enabled = False
    yield
    base.limiter.enabled = True


def jwt(desk: Desk, secret: str, sub: str = "4711", lasts: float = 3600) -> str:
    ends = (desk.store.clock.now() + timedelta(seconds=lasts)).timestamp()
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": sub, "exp": ends, "name": "Noor"})
    text = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def tell(client: FlaskClient, inbox: Inbox, *events: Any, **who: Any) -> TestResponse:
    return client.post(
        f"/widget/{inbox.key}/events",
        data=json.dumps({**who, "events": list(events)}),
        content_type="text/plain;charset=UTF-8",
        headers={"Origin": "https://shop.example"},
    )


def known(desk: Desk, inbox: Inbox, visitor: str = "noor") -> tuple[str, int]:
    """A browser that has written: its token, and its customer."""
    number = writes(desk, inbox, "Where is my lid?", visitor=visitor).conversation_id or 0
    with desk.store.reading() as tx:
        token = visitors.visitor_token(tx.keys, inbox.id, visitor, tx.now())
        return token, timeline.of_conversation(tx, number, 1)[0].customer_id


def happened(desk: Desk, customer_id: int) -> list[timeline.EntryView]:
    with desk.store.reading() as tx:
        return [e for e in timeline.page(tx, customer_id) if e.kind == "event"]


ORDER = {"event": "Order placed", "properties": {"value": 129.5, "currency": "EUR", "gift": True}}


def test_what_the_page_of_a_browser_says_is_a_claim_and_no_fact(
    client: FlaskClient, desk: Desk, inbox: Inbox, as_role: Callable[[str], FlaskClient]
) -> None:
    token, customer = known(desk, inbox)
    answer = tell(client, inbox, ORDER, visitor=token)
    assert (answer.status_code, answer.json) == (200, {"ok": True, "kept": True, "user": False})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    (line,) = happened(desk, customer)
    assert (line.detail["name"], line.detail["proved"]) == ("order.placed", False)
    assert json.loads(line.text) == ORDER["properties"]
    with desk.store.reading() as tx:
        assert not facts.Condition.parse("sum(order.placed) = 129.5").holds(facts.view(tx, customer), tx.now())
    page = as_role("agent").get(f"/console/u/{customer}", follow_redirects=True).text
    assert "Claimed by the page: nobody proved it." in page


def test_a_signed_in_user_is_proved_and_conditions_go_by_it(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    assert tell(client, inbox, ORDER, user=jwt(desk, NEW)).json == {"ok": True, "kept": True, "user": True}
    with desk.store.reading() as tx:
        (customer,) = facts.customer_ids(tx)
        assert facts.Condition.parse("sum(order.placed) = 129.5").holds(facts.view(tx, customer), tx.now())
    (line,) = happened(desk, customer)
    assert line.detail["proved"] is True


def test_two_secrets_are_good_while_they_change_over(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    for secret in (NEW, OLD):
        assert tell(client, inbox, user=jwt(desk, secret)).json == {"ok": True, "kept": False, "user": True}
    with desk.store.transaction() as tx:
        row = settings.inbox(tx, inbox.id)
        row.config = {**row.config, "user_secret_before": None}
    assert tell(client, inbox, user=jwt(desk, NEW)).status_code == 200
    for wrong in (
        jwt(desk, OLD),
        jwt(desk, "another"),
        jwt(desk, NEW, lasts=-90),
        jwt(desk, NEW, lasts=9e5),
        "x.y.z",
        7,
    ):
        answer = tell(client, inbox, user=wrong)
        assert (answer.status_code, answer.json and answer.json["error"]) == (403, "user"), wrong


def test_a_stranger_leaves_nothing_behind(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    with desk.store.reading() as tx:
        token = visitors.visitor_token(tx.keys, inbox.id, visitors.new_visitor(), tx.now())
    for who in ({}, {"visitor": token}):
        assert tell(client, inbox, ORDER, **who).json == {"ok": True, "kept": False, "user": False}
    assert tell(client, inbox, ORDER, visitor=f"{token}x").status_code == 403


def test_after_signing_out_a_browser_says_nothing_of_the_user(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    token, _customer = known(desk, inbox)
    with desk.store.transaction() as tx:
        visitors.keep(tx, "noor", inbox.id, user_ref="4711@shop")
    assert tell(client, inbox, ORDER, visitor=token).json == {"ok": True, "kept": False, "user": False}


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({}, "event"),
        ({"event": "x" * 200}, "event"),
        ({"event": "csat", "properties": {"value": 5}}, "event"),
        ({"event": "message.received"}, "event"),
        ({"event": "stage"}, "event"),
        ({"event": "<b>"}, "event"),
        ({"event": "order.placed", "properties": [1]}, "properties"),
        ({"event": "order.placed", "properties": {str(n): n for n in range(21)}}, "properties"),
        ({"event": "order.placed", "properties": {"lines": [1, 2]}}, "property"),
        ({"event": "order.placed", "properties": {"a": "x" * 301}}, "property"),
        ({"event": "order.placed", "properties": {"a": 1e300}}, "property"),
    ],
)
def test_what_is_no_event_gets_one_clear_answer(
    client: FlaskClient, desk: Desk, inbox: Inbox, event: dict[str, Any], error: str
) -> None:
    token, customer = known(desk, inbox)
    answer = tell(client, inbox, ORDER, event, visitor=token)
    assert (answer.status_code, answer.json and answer.json["error"]) == (422, error)
    assert answer.json
    assert answer.json["text"]
    assert happened(desk, customer) == []  # all of a call, or nothing


@given(st.text(max_size=80), st.dictionaries(st.text(max_size=50), st.one_of(st.none(), st.floats(), st.text())))
def test_anything_at_all_is_an_event_that_can_be_kept_or_refused(name: str, properties: dict[str, Any]) -> None:
    try:
        event = timeline.read_event(name, properties)
    except timeline.BadEvent:
        return
    declared = facts.find(event.name)
    assert declared is not None
    assert declared.kind == "event"
    assert json.loads(json.dumps(event.properties, allow_nan=False)) == event.properties


def test_other_bodies_sites_and_inboxes(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    assert client.post(f"/widget/{inbox.key}/events", data=b"\xff{").status_code == 422
    assert client.post(f"/widget/{inbox.key}/events", data="[1]").status_code == 422
    assert client.post("/widget/none/events", data='{"events":[]}').status_code == 404
    assert tell(client, inbox, *[ORDER] * 11).status_code == 422
    with desk.store.transaction() as tx:
        row = settings.inbox(tx, inbox.id)
        row.config = {**row.config, "origins": "https://other.example"}
    refused = tell(client, inbox)
    assert (refused.status_code, refused.json and refused.json["error"]) == (403, "origin")


def test_events_are_counted(app: Flask, client: FlaskClient, desk: Desk, inbox: Inbox, clock: SetClock) -> None:
    base.limiter.enabled = True
    base.limiter.reset()
    token, customer = known(desk, inbox)
    answers = [tell(client, inbox, ORDER, visitor=token).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    assert len(happened(desk, customer)) == 30
