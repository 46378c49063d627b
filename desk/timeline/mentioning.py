"""Who was named in notes: the lines in which somebody is, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from desk.store import Tx
from desk.timeline.tables import Entry, Mention

MANY = 500  # of the newest lines that name somebody are looked at for their queue


@dataclass(frozen=True, slots=True)
class Named:
    """One line that names somebody, and who wrote it."""

    entry_id: int
    conversation_id: int
    by: int | None
    at: datetime


def mention(tx: Tx, entry_id: int, staff_ids: Iterable[int]) -> None:
    """Keeps that a line names these colleagues."""
    for staff_id in sorted(set(staff_ids)):
        tx.add(Mention(staff_id=staff_id, entry_id=entry_id))
    tx.flush()


def mentions_of(tx: Tx, staff_id: int, *, before: int | None = None, limit: int = 50) -> list[Named]:
    """The newest lines that name somebody; `before` an entry's number goes on behind it."""
    query = (
        select(Entry.id, Entry.conversation_id, Entry.staff_id, Entry.occurred_at)
        .join(Mention, Mention.entry_id == Entry.id)
        .where(Mention.staff_id == staff_id, Entry.conversation_id.is_not(None))
    )
    if before is not None:
        query = query.where(Mention.entry_id < before)
    rows = tx.execute(query.order_by(Mention.entry_id.desc()).limit(limit))
    return [Named(row.id, row.conversation_id, row.staff_id, row.occurred_at) for row in rows]


def mentioned_in(staff_id: Any) -> Select[int | None]:
    """The numbers of the conversations with one of the newest lines that name somebody, for the condition of a queue.

    `staff_id` may be a place that is filled in later. However often somebody was named in years, MANY lines are read.
    """
    newest = select(Mention.entry_id).where(Mention.staff_id == staff_id).order_by(Mention.entry_id.desc()).limit(MANY)
    named = newest.subquery()
    return select(Entry.conversation_id).join(named, named.c.entry_id == Entry.id)
