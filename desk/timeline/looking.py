"""How far each colleague has read a customer's timeline: what happened since is told apart when they come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from desk.store import BigInt, Tx
from desk.timeline.tables import TimelineLook

_LOOKS = cast(Table, TimelineLook.__table__)
_KEY = ["staff_id", "customer_id"]
_MEMO = "timeline.looks"


@dataclass(frozen=True, slots=True)
class Look:
    """The newest entry that was read, by number (numbers grow with the time of recording), and when."""

    entry_id: int
    at: datetime


_LOOK = select(_LOOKS.c.entry_id, _LOOKS.c.looked_at).where(
    _LOOKS.c.staff_id == bindparam("staff", type_=BigInt), _LOOKS.c.customer_id == bindparam("customer", type_=BigInt)
)


# The same as two columns of another statement about a customer, which the database works out once for all its rows.
_WHERE = (
    _LOOKS.c.staff_id == bindparam("reader", type_=BigInt),
    _LOOKS.c.customer_id == bindparam("customer", type_=BigInt),
)
LOOK_COLUMNS = (
    select(_LOOKS.c.entry_id).where(*_WHERE).scalar_subquery().label("look_id"),
    select(_LOOKS.c.looked_at).where(*_WHERE).scalar_subquery().label("look_at"),
)


def keep_look(tx: Tx, staff_id: int, customer_id: int, entry_id: int | None, at: datetime | None) -> None:
    """Remembers for the rest of a reading transaction what another statement has found along the way."""
    if not tx.writing:
        found = None if entry_id is None or at is None else Look(entry_id, at)
        tx.memo.setdefault(_MEMO, {})[staff_id, customer_id] = found


def look(tx: Tx, staff_id: int, customer_id: int) -> Look | None:
    """Where this colleague last looked; None where they never did."""
    kept: dict[tuple[int, int], Look | None] = tx.memo.get(_MEMO, {})
    if (staff_id, customer_id) in kept:
        return kept[staff_id, customer_id]
    row = tx.execute(_LOOK, {"staff": staff_id, "customer": customer_id}).first()
    return None if row is None else Look(row.entry_id, row.looked_at)


def _upsert(made: Any) -> Any:
    # Two screens of one person: whoever saw more is right, however late the other is told.
    return made.on_conflict_do_update(
        index_elements=_KEY,
        set_={"entry_id": made.excluded.entry_id, "looked_at": made.excluded.looked_at},
        where=made.excluded.entry_id > _LOOKS.c.entry_id,
    )


_LOOKED = {
    "sqlite": _upsert(sqlite.insert(_LOOKS)),
    "postgresql": _upsert(postgresql.insert(_LOOKS)),
}


def looked(tx: Tx, staff_id: int, customer_id: int, entry_id: int) -> None:
    """Remembers that everything up to this entry was read; what was read before stays so."""
    values = {"staff_id": staff_id, "customer_id": customer_id, "entry_id": entry_id, "looked_at": tx.now()}
    tx.execute(_LOOKED[tx.dialect_name], values)
