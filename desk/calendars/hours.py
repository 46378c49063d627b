"""Business time: what a calendar's clock on the wall says, as pure functions without a database.

A minute is open where the wall's clock in the calendar's zone shows a time within one of its spans. So on the night in
which an hour is skipped that hour is simply not there, and where an hour comes twice it counts twice. A span belongs to
the day on which it begins: a holiday closes what begins on it, and a night shift that began the evening before ends as
ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
DAY = 1440
MINUTE = timedelta(minutes=1)
AHEAD = 1200  # days that are walked before a calendar counts as one that opens no more
LONGEST = 500  # characters of hours
MOST_HOLIDAYS = 200
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})(?:\s+(.*))?")


@dataclass(frozen=True, slots=True)
class Span:
    """Open on a weekday (0 is Monday) from a minute of the day to another; past 1440 it reaches into the next day."""

    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which nothing opens: of one year, or of every year where `year` is None."""

    month: int
    day: int
    year: int | None = None
    name: str = ""

    def is_on(self, day: date) -> bool:
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)

    def __str__(self) -> str:
        day = f"{self.month:02}-{self.day:02}"
        return " ".join(filter(None, (day if self.year is None else f"{self.year:04}-{day}", self.name)))


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether somebody is there at a moment. `until` is None where it never closes, `opens` where it never opens."""

    open: bool
    until: datetime | None = None
    opens: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """The rules of one calendar. Without spans it is never open; "always" is no calendar at all."""

    spans: tuple[Span, ...]
    zone: str = "UTC"
    holidays: tuple[Holiday, ...] = ()


def read_hours(text: str) -> tuple[Span, ...]:
    """`Mo-Fr 9:00-18:00; Sa 10:00-14:00` as spans; nothing for an empty text. Raises ValueError with a sentence."""
    spans: list[Span] = []
    for part in filter(None, (p.strip() for p in text.replace("–", "-").replace("\n", ";").split(";"))):
        days, _, times = part.partition(" ")
        first, dash, last = days.casefold().partition("-")
        if first[:2] not in DAYS or (dash and last[:2] not in DAYS):
            raise ValueError(f"“{days}” is no day: write Mo, Tu, We, Th, Fr, Sa, Su, or two of them as Mo-Fr")
        begin = DAYS.index(first[:2])
        count = (DAYS.index(last[:2]) - begin) % 7 + 1 if dash else 1
        for span in filter(None, (s.strip() for s in times.split(","))):
            found = re.fullmatch(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)", span)
            if found is None:
                raise ValueError(f"“{span}” are no hours: write them as 9:00-18:00")
            h1, m1, h2, m2 = map(int, found.groups())
            start, end = h1 * 60 + m1, h2 * 60 + m2
            if start >= DAY or end > DAY or m1 > 59 or m2 > 59:
                raise ValueError(f"“{span}” are no hours of a day")
            end += DAY if end <= start else 0
            spans += [Span((begin + n) % 7, start, end) for n in range(count)]
        if not times.strip():
            raise ValueError(f"“{part}” has no hours: write them as Mo-Fr 9:00-18:00")
    return tuple(sorted(spans, key=lambda s: (s.day, s.start)))


def overlapping(spans: tuple[Span, ...]) -> tuple[Span, Span] | None:
    """Two spans of a week of which the second begins before the first has ended; None where there are no such two."""
    week = sorted(spans, key=lambda s: (s.day, s.start))
    for n, first in enumerate(week):
        second, turn = (week[n + 1], 0) if n + 1 < len(week) else (week[0], 7)
        if (second.day + turn - first.day) * DAY + second.start < first.end:
            return first, second
    return None


def said(span: Span) -> str:
    """A span as an admin writes it: `Mo 9:00-18:00`."""
    times = (f"{m // 60}:{m % 60:02}" for m in (span.start, span.end if span.end <= DAY else span.end - DAY))
    return f"{DAYS[span.day].capitalize()} {'-'.join(times)}"


def read_holidays(text: str) -> tuple[Holiday, ...]:
    """One a line: `12-25 Christmas` for every year, `2026-04-03 Good Friday` for one. Raises ValueError with a
    sentence."""
    found: list[Holiday] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = _HOLIDAY.fullmatch(line)
        if match is None:
            raise ValueError(f"“{line[:40]}” is no day: write 12-25 for every year, or 2026-04-03 for one")
        year, month, day, name = match.groups()
        try:
            date(int(year) if year else 2000, int(month), int(day))  # 2000 had a 29 February
        except ValueError:
            raise ValueError(f"“{line[:40]}” is no day of the calendar") from None
        found.append(Holiday(int(month), int(day), int(year) if year else None, (name or "").strip()[:80]))
    if len(found) > MOST_HOLIDAYS:
        raise ValueError(f"That are {len(found)} holidays; {MOST_HOLIDAYS} is the most")
    twice = next((h for n, h in enumerate(found) if any(_same_day(h, other) for other in found[:n])), None)
    if twice is not None:
        raise ValueError(f"“{twice}” stands there twice")
    return tuple(sorted(found, key=lambda h: (h.year or 0, h.month, h.day)))


def _same_day(one: Holiday, other: Holiday) -> bool:
    return (one.month, one.day) == (other.month, other.day) and (one.year == other.year)


@lru_cache(maxsize=64)
def _place(zone: str) -> ZoneInfo:
    return ZoneInfo(zone if zone in available_timezones() else "UTC")


@lru_cache(maxsize=256)
def _of_week(spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return tuple(tuple(s for s in spans if s.day == weekday) for weekday in range(7))


def _told(day: date, span: Span, place: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The span of one day in UTC: one piece, but where the clocks change within it none, one or more."""
    midnight = datetime.combine(day, time(), place)
    begin, end = ((midnight + timedelta(minutes=m)) for m in (span.start, span.end))
    offsets = {at.replace(fold=fold).utcoffset() for at in (begin, end) for fold in (0, 1)}
    if len(offsets) == 1:
        return [(begin.astimezone(UTC), end.astimezone(UTC))]
    pieces: list[tuple[datetime, datetime]] = []
    at, last = begin.astimezone(UTC) - timedelta(hours=3), end.astimezone(UTC) + timedelta(hours=3)
    while at < last:  # two days a year
        here = at.astimezone(place)
        if span.start <= (here.date() - day).days * DAY + here.hour * 60 + here.minute < span.end:
            if pieces and pieces[-1][1] == at:
                pieces[-1] = (pieces[-1][0], at + MINUTE)
            else:
                pieces.append((at, at + MINUTE))
        at += MINUTE
    return pieces


@lru_cache(maxsize=4096)
def _of_day(hours: Hours, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """What is open within one day of UTC, in order, none touching another."""
    place, week = _place(hours.zone), _of_week(hours.spans)
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    found: list[tuple[datetime, datetime]] = []
    for ahead in (-2, -1, 0, 1):
        local = day + timedelta(days=ahead)
        if any(h.is_on(local) for h in hours.holidays):
            continue
        for span in week[local.weekday()]:
            found += [
                (max(a, begin), min(b, end)) for a, b in _told(local, span, place) if a < end and b > begin
            ]  # fmt: skip
    merged: list[tuple[datetime, datetime]] = []
    for a, b in sorted(found):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return tuple(merged)


def _pieces(hours: Hours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open from a moment on, day by day of UTC."""
    first = at.astimezone(UTC).date()
    for ahead in range(AHEAD):
        for begin, end in _of_day(hours, first + timedelta(days=ahead)):
            if end > at:
                yield max(begin, at), end


def add(hours: Hours | None, at: datetime, length: timedelta) -> datetime | None:
    """The first moment by which `length` of business time has passed since `at`; None where it never will (the calendar
    opens no more). Without a calendar all time is business time."""
    at = at.astimezone(UTC)
    if hours is None or length <= timedelta(0):
        return at + max(length, timedelta(0))
    for begin, end in _pieces(hours, at):
        if end - begin >= length:
            return begin + length
        length -= end - begin
    return None


def between(hours: Hours | None, begin: datetime, end: datetime) -> timedelta:
    """The business time from one moment to another; none where the second comes first."""
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    if end <= begin:
        return timedelta(0)
    if hours is None:
        return end - begin
    total = timedelta(0)
    day = begin.date()
    while day <= end.date():
        for a, b in _of_day(hours, day):
            total += max(timedelta(0), min(b, end) - max(a, begin))
        day += timedelta(days=1)
    return total


def next_opening(hours: Hours | None, at: datetime) -> datetime | None:
    """`at` where it is open then, else when it opens next; None where it never does."""
    at = at.astimezone(UTC)
    if hours is None:
        return at
    return next((begin for begin, _ in _pieces(hours, at)), None)


def opening(hours: Hours | None, at: datetime) -> Opening:
    """Whether it is open at a time, until when, and when next."""
    if hours is None:
        return Opening(True)
    at, until = at.astimezone(UTC), None
    for begin, end in _pieces(hours, at):
        if until is None and begin > at:
            return Opening(False, None, begin)
        if until is not None and begin > until:
            break
        until = end
        if until - at > timedelta(days=15):
            return Opening(True)
    return Opening(False) if until is None else Opening(True, until)
