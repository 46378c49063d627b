"""Reading a customer's timeline a page at a time: all of it, or the lines of some kinds and of one channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from desk.store import BigInt, Tx, UtcTime
from desk.timeline.later import WITHDRAWN
from desk.timeline.ledger import _CONTENTS, _E, _NEWEST, _SELECT, _W, EntryView, Visible, _view
from desk.timeline.looking import LOOK_COLUMNS, keep_look
from desk.timeline.tables import Entry

# What a person tells apart on a timeline. Every kind of entry stands under one of them: a test holds that.
SORTS: dict[str, tuple[str, ...]] = {
    "messages": ("message", "reply", "scheduled", "participant", "forward", "third_party"),
    "notes": ("note",),
    "bot": ("bot", "handover", "bot_back"),
    "feedback": ("survey_asked", "survey_answered", "sentiment"),
    "stages": ("stage",),
    "events": ("event",),
    "decisions": ("merge", "survey_withheld", "file_released", "block", "redacted", "erased", "hold"),
    "status": (
        "status",
        "assigned",
        "waits",
        "priority",
        "label",
        "mailed",
        "sent_again",
        "sla",
        "talk",
        "link",
        "inbox",
        "status_name",
        "task",
    ),
}
KINDS = tuple(kind for kinds in SORTS.values() for kind in kinds)
COUNTED = 2000  # newest lines that are counted by kind and channel
MOST = 99  # of a kind, past which a number says nothing more to anybody

_ENTRIES = cast(Table, Entry.__table__)
_OLDEST = (_E.occurred_at, _E.id)

Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which lines are wanted: those of these kinds (none: of all) and of this channel."""

    kinds: tuple[str, ...] = ()
    channel: str | None = None

    def __bool__(self) -> bool:
        return bool(self.kinds or self.channel)


EVERYTHING = Sieve()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines in order of time, and whether there are more on either side."""

    entries: list[EntryView]
    older: bool
    newer: bool


def sieve_of(sorts: Sequence[str], channel: str | None) -> Sieve:
    """The sieve that lets these sorts through; names that mean nothing are left out, and all of them is none."""
    chosen = [name for name in SORTS if name in sorts]
    if len(chosen) == len(SORTS):
        chosen = []
    return Sieve(tuple(kind for name in chosen for kind in SORTS[name]), channel or None)


def page(
    tx: Tx,
    customer_id: int,
    *,
    before: Place | None = None,
    after: Place | None = None,
    limit: int = 50,
    visible: Visible | None = None,
    sieve: Sieve = EVERYTHING,
    upward: bool = False,
    reader: int | None = None,
) -> list[EntryView]:
    """The newest `limit` entries of a customer (before, or after, a place in the timeline), newest last; `upward`: the
    oldest of them, which are those next to a place that one comes from below.

    `visible` says of which conversations; entries that belong to no conversation are for everybody who may see the
    customer. How far a `reader` has read is found along the way, and `look` knows it without asking again.
    """
    query = _page(before is not None, after is not None, visible, _shape(sieve), upward, reader is not None)
    values: dict[str, Any] = {"customer": customer_id, "limit": limit}
    if before is not None:
        values["before_at"], values["before_id"] = before
    if after is not None:
        values["after_at"], values["after_id"] = after
    if visible is not None:
        values |= visible.values
    if sieve:
        values |= {f"wanted_{n}": kind for n, kind in enumerate(sieve.kinds or KINDS)}
        if sieve.channel:
            values["channel"] = sieve.channel
    if reader is not None:
        values["reader"] = reader
    found = tx.execute(query, values).all()
    if reader is not None and found:
        keep_look(tx, reader, customer_id, found[0].look_id, found[0].look_at)
    rows = [_view(row) for row in found]
    if not upward:
        rows.reverse()
    return rows


def around(
    tx: Tx, customer_id: int, place: Place, *, limit: int, visible: Visible | None = None, sieve: Sieve = EVERYTHING
) -> Stretch:
    """The line at a place with those before and after it; near the newest, more of the older ones fill the page."""
    newer = page(
        tx, customer_id, after=(place[0], place[1] - 1), limit=limit // 2 + 1, visible=visible, sieve=sieve, upward=True
    )
    more_newer = len(newer) > limit // 2
    newer = newer[: limit // 2]
    wanted = limit - len(newer)
    older = page(tx, customer_id, before=(place[0], place[1]), limit=wanted + 1, visible=visible, sieve=sieve)
    more_older = len(older) > wanted
    return Stretch(older[-wanted:] + newer, more_older, more_newer)


def counted(tx: Tx, customer_id: int, visible: Visible | None = None) -> tuple[dict[str, int], dict[str, int], bool]:
    """How many lines there are of each sort and of each channel, and whether that is all of them: of a long timeline,
    only the newest are counted."""
    values: dict[str, Any] = {"customer": customer_id, **(visible.values if visible is not None else {})}
    sorts, channels, seen = dict.fromkeys(SORTS, 0), dict[str, int](), 0
    for kind, channel, number in tx.execute(_counted(visible), values):
        seen += number
        name = next((name for name, kinds in SORTS.items() if kind in kinds), None)
        if name is not None:
            sorts[name] += number
        if channel:
            channels[channel] = channels.get(channel, 0) + number
    return sorts, channels, seen < COUNTED


@lru_cache(maxsize=4)
def _counted(visible: Visible | None) -> Any:
    lines = select(_E.kind, _E.channel).where(*_mine(visible)).order_by(*_NEWEST).limit(COUNTED).subquery("lines")
    return select(lines.c.kind, lines.c.channel, func.count()).group_by(lines.c.kind, lines.c.channel)


def _mine(visible: Visible | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        _E.customer_id == bindparam("customer", type_=BigInt),
        _E.kind != WITHDRAWN,
    ]
    if visible is not None:
        found.append(or_(_E.conversation_id.is_(None), visible(_E.conversation_id)))
    return found


def _shape(sieve: Sieve) -> tuple[int, bool]:
    """What of a sieve changes the statement: how many kinds, and whether there is a channel."""
    return (len(sieve.kinds or KINDS), sieve.channel is not None) if sieve else (0, False)


@lru_cache(maxsize=128)
def _page(
    before: bool, after: bool, visible: Visible | None, shape: tuple[int, bool], upward: bool, looks: bool
) -> Any:
    kinds, by_channel = shape
    columns = _SELECT.add_columns(*LOOK_COLUMNS) if looks else _SELECT
    place = tuple_(_E.occurred_at, _E.id)
    where = _mine(visible)
    if before:
        where.append(place < _bound("before"))
    if after:
        where.append(place > _bound("after"))
    order = _OLDEST if upward else _NEWEST
    limit = bindparam("limit", type_=Integer)
    if not kinds:
        return columns.where(*where).order_by(*order).limit(limit)
    # The newest of each kind from its own piece of an index, and of those the newest: with a list of kinds, a database
    # would walk back along all lines, or gather and sort every line of the kinds.
    if by_channel:
        where.append(_E.channel == bindparam("channel", type_=String))
    pieces = [
        select(
            select(_E.occurred_at, _E.id)
            .where(*where, _E.kind == bindparam(f"wanted_{n}", type_=String))
            .order_by(*order)
            .limit(limit)
            .subquery(f"of_{n}")
        )
        for n in range(kinds)
    ]
    some = union_all(*pieces).subquery("some")
    downward = (some.c.occurred_at, some.c.id) if upward else (some.c.occurred_at.desc(), some.c.id.desc())
    found = select(some).order_by(*downward).limit(limit).subquery("found")
    key = and_(
        _E.customer_id == bindparam("customer", type_=BigInt),
        _E.occurred_at == found.c.occurred_at,
        _E.id == found.c.id,
    )
    joined = found.join(_ENTRIES, key).outerjoin(_CONTENTS, _W.id == _E.content_id)
    return select(*columns.selected_columns).select_from(joined).order_by(*order)


def _bound(name: str) -> Any:
    # Typed by hand: a bare tuple would hand SQLite an aware time, which it writes in another form than the column's.
    return tuple_(bindparam(f"{name}_at", type_=UtcTime()), bindparam(f"{name}_id", type_=BigInt))
