"""The statistics against published figures, exact sums, properties, and their coverage over many seeds."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports import statistics
from desk.reports.distributions import binomial_terms, incomplete_beta, t_quantile, t_tail
from desk.reports.statistics import Interval

COUNTS = st.one_of(st.integers(0, 4), st.integers(0, 100_000))


def shares() -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(min_value=1, max_value=100_000).flatmap(
        lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
    )


# ------------------------------------------------------------------------------------------------ distributions


@pytest.mark.parametrize(
    ("df", "level", "expected"),
    [  # NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2
        (1, 0.95, 12.706),
        (2, 0.95, 4.303),
        (3, 0.95, 3.182),
        (5, 0.95, 2.571),
        (9, 0.95, 2.262),
        (10, 0.90, 1.812),
        (10, 0.99, 3.169),
        (20, 0.95, 2.086),
        (29, 0.95, 2.045),
        (30, 0.80, 1.310),
        (60, 0.95, 2.000),
        (100, 0.99, 2.626),
    ],
)
def test_t_quantiles_are_those_of_the_tables(df: int, level: float, expected: float) -> None:
    assert t_quantile(df, level) == pytest.approx(expected, abs=6e-4)


def test_t_quantiles_of_one_and_two_degrees_have_a_closed_form() -> None:
    assert t_quantile(1) == pytest.approx(math.tan(math.pi * 0.475), rel=1e-12)
    assert t_quantile(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-12)


def test_the_expansion_for_many_degrees_of_freedom_meets_the_exact_one() -> None:
    assert t_quantile(100_001) == pytest.approx(t_quantile(100_000), rel=1e-9)
    assert t_quantile(1e9) == pytest.approx(statistics.Z, rel=1e-8)


@given(st.floats(min_value=1, max_value=5000), st.floats(min_value=0.5, max_value=0.999))
def test_a_t_quantile_leaves_its_level(df: float, level: float) -> None:
    assert t_tail(t_quantile(df, level), df) == pytest.approx(1 - level, rel=1e-8)


@given(st.integers(min_value=1, max_value=40), st.integers(min_value=1, max_value=40), st.floats(0, 1))
def test_the_incomplete_beta_is_the_tail_of_a_binomial(a: int, b: int, x: float) -> None:
    n = a + b - 1  # DLMF 8.17.5
    tail = sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert incomplete_beta(a, b, x) == pytest.approx(tail, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (30, 0.9), (4000, 0.5), (1_000_000, 0.9)])
def test_binomial_terms_add_up_to_one(n: int, p: float) -> None:
    first, terms = binomial_terms(n, p)
    assert math.fsum(terms) == pytest.approx(1, abs=1e-8)
    assert math.fsum((first + k) * term for k, term in enumerate(terms)) == pytest.approx(n * p, rel=1e-8)


# ------------------------------------------------------------------------------------------------ shares


@pytest.mark.parametrize(("good", "n", "low", "high"), [(9, 10, 60, 98), (22, 25, 70, 96), (440, 500, 85, 91)])
def test_wilson_gives_the_figures_of_the_definitions(good: int, n: int, low: int, high: int) -> None:
    interval = statistics.wilson(good, n).scaled(100)
    assert (round(interval.low), round(interval.high)) == (low, high)


def test_wilson_agrees_with_a_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857: 81 of 263 and 15 of 148, method 3.
    assert statistics.wilson(81, 263).low == pytest.approx(0.2553, abs=5e-5)
    assert statistics.wilson(81, 263).high == pytest.approx(0.3662, abs=5e-5)
    assert statistics.wilson(15, 148).low == pytest.approx(0.0624, abs=5e-5)
    assert statistics.wilson(15, 148).high == pytest.approx(0.1605, abs=5e-5)


def test_wilson_at_the_ends_is_not_a_point() -> None:
    assert statistics.wilson(0, 20) == Interval(0.0, pytest.approx(0.1611, abs=5e-5))
    assert statistics.wilson(20, 20) == Interval(pytest.approx(0.8389, abs=5e-5), 1.0)


@given(shares())
def test_wilson_stays_in_range_and_holds_the_point(share: tuple[int, int]) -> None:
    good, n = share
    interval = statistics.wilson(good, n)
    assert 0 <= interval.low <= good / n <= interval.high <= 1
    assert interval.low < interval.high


@given(shares())
def test_wilson_is_symmetric(share: tuple[int, int]) -> None:
    good, n = share
    one, other = statistics.wilson(good, n), statistics.wilson(n - good, n)
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)
    assert one.high == pytest.approx(1 - other.low, abs=1e-12)


@given(shares())
def test_wilson_rises_with_the_share_and_narrows_with_n(share: tuple[int, int]) -> None:
    good, n = share
    here = statistics.wilson(good, n)
    if good < n:
        more = statistics.wilson(good + 1, n)
        assert more.low > here.low
        assert more.high >= here.high
    twice = statistics.wilson(2 * good, 2 * n)
    assert twice.high - twice.low < here.high - here.low


@pytest.mark.parametrize(("good", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_what_is_not_a_share_is_refused(good: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"share|at least one"):
        statistics.wilson(good, n)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_figures_of_his_paper(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = statistics.newcombe(*first, *second)
    assert found.interval.low == pytest.approx(low, abs=6e-5)
    assert found.interval.high == pytest.approx(high, abs=6e-5)


@given(shares(), shares())
def test_a_difference_turns_round_with_its_sides(first: tuple[int, int], second: tuple[int, int]) -> None:
    there, back = statistics.newcombe(*first, *second), statistics.newcombe(*second, *first)
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-12)
    assert there.clear == back.clear
    assert -1 <= there.interval.low <= there.value <= there.interval.high <= 1


# ------------------------------------------------------------------------------------------------ NPS


def test_the_plain_margin_gives_the_figures_of_the_definitions() -> None:
    assert statistics.nps_margin(15, 9, 6) == pytest.approx(27.9, abs=0.06)
    assert statistics.nps_margin(50, 30, 20) == pytest.approx(15.3, abs=0.06)
    assert statistics.nps_margin(10, 0, 0) == 0


def test_ten_promoters_are_not_certain() -> None:
    assert statistics.nps(10, 0, 0) == 100
    interval = statistics.nps_interval(10, 0, 0)
    assert interval.high == 100
    assert interval.low == pytest.approx(47.50, abs=0.01)


def test_the_nps_interval_adds_three_answers_and_is_worked_by_hand() -> None:
    # 15, 12 and 9 of 36: adjusted shares 15.75/39 and 9.75/39, difference 6/39.
    p, d = 15.75 / 39, 9.75 / 39
    reach = 1.959964 * math.sqrt((p + d - (p - d) ** 2) / 39)
    interval = statistics.nps_interval(15, 12, 9)
    assert interval.low == pytest.approx(100 * (6 / 39 - reach), abs=1e-4)
    assert interval.high == pytest.approx(100 * (6 / 39 + reach), abs=1e-4)


@given(COUNTS, COUNTS, COUNTS)
def test_nps_stays_in_range_holds_the_point_and_is_symmetric(p: int, m: int, d: int) -> None:
    if p + m + d == 0:
        with pytest.raises(ValueError, match="at least one"):
            statistics.nps_interval(p, m, d)
        return
    interval, mirror = statistics.nps_interval(p, m, d), statistics.nps_interval(d, m, p)
    assert -100 <= interval.low < interval.high <= 100
    # Of a single answer the three pseudo-answers outweigh it: the interval of one promoter ends at 98.5.
    assert interval.holds(statistics.nps(p, m, d)) or p + m + d == 1
    assert interval.low == pytest.approx(-mirror.high, abs=1e-9)


@given(COUNTS, COUNTS, COUNTS)
def test_one_more_promoter_never_lowers_the_nps(p: int, m: int, d: int) -> None:
    if p + m + d:
        assert statistics.nps(p + 1, m, d) >= statistics.nps(p, m, d)
        assert statistics.nps_interval(p + 1, m, d).high >= statistics.nps_interval(p, m, d).high - 1e-9


# ------------------------------------------------------------------------------------------------ means


def test_a_mean_and_its_t_interval_worked_by_hand() -> None:
    found = statistics.mean({7: 2, 6: 2, 3: 1})  # 29/5; the squared deviations add up to 10.8
    assert found.value == pytest.approx(5.8)
    assert found.interval is not None
    reach = 2.7764451 * math.sqrt(10.8 / 4 / 5)
    assert found.interval.low == pytest.approx(5.8 - reach, abs=1e-6)
    assert found.interval.high == pytest.approx(5.8 + reach, abs=1e-6)


def test_one_answer_has_a_mean_and_no_interval() -> None:
    assert statistics.mean({4: 1}) == statistics.Mean(4.0, None, 1)


@given(st.dictionaries(st.integers(1, 7), st.integers(1, 10**6), min_size=1))
def test_a_mean_lies_within_its_scale_and_turns_round_with_it(counts: dict[int, int]) -> None:
    found, turned = statistics.mean(counts), statistics.mean({8 - k: v for k, v in counts.items()})
    assert min(counts) <= found.value <= max(counts)
    assert found.value == pytest.approx(8 - turned.value, abs=1e-9)
    if found.interval and turned.interval:
        assert found.interval.low == pytest.approx(8 - turned.interval.high, abs=1e-9)
        exact = Fraction(sum(k * v for k, v in counts.items()), sum(counts.values()))
        assert found.interval.low - 1e-9 <= exact <= found.interval.high + 1e-9


# ------------------------------------------------------------------------------------------------ quantiles


def exact_cover(n: int, p: Fraction, low: int, high: int) -> Fraction:
    return sum((math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(low, high)), Fraction(0))


@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(9, 10)])
def test_order_statistics_hold_their_level_and_are_the_closest(p: Fraction) -> None:
    for n in range(1, 61):
        ranks = statistics.quantile_ranks(n, float(p))
        sure = [
            (high - low, low, high)
            for low in range(1, n + 1)
            for high in range(low + 1, n + 1)
            if exact_cover(n, p, low, high) >= Fraction(95, 100)
        ]
        if ranks is None:
            assert not sure
        else:
            assert exact_cover(n, p, *ranks) >= Fraction(95, 100)
            assert ranks[1] - ranks[0] == min(sure)[0]


def test_a_median_of_a_million_is_quick_and_close() -> None:
    assert statistics.quantile_ranks(1_000_000, 0.5) == (499_020, 500_980)


def test_quantiles_of_few_values_say_so() -> None:
    assert statistics.quantile([3, 1, 2], 0.5) == statistics.Quantile(2, None, 3)
    assert statistics.quantile(range(1, 7), 0.5) == statistics.Quantile(3.5, Interval(1, 6), 6)
    with pytest.raises(ValueError, match="at least one"):
        statistics.quantile([], 0.5)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=80), st.sampled_from([0.5, 0.9]))
def test_quantiles_lie_among_the_values_and_in_their_interval(values: list[int], p: float) -> None:
    found = statistics.quantile(values, p)
    assert min(values) <= found.value <= max(values)
    if found.interval:
        assert min(values) <= found.interval.low <= found.value <= found.interval.high <= max(values)


# ------------------------------------------------------------------------------------------------ coverage

SEEDS = 1000
N = 30


def held(hits: int) -> bool:
    return hits >= 0.92 * SEEDS


def draws(weights: dict[int, float], seed: int) -> dict[int, int]:
    picked = random.Random(seed).choices(list(weights), list(weights.values()), k=N)
    return {score: picked.count(score) for score in set(picked)}


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8, 0.86, 0.9, 0.94])
def test_wilson_covers_the_truth(share: float) -> None:
    assert held(
        sum(statistics.wilson(draws({0: 1 - share, 1: share}, s).get(1, 0), N).holds(share) for s in range(SEEDS))
    )


NPS_TRUTHS = [(0.5, 0.3, 0.2), (0.6, 0.25, 0.15), (0.35, 0.35, 0.3), (0.75, 0.15, 0.1), (0.2, 0.3, 0.5)]


@pytest.mark.parametrize("truth", NPS_TRUTHS)
def test_the_nps_interval_covers_the_truth(truth: tuple[float, float, float]) -> None:
    hits = 0
    for seed in range(SEEDS):
        found = draws(dict(enumerate(truth)), seed)
        interval = statistics.nps_interval(found.get(0, 0), found.get(1, 0), found.get(2, 0))
        hits += interval.holds(100 * (truth[0] - truth[2]))
    assert held(hits)


CES_TRUTHS = [
    {1: 0.03, 2: 0.04, 3: 0.06, 4: 0.12, 5: 0.25, 6: 0.30, 7: 0.20},
    {1: 0.05, 2: 0.05, 3: 0.05, 4: 0.10, 5: 0.20, 6: 0.25, 7: 0.30},
    {1: 0.30, 2: 0.20, 3: 0.15, 4: 0.15, 5: 0.10, 6: 0.05, 7: 0.05},
    dict.fromkeys(range(1, 8), 1 / 7),
]


@pytest.mark.parametrize("truth", CES_TRUTHS)
def test_the_t_interval_covers_the_truth(truth: dict[int, float]) -> None:
    goal = sum(score * weight for score, weight in truth.items())
    hits = 0
    for seed in range(SEEDS):
        interval = statistics.mean(draws(truth, seed)).interval
        hits += interval is not None and interval.holds(goal)
    assert held(hits)


@pytest.mark.parametrize(("first", "second"), [(0.86, 0.86), (0.9, 0.7), (0.5, 0.6)])
def test_newcombe_covers_the_true_difference(first: float, second: float) -> None:
    hits = 0
    for seed in range(SEEDS):
        one, two = random.Random(f"a{seed}"), random.Random(f"b{seed}")
        found = statistics.newcombe(
            sum(one.random() < first for _ in range(N)), N, sum(two.random() < second for _ in range(N)), N
        )
        hits += found.interval.holds(first - second)
    assert held(hits)


@pytest.mark.parametrize("p", [0.5, 0.9])
def test_order_statistics_cover_the_truth_of_a_skewed_distribution(p: float) -> None:
    truth = -math.log(1 - p)  # of an exponential distribution, as waiting times tend to be
    hits = 0
    for seed in range(SEEDS):
        random_ = random.Random(seed)
        interval = statistics.quantile([random_.expovariate(1) for _ in range(N)], p).interval
        hits += interval is not None and interval.holds(truth)
    assert held(hits)
