"""Snoozing until a time, until the customer writes, or both: what wakes it, and how the queue shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import conversations, inbound, timeline
from desk.clock import SetClock
from desk.conversations import NotPossible
from desk.parts import Desk
from desk.store import Store
from tests.factories import make_conversation, make_inbox
from tests.inbound.messages import message
from tests.merging.lives import viewer_of


@pytest.mark.parametrize("hours", [None, 3])
def test_a_message_wakes_it_whichever_way_it_was_snoozed(desk: Desk, clock: SetClock, hours: int | None) -> None:
    with desk.store.transaction() as tx:
        inbox, ada = make_inbox(tx), viewer_of(tx)
    number = inbound.receive(desk, message(inbox.id, clock.now())).conversation_id
    assert number is not None
    until = clock.now() + timedelta(hours=hours) if hours else None
    with desk.store.transaction() as tx:
        assert conversations.snooze(tx, number, ada, until).snoozed_until == until
    clock.advance(timedelta(hours=1))
    token = conversations.reply_token(desk.store.keys, inbox.id, number)
    away = message(inbox.id, clock.now(), "I am away", reply_token=token, automatic="auto-submitted")
    inbound.receive(desk, away)
    with desk.store.reading() as tx:
        assert conversations.get(tx, number, None).status == "snoozed", "a machine is not the customer"
    inbound.receive(desk, message(inbox.id, clock.now(), "Any news?", reply_token=token))
    with desk.store.reading() as tx:
        row = conversations.get(tx, number, None)
        last = timeline.of_conversation(tx, number, kinds=("status",))[-1]
    assert (row.status, row.snoozed_until) == ("open", None)
    assert last.detail["wrote"] and last.staff_id is None


def test_only_what_has_a_time_wakes_by_itself(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ada = viewer_of(tx)
        timed, endless = make_conversation(tx), make_conversation(tx)
        conversations.snooze(tx, timed.id, ada, clock.now() + timedelta(hours=1))
        conversations.snooze(tx, endless.id, ada, None)
        with pytest.raises(NotPossible):
            conversations.snooze(tx, make_conversation(tx).id, ada, clock.now())
    clock.advance(timedelta(days=3000))
    with store.transaction() as tx:
        assert conversations.wake_due(tx) == 1
    with store.transaction() as tx:
        assert [conversations.get(tx, row.id, None).status for row in (timed, endless)] == ["open", "snoozed"]
        conversations.snooze(tx, endless.id, ada, clock.now() + timedelta(hours=1))  # given a time after all
    clock.advance(timedelta(hours=2))
    with store.transaction() as tx:
        assert conversations.wake_due(tx) == 1


def test_the_queue_pages_through_those_with_a_time_and_then_those_without(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ada = viewer_of(tx)
        made = [make_conversation(tx) for _ in range(7)]
        for n, row in enumerate(made):
            conversations.snooze(tx, row.id, ada, None if n % 2 else clock.now() + timedelta(hours=10 - n))
    wanted = [made[n].id for n in (6, 4, 2, 0, 1, 3, 5)]
    for size in range(1, 9):
        found, after = [], None
        with store.reading() as tx:
            while True:
                page = conversations.queue(tx, ada, "snoozed", after=after, limit=size)
                found += [row.id for row in page.rows]
                after = page.next
                if after is None:
                    break
        assert found == wanted, size
