"""From confidences with known answers to the confidence below which the bot had better say nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

# What is tuned on few questions flatters: asked for 95 %, this gave 95.0 to 95.8 % on other questions (four proxies,
# 200 and 500 questions to tune on, thirty draws each), and in nine draws of ten more than 92.5 to 94.9 %.
STRICTER = 0.0075
SUREST = (
    0.98  # no curve over a few hundred questions promises more, however clear the case; beyond it, the count decides
)
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
    """Judged questions, the most confident first; sums run from there."""

    confidence: Doubles
    weight: Doubles
    correct: Doubles
    answered: Doubles  # weights so far
    right: Doubles  # weights of right ones so far
    squares: Doubles  # squares of weights so far, for how many questions they are worth
    ends: NDArray[np.intp]  # the last place of each different confidence
    answerable: float


def _sorted(judged: Sequence[Judged]) -> _Sorted:
    weighed = sorted((each for each in judged if each.weight > 0), key=lambda each: -each.confidence)
    confidence = np.array([each.confidence for each in weighed])
    weight = np.array([each.weight for each in weighed])
    correct = np.array([each.right for each in weighed], dtype=np.float64)
    last = np.flatnonzero(np.append(confidence[1:] != confidence[:-1], True)) if weighed else np.zeros(0, np.intp)
    return _Sorted(
        confidence,
        weight,
        correct,
        np.cumsum(weight),
        np.cumsum(weight * correct),
        np.cumsum(weight**2),
        last,
        float(sum(each.weight for each in weighed if each.answerable)),
    )


def _expected(by: _Sorted) -> Doubles:
    """The chance of each question to be answered right, by a logistic curve over confidences (Platt 1999).

    On few questions the share of right answers above a confidence jumps about; the curve does not. Two imagined wrong
    answers far down and two right ones far up keep it sane where all are right, or none.
    """
    x = np.append(_logit(by.confidence), [-3.0, 3.0])
    y = np.append(by.correct, [0.0, 1.0])
    weight = np.append(by.weight / by.weight.mean(), [2.0, 2.0])
    design = np.stack([x, np.ones_like(x)], axis=1)
    beta = np.array([1.0, 0.0])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (weight * (y - chance)) - 1e-3 * beta
        bend = (design * (weight * chance * (1 - chance))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        beta = beta + step * min(1.0, 2.0 / max(1e-9, float(np.abs(step).max())))
    chances: Doubles = 1 / (1 + np.exp(-(design[:-2] @ beta)))
    return chances


def _logit(confidence: Doubles) -> Doubles:
    inside = np.clip(confidence, 1e-4, 1 - 1e-4)
    values: Doubles = np.log(inside / (1 - inside))
    return values


def threshold(judged: Sequence[Judged], precision: float, *, stricter: float = STRICTER) -> Threshold:
    """The lowest confidence from which on `precision` of the answers were right, and `precision` plus `stricter` are to
    be expected by a smooth curve.

    Raises ValueError where the precision is not above 0 and at most 1.
    """
    if not 0 < precision <= 1:
        raise ValueError(f"A precision lies above 0 and is at most 1, not {precision}.")
    by = _sorted(judged)
    if not len(by.confidence):
        return Threshold(NEVER, 0.0, 0.0, 0, 0.0, 1.0, reached=False)
    counted = by.right[by.ends] / by.answered[by.ends]
    expected = (np.cumsum(by.weight * _expected(by)) / by.answered)[by.ends]
    # The last points to a hundred per cent cannot be added to: a quarter of the way there is as strict as it gets.
    wanted = min(precision + min(stricter, (1 - precision) / 4), SUREST)
    enough, likely = np.flatnonzero(counted >= precision - 1e-12), np.flatnonzero(expected >= wanted - 1e-12)
    if not len(enough) or not len(likely):
        return Threshold(NEVER, 0.0, 0.0, 0, 0.0, 1.0, reached=False)
    # Among the confidences that the curve allows, the lowest that keeps the promise on what was counted.
    enough = enough[enough <= likely[-1]]
    if not len(enough):
        return Threshold(NEVER, 0.0, 0.0, 0, 0.0, 1.0, reached=False)
    place = int(by.ends[enough[-1]])
    further = place + 1 < len(by.confidence)
    share = float(by.right[place] / by.answered[place])
    worth = float(by.answered[place] ** 2 / by.squares[place])
    low, high = wilson(share * worth, worth)
    return Threshold(
        value=float((by.confidence[place] + by.confidence[place + 1]) / 2) if further else 0.0,
        precision=share,
        coverage=float(by.right[place] / by.answerable) if by.answerable else 0.0,
        n=place + 1,
        low=low,
        high=high,
    )


def curve(judged: Sequence[Judged], steps: int = 50) -> tuple[Point, ...]:
    """What thresholds from 0 to 1 would do, for a drawing; a threshold that nothing reaches has no point."""
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
        points.append(Point(value, answered / float(by.answered[-1]), share, low, high, coverage))
    return tuple(points)
