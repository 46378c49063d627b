"""How many customers there are, and a fair sample of them: neither takes longer where there are more of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, Select, func, select

from desk.people.tables import Customer
from desk.store import Tx

EXACT = 20_000  # customers up to which each question is a count
KEPT = 60.0  # seconds for which the answer holds where they are more
ROUNDS = 4  # looks for as many as are wanted, where numbers are missing
_BATCH = 500

# By the pool of connections, which all engines of one database share.
_counted: WeakKeyDictionary[Pool, tuple[float, int]] = WeakKeyDictionary()


def count(tx: Tx) -> int:
    """How many customers there are; of more than EXACT, how many there were within the last minute."""
    pool = tx.connection().engine.pool
    until, known = _counted.get(pool, (0.0, 0))
    if time.monotonic() < until:
        return known
    found = tx.scalar(select(func.count()).select_from(Customer).where(Customer.merged_into.is_(None))) or 0
    if found > EXACT:
        _counted[pool] = (time.monotonic() + KEPT, found)
    return found


def spread(tx: Tx, wanted: int, start: float) -> list[int]:
    """About `wanted` customers, evenly spread over all of them by their numbers, or all where they are fewer; `start`,
    from 0 to 1, says where in each stretch. Where numbers are missing, the places between are looked at as well."""
    if count(tx) <= wanted:
        return list(tx.scalars(_own().order_by(Customer.id)))
    low, high = tx.execute(select(func.min(Customer.id), func.max(Customer.id))).one()
    step = (high - low + 1) / wanted
    found: set[int] = set()
    for turn in range(ROUNDS):
        shift = (start + turn / ROUNDS) % 1
        places = sorted({low + int((place + shift) * step) for place in range(wanted)} - found)
        found.update(_some(tx, places))
        if len(found) >= 0.8 * wanted:
            break
    return sorted(found)


def _some(tx: Tx, numbers: Sequence[int]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(numbers), _BATCH):
        found += tx.scalars(_own().where(Customer.id.in_(numbers[start : start + _BATCH])))
    return found


def _own() -> Select[int]:
    return select(Customer.id).where(Customer.merged_into.is_(None))
