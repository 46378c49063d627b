"""The reason of a conversation beside it: how it is known, and that a person's choice stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import reactions, reasons
from desk.clock import SetClock
from desk.parts import Desk
from tests.reasons.conftest import World
from tests.web.conftest import csrf_of

As = Callable[[str], FlaskClient]


@pytest.fixture
def world(desk: Desk, clock: SetClock) -> World:
    desk.store.react_with(reactions.react)
    return World(desk, clock)


def test_a_conversation_says_why_it_has_its_reason_and_gets_another_one(as_role: As, world: World) -> None:
    client = as_role("agent")
    with world.desk.store.transaction() as tx:
        group = world.group(tx)
        talk, *_others = [world.ask(tx, group) for _ in range(3)]
        number = talk.id
    panel, act = f"/console/c/{number}/customer", f"/console/c/{number}/reason"
    assert "Contact reason" not in client.get(panel).text, "a desk without reasons is not asked for one"
    with world.desk.store.transaction() as tx:
        late, money = (reasons.add(tx, name, None).id for name in ("Late", "Money"))
        reasons.say_what(tx, group, late, world.lead)
    assert "by its question, like 2 others" in client.get(panel).text
    token = csrf_of(client, f"/console/c/{number}")

    def choose(reason: object, status: int = 200) -> str:
        sent = client.post(act, data={"csrf_token": token, "reason": reason}, headers={"HX-Request": "true"})
        assert sent.status_code == status, sent.text
        return sent.text

    part = choose(money)
    assert "by you" in part and f'value="{money}" selected' in part
    assert f"by {world.lead.name}" not in part and "by its question" not in client.get(panel).text
    assert "What its question says" in choose("none")
    assert "by its question, like 2 others" in choose("desk")
    with world.desk.store.transaction() as tx:
        reasons.archive(tx, money)
    assert "offered no more" in choose(money, 409)
    choose("999999", 404)
    sent = client.post(act, data={"csrf_token": token, "reason": late})
    assert sent.status_code == 303 and sent.headers["Location"] == f"/console/c/{number}"
    with world.desk.store.transaction() as tx:
        reasons.choose(tx, number, world.lead, late)
    assert f"by {world.lead.name}" in client.get(panel).text
