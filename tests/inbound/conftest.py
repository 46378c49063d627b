"""An inbox, a colleague, and a way for mails to walk the corridor five minutes apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import agents, inbound, reactions
from desk.agents import Viewer
from desk.clock import SetClock
from desk.parts import Desk
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        return make_inbox(tx).id


@pytest.fixture
def jonas(desk: Desk, inbox_id: int) -> Viewer:
    with desk.store.transaction() as tx:
        staff = make_staff(tx, name="Jonas Weber")
        viewer = agents.viewer(tx, staff.id)
    assert viewer is not None
    return viewer


@pytest.fixture
def walk(desk: Desk, inbox_id: int, clock: SetClock) -> Any:
    def receive(text: str = "Where is my kettle?", **more: Any) -> inbound.Outcome:
        clock.advance(timedelta(minutes=5))
        return inbound.receive(desk, message(more.pop("inbox_id", inbox_id), clock.now(), text, **more))

    return receive
