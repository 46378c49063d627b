"""Policies as admins keep them, and which of them is for a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from desk import calendars, segments, settings
from desk.calendars import CalendarError
from desk.conversations import Conversation
from desk.sla.tables import Policy
from desk.store import Tx

KINDS = ("first", "next", "resolution")
MOST = 50
LONGEST_NAME = 80
LONGEST = 60 * 24 * 366  # minutes
_MEMO = "sla.policies"


class PolicyError(ValueError):
    """A policy that cannot be kept so: the field, and a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an admin wants a policy to be."""

    name: str
    inbox_id: int | None = None
    segment_id: int | None = None
    priority: int | None = None
    first_minutes: int | None = None
    next_minutes: int | None = None
    resolution_minutes: int | None = None
    hours: str = "inbox"
    calendar_id: int | None = None
    pauses: bool = True
    warn_minutes: int = 30


_KNOWN = select(Policy).order_by(Policy.position, Policy.id)


def known(tx: Tx) -> list[Policy]:
    """Every policy there is or was; read once a transaction. A desk that promises nothing has none."""
    found: list[Policy] | None = tx.memo.get(_MEMO)
    if found is None:
        found = tx.memo[_MEMO] = list(tx.scalars(_KNOWN))
    return found


def every(tx: Tx) -> list[Policy]:
    """Those in force, in their order."""
    return [row for row in known(tx) if row.removed_at is None]


def get(tx: Tx, policy_id: int) -> Policy:
    """Raises LookupError."""
    found = tx.get(Policy, policy_id)
    if found is None or found.removed_at is not None:
        raise LookupError(f"no policy {policy_id}")
    return found


def save(tx: Tx, staff_id: int | None, wanted: Wanted, policy_id: int | None = None) -> Policy:
    """Makes a policy, last in order, or changes one; clocks that run keep what they began with. Raises PolicyError and
    LookupError."""
    name = " ".join(wanted.name.split())
    if not name:
        raise PolicyError("name", "A policy needs a name: agents read it beside the conversation.")
    if len(name) > LONGEST_NAME:
        raise PolicyError("name", f"That is {len(name)} characters; {LONGEST_NAME} is the most.")
    if any(row.name.casefold() == name.casefold() and row.id != policy_id for row in every(tx)):
        raise PolicyError("name", f"There is a policy called “{name}” already.")
    targets = {kind: getattr(wanted, f"{kind}_minutes") for kind in KINDS}
    if all(minutes is None for minutes in targets.values()):
        raise PolicyError("first", "A policy promises at least one of the three.")
    for kind, minutes in targets.items():
        if minutes is not None and not 1 <= minutes <= LONGEST:
            raise PolicyError(kind, "A promise is at least one minute and at most a year.")
    if not 0 <= wanted.warn_minutes <= LONGEST:
        raise PolicyError("warn", "A warning comes 0 minutes before or more, and at most a year.")
    if wanted.priority not in (None, -1, 0, 1):
        raise PolicyError("priority", "A priority is low, normal or high.")
    _referred(tx, wanted)
    row = Policy(position=0, removed_at=None, created_at=tx.now()) if policy_id is None else get(tx, policy_id)
    for field in Wanted.__slots__:
        setattr(row, field, getattr(wanted, field))
    row.name, row.updated_at, row.staff_id = name, tx.now(), staff_id
    if wanted.hours != "calendar":
        row.calendar_id = None
    if policy_id is None:
        if len(every(tx)) >= MOST:
            raise PolicyError("", f"{MOST} policies is the most; remove one.")
        row.position = 1 + (tx.scalar(select(func.max(Policy.position))) or 0)
        tx.add(row)
    tx.flush()
    tx.memo.pop(_MEMO, None)
    return row


def _referred(tx: Tx, wanted: Wanted) -> None:
    """Raises PolicyError where what it names is not there."""
    try:
        if wanted.inbox_id is not None:
            settings.inbox(tx, wanted.inbox_id)
    except LookupError:
        raise PolicyError("inbox", "There is no such inbox any more.") from None
    try:
        if wanted.segment_id is not None:
            segments.get(tx, wanted.segment_id)
    except LookupError:
        raise PolicyError("segment", "There is no such segment any more.") from None
    if wanted.hours not in ("inbox", "calendar", "always"):
        raise PolicyError("hours", "Hours are those of the inbox, of one calendar, or all of them.")
    try:
        if wanted.hours == "calendar":
            calendars.get(tx, wanted.calendar_id or 0)
    except LookupError:
        raise PolicyError("hours", "Choose one of the calendars.") from None


def shift(tx: Tx, policy_id: int, by: int) -> None:
    """One place up (-1) or down (1). Raises LookupError."""
    get(tx, policy_id)
    rows = every(tx)
    at = next(n for n, row in enumerate(rows) if row.id == policy_id)
    to = min(max(at + by, 0), len(rows) - 1)
    rows.insert(to, rows.pop(at))
    for place, row in enumerate(rows, start=1):
        row.position = place
    tx.flush()
    tx.memo.pop(_MEMO, None)


def remove(tx: Tx, policy_id: int) -> None:
    """Promises no more of it; clocks that run end with the next look at them. Raises LookupError."""
    get(tx, policy_id).removed_at = tx.now()
    tx.flush()
    tx.memo.pop(_MEMO, None)


def choose(tx: Tx, conversation: Conversation) -> Policy | None:
    """The first policy that fits the conversation."""
    for row in every(tx):
        if row.inbox_id not in (None, conversation.inbox_id) or row.priority not in (None, conversation.priority):
            continue
        if row.segment_id is not None and not segments.inside(tx, row.segment_id, [conversation.customer_id]):
            continue
        return row
    return None


def because(tx: Tx, policy: Policy) -> dict[str, Any]:
    """Why a policy was chosen, as it was then: its conditions by their names, and its place among the others."""
    rows = every(tx)
    found: dict[str, Any] = {"place": 1 + next((n for n, row in enumerate(rows) if row.id == policy.id), 0)}
    if policy.inbox_id is not None:
        found["inbox"] = settings.inbox(tx, policy.inbox_id).name
    if policy.segment_id is not None:
        found["segment"] = segments.get(tx, policy.segment_id).name
    if policy.priority is not None:
        found["priority"] = policy.priority
    return found


def version_for(tx: Tx, policy: Policy, inbox_id: int) -> int | None:
    """The state of the calendar by which a policy counts now; None: around the clock."""
    if policy.hours == "always":
        return None
    calendar_id = policy.calendar_id if policy.hours == "calendar" else settings.inbox(tx, inbox_id).calendar_id
    return calendars.version_of(tx, calendar_id)


def users_of(tx: Tx, calendar_id: int) -> list[str]:
    """What counts by a calendar: names of inboxes and policies."""
    boxes = [row.name for row in settings.inboxes(tx) if row.calendar_id == calendar_id]
    return boxes + [row.name for row in every(tx) if row.calendar_id == calendar_id]


def remove_calendar(tx: Tx, calendar_id: int) -> None:
    """Removes a calendar. Raises CalendarError where something counts by it, and LookupError."""
    used: Sequence[str] = users_of(tx, calendar_id)
    if used:
        names = ", ".join(used[:3]) + (f" and {len(used) - 3} more" if len(used) > 3 else "")
        raise CalendarError("", f"It is in use by {names}: give them another one first.")
    calendars.remove(tx, calendar_id)
