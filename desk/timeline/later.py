"""What came to be known of a line after it was written: whether an answer helped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk.signals import EntryChanged
from desk.store import Tx
from desk.timeline.tables import Entry


def add_detail(tx: Tx, entry_id: int, **known: Any) -> None:
    """Adds to what a line says of itself. Lines are never taken back; what is added is a fact about them that came
    later, in a field that stood open (None) or that the same person changes again. Raises LookupError."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None:
        raise LookupError("There is no such line on the timeline.")
    entry.detail = entry.detail | known
    tx.flush()
    tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))


def wrote_between(tx: Tx, customer_id: int, after: datetime, until: datetime) -> bool:
    """Whether a customer wrote anything in a span of time, by whatever channel."""
    query = select(Entry.id).where(
        Entry.customer_id == customer_id,
        Entry.occurred_at > after,
        Entry.occurred_at <= until,
        Entry.kind == "message",
    )
    return tx.scalar(query.limit(1)) is not None
