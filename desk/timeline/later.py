"""What came to be known of a line after it was written: whether an answer helped, or was taken back unsent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from desk.signals import EntryChanged
from desk.store import Tx
from desk.timeline.ledger import EntryView
from desk.timeline.tables import Content, Entry, MessageRef
from desk.timeline.threads import Bone

WITHDRAWN = "withdrawn"
WENT = "went"  # in an answer's detail: None while it waits, then when it began to be sent


def waits(entry: EntryView | Bone) -> bool:
    """Whether an answer can still be taken back: until then it is nobody's but ours."""
    return entry.kind == "reply" and entry.detail.get(WENT, "") is None


def add_detail(tx: Tx, entry_id: int, **known: Any) -> None:
    """Adds to what a line says of itself. Lines are never taken back; what is added is a fact about them that came
    later, in a field that stood open (None) or that the same person changes again. Raises LookupError."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None:
        raise LookupError("There is no such line on the timeline.")
    entry.detail = entry.detail | known
    tx.flush()
    tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))


def withdraw(tx: Tx, entry_id: int, staff_id: int) -> list[dict[str, Any]]:
    """Takes back an answer that nobody was sent. The line stays, with who took it back and when, but under a kind of
    its own, so that nothing which reads answers or shows a timeline meets it; later mails cannot name it either. Its
    files leave it for whoever called, who holds what referred to their bytes from then on. Raises LookupError."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None:
        raise LookupError("There is no such line on the timeline.")
    entry.kind = WITHDRAWN
    entry.detail = entry.detail | {"withdrawn_by": staff_id, "withdrawn_at": tx.now().isoformat()}
    tx.execute(delete(MessageRef).where(MessageRef.entry_id == entry_id))
    content = tx.get(Content, entry_id)
    files: list[dict[str, Any]] = list(content.attachments) if content is not None else []
    if content is not None:
        content.attachments = []
    tx.flush()
    tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))
    return files


def place(tx: Tx, entry_id: int, episode_id: int | None) -> None:
    """An answer that waited belongs to the episode that it opened."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is not None:
        entry.episode_id = episode_id
        tx.flush()


def wrote_between(tx: Tx, customer_id: int, after: datetime, until: datetime) -> bool:
    """Whether a customer wrote anything in a span of time, by whatever channel."""
    query = select(Entry.id).where(
        Entry.customer_id == customer_id,
        Entry.occurred_at > after,
        Entry.occurred_at <= until,
        Entry.kind == "message",
    )
    return tx.scalar(query.limit(1)) is not None
