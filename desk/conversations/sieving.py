"""A queue of whatever conditions: within bounds, however few rows they leave, and paged by the place of the last row.

What a filter asks for has seldom an index of its own. So a page walks the index of its order, LOOK conversations of
the statuses that are asked for at most, and keeps those that fit; it says where it stopped. Where a filter has few
conversations to begin with (a rare label, a small segment), these are looked through themselves, and nothing is left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, bindparam, func, literal, select, true, tuple_, union_all

from desk.conversations.queue import _COLUMNS, _NAMES, _ROWS, _TABLE, CAP, NotVisible, Row
from desk.conversations.states import STATUSES
from desk.store import BigInt, Tx, UtcTime

LOOK = 2000  # conversations that one page looks through
FEW = 1000  # conversations, or customers, that are few enough to be looked through themselves
SORTS = ("urgency", "waiting", "due", "latest")
_TIMES = {"waiting": "waiting_since", "due": "due_at"}  # sorted by a time that not every conversation has
_C = _TABLE.c


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which conversations a queue holds. `where` says all of it, who may see them as well; `statuses` are those that
    can fit. `few`: the numbers of all that can fit, where that is known and few. `lead`: a part of `where` that has an
    index in the order of urgency."""

    where: tuple[ColumnElement[bool], ...]
    statuses: tuple[str, ...] = STATUSES
    few: tuple[int, ...] | None = None
    lead: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Sieved:
    """One page. `next`: hand it back as `after`. `cut`: it stopped because it had looked through LOOK conversations."""

    rows: list[Row]
    next: str | None
    cut: bool = False


def sieved(tx: Tx, sieve: Sieve, sort: str = "urgency", *, after: str | None = None, limit: int = 50) -> Sieved:
    """A page of a sieve: by `urgency`, longest `waiting` first, next `due` first, `latest` first. Those that wait for
    nothing, or to whom nothing was promised, stand behind the others, by urgency. Raises NotVisible for no place."""
    if sort not in SORTS:
        raise NotVisible(f"A queue is not sorted by {sort}.")
    walks = _walks(sort)
    first, place = _place(after, walks)
    rows: list[Row] = []
    for number in range(first, len(walks)):
        walk = walks[number]
        source = _source(sieve, walk, place, limit + 1 - len(rows))
        if source is not None:
            found = [Row(*each) for each in tx.execute(_kept(sieve, walk, source, limit + 1 - len(rows)))]
            rows += found
            if len(rows) > limit:
                last = rows[limit - 1]
                home = number if limit - 1 >= len(rows) - len(found) else number - 1
                value = getattr(last, walks[home].column)
                return Sieved(rows[:limit], _token(home, value, last.id))
            end = None if sieve.few is not None else tx.execute(_end(source, walk)).first()
            if end is not None:
                return Sieved(rows, _token(number, end.key, end.id), cut=True)
        place = None
    return Sieved(rows, None)


def fitting(tx: Tx, sieve: Sieve, conversation_ids: Sequence[int]) -> list[Row]:
    """Those of these conversations that a sieve keeps, for a screen that was told of their changes."""
    if not conversation_ids:
        return []
    found = tx.execute(_ROWS.where(_C.id.in_(list(conversation_ids)[:FEW]), *sieve.where))
    return [Row(*each) for each in found]


def sieved_count(tx: Tx, sieve: Sieve) -> tuple[int, bool]:
    """How many a sieve keeps, up to CAP, and whether there may be more behind what was looked through."""
    walk = _walks("urgency")[0]
    source = _source(sieve, walk, None, CAP)
    if source is None:
        return 0, False
    kept = select(literal(1)).select_from(_TABLE.join(source, source.c.id == _C.id)).where(*sieve.where).limit(CAP)
    found = int(tx.scalar(select(func.count()).select_from(kept.subquery())) or 0)
    cut = found < CAP and sieve.few is None and tx.execute(_end(source, walk)).first() is not None
    return found, cut


@dataclass(frozen=True, slots=True)
class _Walk:
    """One way along an index: the column it goes by, which way, and what else has to be so."""

    column: str
    kind: Any
    ascending: bool
    only: ColumnElement[bool] | None = None
    also: ColumnElement[bool] | None = None  # true of the rows, but of no help to the index

    def order(self, key: Any, number: Any) -> tuple[Any, Any]:
        return (key, number) if self.ascending else (key.desc(), number.desc())


def _walks(sort: str) -> tuple[_Walk, ...]:
    if sort == "latest":
        return (_Walk("last_at", UtcTime(), False),)
    by_urgency = _Walk("urgency", Float(), False)
    if sort == "urgency":
        return (by_urgency,)
    key = _C[_TIMES[sort]]
    timed = _Walk(_TIMES[sort], UtcTime(), True, only=key.is_not(None))
    return timed, _Walk("urgency", Float(), False, also=key.is_(None))


def _source(sieve: Sieve, walk: _Walk, place: tuple[Any, int] | None, wanted: int) -> Any:
    """What a page looks through: numbers and keys in its order, never more than LOOK of them. None: nothing fits."""
    if not sieve.statuses:
        return None
    key = _C[walk.column]
    behind: list[ColumnElement[bool]] = [walk.only] if walk.only is not None else []
    if place is not None:
        value = bindparam(None, place[0], type_=walk.kind, unique=True)
        here, there = tuple_(key, _C.id), tuple_(value, bindparam(None, place[1], type_=BigInt, unique=True))
        behind.append(here > there if walk.ascending else here < there)
    picked = select(_C.id.label("id"), key.label("key"))
    if sieve.few is not None:
        return picked.where(_C.id.in_(sieve.few), *behind).subquery() if sieve.few else None
    order = walk.order(key, _C.id)
    if walk.column == "due_at":  # an index of its own, of all statuses
        return picked.where(*behind).order_by(*order).limit(LOOK).subquery()
    if walk.column == "urgency" and sieve.lead is not None:
        behind.append(sieve.lead)
    parts = [picked.where(_C.status == status, *behind).order_by(*order).limit(LOOK) for status in sieve.statuses]
    if len(parts) == 1:
        return parts[0].subquery()
    every = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(every).order_by(*walk.order(every.c.key, every.c.id)).limit(LOOK).subquery()


def _kept(sieve: Sieve, walk: _Walk, source: Any, limit: int) -> Any:
    """The rows of what is looked through that fit."""
    names = (_NAMES.c.id == _C.status_name_id) & (_NAMES.c.status == _C.status)
    joined = _TABLE.join(source, source.c.id == _C.id).outerjoin(_NAMES, names)
    query = select(*_COLUMNS, func.coalesce(_NAMES.c.name, "")).select_from(joined)
    query = query.where(*sieve.where, walk.also if walk.also is not None else true())
    return query.order_by(*walk.order(source.c.key, source.c.id)).limit(limit)


def _end(source: Any, walk: _Walk) -> Any:
    """Where a look ended, if it did not come to the end of its index."""
    return select(source.c.id, source.c.key).order_by(*walk.order(source.c.key, source.c.id)).offset(LOOK - 1).limit(1)


def _token(walk: int, value: Any, last_id: int) -> str:
    return json.dumps([walk, value.isoformat() if isinstance(value, datetime) else value, last_id])


def _place(after: str | None, walks: Sequence[_Walk]) -> tuple[int, tuple[Any, int] | None]:
    if after is None:
        return 0, None
    try:
        walk, value, last_id = json.loads(after)
        timed = isinstance(walks[int(walk)].kind, UtcTime)
        known = datetime.fromisoformat(value) if timed else float(value)
        if int(walk) < 0 or (isinstance(known, datetime) and known.tzinfo is None):
            raise ValueError(after)
        return int(walk), (known, int(last_id))
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise NotVisible("That is not a place in a queue.") from error
