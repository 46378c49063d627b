"""A desk that reacts, an inbox, people, and mails that walk in while the rules are on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import agents, automation, conversations, inbound, reactions
from desk.agents import Viewer
from desk.automation import Firing, Rule
from desk.clock import SetClock
from desk.parts import Desk
from desk.store import Tx
from desk.worker import drain
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.store.react_with(reactions.react)
    return desk


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx).id


def viewer_of(tx: Tx, role: str, name: str) -> Viewer:
    found = agents.viewer(tx, make_staff(tx, role, name=name).id)
    assert found is not None
    return found


@pytest.fixture
def helena(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        return viewer_of(tx, "admin", "Helena Ström")


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        return viewer_of(tx, "agent", "Jonas Weber")


@pytest.fixture
def rule(desk: Desk, helena: Viewer) -> Callable[..., Rule]:
    """`rule("message", 'message.text contains "refund"', {"do": "priority", "value": 1})`: made and switched on."""

    def make(trigger: str, condition: str, *actions: dict[str, Any], on: bool = True, **more: Any) -> Rule:
        given = {"name": more.pop("name", f"On {trigger}"), "trigger": trigger, "condition": condition}
        with desk.store.transaction() as tx:
            row = automation.save(tx, helena, given | {"actions": list(actions)} | more)
            return automation.switch(tx, helena, row.id, on) if on else row

    return make


@pytest.fixture
def walk(desk: Desk, inbox_id: int, clock: SetClock) -> Callable[..., inbound.Outcome]:
    """A mail walks in, five minutes after the one before, and all that follows is done."""

    def receive(text: str = "Where is my kettle?", *, to: int | None = None, **more: Any) -> inbound.Outcome:
        """`to`: the conversation that it answers in."""
        clock.advance(timedelta(minutes=5))
        if to is not None:
            with desk.store.reading() as tx:
                more["reply_token"] = conversations.reply_token(tx.keys, inbox_id, to)
        said = inbound.receive(desk, message(inbox_id, more.pop("at", clock.now()), text, **more))
        drain(desk)
        return said

    return receive


@pytest.fixture
def fired(desk: Desk) -> Callable[..., list[Firing]]:
    """What fired so far, the first one first."""

    def read(rule: Rule | None = None) -> list[Firing]:
        with desk.store.reading() as tx:
            return automation.firings(tx, rule_id=rule.id if rule is not None else None)[::-1]

    return read
