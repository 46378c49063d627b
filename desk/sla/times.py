"""When a promise is due, when to warn of it, and what a pause does to both: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.calendars import Hours, add, between


@dataclass(frozen=True, slots=True)
class Due:
    """When it is due and from when on it is nearly due; both None where the calendar opens no more."""

    at: datetime | None
    warn: datetime | None


def due(hours: Hours | None, begin: datetime, left: timedelta, warn: timedelta, target: timedelta) -> Due:
    """A clock with `left` of its `target` to run from `begin`. A warning comes `warn` of business time before, but not
    in the first half of a target."""
    at = add(hours, begin, left)
    if at is None:
        return Due(None, None)
    ahead = left - min(warn, target / 2)
    return Due(at, add(hours, begin, max(ahead, timedelta(0))))


def left_at(hours: Hours | None, due_at: datetime | None, at: datetime) -> timedelta:
    """What business time is left at a moment; less than nothing where it was due before."""
    if due_at is None:
        return timedelta(0)
    return between(hours, at, due_at) if due_at >= at else -between(hours, due_at, at)
