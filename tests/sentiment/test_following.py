"""How a conversation feels after each message: order, memory, circumstances, and levels that do not flap."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desk.sentiment.following import (
    AT_MOST,
    CALMER_BY,
    LEVELS,
    Heard,
    Limits,
    State,
    circumstances,
    course,
    follow,
    level,
    message,
    patiences,
    step,
)

LIMITS = Limits(0.40, 0.65)
CHANCE = st.floats(0, 1)
HEARD = st.builds(Heard, CHANCE, st.integers(0, 50), st.floats(0, 1e6), st.floats(-1, 1))
STATES = st.builds(State, CHANCE, st.sampled_from(LEVELS))


@given(CHANCE, HEARD)
def test_a_message_never_calms_more_than_silence_would(before: float, heard: Heard) -> None:
    after = follow(before, heard)
    assert 0 <= after <= 1
    assert after >= message(heard) - 1e-4
    assert after >= before / 2 - 1e-4


@given(st.sampled_from(LEVELS), CHANCE)
def test_levels_hold_on_the_way_down(before: str, value: float) -> None:
    fresh, kept = level("calm", value, LIMITS), level(before, value, LIMITS)
    assert LEVELS.index(kept) >= LEVELS.index(fresh)  # having been higher never makes it lower
    if value < LIMITS.strained_at - CALMER_BY:
        assert kept == "calm"
    assert level(kept, value, LIMITS) == kept  # the same value twice changes nothing


@given(st.sampled_from((0.40, 0.65)), st.floats(-0.05, 0.05))
def test_nobody_flaps_around_a_limit(value: float, by: float) -> None:
    """A value that trembles less than the hysteresis changes the level at most once."""
    levels = [level("calm", value, LIMITS)]
    for each in (value + by, value, value + by, value, value + by):
        levels.append(level(levels[-1], min(1.0, max(0.0, each)), LIMITS))
    assert sum(a != b for a, b in pairwise(levels)) <= 1


@given(CHANCE, st.integers(0, 5), st.floats(0, 100), CHANCE)
def test_circumstances_only_add_and_only_so_much(chance: float, unanswered: int, waited: float, alike: float) -> None:
    plain = Heard(chance)
    heard = Heard(chance, unanswered, waited, alike)
    assert 0 <= circumstances(heard) <= AT_MOST
    assert message(heard) >= message(plain) - 1e-9
    assert message(Heard(chance, unanswered + 1, waited, alike)) >= message(heard) - 1e-9
    assert message(Heard(chance, unanswered, waited + 1, alike)) >= message(heard) - 1e-9


@given(STATES, st.lists(HEARD, max_size=8))
def test_a_course_is_one_step_after_another(start: State, heard: list[Heard]) -> None:
    states = course(start, heard, LIMITS)
    assert len(states) == len(heard)
    for each, state in zip(heard, states, strict=True):
        start = step(start, each, LIMITS)
        assert start == state


@given(STATES, st.lists(HEARD, min_size=1, max_size=6), st.floats(0, 1))
def test_a_worse_message_never_makes_a_conversation_calmer(start: State, heard: list[Heard], worse: float) -> None:
    before = course(start, heard, LIMITS)[-1]
    first = heard[0]
    raised = Heard(max(first.frustration, worse), first.unanswered, first.waited, first.similarity)
    after = course(start, [raised, *heard[1:]], LIMITS)[-1]
    assert after.value >= before.value - 1e-3
    assert LEVELS.index(after.level) >= LEVELS.index(before.level) or abs(after.value - before.value) < 2e-3


def test_a_run_of_calm_questions_never_becomes_strained() -> None:
    states = course(State(), [Heard(0.12)] * 30, LIMITS)
    assert {state.level for state in states} == {"calm"}


def test_asking_the_same_thing_again_and_again_without_an_answer_is_heard_behind_polite_words() -> None:
    polite = 0.12
    asked = [Heard(polite), Heard(polite, 1, 1.5, 0.8), Heard(polite, 2, 4.0, 0.92), Heard(polite, 3, 8.0, 0.95)]
    levels = [state.level for state in course(State(), asked, LIMITS)]
    assert levels[0] == "calm"
    assert levels[-1] != "calm"
    answered = [Heard(polite)] * 4
    assert course(State(), answered, LIMITS)[-1].level == "calm"


def test_one_outburst_is_remembered_and_then_forgiven() -> None:
    states = course(State(), [Heard(0.9), Heard(0.1), Heard(0.05), Heard(0.05), Heard(0.05)], LIMITS)
    assert states[0].level == "frustrated"
    assert states[1].level != "calm"
    assert states[-1].level == "calm"


def test_a_wait_is_told_in_what_people_wait_patiently_for_on_the_channel() -> None:
    assert patiences(4, "chat") == 1.0
    assert patiences(24 * 60, "email") == patiences(24 * 60, "some new channel") == 1.0
    assert patiences(-5, "sms") == 0.0
