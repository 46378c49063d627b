"""Business calendars: when somebody is there, and time that counts only while somebody is."""

from desk.calendars.hours import (
    Holiday,
    Hours,
    Opening,
    Span,
    add,
    between,
    next_opening,
    opening,
    overlapping,
    read_holidays,
    read_hours,
)
from desk.calendars.service import (
    CalendarError,
    Kept,
    checked,
    every,
    get,
    remove,
    rules,
    save,
    version_of,
)

__all__ = [
    "CalendarError",
    "Holiday",
    "Hours",
    "Kept",
    "Opening",
    "Span",
    "add",
    "between",
    "checked",
    "every",
    "get",
    "next_opening",
    "opening",
    "overlapping",
    "read_holidays",
    "read_hours",
    "remove",
    "rules",
    "save",
    "version_of",
]
