"""A little of many lines at once: the words of some, and the conversations that some stand in."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from desk.store import Tx
from desk.timeline.tables import Content, Entry


def texts(tx: Tx, entry_ids: Iterable[int]) -> dict[int, str]:
    """The words of these lines, without those that were erased."""
    ids = sorted(set(entry_ids))
    found: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        rows = tx.execute(select(Content.id, Content.text).where(Content.id.in_(ids[start : start + 500])))
        found.update((row.id, row.text) for row in rows)
    return found


def homes(tx: Tx, entry_ids: Iterable[int]) -> dict[int, int]:
    """The conversations that these lines stand in."""
    ids = sorted(set(entry_ids))
    found: dict[int, int] = {}
    for start in range(0, len(ids), 500):
        some = Entry.id.in_(ids[start : start + 500]), Entry.conversation_id.is_not(None)
        rows = tx.execute(select(Entry.id, Entry.conversation_id).where(*some))
        found.update((row.id, row.conversation_id) for row in rows)
    return found
