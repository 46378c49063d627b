"""A report of those who are in a segment now, and by segment, counted again by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk import agents, segments
from desk.agents import Viewer
from desk.clock import SetClock
from desk.reports import feedback, rows
from desk.reports.choices import choices
from desk.reports.filters import FilterError, Filters, parse
from desk.reports.measures import CSAT
from desk.segments.service import settle
from desk.store import Store
from tests import factories
from tests.reports.population import Builder

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def today(clock: SetClock) -> None:
    clock.set(NOW)


@pytest.fixture
def known(store: Store) -> tuple[Viewer, int, int, dict[str, int]]:
    """Three customers with four answers each, all 5, all 1 and all 4; the first two are in A, the second in B."""
    with store.transaction() as tx:
        lead = agents.viewer(tx, factories.make_staff(tx, "supervisor").id)
        builder, people = Builder(tx), {}
        for name, score in (("Ada", 5), ("Bo", 1), ("Cy", 4)):
            builder.past.customer_id = people[name] = factories.make_customer(tx, name=name).id
            for number in range(4):
                builder.ask(NOW - (number + 1) * DAY, score)
            builder.withhold(NOW - DAY, reason="cooldown")
        a = segments.save(tx, lead, name="A", condition="count(login) >= 1").id
        b = segments.save(tx, lead, name="B", condition="count(login) >= 2").id
        settle(tx, {a: {people["Ada"], people["Bo"]}, b: {people["Bo"]}}, {})
    return lead, a, b, people


def chosen(store: Store, **args: str) -> Filters:
    with store.reading() as tx:
        return parse(args, now=NOW, zone="UTC", choices=choices(tx))


def test_only_those_in_the_segment_are_counted(store: Store, known: tuple[Viewer, int, int, dict[str, int]]) -> None:
    lead, a, b, _ = known
    with store.reading() as tx:
        for segment_id, expected in ((a, {5: 4, 1: 4}), (b, {1: 4})):
            filters = chosen(store, segment=str(segment_id))
            assert filters.segment_id == segment_id and filters.narrowed
            assert parse(filters.query(), now=NOW, zone="UTC", choices=choices(tx)) == filters
            points = feedback.trend(tx, CSAT, filters)
            found = feedback.headline(tx, CSAT, filters, points)
            assert found.figure == CSAT.figure(expected)
            assert found.withheld is not None and found.withheld.n == len(expected)
            behind = list(rows.every(tx, CSAT, filters, "answers", viewer=lead))
            assert len(behind) == rows.count(tx, CSAT, filters, "answers") == sum(expected.values())
            withheld = list(rows.every(tx, CSAT, filters, "withheld", viewer=lead))
            assert len(withheld) == rows.count(tx, CSAT, filters, "withheld") == len(expected)
            assert {row.customer_id for row in behind} == {row.customer_id for row in withheld}


def test_who_leaves_a_segment_leaves_its_past_too(store: Store, known: tuple[Viewer, int, int, dict[str, int]]) -> None:
    _, a, _, people = known
    with store.transaction() as tx:
        settle(tx, {}, {a: {people["Bo"]}})
        assert feedback.cohort(tx, CSAT, chosen(store, segment=str(a))).counts == {5: 4}


def test_by_segment_the_groups_overlap_and_do_not_add_up(
    store: Store, known: tuple[Viewer, int, int, dict[str, int]]
) -> None:
    _, a, b, _ = known
    with store.reading() as tx:
        groups = feedback.breakdowns(tx, CSAT, chosen(store), choices(tx))["segment"]
        assert {group.key: (group.name, group.cohort.counts) for group in groups} == {
            a: ("A", {5: 4, 1: 4}),
            b: ("B", {1: 4}),
        }
        within = feedback.breakdowns(tx, CSAT, chosen(store, segment=str(b)), choices(tx))["segment"]
        assert {group.key: group.cohort.counts for group in within} == {a: {1: 4}, b: {1: 4}}


@pytest.mark.parametrize("value", ["none", "99999", "x", "-1"])
def test_a_segment_that_there_is_not_is_refused(
    store: Store, known: tuple[Viewer, int, int, dict[str, int]], value: str
) -> None:
    with pytest.raises(FilterError, match=f"There is no segment {value}"):
        chosen(store, segment=value)


def test_choices_say_which_are_still_being_counted(
    store: Store, known: tuple[Viewer, int, int, dict[str, int]]
) -> None:
    _, a, b, _ = known
    with store.transaction() as tx:
        segments.get(tx, a).counted_at = NOW
        tx.flush()
        found = choices(tx)
    assert (found.segments, found.counting) == ({a: "A", b: "B"}, frozenset({b}))
