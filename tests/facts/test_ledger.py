"""Facts as they are written down and read back, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from desk import facts
from desk.facts import Condition, FactError
from desk.facts.ledger import BATCH
from desk.signals import FactRecorded
from tests.factories import make_customer


@pytest.fixture
def maya(store):
    with store.transaction() as tx:
        return make_customer(tx).id


def test_every_kind_of_value_comes_back(store, clock, maya):
    now = clock.now()
    values = {
        "csat": 4,
        "frustration": "strained",
        "attribute.vip": False,
        "attribute.renewal": now + timedelta(days=9),
        "attribute.seats": 12.5,
        "login": None,
        "order.placed": 25,
    }
    with store.transaction() as tx:
        for name, value in values.items():
            facts.record(tx, maya, name, value, occurred_at=now, entry_id=7)
    with store.reading() as tx:
        view = facts.view(tx, maya)
    assert {name: view.value(name) for name in view.names()} == values
    assert {fact.entry_id for fact in view} == {7}


def test_a_fact_is_announced_after_the_commit(store, clock, maya):
    heard = []
    store.listen(heard.append)
    with store.transaction() as tx:
        facts.record(tx, maya, "CSAT", 1, occurred_at=clock.now())
        assert heard == []
    assert heard == [FactRecorded(customer_id=maya, name="csat")]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("csta", 1, "There is no fact called “csta”. Did you mean “csat”?"),
        ("plan", "pro", "There is no fact called “plan”."),
        ("attribute.", "pro", "There is no fact called “attribute.”."),
        ("attribute.a b", "pro", "There is no fact called “attribute.a b”."),
        ("attribute." + "x" * 90, "pro", "There is no fact called"),
        ("csat", 6, "csat goes from 1 to 5: 6 is outside."),
        ("csat", "4", "csat is a number: '4' does not fit."),
        ("csat", True, "csat is a number: True does not fit."),
        ("csat", None, "csat needs a value"),
        ("csat", float("nan"), "csat is nan, which is no number to keep."),
        ("first_response_minutes", -1, "first_response_minutes starts at 0: -1 is outside."),
        ("frustration", "angry", "frustration is one of calm, strained, frustrated, never 'angry'."),
        ("login", 3, "login carries no value: 3 does not fit."),
        ("attribute.note", "x" * 3000, "attribute.note has 3,000 characters; 2,000 is the most."),
        ("attribute.renewal", datetime(2026, 3, 2), "attribute.renewal is a time without a zone"),  # noqa: DTZ001
    ],
)
@pytest.mark.database("sqlite")
def test_what_does_not_fit_is_refused_in_words(store, clock, maya, name, value, said):
    with pytest.raises(FactError) as caught, store.transaction() as tx:
        facts.record(tx, maya, name, value, occurred_at=clock.now())
    assert str(caught.value).startswith(said)
    with store.reading() as tx:
        assert facts.view(tx, maya).names() == []


@pytest.mark.database("sqlite")
def test_a_time_without_a_zone_is_refused(store, maya):
    with pytest.raises(FactError, match="without a zone"), store.transaction() as tx:
        facts.record(tx, maya, "csat", 1, occurred_at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_later_word_for_the_same_moment_corrects_the_earlier(store, clock, maya):
    happened = clock.now()
    for csat in (1, 5):
        with store.transaction() as tx:
            facts.record(tx, maya, "csat", csat, occurred_at=happened)
        clock.advance(timedelta(hours=1))
    with store.reading() as tx:
        now_known = facts.view(tx, maya)
        then_known = facts.view(tx, maya, known_at=happened)
    assert Condition.parse("csat = 5 and count(csat) = 1 and average(csat) = 5").holds(now_known, clock.now())
    assert Condition.parse("csat = 1 and count(csat) = 1").holds(then_known, clock.now())


def test_a_late_fact_takes_its_place_in_time(store, clock, maya):
    with store.transaction() as tx:
        facts.record(tx, maya, "csat", 5, occurred_at=clock.now())
        facts.record(tx, maya, "csat", 1, occurred_at=clock.now() - timedelta(days=3))
    with store.reading() as tx:
        view = facts.view(tx, maya)
        assert view.value("csat") == 5
        assert view.value("csat", clock.now() - timedelta(days=1)) == 1
        assert facts.view(tx, maya, at=clock.now() - timedelta(days=1)).value("csat") == 1


def test_two_orders_of_one_instant_are_two_but_one_entry_counts_once(store, clock, maya):
    with store.transaction() as tx:
        for entry_id, value in ((None, 10), (None, 10), (5, 20), (5, 21)):
            facts.record(tx, maya, "order.placed", value, occurred_at=clock.now(), entry_id=entry_id)
    with store.reading() as tx:
        view = facts.view(tx, maya)
    assert Condition.parse("count(order.placed) = 3 and sum(order.placed) = 41").holds(view, clock.now())


def test_many_customers_are_read_in_few_queries(store, clock):
    with store.transaction() as tx:
        ids = [make_customer(tx).id for _ in range(40)]
        for customer_id in ids[:-1]:
            facts.record(tx, customer_id, "csat", 1 + customer_id % 5, occurred_at=clock.now())
            facts.record(tx, customer_id, "login", occurred_at=clock.now() - timedelta(days=customer_id % 7))
    asked = []
    with store.reading() as tx:
        event.listen(store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        views = facts.views(tx, ids, names={"csat"})
        assert len(asked) <= -(-len(ids) // BATCH) + 1  # and the BEGIN
        assert facts.customer_ids(tx) == sorted(ids[:-1])
        assert facts.customer_ids(tx, after=sorted(ids)[4], limit=3) == sorted(ids)[5:8]
        first = facts.first_times(tx, ids)
    assert set(views) == set(ids)
    assert views[ids[-1]].names() == []
    assert all(views[i].names() == ["csat"] and views[i].value("csat") == 1 + i % 5 for i in ids[:-1])
    assert first == {i: clock.now() - timedelta(days=i % 7) for i in ids[:-1]}
