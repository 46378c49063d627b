"""The block list: whom it stops, what becomes of their messages, and that nothing is lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from desk import agents, blocking, conversations, inbound, intake, jobs, timeline
from desk.agents import Viewer
from desk.blocking.service import _value
from desk.clock import SetClock
from desk.facts.tables import Fact
from desk.parts import Desk
from desk.store import Store
from desk.worker import drain
from tests.factories import make_conversation, make_customer, make_entry, make_inbox, make_staff
from tests.inbound.messages import message

MAIL = (
    b"From: Lea <lea@customer.example>\r\nTo: support@kiln.example\r\nSubject: Hello\r\n"
    b"Message-ID: <%d@customer.example>\r\nDate: Mon, 02 Mar 2026 08:59:00 +0000\r\n\r\nBuy now, number %d.\r\n"
)


@pytest.fixture
def ada(store: Store) -> Viewer:
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Ada Ant").id)
    assert found is not None
    return found


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx).id


def hand_in(desk: Desk, inbox_id: int, number: int = 1, peer: str = "") -> int:
    arrival_id = inbound.take_raw(
        desk,
        MAIL % (number, number),
        channel="email",
        door="smtp",
        inbox_id=inbox_id,
        envelope={"mail_from": "lea@customer.example", "rcpt_to": ["support@kiln.example"], "peer": peer},
    )
    assert arrival_id is not None
    drain(desk)
    return arrival_id


def state(desk: Desk, arrival_id: int) -> Any:
    with desk.store.reading() as tx:
        return intake.get(tx, arrival_id)


@pytest.mark.parametrize(
    ("kind", "value", "peer"),
    [
        ("email", "LEA@Customer.example", ""),
        ("email", "@customer.example", ""),
        ("network", "203.0.113.0/24", "203.0.113.9"),
    ],
)
def test_what_a_blocked_sender_writes_is_kept_aside_counted_and_comes_in_when_released(
    desk: Desk, inbox_id: int, ada: Viewer, kind: str, value: str, peer: str
) -> None:
    with desk.store.transaction() as tx:
        block_id = blocking.add(tx, kind, value, by=ada, why="sells things").id
    first, second = hand_in(desk, inbox_id, 1, peer), hand_in(desk, inbox_id, 2, peer)
    assert (state(desk, first).state, state(desk, first).block_id) == ("blocked", block_id)
    assert "is blocked" in state(desk, first).reason
    with desk.store.transaction() as tx:
        assert blocking.get(tx, block_id).messages == 2
        assert intake.quarantined_count(tx) == 0
        assert [a.id for a in intake.quarantined(tx, state="blocked", block_id=block_id)] == [second, first]
        assert conversations.queue(tx, ada, "all").rows == []
        intake.release(tx, first, inbox_id, ada.id)
    drain(desk)
    assert (state(desk, first).state, state(desk, second).state) == ("accepted", "blocked")
    with desk.store.transaction() as tx:
        assert len(conversations.queue(tx, ada, "all").rows) == 1
        blocking.lift(tx, block_id, by=ada)
    assert state(desk, hand_in(desk, inbox_id, 3, peer)).state == "accepted"


def test_others_are_not_stopped_and_a_forgotten_network_is_no_reason(desk: Desk, inbox_id: int, ada: Viewer) -> None:
    with desk.store.transaction() as tx:
        blocking.add(tx, "email", "lena@customer.example", by=ada)
        blocking.add(tx, "email", "@other.example", by=ada)
        blocking.add(tx, "network", "203.0.113.0/24", by=ada)
    assert state(desk, hand_in(desk, inbox_id, 1, "198.51.100.1")).state == "accepted"
    assert state(desk, hand_in(desk, inbox_id, 2, "not an address")).state == "accepted"


def test_stop_from_a_blocked_number_is_heard(desk: Desk, inbox_id: int, ada: Viewer, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        blocking.add(tx, "email", "marta@lindqvist.example", by=ada)
    assert inbound.receive(desk, message(inbox_id, clock.now())).state == "blocked"
    assert inbound.receive(desk, message(inbox_id, clock.now(), "STOP", command="stop")).state == "accepted"


def test_blocking_from_a_conversation_says_who_did_and_is_taken_back_whole(store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        made = make_conversation(tx)
        make_entry(tx, made)
        first = blocking.block_sender(tx, made.id, ada, spam=True)
        assert blocking.block_sender(tx, made.id, ada).id == first.id
        assert conversations.get(tx, made.id, ada).status == "spam"
        said = timeline.of_conversation(tx, made.id, kinds=("block",))
        assert [(e.staff_id, e.detail["on"], e.text) for e in said] == [(ada.id, True, made.reply_address)]
        blocking.unblock_sender(tx, made.id, ada, spam=True)
        assert conversations.get(tx, made.id, ada).status == "open"
        assert blocking.block_of(tx, conversations.get(tx, made.id, ada)) is None
        assert blocking.block_sender(tx, made.id, ada).id != first.id


def test_a_domain_is_not_unblocked_by_one_of_its_senders(store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        made = make_conversation(tx, make_customer(tx, "noor@customer.example"))
        blocking.add(tx, "email", "@customer.example", by=ada)
        with pytest.raises(blocking.BadBlock, match="domain"):
            blocking.unblock_sender(tx, made.id, ada)


def test_spam_says_nothing_of_the_customer_and_is_taken_back_in_the_same_episode(
    desk: Desk, inbox_id: int, ada: Viewer, clock: SetClock
) -> None:
    done = inbound.receive(desk, message(inbox_id, clock.now()))
    assert done.conversation_id is not None and done.customer_id is not None
    with desk.store.transaction() as tx:
        before = conversations.get(tx, done.conversation_id, ada)
        waited, episode = before.waiting_since, before.episode_id
        known = tx.scalar(select(func.count()).select_from(Fact))
        conversations.mark_spam(tx, done.conversation_id, ada)
        assert [r.id for r in conversations.queue(tx, ada, "spam").rows] == [done.conversation_id]
        assert conversations.queue(tx, ada, "all").rows == []
    clock.advance(timedelta(hours=1))
    token = conversations.reply_token(desk.store.keys, inbox_id, done.conversation_id)
    more = inbound.receive(desk, message(inbox_id, clock.now(), "Buy more!", reply_token=token))
    assert more.conversation_id == done.conversation_id
    with desk.store.transaction() as tx:
        assert tx.scalar(select(func.count()).select_from(Fact)) == known
        assert conversations.queue(tx, ada, "all").rows == []
        depth = jobs.counts(tx)
        found = conversations.not_spam(tx, done.conversation_id, ada)
        assert (found.status, found.waiting_since, found.unread, found.episode_id) == ("open", waited, 2, episode)
        assert conversations.current_episode(tx, found).resolved_at is None
        assert jobs.counts(tx) == depth  # nobody is asked, no rule looks
        with pytest.raises(conversations.NotPossible, match="not marked"):
            conversations.not_spam(tx, done.conversation_id, ada)


def test_what_was_resolved_before_it_was_spam_is_resolved_again(store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        made = make_conversation(tx)
        conversations.resolve(tx, made.id, ada)
        ended = conversations.current_episode(tx, made).resolved_at
        conversations.mark_spam(tx, made.id, ada)
        assert conversations.reopen(tx, made.id, ada).status == "resolved"
        assert conversations.current_episode(tx, made).resolved_at == ended


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "noor"),
        ("email", "noor@"),
        ("phone", "0701234567"),
        ("network", "203.0.113.0/8"),
        ("network", "here"),
        ("visitor", ""),
        ("planet", "mars"),
    ],
)
def test_what_is_nobody_is_refused_in_a_sentence(kind: str, text: str) -> None:
    with pytest.raises(blocking.BadBlock, match=r"\.$"):
        _value(kind, text)


@given(st.ip_addresses())
def test_every_single_address_is_a_network(address: Any) -> None:
    assert _value("network", f" {address} ").startswith(str(address))


@given(st.text(max_size=60), st.sampled_from(blocking.KINDS))
def test_no_text_is_more_than_refused(text: str, kind: str) -> None:
    with suppress(blocking.BadBlock):
        assert len(_value(kind, text)) <= 320
