"""Segments that name each other, on both databases: counted right, renamed, never taken from who uses them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from desk import facts, lifecycle, segments
from desk.agents import Viewer
from desk.facts import Condition
from desk.segments import SegmentError
from desk.store import Store
from tests.segments.test_segments import inside, lead, make, people_of, work

__all__ = ["lead", "work"]


def test_a_segment_of_segments_is_counted_and_follows_them(store: Store, lead: Viewer, work: Any) -> None:
    with store.transaction() as tx:
        ids = people_of(tx, 1, 2, 5)
        facts.record(tx, ids[1], "attribute.vip", True, occurred_at=tx.now())
    unhappy = make(store, lead, "csat <= 2", "Unhappy")
    common = make(store, lead, 'segment "Unhappy"', "Common")
    work()
    assert inside(store, common) == [ids[0], ids[1]]
    make(store, lead, "attribute.vip is true", "VIP")
    with store.transaction() as tx:
        segments.save(tx, lead, name="Common", condition='segment "Unhappy" and not segment "VIP"', segment_id=common)
    work()
    assert inside(store, common) == [ids[0]]
    with store.transaction() as tx:  # what one of them asks for changes what the other means
        segments.save(tx, lead, name="Unhappy", condition="csat <= 1 or csat >= 5", segment_id=unhappy)
        assert segments.get(tx, common).counted_at is None
    work()
    assert inside(store, common) == [ids[0], ids[2]]


def test_another_name_changes_nothing_but_the_name(store: Store, lead: Viewer, work: Any) -> None:
    unhappy = make(store, lead, "csat <= 2", "Unhappy")
    common = make(store, lead, 'segment "unhappy"', "Common")
    work()
    with store.transaction() as tx:
        segments.save(tx, lead, name="Sad", condition="csat <= 2", segment_id=unhappy)
        assert str(segments.conditions(tx)[common]) == 'segment "Sad"'
        assert segments.get(tx, common).counted_at is not None
    with store.reading() as tx:
        assert [use.label for use in segments.used_by(tx, unhappy)] == ["the segment “Common”"]


def test_circles_are_refused_with_their_way(store: Store, lead: Viewer) -> None:
    first = make(store, lead, "csat <= 2", "First")
    make(store, lead, 'segment "First"', "Second")
    make(store, lead, 'segment "Second" or nps <= 6', "Third")
    says = "circle: First → Third → Second → First"
    with pytest.raises(SegmentError, match=says) as refused, store.transaction() as tx:
        segments.save(tx, lead, name="First", condition='segment "Third"', segment_id=first)
    assert refused.value.field == "condition"
    with store.reading() as tx:
        assert segments.get(tx, first).condition == "csat <= 2"


@pytest.mark.database("postgresql")
def test_two_who_save_at_once_close_no_circle(store: Store, lead: Viewer) -> None:
    ids = {name: make(store, lead, "csat <= 2", name) for name in ("A", "B")}
    ready = Barrier(2)

    def save(name: str, other: str) -> str:
        try:
            with store.transaction() as tx:
                ready.wait(10)
                segments.save(tx, lead, name=name, condition=f'segment "{other}"', segment_id=ids[name])
        except SegmentError as refused:
            return str(refused)
        return "saved"

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(save, "AB", "BA"))
    assert said[1] == "saved"
    assert "circle" in said[0]


def test_who_is_used_cannot_be_removed(store: Store, lead: Viewer) -> None:
    unhappy = make(store, lead, "csat <= 2", "Unhappy")
    common = make(store, lead, 'segment "Unhappy"', "Common")
    with store.transaction() as tx:
        lifecycle.save(tx, model(when='segment "Unhappy"'))
    with (
        pytest.raises(SegmentError, match="“Unhappy” is used by the segment “Common” and version 1 of the stage model"),
        store.transaction() as tx,
    ):
        segments.remove(tx, unhappy)
    with store.transaction() as tx:
        segments.remove(tx, common)
    with store.reading() as tx:
        assert [use.kind for use in segments.used_by(tx, unhappy)] == ["stages"]


def test_one_that_is_being_removed_is_not_named(store: Store, lead: Viewer) -> None:
    unhappy = make(store, lead, "csat <= 2", "Unhappy")
    with store.reading() as tx:
        read = Condition.parse('segment "Unhappy"', segments.shelf(tx))
    with store.transaction() as tx:
        segments.remove(tx, unhappy)
    with pytest.raises(LookupError), store.transaction() as tx:
        segments.note_uses(tx, "rule", "1", "a rule", read.segments)
    with store.reading() as tx:
        assert not segments.read_kept(tx, read.kept).holds(facts.view(tx, 1), tx.now())


def model(**rule: Any) -> dict[str, Any]:
    return {
        "key": "shop",
        "name": "Shop",
        "entry": "new",
        "stages": [
            {"key": "new", "name": "New", "criteria": "Everybody begins here."},
            {"key": "cared", "name": "Cared for", "criteria": "Who needs it."},
        ],
        "rules": [{"key": "care", "name": "Care", "from": "new", "to": "cared", **rule}],
    }
