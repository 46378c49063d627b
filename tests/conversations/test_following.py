"""What follows an answer: resolved, waiting for the customer, or snoozed; only where that still makes sense."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import conversations
from desk.conversations import read_then
from tests.factories import make_conversation


@pytest.mark.parametrize(
    ("then", "status"), [("resolve", "resolved"), ("pending", "pending"), ("snooze:24", "snoozed"), ("", "open")]
)
def test_each_sets_its_status(store, then, status):
    with store.transaction() as tx:
        row = make_conversation(tx)
        conversations.follow(tx, row, None, then)
        assert row.status == status
        assert row.snoozed_until == (tx.now() + timedelta(hours=24) if status == "snoozed" else None)
        conversations.follow(tx, row, None, then)  # once more changes nothing and raises nothing
        assert row.status == status


def test_what_is_over_stays_over_and_waiting_is_counted_from_its_first_moment(store, clock):
    with store.transaction() as tx:
        row = make_conversation(tx)
        conversations.resolve(tx, row.id, None)
        conversations.follow(tx, row, None, "pending")
        assert row.status == "resolved"
        other = make_conversation(tx)
        conversations.follow(tx, other, None, "pending")
        begun = tx.now()
        clock.advance(timedelta(hours=1))
        conversations.follow(tx, other, None, "pending")
        assert conversations.current_episode(tx, other).pending_since == begun


@given(st.text(max_size=12))
def test_whatever_a_form_says_is_one_of_three_or_nothing(then):
    found = read_then(then)
    assert found in ("", "resolve", "pending") or 1 <= int(found.removeprefix("snooze:")) <= 999
    assert len(found) <= 10
    assert read_then(found) == found
