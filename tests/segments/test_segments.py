"""Segments on both databases: who is in, how many, and that neither time nor a join leaves anybody wrongly inside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import agents, facts, jobs, lifecycle, merging, segments
from desk.agents import Viewer
from desk.clock import SetClock
from desk.facts import Condition
from desk.parts import Desk
from desk.segments import SegmentError, counting
from desk.store import Store, Tx
from desk.worker.tasks import TASKS
from tests.factories import make_customer, make_staff

DAY = timedelta(days=1)


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        return agents.viewer(tx, make_staff(tx, "supervisor").id)


@pytest.fixture
def work(desk: Desk) -> Callable[[], None]:
    """Does the jobs that wait, until there are none."""

    def run() -> None:
        while True:
            with desk.store.transaction() as tx:
                leased = jobs.lease(tx, "w", tasks=["segments.count", "lifecycle.consider"])
            if not leased:
                return
            for job in leased:
                TASKS[job.task](desk, job)

    return run


def people_of(tx: Tx, *scores: float | None) -> list[int]:
    """Customers with these last CSATs; None was never asked."""
    found = []
    for score in scores:
        customer = make_customer(tx)
        if score is not None:
            facts.record(tx, customer.id, "csat", score, occurred_at=tx.now())
        found.append(customer.id)
    return found


def inside(store: Store, segment_id: int) -> list[int]:
    with store.reading() as tx:
        return sorted(customer_id for customer_id, _ in segments.members(tx, segment_id, limit=500))


def make(store: Store, lead: Viewer, condition: str, name: str = "Unhappy") -> int:
    with store.transaction() as tx:
        return segments.save(tx, lead, name=name, condition=condition).id


def test_a_segment_is_counted_over_everybody_and_says_when(
    store: Store, lead: Viewer, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SLICE", 2)  # several jobs, as with many customers
    with store.transaction() as tx:
        ids = people_of(tx, 1, 5, None, 2, 4)
    segment_id = make(store, lead, "csat <= 2")
    with store.reading() as tx:
        assert segments.get(tx, segment_id).counted_at is None
    work()
    assert inside(store, segment_id) == [ids[0], ids[3]]
    with store.reading() as tx:
        row = segments.get(tx, segment_id)
        assert (row.size, row.customers, row.looked) == (2, 5, 5)
        assert row.counted_at == tx.now()


def test_who_changes_comes_in_and_goes_out(desk: Desk, store: Store, lead: Viewer, work: Any, clock: SetClock) -> None:
    with store.transaction() as tx:
        lifecycle.install_templates(tx)
        unhappy, happy = people_of(tx, 1, 5)
    segment_id = make(store, lead, "csat <= 2")
    work()
    clock.advance(DAY)
    with store.transaction() as tx:
        facts.record(tx, unhappy, "csat", 4, occurred_at=tx.now())
        facts.record(tx, happy, "csat", 2, occurred_at=tx.now())
        for customer_id in (unhappy, happy):
            jobs.enqueue(tx, "lifecycle.consider", {"customer_id": customer_id})
    work()
    assert inside(store, segment_id) == [happy]
    with store.reading() as tx:
        assert segments.get(tx, segment_id).size == 1
        assert [(row.id, since) for row, since in segments.of_customer(tx, happy)] == [(segment_id, clock.now())]
        assert segments.of_customer(tx, unhappy) == []


def test_another_condition_counts_from_the_beginning_and_stops_the_older_count(
    store: Store, lead: Viewer, work: Any
) -> None:
    with store.transaction() as tx:
        ids = people_of(tx, 1, 5)
    segment_id = make(store, lead, "csat <= 2")
    with store.transaction() as tx:  # before the first count began
        segments.save(tx, lead, name="Happy", condition="csat >= 4", segment_id=segment_id)
    work()
    assert inside(store, segment_id) == [ids[1]]
    with store.transaction() as tx:
        segments.save(tx, lead, name="Very happy", condition="csat >= 4", segment_id=segment_id)
        assert segments.get(tx, segment_id).size == 1  # another name counts nothing anew


def test_time_alone_moves_people_and_only_such_segments_are_counted_again(
    store: Store, lead: Viewer, work: Any, clock: SetClock
) -> None:
    with store.transaction() as tx:
        customer = people_of(tx, 1)[0]
        facts.record(tx, customer, "order.placed", 10, occurred_at=tx.now())
    quiet = make(store, lead, "days since order.placed > 30", "Quiet")
    make(store, lead, "csat <= 2")
    work()
    assert inside(store, quiet) == []
    clock.advance(31 * DAY)
    with store.transaction() as tx:
        assert segments.recount_due(tx) == 1
    work()
    assert inside(store, quiet) == [customer]
    with store.transaction() as tx:
        assert segments.recount_due(tx) == 0  # counted this hour


def test_two_who_are_one_are_counted_once(desk: Desk, store: Store, lead: Viewer, work: Any) -> None:
    with store.transaction() as tx:
        keep, join = people_of(tx, 1, 1)
    segment_id = make(store, lead, "csat <= 2")
    work()
    assert inside(store, segment_id) == [keep, join]
    with store.transaction() as tx:
        merging.join(tx, keep, join, because="agent", by=lead)
    work()
    assert inside(store, segment_id) == [keep]
    with store.reading() as tx:
        assert segments.get(tx, segment_id).size == 1


@pytest.mark.parametrize(
    ("name", "condition", "field", "says"),
    [
        ("", "csat <= 2", "name", "needs a name"),
        ("x" * 81, "csat <= 2", "name", "80 is the most"),
        ("UNHAPPY", "csat <= 2", "name", "already"),
        ("Other", "csta <= 2", "condition", "Did you mean “csat”?"),
        ("Other", " ", "condition", "empty"),
        ("Other", "csat <= 2 or " * 400, "condition", "2,000 is the most"),
    ],
)
def test_what_cannot_be_saved_says_why(
    store: Store, lead: Viewer, name: str, condition: str, field: str, says: str
) -> None:
    make(store, lead, "csat <= 2")
    with pytest.raises(SegmentError, match=says) as refused, store.transaction() as tx:
        segments.save(tx, lead, name=name, condition=condition)
    assert refused.value.field == field


def test_a_removed_segment_leaves_its_customers(store: Store, lead: Viewer, work: Any) -> None:
    with store.transaction() as tx:
        customer = people_of(tx, 1)[0]
    segment_id = make(store, lead, "csat <= 2")
    work()
    with store.transaction() as tx:
        segments.remove(tx, segment_id)
    with store.reading() as tx:
        assert segments.every(tx) == []
        assert segments.of_customer(tx, customer) == []
    with pytest.raises(LookupError), store.transaction() as tx:
        segments.remove(tx, segment_id)


def test_a_preview_says_what_each_part_leaves(store: Store) -> None:
    with store.transaction() as tx:
        ids = people_of(tx, 1, 2, 5, None)
        for customer_id in ids[:3]:
            facts.record(tx, customer_id, "attribute.country", "SE", occurred_at=tx.now())
        facts.record(tx, ids[0], "attribute.vip", True, occurred_at=tx.now())
        facts.record(tx, ids[1], "stage", "loyalty", occurred_at=tx.now())
        facts.record(tx, ids[1], "stage_model", "commerce", occurred_at=tx.now())
    with store.reading() as tx:
        found = segments.preview(
            tx, Condition.parse('attribute.country is "SE" and csat <= 2 unless attribute.vip is true')
        )
    assert [(step.n, step.exception) for step in found.steps] == [(3, False), (2, False), (1, True)]
    assert [step.text for step in found.steps] == ['attribute.country is "SE"', "csat <= 2", "attribute.vip is true"]
    assert (found.n, found.looked, found.of, found.estimate, found.whole) == (1, 4, 4, 1, True)
    assert found.stages == {("commerce", "loyalty"): 1}


def test_a_preview_of_many_looks_at_a_part_of_them(store: Store) -> None:
    with store.transaction() as tx:
        people_of(tx, *[1.0] * 30)
    with store.reading() as tx:
        found = segments.preview(tx, Condition.parse("csat <= 2"), most=10)
    assert (found.n, found.looked, found.of, found.estimate, found.whole) == (10, 10, 30, 30, False)


PARTS = ["csat <= 2", "nps >= 9", "attribute.vip is true", "csat is unknown", "count(login) >= 1"]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4), st.lists(st.sampled_from(PARTS), max_size=2))
def test_the_last_step_of_a_condition_is_the_condition(parts: list[str], exceptions: list[str]) -> None:
    whole = Condition.parse(" and ".join(parts) + "".join(f" unless {one}" for one in exceptions))
    steps = whole.steps()
    assert steps[-1][2] == whole
    assert [exception for _, exception, _ in steps] == [False] * len(parts) + [True] * len(exceptions)


@pytest.mark.parametrize(
    ("text", "timed"),
    [
        ("csat <= 2", False),
        ("count(order.placed) >= 2", False),
        ("count(order.placed, 7 days) >= 2", True),
        ("nps >= 9 or days in stage > 3", True),
        ("days until attribute.renewal < 30", True),
    ],
)
def test_which_conditions_time_can_change(text: str, timed: bool) -> None:
    assert Condition.parse(text).timed is timed
