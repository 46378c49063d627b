"""Conditions that name saved segments, against the second evaluator; and what reading them refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.facts import Condition, ConditionError, FactView, Shelf, Shelved
from tests.facts.test_evaluating import (
    START,
    _both,
    _not,
    _unless,
    at_minute,
    days,
    histories,
    leaves,
    many,
    view_of,
)


def _mixed(parts):
    return st.recursive(
        st.one_of(leaves, st.sampled_from(parts)) if parts else leaves,
        lambda inner: st.one_of(
            st.builds(_both, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
            st.builds(_not, inner),
            st.builds(_unless, inner, inner),
        ),
        max_leaves=3,
    )


@st.composite
def named(draw):
    """A condition and up to three segments, of which each may name those before; and what loops over them say. Being in
    a segment is never unknown: that is what the `is True` says."""
    rows, parts = [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        text, judge = draw(_mixed(parts))
        rows.append(Shelved(number, f'The "{number}" of us', text))
        parts.append(
            (f'segment "The \\"{number}\\" OF us"', lambda history, now, judge=judge: judge(history, now) is True)
        )
    text, judge = draw(_mixed(parts[-1:]))
    return text, judge, Shelf(rows)


@many
@given(named(), histories, st.integers(-2, 80))
def test_segments_agree_with_the_second_evaluator(condition, history, now):
    text, judge, shelf = condition
    read = Condition.parse(text, shelf)
    assert read.holds(view_of(history), at_minute(now)) is (judge(history, now) is True)
    # Whoever loads only the facts that it names sees the same.
    some = FactView(1, [fact for fact in view_of(history) if fact.name in read.names])
    assert read.holds(some, at_minute(now)) is (judge(history, now) is True)


@many
@given(named(), histories, st.integers(-2, 80), st.integers(0, 60_000_000))
def test_the_answer_changes_only_at_the_moments_that_were_told(condition, history, minute, within):
    read, view = Condition.parse(condition[0], condition[2]), view_of(history)
    now = at_minute(minute) + timedelta(microseconds=within)
    before = at_minute(-10)
    last = max((moment for moment in read.moments(view, before) if moment <= now), default=before)
    assert read.holds(view, now) is read.holds(view, last)


@given(named())
def test_what_is_shown_and_what_is_kept_read_back_as_the_same(condition):
    text, _, shelf = condition
    read = Condition.parse(text, shelf)
    assert Condition.parse(str(read), shelf) == read
    assert Condition.parse(read.kept, shelf) == read
    assert 'segment "' not in read.kept
    renamed = Shelf([row._replace(name=f"N{row.id}", text=Condition.parse(row.text, shelf).kept) for row in shelf.rows])
    assert Condition.parse(read.kept, renamed).segments == {number: f"N{number}" for number in read.segments}


@given(named(), histories, st.integers(-2, 80))
def test_evidence_has_happened(condition, history, now):
    read, view = Condition.parse(condition[0], condition[2]), view_of(history)
    verdict = read.evaluate(view, at_minute(now))
    assert verdict.evidence or not verdict.holds
    for one in verdict.evidence:
        assert one.fact in read.names or one.fact.startswith("segment:")
        assert one.shown
        assert one.occurred_at is None or one.occurred_at <= at_minute(now)


VIP = Shelved(7, "VIP", "count(order.placed) >= 3 and csat >= 4")
SHELF = Shelf([VIP, Shelved(9, "Very good", 'segment "VIP" and nps >= 9')])


def test_the_evidence_says_which_segment_and_why():
    customer = days(*[("order.placed", 10.0, n) for n in range(4)], ("csat", 5.0, 2))
    said = Condition.parse('segment "vip" and csat is known', SHELF).evaluate(customer, START)
    assert said.holds
    assert said.evidence[0].shown == "In segment VIP because Order: 4 ×; CSAT 5"
    assert said.evidence[0].entry_ids and said.evidence[0].occurred_at == START
    nobody = Condition.parse('segment "Very good"', SHELF).evaluate(days(("order.placed", 1.0, 1)), START)
    assert not nobody.holds
    assert nobody.evidence[0].shown.startswith("Not in segment Very good because Not in segment VIP because Order: 1 ×")


def test_who_is_not_known_to_be_in_a_segment_is_not_in_it():
    stranger = FactView(1, [])
    assert not Condition.parse("not (csat >= 4)").holds(stranger, START)  # nobody knows
    assert Condition.parse('not segment "VIP"', SHELF).holds(stranger, START)
    assert not Condition.parse('segment "VIP"', SHELF).holds(stranger, START)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('in segment "VIP"', 'segment "VIP"'),
        ("not in segment “vip”", 'not segment "VIP"'),
        ("segment #7", 'segment "VIP"'),
        ('csat <= 2 unless segment "VIP" or nps >= 9', 'csat <= 2 unless segment "VIP" or nps >= 9'),
    ],
)
def test_how_it_may_be_written(text, printed):
    assert str(Condition.parse(text, SHELF)) == printed


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ('segment "VPI"', "There is no segment called “VPI”. Did you mean “VIP”?", 8),
        ('csat <= 2 and segment "Zebra crossing"', "There is no segment called “Zebra crossing”", 22),
        ("segment VIP", 'Put the name of a segment in quotes: segment "vip"', 8),
        ('segment is "VIP"', "After “segment” comes the name of one in quotes", 8),
        ("segment", "After “segment” comes the name", 7),
        ("segment #8", "There is no segment #8 any more", 8),
        ("segment #x", "After “segment” comes the name", 8),
        ("segment #7.5", "After “segment” comes the name", 8),
    ],
)
def test_what_cannot_be_read_says_why_and_where(text, says, at):
    with pytest.raises(ConditionError) as refused:
        Condition.parse(text, SHELF)
    assert says.casefold() in refused.value.sentence.casefold()
    assert refused.value.position == at


def test_without_a_shelf_no_segment_can_be_named_and_none_can_be_asked():
    with pytest.raises(ConditionError, match="No segment can be named here"):
        Condition.parse('segment "VIP"')
    shown = Condition.parse("segment #7 and csat <= 2")
    assert str(shown) == "segment #7 and csat <= 2"
    with pytest.raises(LookupError, match="Shelf"):
        shown.holds(days(("csat", 1.0, 1)), START)


def test_a_segment_that_is_no_more_has_nobody_in_it():
    kept = Shelf([VIP], lenient=True)
    customer = days(("csat", 5.0, 1))
    assert not Condition.parse("segment #8", kept).holds(customer, START)
    assert Condition.parse("not segment #8", kept).holds(customer, START)


def test_a_circle_is_refused_with_its_way():
    shelf = Shelf(
        [Shelved(1, "A", "segment #2"), Shelved(2, "B", "csat <= 2 or segment #3"), Shelved(3, "C", "segment #1")]
    )
    with pytest.raises(ConditionError, match="circle: A → B → C → A"):
        Condition.parse('segment "A"', shelf)
    alone = Shelf([Shelved(1, "A", "segment #1")])
    with pytest.raises(ConditionError, match="circle: A → A"):
        Condition.parse('segment "A"', alone)


def test_what_is_too_deep_or_too_long_is_refused():
    deep = Shelf([Shelved(1, "1", "csat <= 2"), *(Shelved(n, str(n), f"segment #{n - 1}") for n in range(2, 8))])
    assert Condition.parse('segment "5"', deep).segments == {5: "5"}
    with pytest.raises(ConditionError, match="5 deep at most: 6 → 5 → 4 → 3 → 2 → 1"):
        Condition.parse('segment "6"', deep)
    wide = " and ".join(["segment #1"] * 30)
    broad = Shelf([Shelved(1, "1", " and ".join(["csat <= 2"] * 30)), Shelved(2, "2", wide)])
    with pytest.raises(ConditionError, match="“2” has over 600 comparisons"):
        Condition.parse('segment "2"', broad)


def test_time_alone_changes_who_is_in_a_segment_that_speaks_of_time():
    shelf = Shelf([Shelved(1, "Quiet", "days since order.placed > 30"), VIP])
    assert Condition.parse('segment "Quiet"', shelf).timed
    assert not Condition.parse('segment "VIP"', shelf).timed
