"""Who gets a conversation: never more than they can take, in turn, and nobody who is not there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.assigning.choosing import (
    GONE_AFTER,
    Asked,
    Candidate,
    Sign,
    Standing,
    choose,
    goes_back,
    standing,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDLE = timedelta(minutes=10)
MODE = st.sampled_from(["round", "load"])
WORDS = st.frozensets(st.sampled_from(["de", "en", "refunds", "glazes"]), max_size=3)
CANDIDATE = st.builds(
    Candidate,
    id=st.integers(1, 50),
    here=st.booleans(),
    working=st.booleans(),
    open=st.integers(0, 5),
    load=st.integers(0, 12),
    capacity=st.integers(1, 12),
    of_channel=st.integers(0, 4),
    most=st.none() | st.integers(0, 4),
    languages=WORDS,
    skills=WORDS,
    last=st.integers(0, 9),
)
CANDIDATES = st.lists(CANDIDATE, max_size=8, unique_by=lambda one: one.id)
ASKED = st.builds(
    Asked,
    mode=MODE,
    weight=st.integers(1, 4),
    language=st.sampled_from(["", "de", "en"]),
    skills=WORDS,
    declined=st.frozensets(st.integers(1, 50), max_size=3),
)


@given(CANDIDATES, ASKED)
def test_whoever_is_chosen_may_have_it_and_nobody_means_that_nobody_may(found: list[Candidate], asked: Asked) -> None:
    fits = {
        one.id
        for one in found
        if one.here
        and one.working
        and one.id not in asked.declined
        and (not asked.language or asked.language in one.languages)
        and asked.skills <= one.skills
        and one.load + asked.weight <= one.capacity
        and (one.most is None or one.of_channel + 1 <= one.most)
    }
    choice = choose(found, asked)
    if choice.staff_id is None:
        assert fits == set() and choice.reason
    else:
        assert choice.staff_id in fits and not choice.reason
        assert choice.load <= choice.capacity


@given(CANDIDATES, ASKED, st.randoms())
def test_the_order_in_which_they_are_read_changes_nothing(found: list[Candidate], asked: Asked, random: object) -> None:
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert choose(mixed, asked) == choose(found, asked)


def given_out(team: list[Candidate], weights: list[int], mode: str) -> tuple[list[Candidate], Counter[int]]:
    """One conversation after the other, until they are all given or nobody has room."""
    people, got = {one.id: one for one in team}, Counter({one.id: 0 for one in team})
    for number, weight in enumerate(weights, start=1):
        to = choose(list(people.values()), Asked(mode, weight)).staff_id
        if to is not None:
            one = people[to]
            people[to] = replace(one, load=one.load + weight, open=one.open + 1, last=number)
            got[to] += 1
    return list(people.values()), got


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(st.integers(1, 4), max_size=60), MODE)
def test_nobody_ever_has_more_than_they_can_take(capacities: list[int], weights: list[int], mode: str) -> None:
    team = [Candidate(id=n, capacity=capacity) for n, capacity in enumerate(capacities, start=1)]
    after, _got = given_out(team, weights, mode)
    assert all(one.load <= one.capacity for one in after)


@given(st.integers(1, 7), st.integers(0, 80), MODE)
def test_equals_never_differ_by_more_than_one(size: int, conversations: int, mode: str) -> None:
    team = [Candidate(id=n, capacity=1000) for n in range(1, size + 1)]
    _after, got = given_out(team, [1] * conversations, mode)
    assert sum(got.values()) == conversations
    assert max(got.values()) - min(got.values()) <= 1


@given(st.integers(1, 7), st.lists(st.integers(1, 4), max_size=80))
def test_turns_are_fair_whatever_the_conversations_weigh(size: int, weights: list[int]) -> None:
    _after, got = given_out([Candidate(id=n, capacity=1000) for n in range(1, size + 1)], weights, "round")
    assert max(got.values()) - min(got.values()) <= 1


def test_load_goes_by_what_each_can_take() -> None:
    half, much = Candidate(1, load=2, capacity=4), Candidate(2, load=5, capacity=20)
    assert choose([half, much], Asked("load")).staff_id == 2
    assert choose([half, replace(much, last=3)], Asked("round")).staff_id == 1


@pytest.mark.parametrize(
    ("one", "asked", "reason"),
    [
        (None, Asked("round"), "nobody"),
        (Candidate(1), Asked("round", declined=frozenset({1})), "declined"),
        (Candidate(1, here=False), Asked("round"), "offline"),
        (Candidate(1, working=False), Asked("round"), "hours"),
        (Candidate(1), Asked("round", language="de"), "language"),
        (Candidate(1), Asked("round", skills=frozenset({"refunds"})), "skills"),
        (Candidate(1, load=9), Asked("round", weight=2), "full"),
        (Candidate(1, of_channel=2, most=2), Asked("round"), "full"),
    ],
)
def test_the_reason_is_the_first_thing_for_which_nobody_is_left(
    one: Candidate | None, asked: Asked, reason: str
) -> None:
    choice = choose([one] if one else [], asked)
    assert (choice.staff_id, choice.reason) == (None, reason)


def test_presence_runs_out_by_itself() -> None:
    sign = Sign(seen_at=NOW, active_at=NOW)
    assert standing(sign, NOW, IDLE) == Standing("online")
    assert standing(sign, NOW + GONE_AFTER, IDLE) == Standing("offline", "", NOW + GONE_AFTER)
    assert standing(Sign(), NOW, IDLE) == Standing("offline")


def test_away_is_chosen_or_comes_from_doing_nothing() -> None:
    later = NOW + timedelta(minutes=30)
    assert standing(Sign(later, NOW), later, IDLE) == Standing("away", "idle", NOW + IDLE)
    chosen = Sign(later, later, "away", NOW + timedelta(minutes=5))
    assert standing(chosen, later, IDLE) == Standing("away", "chosen", NOW + timedelta(minutes=5))
    # Who went away first and closed the screen later has been away since then.
    gone = Sign(NOW, NOW, "away", NOW - timedelta(minutes=5))
    assert standing(gone, later, IDLE) == Standing("offline", "", NOW - timedelta(minutes=5))


@given(
    st.integers(0, 600).map(lambda n: NOW + timedelta(seconds=n)),
    st.integers(0, 2000).map(lambda n: timedelta(seconds=n)),
)
def test_who_is_not_there_never_comes_back_by_time(seen: datetime, passed: timedelta) -> None:
    sign = Sign(seen, seen)
    if not standing(sign, seen + passed, IDLE).here:
        later = standing(sign, seen + passed + timedelta(minutes=1), IDLE)
        assert not later.here and later.since == standing(sign, seen + passed, IDLE).since


def test_what_somebody_has_goes_back_after_the_minutes_and_at_the_end_of_hours() -> None:
    away = Standing("away", "chosen", NOW)
    after = NOW + timedelta(minutes=20)
    assert goes_back(away, NOW - timedelta(hours=1), after, 20, ended=False) == "away"
    assert goes_back(away, NOW - timedelta(hours=1), after - timedelta(seconds=1), 20, ended=False) == ""
    assert goes_back(away, NOW + timedelta(minutes=5), after, 20, ended=False) == ""  # given to them since
    assert goes_back(away, None, after, None, ended=False) == ""
    assert goes_back(away, None, after, None, ended=True) == "hours"
    assert goes_back(Standing("online"), None, after, 0, ended=True) == ""  # they are still at it
    assert goes_back(Standing("offline"), None, after, 0, ended=True) == ""  # and never were here
