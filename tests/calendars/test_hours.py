"""Business time: held to a walk over every minute, with clocks that change and shifts past midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.calendars import (
    Holiday,
    Hours,
    Span,
    add,
    between,
    next_opening,
    opening,
    overlapping,
    read_holidays,
    read_hours,
)
from desk.calendars.hours import AHEAD

NOW = datetime(2026, 11, 20, 10, 41, tzinfo=UTC)  # a Friday
MINUTE = timedelta(minutes=1)
# Clocks change at night, at midnight (Santiago, Beirut), by half an hour (Lord Howe); Apia once left out a whole day.
ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe")
CHANGES = {
    "UTC": (date(2026, 3, 29),),
    "Europe/Stockholm": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 6)),
    "Asia/Beirut": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime]:
    """Hours, and a moment within two days of a night on which the clocks change."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(CHANGES[zone]))
    near = change.weekday()
    day = st.one_of(st.integers(0, 6), st.sampled_from([(near - 1) % 7, near]))
    minutes = st.one_of(st.integers(0, 1439), st.integers(0, 240))
    length = st.one_of(st.integers(1, 1440), st.integers(1, 90))
    drawn = draw(st.lists(st.tuples(day, minutes, length), min_size=1, max_size=5))
    spans = tuple(Span(d, start, start + n) for d, start, n in drawn)
    ahead = draw(st.lists(st.integers(-3, 4), max_size=2))
    days = tuple(change + timedelta(days=n) for n in ahead)
    holidays = tuple(Holiday(d.month, d.day, d.year if n % 2 else None) for n, d in enumerate(days))
    at = datetime(change.year, change.month, change.day, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-2880, 2880)))
    return Hours(spans, zone, holidays), at


def is_open(hours: Hours, at: datetime) -> bool:
    """By the definition alone: what the clock on the wall shows lies in a span of a day that is no holiday."""
    here = at.astimezone(ZoneInfo(hours.zone))
    for back in (0, 1):
        day = here.date() - timedelta(days=back)
        if any((h.month, h.day) == (day.month, day.day) and h.year in (None, day.year) for h in hours.holidays):
            continue
        minute = back * 1440 + here.hour * 60 + here.minute
        if any(s.day == day.weekday() and s.start <= minute < s.end for s in hours.spans):
            return True
    return False


@given(case=cases(), minutes=st.integers(0, 4000))
def test_time_between_is_the_open_minutes_between(case: tuple[Hours, datetime], minutes: int) -> None:
    hours, at = case
    walked = sum(is_open(hours, at + n * MINUTE) for n in range(minutes))
    assert between(hours, at, at + minutes * MINUTE) == walked * MINUTE


@given(case=cases(), minutes=st.integers(1, 1500))
def test_time_added_is_walked_minute_by_minute(case: tuple[Hours, datetime], minutes: int) -> None:
    hours, at = case
    left, then, limit = minutes, at, at + timedelta(days=9)
    while left and then < limit:
        left -= is_open(hours, then)
        then += MINUTE
    found = add(hours, at, minutes * MINUTE)
    if left:
        assert found is None or found > limit
    else:
        assert found == then
        assert between(hours, at, then) == minutes * MINUTE


@given(case=cases())
def test_the_next_opening_is_the_first_open_minute(case: tuple[Hours, datetime]) -> None:
    hours, at = case
    walked = next((at + n * MINUTE for n in range(9 * 1440) if is_open(hours, at + n * MINUTE)), None)
    found = next_opening(hours, at)
    assert found == walked if walked is not None else found is None or found > at + timedelta(days=9)
    assert opening(hours, at).open == is_open(hours, at)


@given(case=cases(), seconds=st.integers(0, 10**6), more=st.integers(0, 10**6))
def test_adding_twice_is_adding_the_sum(case: tuple[Hours, datetime], seconds: int, more: int) -> None:
    hours, at = case
    first = add(hours, at, timedelta(seconds=seconds))
    both = add(hours, at, timedelta(seconds=seconds + more))
    if first is None:
        return
    twice = add(hours, first, timedelta(seconds=more))
    if both is None:  # further than anybody looks ahead; from the first stop on they look a little further
        assert twice is None or twice > at + timedelta(days=AHEAD - 2)
    else:
        assert twice == both


def test_without_a_calendar_all_time_counts() -> None:
    assert add(None, NOW, timedelta(hours=30)) == NOW + timedelta(hours=30)
    assert between(None, NOW, NOW + timedelta(days=1)) == timedelta(days=1)
    assert between(None, NOW, NOW - timedelta(days=1)) == timedelta(0)
    assert next_opening(None, NOW) == NOW


def test_a_friday_evening_goes_on_on_monday() -> None:
    hours = Hours(read_hours("Mo-Fr 9:00-18:00"), "Europe/Stockholm")
    friday = datetime(2026, 11, 20, 17, 50, tzinfo=ZoneInfo("Europe/Stockholm"))
    due = add(hours, friday, timedelta(hours=1))
    assert due is not None and due.astimezone(friday.tzinfo).strftime("%a %H:%M") == "Mon 09:50"
    # What fits to the minute is due when the office closes, not when it opens again.
    assert add(hours, friday, timedelta(minutes=10)) == friday + timedelta(minutes=10)


def test_a_holiday_closes_what_begins_on_it() -> None:
    hours = Hours(read_hours("Mo-Su 22:00-6:00"), "UTC", read_holidays("12-25 Christmas\n2026-12-31"))
    assert opening(hours, datetime(2026, 12, 25, 3, tzinfo=UTC)).open  # the shift of Christmas Eve
    assert not opening(hours, datetime(2026, 12, 25, 23, tzinfo=UTC)).open
    assert not opening(hours, datetime(2026, 12, 26, 3, tzinfo=UTC)).open
    assert not opening(hours, datetime(2026, 12, 31, 23, tzinfo=UTC)).open
    assert opening(hours, datetime(2027, 12, 31, 23, tzinfo=UTC)).open
    assert not opening(hours, datetime(2031, 12, 25, 23, tzinfo=UTC)).open


def test_a_calendar_that_opens_no_more_says_so() -> None:
    never = Hours((), "UTC")
    assert add(never, NOW, MINUTE) is None
    assert next_opening(never, NOW) is None
    assert opening(never, NOW).open is False


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ("Mo-Fr 9:00-12:00, 13:00-18:00", False),
        ("Mo-Fr 9:00-12:00, 12:00-18:00", False),
        ("Mo-Fr 9:00-12:00, 11:59-18:00", True),
        ("Mo 22:00-6:00; Tu 6:00-8:00", False),
        ("Mo 22:00-6:00; Tu 5:00-8:00", True),
        ("Su 22:00-6:00; Mo 5:00-8:00", True),  # from the end of the week into its beginning
        ("Mo 9:00-10:00; Mo 9:00-10:00", True),
        ("Mo-Su 0:00-24:00", False),
        ("We 9:00-9:00", False),
    ],
)
def test_overlaps_are_found_over_midnight_and_over_the_week(text: str, clash: bool) -> None:
    assert (overlapping(read_hours(text)) is not None) == clash


@pytest.mark.parametrize("wrong", ["31-12", "12-32 x", "2026-02-29", "Christmas", "12-25\n12-25 twice"])
def test_holidays_that_cannot_be_read_are_told(wrong: str) -> None:
    with pytest.raises(ValueError, match="“"):
        read_holidays(wrong)


def hours(text: str, zone: str, at: datetime) -> tuple[bool, str | None]:
    found = opening(Hours(read_hours(text), zone) if text else None, at)
    then = found.until or found.opens
    return found.open, then.astimezone(ZoneInfo(zone)).strftime("%a %H:%M") if then else None


def test_hours_are_those_of_the_wall() -> None:
    week = "Mo-Fr 9:00-18:00; Sa 10:00-14:00"
    assert hours(week, "Europe/Stockholm", NOW) == (True, "Fri 18:00")
    assert hours(week, "Europe/Stockholm", NOW + timedelta(hours=7)) == (False, "Sat 10:00")
    assert hours(week, "Europe/Stockholm", NOW + timedelta(days=2)) == (False, "Mon 09:00")
    assert hours(week, "America/Lima", NOW) == (False, "Fri 09:00")
    assert hours("Mo-Fr 9:00-12:00, 13:00-18:00", "UTC", NOW.replace(hour=12)) == (False, "Fri 13:00")
    assert hours("Fr-Mo 22:00-2:00", "UTC", NOW.replace(hour=1)) == (False, "Fri 22:00")
    assert hours("Fr-Mo 22:00-2:00", "UTC", NOW.replace(hour=1) + timedelta(days=1)) == (True, "Sat 02:00")
    assert hours("Mo-Su 0:00-24:00", "UTC", NOW) == (True, None)
    assert hours("", "UTC", NOW) == (True, None)
    # On the night the clocks go back, nine in the morning is still nine in the morning.
    assert hours("Mo-Su 9:00-17:00", "Europe/Stockholm", datetime(2026, 10, 24, 20, tzinfo=UTC)) == (False, "Sun 09:00")


@pytest.mark.parametrize("wrong", ["9-17", "Mo", "Xx 9:00-17:00", "Mo 9:00-25:00", "Mo 9:61-17:00", "Mo-Fr 9.00-17.00"])
def test_hours_that_cannot_be_read_are_told_when_they_are_typed(wrong: str) -> None:
    with pytest.raises(ValueError, match="“"):
        read_hours(wrong)


@given(
    day=st.integers(0, 6), start=st.integers(0, 1439), length=st.integers(1, 1440), minutes=st.integers(0, 60 * 24 * 21)
)
def test_it_is_open_until_it_closes_and_closed_until_it_opens(day: int, start: int, length: int, minutes: int) -> None:
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    end = (start + length) % 1440
    spans = Hours(read_hours(f"{names[day]} {start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}"))
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=minutes)
    found = opening(spans, at)
    minute = (at.weekday() * 1440 + at.hour * 60 + at.minute - day * 1440 - start) % (7 * 1440)
    assert found.open == (minute < (length if length < 1440 else 1440))
    then = found.until if found.open else found.opens
    assert then is not None and at < then
    assert opening(spans, then).open != found.open
    assert opening(spans, then - timedelta(seconds=1)).open == found.open
