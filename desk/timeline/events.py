"""Events of a shop or product on a customer's timeline: a page viewed, an order placed; said by whom, and how far to be
believed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from desk import facts
from desk.store import Tx
from desk.timeline.ledger import Words, record
from desk.timeline.tables import Entry

Property = str | float | bool | None

MOST_PROPERTIES = 20  # of one event
LONGEST_KEY, LONGEST_VALUE, LONGEST_ALL = 40, 300, 4000
VALUES = ("value", "total", "amount", "revenue")  # the property that the event's number is in, the first that is there


class BadEvent(ValueError):
    """This is no event: `code` says what is wrong, `about` with which name."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code}: {about}")
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as it is kept: its name in the catalog, its number where it has one, and what else was said of it."""

    name: str
    value: float | None
    properties: Mapping[str, Property]


def read_event(name: object, properties: object) -> Happened:
    """What somebody sent, as an event. Raises BadEvent."""
    found = facts.incoming(name) if isinstance(name, str) and len(name) <= 120 else None
    if found is None:
        raise BadEvent("event", name[:60] if isinstance(name, str) else "")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict) or len(properties) > MOST_PROPERTIES:
        raise BadEvent("properties", str(MOST_PROPERTIES))
    kept = {_key(key): _property(key, value) for key, value in properties.items()}
    if len(json.dumps(kept)) > LONGEST_ALL:
        raise BadEvent("properties", str(MOST_PROPERTIES))
    own, declared = found
    value = None
    if declared.unit:
        numbers = (kept[key] for key in VALUES if key in kept)
        value = next((float(n) for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)), None)
    return Happened(own, value, kept)


def _key(key: object) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise BadEvent("property", str(key)[:LONGEST_KEY])
    return key


def _property(key: str, value: object) -> Property:
    """A short text, a number, yes or no; nothing that holds others. Raises BadEvent."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 1e15 and math.isfinite(value):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return "".join(c if c.isprintable() else " " for c in value)
    raise BadEvent("property", key)


def happened(
    tx: Tx,
    event: Happened,
    *,
    customer_id: int,
    identity_id: int | None,
    at: datetime,
    proved: bool,
    said_by: str,
    channel: str | None = None,
    inbox_id: int | None = None,
) -> Entry:
    """Puts an event on a timeline. `said_by` is `page` or `site`. Where it is `proved` whose event it is, it becomes a
    fact as well, which conditions, stages and segments go by; a claim stays a line that people read."""
    entry = record(
        tx,
        customer_id=customer_id,
        kind="event",
        author="customer",
        occurred_at=at,
        identity_id=identity_id,
        channel=channel,
        inbox_id=inbox_id,
        detail={"name": event.name, "by": said_by, "proved": proved},
        # What was looked at or bought is the customer's, and goes when their words go.
        words=Words(json.dumps(dict(event.properties), ensure_ascii=False)) if event.properties else None,
    )
    if proved:
        facts.record(
            tx,
            customer_id,
            event.name,
            event.value,
            occurred_at=at,
            entry_id=entry.id,
            identity_id=identity_id,
        )
    return entry
