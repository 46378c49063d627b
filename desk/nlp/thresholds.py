"""From confidences with known answers to the confidence below which the bot had better say nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRICTER = 0.01  # tuned one point above what was asked for: what is measured on few questions flatters
Z = 1.959963985


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with a known answer: the confidence of the best article, whether it was right, and its weight.

    `answerable` is false where no article answers the question; then nothing is right.
    """

    confidence: float
    right: bool
    answerable: bool = True
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """At `threshold` so many of all questions are `answered`, and so many of these are `right`, as shares in [0, 1].

    `low` and `high` are the 95 % Wilson interval of `right`; `coverage` is right answers over answerable questions.
    """

    threshold: float
    answered: float
    right: float
    low: float
    high: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """Answer at confidences of `value` or more: then `precision` of `n` answers were right (95 %: `low` to `high`).

    `coverage` is right answers over answerable questions. `reached` is false where no threshold reaches the precision
    that was asked for; `value` is then above every confidence, and the bot only suggests.
    """

    value: float
    precision: float
    coverage: float
    n: int
    low: float
    high: float
    reached: bool = True


NEVER = 1.01  # above every confidence


def wilson(right: float, n: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; (0, 1) where there is nothing to count."""
    if n <= 0:
        return 0.0, 1.0
    share = right / n
    middle = share + Z * Z / (2 * n)
    reach = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass(frozen=True, slots=True)
class _Sorted:
    confidence: NDArray[np.float64]  # falling
    answered: NDArray[np.float64]  # weights so far
    right: NDArray[np.float64]
    squares: NDArray[np.float64]  # of weights, for how many questions they are worth
    ends: NDArray[np.intp]  # the last place of each different confidence
    total: float
    answerable: float


def _sorted(judged: Sequence[Judged]) -> _Sorted:
    confidence = np.array([each.confidence for each in judged])
    order = np.argsort(-confidence, kind="stable")
    weight = np.array([each.weight for each in judged])[order]
    right = np.array([each.right for each in judged], dtype=float)[order]
    confidence = confidence[order]
    last = np.flatnonzero(np.append(confidence[1:] != confidence[:-1], True))
    return _Sorted(
        confidence, np.cumsum(weight), np.cumsum(weight * right), np.cumsum(weight**2), last, float(weight.sum()),
        sum(each.weight for each in judged if each.answerable),
    )  # fmt: skip


def threshold(judged: Sequence[Judged], precision: float, *, stricter: float = STRICTER) -> Threshold:
    """The lowest confidence from which on the share of right answers is `precision` plus `stricter` or more.

    Raises ValueError where the precision is not above 0 and at most 1.
    """
    if not 0 < precision <= 1:
        raise ValueError(f"A precision lies above 0 and is at most 1, not {precision}.")
    wanted = min(precision + stricter, 1.0) if precision < 1 else 1.0
    if not judged:
        return Threshold(NEVER, 0.0, 0.0, 0, 0.0, 1.0, reached=False)
    by = _sorted(judged)
    shares = by.right[by.ends] / by.answered[by.ends]
    enough = np.flatnonzero(shares >= wanted - 1e-12)
    if not len(enough):
        return Threshold(NEVER, 0.0, 0.0, 0, 0.0, 1.0, reached=False)
    place = int(by.ends[enough[-1]])
    below = by.confidence[place + 1] if place + 1 < len(by.confidence) else 0.0
    share = float(by.right[place] / by.answered[place])
    worth = float(by.answered[place] ** 2 / by.squares[place])
    low, high = wilson(share * worth, worth)
    return Threshold(
        value=float((by.confidence[place] + below) / 2) if place + 1 < len(by.confidence) else 0.0,
        precision=share,
        coverage=float(by.right[place] / by.answerable) if by.answerable else 0.0,
        n=place + 1,
        low=low,
        high=high,
    )


def curve(judged: Sequence[Judged], steps: int = 50) -> tuple[Point, ...]:
    """What thresholds from 0 to 1 would do, for a drawing; a threshold that nothing reaches has no point."""
    if not judged:
        return ()
    by = _sorted(judged)
    points = []
    for step in range(steps + 1):
        value = step / steps
        reached = int(np.searchsorted(-by.confidence, -value, side="right"))
        if not reached:
            break
        answered, right = float(by.answered[reached - 1]), float(by.right[reached - 1])
        worth = answered**2 / float(by.squares[reached - 1])
        share = right / answered
        low, high = wilson(share * worth, worth)
        coverage = right / by.answerable if by.answerable else 0.0
        points.append(Point(value, answered / by.total, share, low, high, coverage))
    return tuple(points)
