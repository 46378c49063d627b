"""Thresholds: what they promise is kept on what was counted, and they move the right way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.nlp.thresholds import NEVER, Judged, curve, threshold, wilson

JUDGED = st.lists(
    st.builds(
        lambda sure, right, able, weight: Judged(sure, right and able, able, weight),
        st.floats(0, 1),
        st.booleans(),
        st.booleans(),
        st.sampled_from([0.15, 0.5, 0.85, 1.0]),
    ),
    min_size=1,
    max_size=60,
)
PRECISIONS = st.floats(0.01, 1.0)


@given(JUDGED, PRECISIONS)
def test_a_threshold_keeps_its_promise_on_what_was_counted(judged: list[Judged], precision: float) -> None:
    found = threshold(judged, precision)
    answered = [each for each in judged if each.confidence >= found.value]
    if not found.reached:
        assert answered == []
        return
    total = sum(each.weight for each in answered)
    share = sum(each.weight for each in answered if each.right) / total
    assert share >= precision - 1e-9
    assert found.precision == pytest.approx(share)
    assert found.n == len(answered)
    assert 0 <= found.low <= found.precision + 1e-9
    assert found.precision - 1e-9 <= found.high <= 1


@given(JUDGED, PRECISIONS, PRECISIONS)
def test_who_asks_for_more_gets_fewer_answers(judged: list[Judged], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert threshold(judged, low).value <= threshold(judged, high).value


@given(JUDGED, PRECISIONS)
def test_stricter_is_never_laxer(judged: list[Judged], precision: float) -> None:
    assert threshold(judged, precision, stricter=0).value <= threshold(judged, precision, stricter=0.01).value


@given(JUDGED)
def test_the_curve_says_what_a_count_says(judged: list[Judged]) -> None:
    total = sum(each.weight for each in judged)
    for point in curve(judged, steps=10):
        answered = [each for each in judged if each.confidence >= point.threshold]
        weight = sum(each.weight for each in answered)
        assert point.answered == pytest.approx(weight / total)
        assert point.right == pytest.approx(sum(each.weight for each in answered if each.right) / weight)
        assert point.low - 1e-9 <= point.right <= point.high + 1e-9


@given(st.integers(0, 400), st.integers(0, 400))
def test_wilson_holds_the_share_and_narrows(right: int, wrong: int) -> None:
    n = right + wrong
    low, high = wilson(right, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low - 1e-9 <= right / n <= high + 1e-9
        more = wilson(4 * right, 4 * n)
        assert more[1] - more[0] <= high - low + 1e-9


def test_wilson_by_the_book() -> None:
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert wilson(440, 500) == pytest.approx((0.8486, 0.9057), abs=1e-4)


def test_nothing_counted_promises_nothing() -> None:
    found = threshold([], 0.95)
    assert (found.value, found.reached, found.n) == (NEVER, False, 0)
    assert curve([]) == ()


def test_one_lucky_question_is_no_licence() -> None:
    """Where confidence says nothing about being right, a right one on top by chance opens no door."""
    judged = [Judged(0.99, True), *(Judged(0.98 - n / 100, n % 2 == 0) for n in range(90))]
    assert not threshold(judged, 0.95).reached


def test_a_clear_case_is_cut_between_right_and_wrong() -> None:
    judged = [Judged(0.9 + n / 1000, True) for n in range(50)]
    judged += [Judged(0.1 + n / 1000, False, answerable=False) for n in range(50)]
    found = threshold(judged, 1.0)
    assert 0.149 < found.value <= 0.9
    assert found.coverage == 1.0


@pytest.mark.parametrize("precision", [0, -0.5, 1.01, math.nan])
def test_a_precision_that_cannot_be_is_refused(precision: float) -> None:
    with pytest.raises(ValueError, match="above 0 and is at most 1"):
        threshold([Judged(0.5, True)], precision)
