"""When the invented shop's agents work and its customers are awake: pure arithmetic on times."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Stockholm")
# Monday is 0. Nobody works on Sundays.
OPEN = {day: (time(8), time(18)) for day in range(5)} | {5: (time(10), time(14))}
# How many mails a customer writes by the hour of their day, and by the weekday.
BY_HOUR = (1, 0, 0, 0, 0, 1, 3, 6, 9, 11, 11, 9, 8, 9, 9, 9, 8, 8, 9, 11, 12, 10, 6, 3)
BY_WEEKDAY = (1.25, 1.1, 1.05, 1.0, 0.95, 0.7, 0.75)


def opening(day: date) -> tuple[datetime, datetime] | None:
    """From when until when somebody works on that day, in UTC; None for a day off."""
    hours = OPEN.get(day.weekday())
    if hours is None:
        return None
    begins, ends = (datetime.combine(day, at, ZONE).astimezone(UTC) for at in hours)
    return begins, ends


def after_work(start: datetime, minutes: float) -> datetime:
    """The moment at which `minutes` of working time have passed since `start`."""
    left = timedelta(minutes=minutes)
    day = start.astimezone(ZONE).date()
    while True:
        hours = opening(day)
        if hours is not None and hours[1] > start:
            begins = max(hours[0], start)
            if begins + left <= hours[1]:
                return begins + left
            left -= hours[1] - begins
        day += timedelta(days=1)


def at_work(at: datetime) -> datetime:
    """`at` itself where somebody works then, else the last moment before at which somebody did."""
    day = at.astimezone(ZONE).date()
    while True:
        hours = opening(day)
        if hours is not None and hours[0] < at:
            return min(at, hours[1])
        day -= timedelta(days=1)


def awake(at: datetime, rng: Random) -> datetime:
    """`at`, or the next morning where it falls into the night."""
    local = at.astimezone(ZONE)
    if 7 <= local.hour < 23:
        return at
    morning = local.date() if local.hour < 7 else local.date() + timedelta(days=1)
    begin = datetime.combine(morning, time(7), ZONE).astimezone(UTC)
    return begin + timedelta(minutes=rng.randint(0, 240))


def some_moment(rng: Random, day: date) -> datetime:
    """A moment of that day at which a customer might write."""
    hour = rng.choices(range(24), BY_HOUR)[0]
    at = datetime.combine(day, time(hour, rng.randint(0, 59), rng.randint(0, 59)), ZONE)
    return at.astimezone(UTC)


def monday(at: datetime) -> date:
    """The Monday of the week of `at`, as the shop's zone counts weeks."""
    day = at.astimezone(ZONE).date()
    return day - timedelta(days=day.weekday())
