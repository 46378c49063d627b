"""Who is at the desk: signs of their screens, written rarely, read as what they mean now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from desk import settings
from desk.assigning.choosing import Sign, Standing, standing
from desk.assigning.tables import Presence
from desk.jobs import enqueue
from desk.store import Tx

MOST_DRAFTS = 200
MOST_DEVICES = 8


def idle_after(tx: Tx) -> timedelta:
    return timedelta(minutes=float(settings.get(tx, "presence.idle_minutes")))


def _row(tx: Tx, staff_id: int) -> Presence:
    insert: Any = postgresql.insert if tx.dialect_name == "postgresql" else sqlite.insert
    made = insert(Presence).values(staff_id=staff_id, chosen="", drafts=[])
    tx.execute(made.on_conflict_do_nothing(index_elements=["staff_id"]))
    found: Presence = tx.get(Presence, staff_id, with_for_update=True)
    return found


def sign(tx: Tx, staff_id: int, *, active: bool, drafts: Sequence[int] | None = None, device: str = "") -> None:
    """A screen of theirs is there. `active`: something was done on it; `drafts`: the conversations in which they have
    begun an answer on that device, where that is known. For whoever comes back, work is looked for."""
    row, now = _row(tx, staff_id), tx.now()
    before = standing(_sign(row), now, idle_after(tx))
    row.seen_at = max(row.seen_at or now, now)
    if active or row.active_at is None:
        row.active_at = row.seen_at
    if drafts is not None:
        others = [kept for kept in row.drafts if kept[0] != device]
        own = sorted(set(drafts))[:MOST_DRAFTS]
        row.drafts = [*([[device, own]] if own else []), *others][:MOST_DEVICES]
    tx.flush()
    _came_back(tx, row, before)


def choose_state(tx: Tx, staff_id: int, away: bool) -> None:
    """Says that they are away, or here again."""
    row, now = _row(tx, staff_id), tx.now()
    before = standing(_sign(row), now, idle_after(tx))
    if away and row.chosen != "away":
        row.chosen, row.chosen_at = "away", now
    elif not away:
        row.chosen, row.chosen_at = "", now
        row.active_at = now
        row.seen_at = max(row.seen_at or now, now)  # from a page of theirs
    tx.flush()
    _came_back(tx, row, before)


def _came_back(tx: Tx, row: Presence, before: Standing) -> None:
    if not before.here and standing(_sign(row), tx.now(), idle_after(tx)).here:
        enqueue(tx, "assigning.again", {}, key="assigning.again")


def _sign(row: Presence) -> Sign:
    return Sign(row.seen_at, row.active_at, row.chosen, row.chosen_at)


def held(tx: Tx, staff_ids: Iterable[int]) -> dict[int, Standing]:
    """How these people stand, and the right to give them work: of two that choose at once the second waits, and sees
    what the first gave. Who never was here has no row and is given nothing."""
    query = select(Presence).where(Presence.staff_id.in_(sorted(staff_ids))).order_by(Presence.staff_id)
    rows = tx.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    idle, now = idle_after(tx), tx.now()
    return {row.staff_id: standing(_sign(row), now, idle) for row in rows}


def standings(tx: Tx, staff_ids: Iterable[int] | None = None) -> dict[int, Standing]:
    """How people stand, for pages; those without an entry never were here."""
    query = select(Presence)
    if staff_ids is not None:
        query = query.where(Presence.staff_id.in_(sorted(staff_ids)))
    idle, now = idle_after(tx), tx.now()
    return {row.staff_id: standing(_sign(row), now, idle) for row in tx.scalars(query)}


def drafting(tx: Tx, staff_id: int) -> frozenset[int]:
    """The conversations in which they have begun an answer."""
    row = tx.get(Presence, staff_id)
    return frozenset(int(n) for _device, numbers in row.drafts for n in numbers) if row is not None else frozenset()


def of(tx: Tx, staff_id: int, now: datetime) -> Standing:
    row = tx.get(Presence, staff_id)
    return standing(_sign(row), now, idle_after(tx)) if row is not None else Standing("offline")
