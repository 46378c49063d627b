"""The curve of the lab and the calibration of frustration as places in a drawing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.reports.frustration import Band

LEFT, RIGHT, TOP, BOTTOM = 40.0, 700.0, 14.0, 357.0
NAMED = 6  # points that say their threshold


@dataclass(frozen=True, slots=True)
class Dot:
    """One threshold: its place, and its figures in per cent."""

    x: float
    y: float
    threshold: float
    answered: float
    right: float
    low: float
    high: float
    named: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """`ticks` of the share of right answers: (value in per cent, y). `here` is the threshold in use."""

    dots: tuple[Dot, ...]
    band: str
    line: str
    ticks: tuple[tuple[int, float], ...]
    goal: float
    here: Dot | None


def curve(points: Sequence[Mapping[str, Any]], value: float, precision: float) -> Curve | None:
    """The drawing of what leaving examples out found, or None where there is no point."""
    if not points:
        return None
    lowest = min(float(p["low"]) for p in points)
    floor = max(0, int(lowest * 10)) * 10
    step = 5 if floor >= 70 else 10 if floor >= 40 else 20

    def y(share: float) -> float:
        return round(BOTTOM - (share * 100 - floor) / (100 - floor) * (BOTTOM - TOP), 1)

    def x(share: float) -> float:
        return round(LEFT + share * (RIGHT - LEFT), 1)

    every = max(1, len(points) // NAMED)
    dots = tuple(
        Dot(
            x(float(p["answered"])),
            y(float(p["right"])),
            float(p["threshold"]),
            100 * float(p["answered"]),
            100 * float(p["right"]),
            100 * float(p["low"]),
            100 * float(p["high"]),
            number % every == 0,
        )
        for number, p in enumerate(points)
    )
    upper = [f"{d.x} {y(d.high / 100)}" for d in dots]
    lower = [f"{d.x} {y(d.low / 100)}" for d in reversed(dots)]
    near = min(dots, key=lambda d: abs(d.threshold - value)) if value <= 1 else None
    return Curve(
        dots=dots,
        band="M" + " L".join([*upper, *lower]) + "Z" if len(dots) > 1 else "",
        line="M" + " L".join(f"{d.x} {d.y}" for d in dots) if len(dots) > 1 else "",
        ticks=tuple((v, y(v / 100)) for v in range(floor, 101, step)),
        goal=y(max(precision, floor / 100)),
        here=near,
    )


SIDE, FROM_LEFT, FROM_TOP = 250.0, 36.0, 10.0  # of the square in which what was said meets what was so


@dataclass(frozen=True, slots=True)
class Spot:
    """A group of messages: its place, the ends of its interval, how large its dot is, and its figures in per cent."""

    x: float
    y: float
    top: float
    bottom: float
    r: float
    said: float
    was: float
    good: int
    n: int
    low: float
    high: float


def reliability(bands: Sequence[Band]) -> tuple[Spot, ...]:
    """Where each band of probabilities lies; on the diagonal a probability is what it says."""

    def x(share: float) -> float:
        return round(FROM_LEFT + share * SIDE, 1)

    def y(share: float) -> float:
        return round(FROM_TOP + (1 - share) * SIDE, 1)

    found = []
    for band in bands:
        interval = band.were.interval
        if interval is None:
            continue
        was = band.were.good / band.were.n
        found.append(
            Spot(
                x(band.said), y(was), y(interval.high), y(interval.low), round(3 + min(3.0, band.were.n / 15), 1),
                100 * band.said, 100 * was, band.were.good, band.were.n, 100 * interval.low, 100 * interval.high,
            )
        )  # fmt: skip
    return tuple(found)
