"""Stage rules that name segments, on both databases: published, tried out, moved by, written as YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import agents, facts, jobs, lifecycle, reactions, segments
from desk.agents import Viewer
from desk.clock import SetClock
from desk.lifecycle import ModelError
from desk.lifecycle.models import definition_of
from desk.parts import Desk
from desk.segments import SegmentError
from desk.store import Store
from desk.worker.tasks import TASKS
from tests.factories import make_customer, make_staff
from tests.segments.test_naming import model

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def reacting(store: Store) -> None:
    store.react_with(reactions.react)


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        return agents.viewer(tx, make_staff(tx, "supervisor").id)


@pytest.fixture
def vip(store: Store, lead: Viewer) -> int:
    with store.transaction() as tx:
        return segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 3").id


@pytest.fixture
def buyer(store: Store) -> int:
    """Somebody with two orders."""
    with store.transaction() as tx:
        customer = make_customer(tx).id
        for _ in range(2):
            facts.record(tx, customer, "order.placed", 10, occurred_at=tx.now())
        return customer


def work(desk: Desk) -> None:
    while True:
        with desk.store.transaction() as tx:
            leased = jobs.lease(tx, "w", tasks=["segments.count", "lifecycle.consider", "lifecycle.segment_changed"])
        if not leased:
            return
        for job in leased:
            TASKS[job.task](desk, job)


def due(store: Store) -> list[int]:
    with store.reading() as tx:
        return lifecycle.due_for_consideration(tx)


def test_a_rule_moves_who_comes_into_a_segment_and_says_so(store: Store, vip: int, buyer: int, clock: SetClock) -> None:
    with store.transaction() as tx:
        lifecycle.publish(tx, lifecycle.save(tx, model(when='segment "VIP"')).id)
        lifecycle.consider(tx, buyer)
        stage = lifecycle.stage_of(tx, buyer)
        assert stage is not None and stage.stage == "new"
    clock.advance(DAY)
    with store.transaction() as tx:
        facts.record(tx, buyer, "order.placed", 10, occurred_at=tx.now())
        moved = lifecycle.consider(tx, buyer)
        assert moved is not None
        assert (moved.after, moved.held_at) == ("cared", clock.now())
        assert moved.evidence[0]["shown"] == "In segment VIP because Order: 3 ×"
        assert lifecycle.consider(tx, buyer) is None


def test_a_dry_run_says_who_would_move(store: Store, vip: int, buyer: int) -> None:
    with store.transaction() as tx:
        lifecycle.publish(tx, lifecycle.save(tx, model(when="csat <= 1")).id)
        lifecycle.consider(tx, buyer)
    with store.reading() as tx:
        found = lifecycle.dry_run(tx, model(when='not segment "VIP"'))
        assert [(move["to"], move["customers"]) for move in found["moves"]] == [("cared", [buyer])]
        assert lifecycle.dry_run(tx, model(when='segment "VIP"'))["moving"] == 0
        with pytest.raises(ModelError, match="Did you mean “VIP”"):
            lifecycle.dry_run(tx, model(when='segment "VPI"'))


def test_another_meaning_of_a_segment_moves_people_from_then_on_and_not_before(
    desk: Desk, store: Store, lead: Viewer, vip: int, buyer: int, clock: SetClock
) -> None:
    with store.transaction() as tx:
        segments.save(tx, lead, name="Cared", condition='segment "VIP" or csat <= 1')
        lifecycle.publish(tx, lifecycle.save(tx, model(when='segment "Cared"')).id)
        lifecycle.consider(tx, buyer)
    work(desk)
    assert due(store) == []
    clock.advance(DAY)
    changed = clock.now()
    with store.transaction() as tx:
        segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 2", segment_id=vip)
    work(desk)
    assert due(store) == [buyer]
    clock.advance(DAY)
    with store.transaction() as tx:
        moved = lifecycle.consider(tx, buyer)
        assert moved is not None
        assert (moved.after, moved.held_at) == ("cared", changed)


def test_a_segment_that_no_rule_in_force_names_wakes_nobody(
    desk: Desk, store: Store, lead: Viewer, vip: int, buyer: int, clock: SetClock
) -> None:
    with store.transaction() as tx:
        lifecycle.publish(tx, lifecycle.save(tx, model(when="csat <= 1")).id)
        lifecycle.save(tx, model(when='segment "VIP"'))  # a draft
        lifecycle.consider(tx, buyer)
    work(desk)
    clock.advance(DAY)
    with store.transaction() as tx:
        segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 2", segment_id=vip)
    work(desk)
    assert due(store) == []


def test_a_yaml_file_names_segments_by_their_names(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        row = lifecycle.save(tx, model(when='segment "vip" and csat <= 2'))
        assert row.definition["rules"][0]["when"] == f"segment #{vip} and csat <= 2"
        segments.save(tx, lead, name="Best of us", condition="count(order.placed) >= 3", segment_id=vip)
        shelf = segments.shelf(tx)
        text = lifecycle.dump_yaml(definition_of(row, shelf))
        assert 'when: segment "Best of us" and csat <= 2' in text
        assert lifecycle.read_yaml(text, shelf) == definition_of(row, shelf)


def test_who_a_model_is_for_cannot_depend_on_a_segment(store: Store, vip: int) -> None:
    given: dict[str, Any] = model(when="csat <= 1") | {"applies": 'segment "VIP"'}
    with pytest.raises(ModelError, match="not on the segment “VIP”"), store.transaction() as tx:
        lifecycle.save(tx, given)


def test_a_version_that_is_out_of_force_keeps_no_segment(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        old = lifecycle.publish(tx, lifecycle.save(tx, model(when='segment "VIP"')).id)
    with pytest.raises(SegmentError, match="version 1 of the stage model “Shop”"), store.transaction() as tx:
        segments.remove(tx, vip)
    with store.transaction() as tx:
        lifecycle.publish(tx, lifecycle.save(tx, model(when="csat <= 1")).id)
        segments.remove(tx, vip)
        assert definition_of(old).stage_name("cared") == "Cared for"
    with pytest.raises(ModelError, match="has been removed"), store.transaction() as tx:
        lifecycle.publish(tx, old.id)
