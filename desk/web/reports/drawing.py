"""Where things lie in a report's drawings: pure geometry, no colours, no words; templates write it out as SVG.

Lengths of the trend are units of its view box; of the small bars they are per cent of their width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from desk.reports.feedback import Point
from desk.reports.measures import Measure
from desk.reports.statistics import Interval

WIDTH, HEIGHT = 760, 288
LEFT, RIGHT, TOP, FLOOR = 34, 748, 12, 222  # of the plot
BARS_TOP, BARS_FLOOR = 238, 266
LABELS = 8  # at most, along the time


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Dot:
    """One bucket with answers: `few` are too few for a percentage, and get a whisker instead of a place in the band."""

    index: int
    x: float
    y: float
    low: float
    high: float
    few: bool


@dataclass(frozen=True, slots=True)
class Bar:
    index: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn trend. `band` and `line` are paths, one for each run of buckets that follow one another."""

    ticks: tuple[Tick, ...]
    band: str
    line: str
    dots: tuple[Dot, ...]
    bars: tuple[Bar, ...]
    labels: tuple[tuple[int, float], ...]  # (index of the bucket, x)
    whole: float | None  # height of the period's own score


def chart(measure: Measure, points: Sequence[Point], whole: float | None) -> Chart:
    """Draws a trend. A bucket without answers is a gap: no data is not 0, and not what its neighbours are."""
    ticks = axis(measure, points)
    bottom, top = ticks[0], ticks[-1]

    def height(value: float) -> float:
        share = (min(max(value, bottom), top) - bottom) / (top - bottom)
        return round(FLOOR - share * (FLOOR - TOP), 1)

    step = (RIGHT - LEFT) / max(1, len(points))
    places = [round(LEFT + step * (index + 0.5), 1) for index in range(len(points))]
    dots = tuple(
        Dot(
            index,
            places[index],
            height(point.figure.score),
            height(interval.low),
            height(interval.high),
            point.figure.small,
        )
        for index, point in enumerate(points)
        if point.figure.score is not None
        for interval in (point.figure.interval or Interval(point.figure.score, point.figure.score),)
    )
    runs = [
        [dot for _, dot in run]
        for _, run in groupby(enumerate(dot for dot in dots if not dot.few), lambda pair: pair[1].index - pair[0])
    ]
    most = max((point.cohort.answered for point in points), default=0)
    width = round(min(18.0, step * 0.6), 1)
    return Chart(
        ticks=tuple(Tick(height(value), value) for value in ticks),
        band=" ".join(_band(run) for run in runs if len(run) > 1),
        line=" ".join(_line(run) for run in runs if len(run) > 1),
        dots=dots,
        bars=tuple(
            Bar(
                index,
                round(places[index] - width / 2, 1),
                round(BARS_FLOOR - tall, 1),
                width,
                tall,
            )
            for index, point in enumerate(points)
            if point.cohort.answered
            for tall in (round(max(1.5, (BARS_FLOOR - BARS_TOP) * point.cohort.answered / most), 1),)
        ),
        labels=tuple((index, places[index]) for index in _thinned(len(points))),
        whole=None if whole is None else height(whole),
    )


def _line(run: Sequence[Dot]) -> str:
    return "M" + " L".join(f"{dot.x} {dot.y}" for dot in run)


def _band(run: Sequence[Dot]) -> str:
    there = [f"{dot.x} {dot.high}" for dot in run]
    back = [f"{dot.x} {dot.low}" for dot in reversed(run)]
    return "M" + " L".join(there + back) + "Z"


def _thinned(count: int) -> range:
    """Which of `count` buckets get a label: the first, and then so many that they do not touch."""
    return range(0, count, max(1, math.ceil(count / LABELS)))


def axis(measure: Measure, points: Sequence[Point]) -> tuple[float, ...]:
    """The values of the grid lines, lowest first: from the scale's best end down to below the lowest interval."""
    lows = [
        point.figure.interval.low if point.figure.interval else point.figure.score
        for point in points
        if point.figure.score is not None
    ]
    start, end = measure.axis
    step = {"csat": 20.0, "nps": 50.0}.get(measure.key, 1.0)
    lowest = min((low for low in lows if low is not None), default=start)
    wanted = end - step * max(3, math.ceil((end - lowest) / step))
    bottom = max(start, wanted)
    return tuple(bottom + step * number for number in range(round((end - bottom) / step) + 1))


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis for whiskers: `place` turns a value into per cent of the width."""

    low: float
    high: float

    def place(self, value: float) -> float:
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 1)


def share_scale(intervals: Sequence[Interval | None]) -> Scale:
    """An axis from 0 per cent to the first round number above every one of these shares, which are in [0, 1]."""
    highest = 100 * max((interval.high for interval in intervals if interval is not None), default=0.0)
    return Scale(0.0, next((float(top) for top in (5, 10, 20, 50) if highest <= top), 100.0))


def whisker_scale(measure: Measure, intervals: Sequence[Interval]) -> Scale:
    """The axis that the lines of one breakdown share: the scale's upper half, or all of it where one reaches below."""
    start, end = measure.axis
    middle = (start + end) / 2
    return Scale(middle if intervals and all(interval.low >= middle for interval in intervals) else start, end)


@dataclass(frozen=True, slots=True)
class Segment:
    """One answer in the bar of the distribution: where it begins and how wide it is, in per cent."""

    answer: int
    count: int
    x: float
    width: float
    kind: str  # bad, middle, good, best


def distribution(measure: Measure, counts: Mapping[int, int], least: float = 4.0) -> list[Segment]:
    """The answers side by side, as wide as they are many, none too narrow to be read."""
    answers = range(measure.first, measure.last + 1)
    total = sum(counts.values())
    if not total:
        return []
    spare = 100.0 - least * len(answers)
    found, x = [], 0.0
    for answer in answers:
        width = least + spare * counts.get(answer, 0) / total
        found.append(Segment(answer, counts.get(answer, 0), round(x, 2), round(width, 2), _kind(measure, answer)))
        x += width
    return found


def _kind(measure: Measure, answer: int) -> str:
    if answer <= measure.bad_to:
        return "bad"
    if answer < measure.good_from:
        return "middle"
    return "best" if answer == measure.last else "good"
