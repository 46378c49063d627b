"""Quiet hours and the times of digests, in any zone, over days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import notices
from desk.notices import ChoiceRefused, Quiet, next_mail, quiet_of
from tests.notices.conftest import Office

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Sydney"]
)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
MINUTES = st.integers(0, 24 * 60 - 1)


@given(MINUTES, MINUTES, st.frozensets(st.integers(0, 6), max_size=6), TIMES, ZONES)
def test_quiet_is_over_at_the_first_minute_that_is_not_quiet(
    start: int, end: int, days: frozenset[int], at: datetime, zone: str
) -> None:
    quiet = Quiet(start, end, days) if start != end else Quiet(days=days)
    over = quiet.over(at, zone)
    assert over >= at
    assert not quiet.holds(over.astimezone(ZoneInfo(zone)))
    step = at
    while step < over:  # every minute before it is quiet, but for one that the clocks show twice or not at all
        local = step.astimezone(ZoneInfo(zone))
        moved = local.utcoffset() != over.astimezone(ZoneInfo(zone)).utcoffset()
        assert quiet.holds(local) or moved
        step += timedelta(minutes=7)


@given(MINUTES, MINUTES, TIMES)
def test_quiet_hours_past_midnight_are_the_rest_of_the_other_ones(start: int, end: int, at: datetime) -> None:
    if start != end:
        assert Quiet(start, end).holds(at) != Quiet(end, start).holds(at)


def test_whole_days_and_all_of_them() -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert Quiet(days=frozenset({5, 6})).over(saturday, "UTC") == datetime(2026, 3, 9, tzinfo=UTC)
    assert Quiet(days=frozenset(range(7))).over(saturday, "UTC") == saturday


@given(TIMES, ZONES, st.sampled_from(["now", "hourly", "daily"]))
def test_a_digest_goes_out_later_and_within_its_time(at: datetime, zone: str, mail: str) -> None:
    when = next_mail(mail, at, zone)
    longest = {"now": timedelta(minutes=1), "hourly": timedelta(hours=1), "daily": timedelta(hours=25)}[mail]
    assert at < when <= at + longest
    if mail == "daily":
        assert when.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "08:00"


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [("18:00", "", "half"), ("x", "y", "time"), ("9:0", "", "time"), ("08:00", "08:00", "empty")],
)
def test_hours_that_are_none_are_refused(start: str, end: str, reason: str) -> None:
    with pytest.raises(ChoiceRefused) as refused:
        quiet_of(start, end, [])
    assert refused.value.reason == reason


def test_what_was_chosen_is_kept_and_what_was_not_is_the_default(office: Office) -> None:
    chosen = notices.Choice(
        {"assigned": notices.Ways(sound=True, mail="daily")}, quiet_of("18:00", "07:30", [6]), names_in_push=True
    )
    with office.store.transaction() as tx:
        notices.choose(tx, office.ada.id, chosen)
        notices.choose(tx, office.ada.id, chosen)
    with office.store.reading() as tx:
        found = notices.choices(tx, [office.ada.id, office.bea.id])
    assert found[office.ada.id] == chosen
    assert found[office.bea.id] == notices.Choice()
    assert found[office.bea.id].of("failed").sound is False
