"""CSAT, NPS and CES behind one face, and the JSON of `flask survey statistics`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports.measures import CES, CSAT, MEASURES, NPS, AnswerError, parse_answers, statistics_json


def test_csat_is_the_share_of_fours_and_fives_in_per_cent() -> None:
    found = statistics_json("csat", [5] * 6 + [4] * 3 + [3])
    assert found["measure"] == "csat"
    assert found["n"] == 10
    assert found["score"] == pytest.approx(90)
    assert (round(found["low"]), round(found["high"])) == (60, 98)


def test_nps_is_in_points_and_counts_0_to_6_against() -> None:
    found = statistics_json("nps", [10, 9, 9, 8, 7, 6, 0])
    assert found["score"] == pytest.approx(100 / 7)
    assert found["low"] < found["score"] < found["high"]


def test_ces_is_a_mean() -> None:
    found = statistics_json("ces", [7, 7, 6, 6, 3])
    assert found["score"] == pytest.approx(5.8)
    assert found["low"] == pytest.approx(5.8 - 2.0403, abs=1e-3)


@pytest.mark.parametrize("measure", list(MEASURES))
def test_no_answers_are_no_data_and_never_zero(measure: str) -> None:
    assert statistics_json(measure, []) == {"measure": measure, "score": None, "n": 0, "low": None, "high": None}


def test_one_ces_answer_has_no_interval() -> None:
    assert statistics_json("ces", [6]) == {"measure": "ces", "score": 6.0, "n": 1, "low": None, "high": None}


@pytest.mark.parametrize(
    ("measure", "answer", "sentence"),
    [
        ("csat", 0, "0 is not an answer of CSAT: the scale goes from 1 to 5"),
        ("csat", 6, "6 is not an answer of CSAT: the scale goes from 1 to 5"),
        ("nps", -1, "-1 is not an answer of NPS: the scale goes from 0 to 10"),
        ("nps", 11, "11 is not an answer of NPS: the scale goes from 0 to 10"),
        ("ces", 8, "8 is not an answer of CES: the scale goes from 1 to 7"),
        ("ease", 5, "there is no measure 'ease': choose csat, nps, ces"),
    ],
)
def test_what_is_off_the_scale_is_refused_in_one_sentence(measure: str, answer: int, sentence: str) -> None:
    with pytest.raises(AnswerError) as refused:
        statistics_json(measure, [answer])
    assert str(refused.value) == sentence


def test_typed_answers_are_read_with_commas_or_spaces() -> None:
    assert parse_answers("5,4, 3 1,") == [5, 4, 3, 1]
    with pytest.raises(AnswerError, match=r"'4\.5' is not a whole number"):
        parse_answers("5,4.5")


@given(st.lists(st.integers(1, 5), min_size=1, max_size=200), st.integers(0, 200))
def test_bounds_hold_the_score_and_meet_it_when_nobody_is_silent(answers: list[int], silent: int) -> None:
    counts = CSAT.count(answers)
    figure, bounds = CSAT.figure(counts), CSAT.bounds(counts, silent)
    assert bounds is not None
    assert figure.score is not None
    assert 0 <= bounds.low <= figure.score + 1e-9
    assert figure.score - 1e-9 <= bounds.high <= 100
    if not silent:
        assert bounds.low == bounds.high == figure.score


def test_bounds_of_the_report_in_the_design() -> None:
    counts = {1: 21, 2: 22, 3: 26, 4: 148, 5: 269}
    bounds = CSAT.bounds(counts, 1312 - 486)
    assert bounds is not None
    assert (round(bounds.low, 1), round(bounds.high, 1)) == (31.8, 94.7)
    figure = CSAT.figure(counts)
    assert figure.interval is not None
    assert (round(figure.interval.low, 1), round(figure.interval.high, 1)) == (82.4, 88.6)


def test_bounds_of_the_other_measures_reach_their_scales_ends() -> None:
    nps, ces = NPS.bounds({}, 4), CES.bounds({}, 4)
    assert nps is not None
    assert ces is not None
    assert (nps.low, nps.high) == (-100, 100)
    assert (ces.low, ces.high) == (1, 7)
    assert CES.bounds({}, 0) is None


def test_a_small_difference_may_be_chance_and_a_large_one_is_likely_real() -> None:
    now, before = CSAT.figure({1: 69, 5: 417}), CSAT.figure({1: 61, 5: 451})
    found, reading = CSAT.compare(now, before)
    assert found is not None
    assert reading == "may be chance"
    assert (round(found.value, 1), round(found.interval.low, 1), round(found.interval.high, 1)) == (-2.3, -6.5, 1.9)
    assert CSAT.compare(CSAT.figure({1: 60, 5: 40}), before)[1] == "likely real"


def test_too_few_answers_are_not_compared() -> None:
    many = CSAT.figure({5: 40})
    assert CSAT.compare(CSAT.figure({5: 9}), many) == (None, "too few answers")
    assert CSAT.compare(many, CSAT.figure({})) == (None, "no data")
