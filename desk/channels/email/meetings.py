"""What a calendar part says (RFC 5545, 5546): an invitation, an answer to one, or that it is called off.

Read here and not by a library, because those that there are work out every rule of recurrence that a stranger wrote
into a zone, and remember zones of one mail for the next. Of an event the first one counts; a rule is looked at for one
year, and whatever cannot be read is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from desk.channels.email import charsets
from desk.messages import Meeting

MAX_BYTES = 1 << 20
MAX_LINES = 20_000
MAX_ZONES = 50
MAX_TEXT = 300
TYPES = ("text/calendar", "application/ics", "text/x-vcalendar")

_EVENTS = ("VEVENT", "VTODO")
_PARAM = re.compile(r';([A-Za-z0-9-]{1,40})=("[^"]*"|[^;:"]*)')
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$")
_LENGTH = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?$")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Line:
    """NAME;PARAM=value:text"""

    name: str
    params: dict[str, str]
    text: str


@dataclass(slots=True)
class _Change:
    """One of the two times of a zone, and since when, or every year when, it holds."""

    starts: datetime | None = None
    offset: timedelta | None = None
    rule: dict[str, str] = field(default_factory=dict)


def is_calendar(content_type: str, name: str) -> bool:
    return content_type in TYPES or name.lower().endswith((".ics", ".vcs"))


def read(content: bytes, charset: str = "") -> Meeting | None:
    """What it says of its first event; None for what is no calendar, or has no event. Raises nothing."""
    if len(content) > MAX_BYTES:
        return None
    try:
        return _read(charsets.clean(charsets.decode(content, charset)))
    except (ValueError, OverflowError, LookupError, ArithmeticError):
        return None


def _read(text: str) -> Meeting | None:
    method = ""
    event: list[_Line] = []
    zones: dict[str, list[_Change]] = {}
    inside: list[str] = []
    zone: list[_Change] = []
    done = False
    for line in _lines(text):
        if line.name == "BEGIN":
            inside.append(line.text.upper())
            if inside[-1] in ("STANDARD", "DAYLIGHT") and len(zone) < MAX_ZONES:
                zone.append(_Change())
        elif line.name == "END":
            ended = inside.pop() if inside else ""
            done = done or ended in _EVENTS
            if ended == "VTIMEZONE":
                zone = []
        elif inside == ["VCALENDAR"] and line.name == "METHOD":
            method = line.text.strip().lower()
        elif inside[-1:] == ["VTIMEZONE"] and line.name == "TZID" and len(zones) < MAX_ZONES:
            zones[line.text.strip()] = zone
        elif inside[-1:] in (["STANDARD"], ["DAYLIGHT"]) and zone:
            _note(zone[-1], line)
        elif len(inside) == 2 and inside[1] in _EVENTS and not done:
            event.append(line)
    return _meeting(method, event, zones) if event else None


def _lines(text: str) -> list[_Line]:
    """The lines, those that were folded put together again."""
    whole: list[str] = []
    for raw in text.split("\n")[:MAX_LINES]:
        raw = raw.rstrip("\r")
        if raw[:1] in (" ", "\t") and whole and len(whole[-1]) < 20_000:
            whole[-1] += raw[1:]
        else:
            whole.append(raw)
    found = []
    for raw in whole:
        name = _NAME.match(raw)
        if name is None:
            continue
        at, params = name.end(), {}
        while (param := _PARAM.match(raw, at)) is not None:
            params[param.group(1).upper()] = param.group(2).strip('"')
            at = param.end()
        if raw[at : at + 1] == ":":
            found.append(_Line(name.group().upper(), params, raw[at + 1 :]))
    return found


def _note(change: _Change, line: _Line) -> None:
    if line.name == "DTSTART":
        change.starts = _naive(line.text)
    elif line.name == "TZOFFSETTO":
        change.offset = _offset(line.text)
    elif line.name == "RRULE":
        pairs = (pair.partition("=") for pair in line.text.upper().split(";"))
        change.rule = {name.strip(): value.strip() for name, _, value in pairs}


def _meeting(method: str, event: list[_Line], zones: dict[str, list[_Change]]) -> Meeting:
    def first(name: str) -> _Line | None:
        return next((line for line in event if line.name == name), None)

    def text(name: str) -> str:
        line = first(name)
        return _plain(line.text) if line is not None else ""

    start, end = first("DTSTART") or first("DUE"), first("DTEND") or first("DUE")
    starts, whole_day, own_clock = _moment(start, zones)
    ends = _moment(end, zones)[0]
    length = first("DURATION")
    if starts and not whole_day and not ends and length is not None:
        ends = (datetime.fromisoformat(starts) + _length(length.text)).isoformat()
    attendees = [line for line in event if line.name == "ATTENDEE"]
    answer = attendees[0].params.get("PARTSTAT", "") if method == "reply" and attendees else ""
    organiser = first("ORGANIZER")
    if text("STATUS").casefold() == "cancelled":
        method = "cancel"
    return Meeting(
        method=method if method in ("request", "reply", "cancel", "counter", "publish") else "",
        answer=answer.lower() if answer.upper() in ("ACCEPTED", "DECLINED", "TENTATIVE") else "",
        summary=text("SUMMARY"),
        starts=starts,
        ends=ends if ends > starts else "",
        whole_day=whole_day,
        own_clock=own_clock,
        where=text("LOCATION"),
        organiser=_who(organiser) if organiser is not None else "",
        repeats=first("RRULE") is not None or first("RDATE") is not None,
    )


def _plain(text: str) -> str:
    text = _ESCAPED.sub(lambda m: " " if m.group(1) in "nN" else m.group(1), text[: 4 * MAX_TEXT])
    return " ".join(text.split())[:MAX_TEXT]


def _who(line: _Line) -> str:
    address = re.sub("^mailto:", "", line.text.strip(), flags=re.IGNORECASE)
    return _plain(line.params.get("CN", "")) or _plain(address)


def _moment(line: _Line | None, zones: dict[str, list[_Change]]) -> tuple[str, bool, bool]:
    """A time in UTC, or a day; whether it is a day; and whether its zone is unknown, so that the time is that of some
    clock far away."""
    if line is None:
        return "", False, False
    naive = _naive(line.text)
    if naive is None:
        return "", False, False
    if "T" not in line.text.upper():
        return naive.date().isoformat(), True, False
    if line.text.strip().upper().endswith("Z"):
        return naive.replace(tzinfo=UTC).isoformat(), False, False
    name = line.params.get("TZID", "").strip()
    zone = _zone(name)
    if zone is not None:
        return naive.replace(tzinfo=zone).astimezone(UTC).isoformat(), False, False
    offset = _by_rules(zones.get(name, []), naive)
    if offset is not None:
        return (naive - offset).replace(tzinfo=UTC).isoformat(), False, False
    return naive.isoformat(), False, True


def _naive(text: str) -> datetime | None:
    match = _TIME.match(text.strip().upper())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(piece or 0) for piece in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001  its zone stands beside it
    except ValueError:
        return None


def _length(text: str) -> timedelta:
    match = _LENGTH.match(text.strip().upper())
    if match is None:
        return timedelta()
    weeks, days, hours, minutes, seconds = (int(piece or 0) for piece in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _offset(text: str) -> timedelta | None:
    match = _OFFSET.match(text.strip())
    if match is None:
        return None
    found = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)), seconds=int(match.group(4) or 0))
    return -found if match.group(1) == "-" else found


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> ZoneInfo | None:
    """A zone by its name: of the world's list, of Windows, or of the world's list behind a prefix as some programs
    write it (/mozilla.org/20050126_1/Europe/Berlin)."""
    pieces = name.strip("/").split("/")
    windows = get_global("windows_zone_mapping").get(name)
    for one in (name, windows, "/".join(pieces[-2:]), "/".join(pieces[-3:])):
        if one and one in _names():
            return ZoneInfo(one)
    return None


def _by_rules(changes: list[_Change], at: datetime) -> timedelta | None:
    """The offset from UTC at a time of the zone's own clock, by the last change before it."""
    best: tuple[datetime, timedelta] | None = None
    for change in changes:
        if change.starts is None or change.offset is None:
            continue
        for when in (change.starts, *(_yearly(change, year) for year in (at.year - 1, at.year))):
            if when is not None and change.starts <= when <= at and (best is None or when > best[0]):
                best = (when, change.offset)
    if best is None:
        only = {change.offset for change in changes if change.offset is not None}
        return only.pop() if len(only) == 1 else None
    return best[1]


def _yearly(change: _Change, year: int) -> datetime | None:
    """When it happens in a year: "the last Sunday of March" and its like."""
    starts, rule = change.starts, change.rule
    if starts is None or rule.get("FREQ") != "YEARLY" or not 1 < year < 9999:
        return None
    until = _naive(rule.get("UNTIL", ""))
    month = int(rule["BYMONTH"]) if rule.get("BYMONTH", "").isdigit() else starts.month
    day = _DAY.match(rule.get("BYDAY", ""))
    if not 1 <= month <= 12:
        return None
    if day is None:
        try:
            when = starts.replace(year=year, month=month)
        except ValueError:  # a 29 February that this year has not
            return None
    else:
        days = [
            one
            for number in range(31)
            if (one := date(year, month, 1) + timedelta(days=number)).month == month
            and one.weekday() == _DAYS.index(day.group(2))
        ]
        place = int(day.group(1) or 1)
        if abs(place) > len(days):
            return None
        when = datetime.combine(days[place - 1 if place > 0 else place], starts.time())
    return when if until is None or when <= until else None
