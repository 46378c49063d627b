"""How long something is kept, as arithmetic alone: when a span is over, and what is over by a time."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LEAST, MOST = 30, 36_600  # days that what was said is kept at least; a hundred years at most
LEAST_SHORT = 7  # days that spam and what is kept aside stay at least
WHAT = ("all", "files", "nothing", "follow")
UNITS = ("days", "months")


class BadRule(ValueError):
    """This cannot be a rule; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """So many days, or months of the calendar."""

    number: int
    unit: str = "days"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says; see RetentionRule."""

    what: str = "all"
    number: int = 24
    unit: str = "months"
    raw_days: int | None = None
    spam_days: int | None = 30
    aside_days: int | None = 90
    persons: bool = False

    @property
    def keep(self) -> Span:
        return Span(self.number, self.unit)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def takes(self) -> bool:
        """Whether anything goes by it at all."""
        return self.what in ("all", "files")


def checked(terms: Terms, *, own: bool) -> Terms:
    """The terms as they are kept; `own`: of one inbox. Raises BadRule."""
    if terms.what not in WHAT or (terms.what == "follow" and not own):
        raise BadRule("Say what goes: everything, only files, or nothing.")
    if terms.unit not in UNITS:
        raise BadRule("A span is counted in days or in months.")
    if not terms.takes:
        return Terms(terms.what, 0, "days", None, None, None, persons=False)
    least = LEAST if terms.unit == "days" else 1
    if not least <= terms.number <= (MOST if terms.unit == "days" else MOST // 30):
        raise BadRule("What was said is kept for 30 days at least, and for a hundred years at most.")
    if terms.unit == "months" and terms.number == 1:
        raise BadRule("A month can be shorter than 30 days: say 30 days, or two months.")
    if terms.raw_days is not None and not LEAST <= terms.raw_days <= MOST:
        raise BadRule("Raw messages are kept for 30 days at least.")
    for short in (terms.spam_days, terms.aside_days):
        if short is not None and not LEAST_SHORT <= short <= MOST:
            raise BadRule("Spam and what is kept aside stay for 7 days at least.")
    if terms.persons and terms.what != "all":
        raise BadRule("Persons can go only where the words go as well.")
    return terms


def ends(start: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """When a span that began at `start` is over: at the end of its last day there, so never within the span. A month
    ends on the same day of the calendar, or on the last that the month has."""
    day = start.astimezone(zone).date()
    return _begins(_moved(day, span) + timedelta(days=1), zone)


def cut_off(now: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """What began before this has ended by `now`; what began later has not."""
    today = now.astimezone(zone).date()
    day = _back(today, span)
    while _begins(_moved(day, span) + timedelta(days=1), zone) > now:
        day -= timedelta(days=1)
    while _begins(_moved(day + timedelta(days=1), span) + timedelta(days=1), zone) <= now:
        day += timedelta(days=1)
    return _begins(day + timedelta(days=1), zone)


def _moved(day: date, span: Span) -> date:
    if span.unit == "days":
        return day + timedelta(days=span.number)
    return _months(day, span.number)


def _back(day: date, span: Span) -> date:
    return day - timedelta(days=span.number) if span.unit == "days" else _months(day, -span.number)


def _months(day: date, number: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day there; where clocks skip midnight, the moment to which they skip."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
