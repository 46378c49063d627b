"""The order of the queue and the changes of status: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.conversations.states import LEVELS, STATUSES, NotPossible, change, head_start_of, urgency

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
hours = st.floats(0, 24 * 50)
levels = st.sampled_from(LEVELS)


def _at(waited: float, level: str = "calm", priority: int = 0) -> float:
    return urgency(waiting_since=AT - timedelta(hours=waited), last_at=AT, level=level, priority=priority)


@given(hours, hours, levels, st.sampled_from([-1, 0, 1]))
def test_among_equals_who_waited_longer_comes_first(a: float, b: float, level: str, priority: int) -> None:
    if abs(a - b) > 0.001:
        assert (_at(a, level, priority) > _at(b, level, priority)) == (a > b)


@given(hours)
def test_frustration_and_priority_lift(waited: float) -> None:
    assert _at(waited, "frustrated") > _at(waited, "strained") > _at(waited, "calm")
    assert _at(waited, priority=1) > _at(waited) > _at(waited, priority=-1)


def test_a_frustrated_customer_passes_whoever_waited_up_to_twelve_hours_longer() -> None:
    assert _at(1, "frustrated") > _at(12.9)
    assert _at(1, "frustrated") < _at(13.1)


@given(hours, levels)
def test_whoever_waits_comes_before_all_for_whom_nobody_waits(waited: float, level: str) -> None:
    answered = urgency(waiting_since=None, last_at=AT - timedelta(hours=waited), level=level, priority=1)
    assert _at(0, "calm", -1) > answered


@given(
    waits=st.booleans(),
    waited=hours,
    level=levels,
    priority=st.sampled_from([-1, 0, 1]),
    due=st.none() | hours,
    state=st.sampled_from(["", "soon", "late"]),
    ahead=st.integers(0, 168 * 60),
)
def test_a_place_tells_the_head_start_that_it_was_made_with(
    waits: bool, waited: float, level: str, priority: int, due: float | None, state: str, ahead: int
) -> None:
    times: dict[str, Any] = {
        "waiting_since": AT - timedelta(hours=waited) if waits else None,
        "last_at": AT - timedelta(hours=waited / 2),
        "due_at": None if due is None else AT + timedelta(hours=due),
        "due_state": state,
        "priority": priority,
    }
    start = dict.fromkeys(LEVELS, timedelta(minutes=ahead))
    key = urgency(level=level, head_start=start, **times)
    assert head_start_of(key, **times) == timedelta(minutes=ahead)


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_episodes_open_and_close_with_the_status(before: str, after: str) -> None:
    if before == after:
        with pytest.raises(NotPossible, match="already"):
            change(before, after)
        return
    step = change(before, after)
    assert step.opens_episode == (before in ("resolved", "spam") and after not in ("resolved", "spam"))
    assert step.closes_episode == (after in ("resolved", "spam") and before not in ("resolved", "spam"))


def test_what_is_no_status_is_refused() -> None:
    with pytest.raises(NotPossible, match="not a status"):
        change("open", "closed")
