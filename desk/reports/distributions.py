"""Student's t and the binomial distribution, computed here so that the desk needs no numerical library for them."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300
_EPSILON = 1e-16


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), in [0, 1], for a, b > 0 and x in [0, 1].

    The continued fraction of DLMF 8.17.22, evaluated by Lentz's method on the side where it converges fast.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    return min(1.0, math.exp(log_front) * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, 10_000):
        for coefficient in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 + coefficient * d
            c = 1.0 + coefficient / c
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            step = c * d
            value *= step
        if abs(step - 1.0) < _EPSILON * 4:
            return value
    raise ArithmeticError(f"the incomplete beta function did not converge at a={a}, b={b}, x={x}")


def t_tail(t: float, df: float) -> float:
    """P(|T| > t) of Student's t with `df` degrees of freedom (any positive real)."""
    return incomplete_beta(df / 2.0, 0.5, df / (df + t * t))


@lru_cache(maxsize=4096)
def t_quantile(df: float, level: float = 0.95) -> float:
    """The t that leaves `level` of Student's distribution between -t and t.

    Solved from `t_tail` by bisection; beyond 100,000 degrees of freedom the Cornish-Fisher expansion
    (Abramowitz and Stegun 26.7.5) is exact to all the digits of a float that matter here.
    """
    if df <= 0:
        raise ValueError("a t quantile needs a positive number of degrees of freedom")
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    if df > 100_000:
        return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
    low, high = 0.0, z
    while t_tail(high, df) > 1.0 - level:
        low, high = high, high * 2.0
    while high - low > 1e-13 * high:
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if t_tail(middle, df) > 1.0 - level:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def binomial_terms(n: int, p: float) -> tuple[int, list[float]]:
    """The probabilities of a binomial(n, p) around its mean, as (first count, terms); what is left out is below 1e-15.

    0 < p < 1. A window of nine standard deviations (and at least 60 counts) keeps this small at any n.
    """
    if not 0.0 < p < 1.0:
        raise ValueError("a binomial share must lie strictly between 0 and 1")
    mean, reach = n * p, 9.0 * math.sqrt(n * p * (1.0 - p)) + 60.0
    first, last = max(0, math.floor(mean - reach)), min(n, math.ceil(mean + reach))
    logs = (math.log(p), math.log1p(-p))
    whole = math.lgamma(n + 1)
    return first, [
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * logs[0] + (n - k) * logs[1])
        for k in range(first, last + 1)
    ]
