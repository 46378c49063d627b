"""When a snooze ends: the presets and an own time, in the agent's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Preset:
    """One offered end of a snooze."""

    key: str  # later, tomorrow, monday, week
    until: datetime


def presets(now: datetime, zone: str) -> list[Preset]:
    """What is offered at `now`: in three hours, tomorrow at nine, next Monday at nine, in a week; never two alike."""
    here = now.astimezone(ZoneInfo(zone))
    later = (here + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), MORNING, here.tzinfo)
    monday = datetime.combine(here.date() + timedelta(days=7 - here.weekday()), MORNING, here.tzinfo)
    week = datetime.combine(here.date() + timedelta(days=7), MORNING, here.tzinfo)
    found: list[Preset] = []
    for key, at in (("later", later), ("tomorrow", tomorrow), ("monday", monday), ("week", week)):
        if all(p.until != at for p in found):
            found.append(Preset(key, at.astimezone(UTC)))
    return found


def snooze_time(until: str, at: str, zone: str) -> datetime | None:
    """The moment of a preset (`until`, with its offset), or of a typed local time (`at`, "2026-11-23T09:00" in `zone`).

    None for what cannot be read. A time that the clocks skip in spring is read as the hour after it.
    """
    try:
        if until:
            moment = datetime.fromisoformat(until)
            return moment.astimezone(UTC) if moment.tzinfo is not None else None
        local = datetime.fromisoformat(at)
    except ValueError:
        return None
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if local.tzinfo is None else None


def hours_on(now: datetime, hours: int) -> datetime:
    """So many hours from now, at a whole minute."""
    return (now + timedelta(hours=hours)).replace(second=0, microsecond=0)
