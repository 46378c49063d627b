"""Points and 95 % intervals of every number that the reports show: pure functions of counts and values.

Each function names its source. Shares are in [0, 1]; NPS is in points from -100 to 100; a mean is on its own scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desk.reports.distributions import binomial_terms, t_quantile

Z = 1.959963984540054  # leaves 95 % of the standard normal distribution between -Z and Z
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def scaled(self, by: float) -> Interval:
        return Interval(self.low * by, self.high * by)

    def overlaps(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(good: int, n: int) -> Interval:
    """The score interval of a share, `good` of `n`, in [0, 1]. n must be positive.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927); recommended for
    small n by Brown, Cai and DasGupta, Statistical Science 16 (2001). 9 of 10 is .596 to .982.
    """
    _check_share(good, n)
    share, square = good / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At both ends the formula gives 0 and 1 exactly; a float's last digit must not say otherwise.
    return Interval(0.0 if good == 0 else max(0.0, middle - reach), 1.0 if good == n else min(1.0, middle + reach))


def _check_share(good: int, n: int) -> None:
    if n <= 0:
        raise ValueError("an interval needs at least one answer")
    if not 0 <= good <= n:
        raise ValueError(f"{good} of {n} is not a share")


def nps(promoters: int, passives: int, detractors: int) -> float:
    """The net promoter score in points: 100 (p - d), over answers only. At least one answer."""
    n = _check_nps(promoters, passives, detractors)
    return 100.0 * (promoters - detractors) / n


def nps_interval(promoters: int, passives: int, detractors: int) -> Interval:
    """The adjusted Wald interval of an NPS, in points, clipped to -100..100.

    Three pseudo-answers (3/4 promoter, 3/2 passive, 3/4 detractor) are added before the plain formula is used:
    Rocks, "Interval estimation for the 'net promoter score'", The American Statistician 70 (2016). They outweigh a
    single answer, which then lies outside; from two answers on the score lies within.
    """
    n = _check_nps(promoters, passives, detractors) + 3.0
    p, d = (promoters + 0.75) / n, (detractors + 0.75) / n
    reach = Z * math.sqrt((p + d - (p - d) ** 2) / n)
    return Interval(max(-100.0, 100.0 * (p - d - reach)), min(100.0, 100.0 * (p - d + reach)))


def nps_margin(promoters: int, passives: int, detractors: int) -> float:
    """The plain margin of an NPS, ± points: 100 z sqrt((p + d - (p - d)^2) / n).

    It stands beside the interval by name, because it is what most tools show; at n = 10 it claims ± 0 for ten
    promoters. p = .5 and d = .2 give 27.9 at n = 30 and 15.3 at n = 100.
    """
    n = _check_nps(promoters, passives, detractors)
    p, d = promoters / n, detractors / n
    return 100.0 * Z * math.sqrt(max(0.0, p + d - (p - d) ** 2) / n)


def _check_nps(promoters: int, passives: int, detractors: int) -> int:
    n = promoters + passives + detractors
    if min(promoters, passives, detractors) < 0:
        raise ValueError("a count of answers cannot be negative")
    if n <= 0:
        raise ValueError("an interval needs at least one answer")
    return n


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `n` values; `interval` is None for a single value, which says nothing about the spread."""

    value: float
    interval: Interval | None
    n: int


def mean(counts: Mapping[int, int]) -> Mean:
    """The mean of counted scores {score: how many} with its t interval: m ± t(n - 1) s / sqrt(n).

    Student, "The probable error of a mean", Biometrika 6 (1908). The interval is the textbook's: it is not cut at the
    ends of the scale. At least one value.
    """
    n = sum(counts.values())
    if n <= 0:
        raise ValueError("a mean needs at least one answer")
    total = sum(score * count for score, count in counts.items())
    value = total / n
    if n == 1:
        return Mean(value, None, n)
    # In whole numbers, so that no digits are lost: n * sum(x^2) - (sum x)^2.
    squares = n * sum(score * score * count for score, count in counts.items()) - total * total
    reach = t_quantile(n - 1) * math.sqrt(squares / (n * (n - 1)) / n)
    return Mean(value, Interval(value - reach, value + reach), n)


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the first lies above the second, with its interval, in the units of both."""

    value: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """True where the interval leaves out 0: chance alone would rarely show such a difference."""
        return not self.interval.holds(0.0)


def difference(first: float, of_first: Interval, second: float, of_second: Interval) -> Difference:
    """first - second of two independent estimates, from their own intervals, by square-and-add.

    With Wilson's intervals this is Newcombe's method 10 for two proportions: "Interval estimation for the difference
    between independent proportions", Statistics in Medicine 17 (1998). For other estimates it is the MOVER of Zou and
    Donner, Statistics in Medicine 27 (2008).
    """
    value = first - second
    low = value - math.hypot(first - of_first.low, of_second.high - second)
    high = value + math.hypot(of_first.high - first, second - of_second.low)
    return Difference(value, Interval(low, high))


def newcombe(good_1: int, n_1: int, good_2: int, n_2: int) -> Difference:
    """The difference of two shares, good_1 of n_1 less good_2 of n_2, in [-1, 1], with Newcombe's interval."""
    found = difference(good_1 / n_1, wilson(good_1, n_1), good_2 / n_2, wilson(good_2, n_2))
    return Difference(found.value, Interval(max(-1.0, found.interval.low), min(1.0, found.interval.high)))


@lru_cache(maxsize=2048)
def quantile_ranks(n: int, p: float) -> tuple[int, int] | None:
    """The ranks (from 1) of the two ordered values between which the p-quantile lies with 95 % or more.

    Between the l-th and the u-th value lies the quantile with probability P(l <= B < u), B binomial(n, p), whatever
    the distribution (David and Nagaraja, Order Statistics, 2003, section 7.1). Of all such pairs this is the closest,
    and of equally close ones the surest. None where even the smallest and the largest value do not suffice (a median
    needs 6 values, a p90 29).
    """
    first, terms = binomial_terms(n, p)
    best: tuple[int, float, int, int] | None = None
    upper, held = 0, 0.0  # terms[lower:upper] are held
    for lower in range(len(terms)):
        if first + lower < 1:
            continue  # rank 0 would be minus infinity
        if upper < lower:
            upper, held = lower, 0.0
        while held < LEVEL and upper < len(terms) and first + upper <= n - 1:
            held += terms[upper]
            upper += 1
        if held < LEVEL:
            break
        found = (upper - lower, -held, first + lower, first + upper)
        best = found if best is None else min(best, found)
        held -= terms[lower]
    return None if best is None else (best[2], best[3])


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of `n` values; `interval` is None where n is too small for one of 95 %."""

    value: float
    interval: Interval | None
    n: int


def quantile(values: Sequence[float], p: float) -> Quantile:
    """The p-quantile (.5 the median, .9 the p90), interpolated between neighbours, with its order-statistic interval.

    The point is definition 7 of Hyndman and Fan (1996), the one of spreadsheets. At least one value.
    """
    if not values:
        raise ValueError("a quantile needs at least one value")
    ordered = sorted(values)
    at = (len(ordered) - 1) * p
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    value = ordered[below] + (ordered[above] - ordered[below]) * (at - below)
    ranks = quantile_ranks(len(ordered), p)
    interval = Interval(ordered[ranks[0] - 1], ordered[ranks[1] - 1]) if ranks else None
    return Quantile(value, interval, len(ordered))


def response_rate(answered: int, delivered: int) -> Interval:
    """Wilson's interval of answered over delivered, in [0, 1]. delivered must be positive."""
    return wilson(answered, delivered)
