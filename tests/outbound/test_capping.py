"""What machines may send to one address in an hour, and what becomes of the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, settings
from desk.clock import SetClock
from desk.outbound.capping import WITHHELD
from desk.outbound.tables import Delivery
from desk.parts import Desk
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message


@pytest.fixture
def talk(desk: Desk, clock: SetClock) -> int:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    outcome = inbound.receive(desk, message(inbox_id, clock.now()))
    assert outcome.conversation_id is not None
    return outcome.conversation_id


def _say(desk: Desk, talk: int) -> Delivery:
    with desk.store.transaction() as tx:
        found = outbound.bot_said(tx, conversations.get(tx, talk, None), 1, "Hello")
        assert found is not None
        return found


def test_the_sixth_within_an_hour_is_withheld_and_says_why(desk: Desk, talk: int, clock: SetClock) -> None:
    assert [_say(desk, talk).state for _ in range(5)] == ["queued"] * 5
    last = _say(desk, talk)
    assert (last.state, last.detail.startswith(WITHHELD)) == ("failed", True)
    assert "5 automatic messages" in last.detail
    clock.advance(timedelta(minutes=61))
    assert _say(desk, talk).state == "queued"


def test_what_was_withheld_is_not_counted_again(desk: Desk, talk: int, clock: SetClock) -> None:
    for _ in range(10):
        _say(desk, talk)
        clock.advance(timedelta(minutes=6))
    with desk.store.reading() as tx:
        states = list(tx.scalars(select(Delivery.state).order_by(Delivery.id)))
    assert states == ["queued"] * 5 + ["failed"] * 5
    clock.advance(timedelta(minutes=1))
    assert _say(desk, talk).state == "queued"  # the first of the hour is over an hour old


def test_people_may_write_as_often_as_they_like(desk: Desk, talk: int) -> None:
    with desk.store.transaction() as tx:
        jonas = agents.viewer(tx, make_staff(tx).id)
        assert jonas is not None
        settings.set(tx, "mail.automatic_per_hour", 1, None)
        ids = [outbound.reply(tx, talk, jonas, f"Answer {n}").id for n in range(4)]
        assert {d.state for d in outbound.delivery_of(tx, ids).values()} == {"queued"}
    assert _say(desk, talk).state == "queued"  # and their answers count for no machine
    assert _say(desk, talk).state == "failed"
