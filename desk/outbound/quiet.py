"""Quiet hours: no telephone buzzes at night for something that a machine sends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk import people, settings
from desk.channels.base import known
from desk.store import Tx

# Asked for at this moment by whoever gets it: an answer to HELP, a code, what the assistant says to a question.
ASKED_FOR = frozenset({"help", "code", "bot", "reply", "transcript"})


def _place(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def quiet_end(at: datetime, zone: str, begins: time, ends: time) -> datetime | None:
    """When the quiet time that `at` lies in ends; None where it lies in none. The same time twice: there is none."""
    place = _place(zone)
    here = at.astimezone(place)
    now = here.time().replace(tzinfo=None)
    quiet = begins <= now < ends if begins < ends else begins != ends and (now >= begins or now < ends)
    if not quiet:
        return None
    day = here.date() + timedelta(days=1) if now >= ends else here.date()
    return datetime.combine(day, ends, place).astimezone(UTC)


def quiet_until(tx: Tx, channel: str, inbox_id: int | None, customer_id: int | None) -> datetime | None:
    """Until when nothing automatic goes to a customer by a channel; None where it may go now. The zone is the
    customer's; else that of the inbox, or of its brand where the inbox has none of its own."""
    found = known().get(channel)
    if found is None or "phone" not in found.kinds:
        return None
    begins, ends = (time.fromisoformat(settings.get(tx, f"sms.quiet_{name}")) for name in ("from", "until"))
    return None if begins == ends else quiet_end(tx.now(), zone_of(tx, inbox_id, customer_id), begins, ends)


def zone_of(tx: Tx, inbox_id: int | None, customer_id: int | None) -> str:
    zone = people.customer(tx, customer_id).zone if customer_id else None
    if zone or not inbox_id:
        return zone or "UTC"
    inbox = settings.inbox(tx, inbox_id)
    return inbox.zone if inbox.zone != "UTC" else settings.brand(tx, inbox.brand_id).zone


def waits(tx: Tx, until: datetime, inbox_id: int | None, customer_id: int | None) -> str:
    """The sentence on a delivery that waits."""
    zone = zone_of(tx, inbox_id, customer_id)
    return f"quiet hours: it waits until {until.astimezone(_place(zone)):%H:%M} ({zone})"
