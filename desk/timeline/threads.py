"""Reading one conversation backwards, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, select, tuple_

from desk.store import BigInt, Tx, UtcTime
from desk.timeline.ledger import _E, _NEWEST, _SELECT, ASIDE, EntryView, _view
from desk.timeline.tables import Entry, MessageRef

_BEFORE = (
    _SELECT.where(
        _E.conversation_id == bindparam("conversation", type_=BigInt),
        tuple_(_E.occurred_at, _E.id) < tuple_(bindparam("at", type_=UtcTime()), bindparam("id", type_=BigInt)),
        _E.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(*_NEWEST)
    .limit(bindparam("limit", type_=Integer))
)


def of_conversation_before(
    tx: Tx, conversation_id: int, at: datetime, entry_id: int, limit: int, kinds: Sequence[str]
) -> list[EntryView]:
    """The `limit` entries of these kinds before a place in one conversation, newest last."""
    values: dict[str, Any] = {
        "conversation": conversation_id, "at": at, "id": entry_id, "limit": limit, "kinds": list(kinds),
    }  # fmt: skip
    rows = [_view(row) for row in tx.execute(_BEFORE, values)]
    rows.reverse()
    return rows


@dataclass(frozen=True, slots=True)
class Bone:
    """What tells of an entry whether somebody may see it, without a word of it."""

    id: int
    kind: str
    conversation_id: int | None
    detail: dict[str, Any]


_SINCE = (
    select(_E.id, _E.kind, _E.conversation_id, _E.detail)
    .where(
        _E.conversation_id == bindparam("conversation", type_=BigInt),
        _E.id > bindparam("after", type_=BigInt),
        _E.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(*_NEWEST)
    .limit(bindparam("limit", type_=Integer))
)
_NEWEST_IDS = (
    select(_E.id)
    .where(_E.conversation_id == bindparam("conversation", type_=BigInt), _E.kind != "withdrawn")
    .order_by(*_NEWEST)
    .limit(bindparam("limit", type_=Integer))
)


def recorded_since(tx: Tx, conversation_id: int, after: int, kinds: Sequence[str], limit: int = 100) -> list[Bone]:
    """The newest entries of these kinds that were recorded after one, newest first."""
    values = {"conversation": conversation_id, "after": after, "kinds": list(kinds), "limit": limit}
    return [Bone(*row) for row in tx.execute(_SINCE, values)]


def highest(tx: Tx, conversation_id: int, limit: int = 10) -> int:
    """The highest id among the newest entries; 0 where there are none. Ids count up as entries are recorded, which is
    not always the order of their times."""
    values = {"conversation": conversation_id, "limit": limit}
    return max(tx.execute(_NEWEST_IDS, values).scalars(), default=0)


def is_aside(tx: Tx, entry_id: int) -> bool:
    """Whether an entry was said aside: to, or by, somebody outside, and not to the customer."""
    return tx.scalar(select(Entry.kind).where(Entry.id == entry_id)) in ASIDE


def message_id_of(tx: Tx, entry_id: int) -> str:
    """The Message-ID of an entry; empty where it is no mail, or a mail without one."""
    return tx.scalar(select(MessageRef.message_id).where(MessageRef.entry_id == entry_id).limit(1)) or ""
