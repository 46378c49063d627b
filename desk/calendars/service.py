"""Calendars that admins keep: read, changed by a new state, removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import func, select

from desk import audit
from desk.calendars.hours import (
    LONGEST,
    Hours,
    next_opening,
    overlapping,
    read_holidays,
    read_hours,
    said,
)
from desk.calendars.tables import Calendar, CalendarVersion
from desk.store import Tx

LONGEST_NAME = 80
MOST = 100
OPENS_WITHIN = timedelta(days=366)
_MEMO = "calendars"


class CalendarError(ValueError):
    """A calendar that cannot be kept so: the field (name, zone, hours, holidays, or nothing in particular), and a
    sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Kept:
    """A calendar as it is now."""

    id: int
    name: str
    version_id: int
    zone: str
    hours: str
    holidays: str

    @property
    def rules(self) -> Hours:
        return Hours(read_hours(self.hours), self.zone, read_holidays(self.holidays))


def every(tx: Tx) -> list[Kept]:
    """All calendars by name."""
    query = (
        select(Calendar, CalendarVersion)
        .join(CalendarVersion, CalendarVersion.id == Calendar.version_id)
        .where(Calendar.removed_at.is_(None))
        .order_by(Calendar.name_folded)
        .limit(MOST)
    )
    return [_kept(row, version) for row, version in tx.execute(query)]


def _kept(row: Calendar, version: CalendarVersion) -> Kept:
    return Kept(row.id, row.name, version.id, version.zone, version.hours, version.holidays)


def get(tx: Tx, calendar_id: int) -> Kept:
    """Raises LookupError."""
    row = tx.get(Calendar, calendar_id)
    if row is None or row.removed_at is not None or row.version_id is None:
        raise LookupError(f"no calendar {calendar_id}")
    return _kept(row, tx.get_one(CalendarVersion, row.version_id))


def version_of(tx: Tx, calendar_id: int | None) -> int | None:
    """The state of a calendar in force; None for no calendar."""
    row = tx.get(Calendar, calendar_id) if calendar_id is not None else None
    return None if row is None else row.version_id


def rules(tx: Tx, version_id: int | None) -> Hours | None:
    """What a state says; None for no calendar, by which all time is business time. Read once a transaction."""
    if version_id is None:
        return None
    known: dict[int, Hours] = tx.memo.setdefault(_MEMO, {})
    if version_id not in known:
        row = tx.get_one(CalendarVersion, version_id)
        known[version_id] = Hours(read_hours(row.hours), row.zone, read_holidays(row.holidays))
    return known[version_id]


def checked(*, zone: str, hours: str, holidays: str, at: datetime) -> Hours:
    """The rules that were typed. Raises CalendarError."""
    if zone not in available_timezones():
        raise CalendarError("zone", f"“{zone}” is no time zone: write it as Europe/Stockholm.")
    if len(hours) > LONGEST:
        raise CalendarError("hours", f"That is {len(hours)} characters; {LONGEST} is the most.")
    try:
        spans = read_hours(hours)
    except ValueError as error:
        raise CalendarError("hours", f"{error}.") from error
    if not spans:
        raise CalendarError(
            "hours", "Without any hours nothing would ever be due: write at least one, as Mo-Fr 9:00-18:00."
        )
    clash = overlapping(spans)
    if clash is not None:
        raise CalendarError("hours", f"{said(clash[0])} and {said(clash[1])} overlap: make them one.")
    try:
        days = read_holidays(holidays)
    except ValueError as error:
        raise CalendarError("holidays", f"{error}.") from error
    found = Hours(spans, zone, days)
    opens = next_opening(found, at)
    if opens is None or opens - at > OPENS_WITHIN:
        raise CalendarError("holidays", "With these holidays it would not open within a year.")
    return found


def save(
    tx: Tx,
    staff_id: int | None,
    *,
    name: str,
    zone: str,
    hours: str,
    holidays: str = "",
    calendar_id: int | None = None,
) -> Kept:
    """Makes a calendar, or gives one a new state; clocks that run keep the state they began with. Raises CalendarError
    and LookupError."""
    name = " ".join(name.split())
    if not name:
        raise CalendarError("name", "A calendar needs a name.")
    if len(name) > LONGEST_NAME:
        raise CalendarError("name", f"That is {len(name)} characters; {LONGEST_NAME} is the most.")
    found = checked(zone=zone, hours=hours, holidays=holidays, at=tx.now())
    folded = name.casefold()[:160]
    other = tx.scalar(select(Calendar.id).where(Calendar.name_folded == folded))
    if other is not None and other != calendar_id:
        raise CalendarError("name", f"There is a calendar called “{name}” already.")
    if calendar_id is None:
        if (tx.scalar(select(func.count()).select_from(Calendar).where(Calendar.removed_at.is_(None))) or 0) >= MOST:
            raise CalendarError("", f"{MOST} calendars is the most; remove one that nobody uses.")
        row = Calendar(name=name, name_folded=folded)
        tx.add(row)
        tx.flush()
    else:
        get(tx, calendar_id)
        row = tx.get_one(Calendar, calendar_id, with_for_update=True)
        row.name, row.name_folded = name, folded
    text = "\n".join(str(day) for day in found.holidays)
    written = "; ".join(part.strip() for part in hours.replace("\n", ";").split(";") if part.strip())
    before = tx.get(CalendarVersion, row.version_id) if row.version_id is not None else None
    if before is None or (before.zone, before.hours, before.holidays) != (zone, written, text):
        version = CalendarVersion(
            calendar_id=row.id, zone=zone, hours=written, holidays=text, made_at=tx.now(), staff_id=staff_id
        )
        tx.add(version)
        tx.flush()
        row.version_id = version.id
        audit.note(tx, "calendar", row.id, name, before=_told(before), after=_told(version), staff_id=staff_id)
    tx.flush()
    return get(tx, row.id)


def _told(version: CalendarVersion | None) -> dict[str, str]:
    if version is None:
        return {}
    return {"zone": version.zone, "hours": version.hours, "holidays": version.holidays}


def remove(tx: Tx, calendar_id: int) -> None:
    """Removes a calendar that nothing refers to: whoever calls has looked. Raises LookupError."""
    get(tx, calendar_id)
    row = tx.get_one(Calendar, calendar_id)
    row.removed_at, row.name_folded = tx.now(), None
    tx.flush()
