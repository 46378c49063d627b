"""The geometry of the drawings: what is higher is drawn higher, what is missing is a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports.feedback import ANSWERED, Cohort, Point
from desk.reports.filters import Bucket
from desk.reports.measures import CES, CSAT, MEASURES, NPS, Measure
from desk.reports.statistics import Interval
from desk.web.reports import drawing


def trend(measure: Measure, *weeks: dict[int, int]) -> list[Point]:
    points = []
    for number, counts in enumerate(weeks):
        first = date(2026, 8, 24) + timedelta(weeks=number)
        low = datetime(2026, 8, 24, tzinfo=UTC) + timedelta(weeks=number)
        bucket = Bucket(first, first + timedelta(days=6), low, low + timedelta(weeks=1), True)
        cohort = Cohort(dict(counts), {ANSWERED: sum(counts.values())})
        points.append(Point(bucket, cohort, measure.figure(counts)))
    return points


def test_the_axis_reaches_below_the_lowest_interval() -> None:
    assert drawing.axis(CSAT, trend(CSAT, {5: 38, 1: 2})) == (40, 60, 80, 100)
    assert drawing.axis(CSAT, trend(CSAT, {5: 24, 1: 26})) == (20, 40, 60, 80, 100)
    assert drawing.axis(CSAT, []) == (0, 20, 40, 60, 80, 100)
    assert drawing.axis(NPS, trend(NPS, {10: 10, 0: 50})) == (-100, -50, 0, 50, 100)
    assert drawing.axis(CES, trend(CES, {7: 30, 6: 20})) == (4, 5, 6, 7)


def test_what_is_better_is_drawn_higher_and_later_is_to_the_right() -> None:
    chart = drawing.chart(CSAT, trend(CSAT, {5: 20, 1: 10}, {5: 29, 1: 1}), 85.0)
    first, second = chart.dots
    assert second.x > first.x
    assert second.y < first.y
    assert first.high < first.y < first.low
    assert chart.whole is not None
    assert second.y < chart.whole < first.y


def test_a_week_without_answers_is_a_gap() -> None:
    full = {5: 30, 1: 3}
    chart = drawing.chart(CSAT, trend(CSAT, full, full, {}, full, full), None)
    assert [dot.index for dot in chart.dots] == [0, 1, 3, 4]
    assert [bar.index for bar in chart.bars] == [0, 1, 3, 4]
    assert chart.line.count("M") == chart.band.count("M") == 2


def test_a_week_of_few_answers_is_a_whisker_and_no_part_of_the_line() -> None:
    full = {5: 30, 1: 3}
    chart = drawing.chart(CSAT, trend(CSAT, full, full, {5: 8}, full), None)
    assert [dot.few for dot in chart.dots] == [False, False, True, False]
    assert chart.line.count("L") == 1  # from the first to the second; the fourth stands alone


def test_a_single_ces_answer_has_a_dot_without_an_interval() -> None:
    (dot,) = drawing.chart(CES, trend(CES, {6: 1}), None).dots
    assert dot.low == dot.y == dot.high


@given(
    st.sampled_from(list(MEASURES.values())),
    st.lists(st.dictionaries(st.integers(1, 5), st.integers(1, 50), max_size=5), max_size=70),
)
def test_everything_lies_within_the_picture(measure: Measure, weeks: list[dict[int, int]]) -> None:
    points = trend(measure, *weeks)
    chart = drawing.chart(measure, points, None)
    for dot in chart.dots:
        assert drawing.LEFT <= dot.x <= drawing.RIGHT
        assert drawing.TOP <= dot.high <= dot.low <= drawing.FLOOR
        assert drawing.TOP <= dot.y <= drawing.FLOOR
        if points[dot.index].figure.n > 1:  # the interval of an NPS of one answer leaves that answer out
            assert dot.high <= dot.y <= dot.low
    for bar in chart.bars:
        assert drawing.BARS_TOP <= bar.y <= bar.y + bar.height <= drawing.BARS_FLOOR + 0.2
    assert len(chart.labels) <= drawing.LABELS
    assert len(chart.dots) == sum(bool(week) for week in weeks)


def test_whiskers_share_the_upper_half_until_one_reaches_below() -> None:
    assert drawing.whisker_scale(CSAT, [Interval(70, 90), Interval(55, 99)]).place(75) == 50
    assert drawing.whisker_scale(CSAT, [Interval(70, 90), Interval(10, 57)]).place(75) == 75
    assert drawing.whisker_scale(NPS, [Interval(-20, 10)]).place(0) == 50
    assert drawing.whisker_scale(CES, []).place(7.4) == 100


def test_the_distribution_fills_its_bar_and_keeps_room_for_each_answer() -> None:
    segments = drawing.distribution(CSAT, {5: 900, 4: 100})
    assert [segment.answer for segment in segments] == [1, 2, 3, 4, 5]
    assert [segment.kind for segment in segments] == ["bad", "bad", "middle", "good", "best"]
    assert sum(segment.width for segment in segments) == pytest.approx(100, abs=0.1)
    assert min(segment.width for segment in segments) >= 4
    assert segments[4].width > segments[3].width > segments[2].width
    assert drawing.distribution(NPS, {}) == []
