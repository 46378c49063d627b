"""The log read back: the newest first, page by page, narrowed to a person, a kind, a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, tuple_

from desk.audit.tables import Change
from desk.store import Tx

SLICE = 500  # rows of an export at a time


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is wanted. `since` counts, `until` does not any more; `nobody` asks for what the desk did by itself."""

    staff_id: int | None = None
    nobody: bool = False
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; `next` is what `before` takes for the ones behind them, None at the end."""

    rows: list[Change]
    next: int | None


def _wanted(sieve: Sieve) -> Select[Change]:
    query = select(Change).order_by(Change.at.desc(), Change.id.desc())
    if sieve.nobody:
        query = query.where(Change.staff_id.is_(None))
    elif sieve.staff_id is not None:
        query = query.where(Change.staff_id == sieve.staff_id)
    if sieve.kind:
        query = query.where(Change.kind == sieve.kind)
    if sieve.since is not None:
        query = query.where(Change.at >= sieve.since)
    if sieve.until is not None:
        query = query.where(Change.at < sieve.until)
    return query


def page(tx: Tx, sieve: Sieve = Sieve(), *, before: int | None = None, limit: int = 50) -> Page:
    """`limit` changes, newest first; `before` is the number of the one where the page before ended."""
    query = _wanted(sieve).limit(limit + 1)
    if before is not None:
        last = tx.get(Change, before)
        if last is None:
            return Page([], None)
        query = query.where(tuple_(Change.at, Change.id) < tuple_(last.at, last.id))
    rows = list(tx.scalars(query))
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def each(tx: Tx, sieve: Sieve) -> Iterator[Change]:
    """All that the sieve lets through, slice by slice, so that years of changes are no list in memory."""
    place: int | None = None
    while True:
        found = page(tx, sieve, before=place, limit=SLICE)
        yield from found.rows
        place = found.next
        if place is None:
            return


def of(tx: Tx, kind: str, key: object, limit: int = 20) -> list[Change]:
    """The last changes of one thing."""
    query = select(Change).where(Change.kind == kind, Change.key == str(key)).order_by(Change.id.desc())
    return list(tx.scalars(query.limit(limit)))
