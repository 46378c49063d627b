"""Lines that are erased: their words, files and marks go; the line stays with its time, its kind and its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, tuple_

from desk.signals import EntryChanged
from desk.store import BigInt, Tx, UtcTime
from desk.timeline.ledger import erase_words
from desk.timeline.tables import Content, Entry, EntryKey, MessageRef

BATCH = 500
# What a line says of itself that came from outside, or repeats what was known of the person.
TOLD = ("trust", "client_id", "evidence", "linked")


@dataclass(frozen=True, slots=True)
class Held:
    """What the lines of customers hold: how many there are, how many have words, and files of how many bytes."""

    lines: int
    words: int
    files: int
    size: int


def holds(tx: Tx, customer_ids: Sequence[int]) -> Held:
    """Counts the lines of these customers, and what would go with them."""
    mine = Entry.customer_id.in_(customer_ids)
    lines, words = tx.execute(
        select(func.count(), func.count(Content.id)).select_from(Entry).outerjoin(Content, Content.id == Entry.id)
        .where(mine)
    ).one()  # fmt: skip
    files, size = 0, 0
    with_files = select(Content.attachments).join(Entry, Entry.id == Content.id).where(mine)
    for attached in tx.scalars(with_files):
        stored = [one for one in attached if one.get("sha256")]
        files, size = files + len(stored), size + sum(int(one.get("size") or 0) for one in stored)
    return Held(lines, words, files, size)


def next_lines(
    tx: Tx, customer_id: int, after: tuple[datetime, int] | None, limit: int = 200
) -> list[tuple[datetime, int]]:
    """The next lines of one customer as places (time, id), oldest first."""
    query = select(Entry.occurred_at, Entry.id).where(Entry.customer_id == customer_id)
    if after is not None:
        query = query.where(tuple_(Entry.occurred_at, Entry.id) > _place(*after))
    return [(at, number) for at, number in tx.execute(query.order_by(Entry.occurred_at, Entry.id).limit(limit))]


def _place(at: datetime, number: int) -> Any:
    # Typed by hand: a bare tuple would hand SQLite an aware time, which it writes in another form than the column's.
    return tuple_(literal(at, UtcTime()), literal(number, BigInt))


def erase_lines(tx: Tx, entry_ids: Sequence[int], mark: dict[str, Any] | None = None) -> tuple[int, list[str]]:
    """Erases the words of these lines, the ids by which mails name them, and what they repeat of a person. Gives how
    many had words, and the digests of their files, one for each reference, for the caller to release. `mark` is what
    those that had words say of it from then on."""
    tx.flush()
    ids = list(entry_ids)
    had = set(tx.scalars(select(Content.id).where(Content.id.in_(ids))).all())
    digests = erase_words(tx, ids)
    tx.execute(delete(EntryKey).where(EntryKey.entry_id.in_(ids)))
    tx.execute(delete(MessageRef).where(MessageRef.entry_id.in_(ids)))
    for entry in tx.scalars(select(Entry).where(Entry.id.in_(ids))):
        plain = bare(entry.detail)
        if mark is not None and entry.id in had:
            plain |= mark
        if plain != entry.detail:
            entry.detail = plain
        tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))
    tx.flush()
    return len(had), digests


def bare(detail: dict[str, Any]) -> dict[str, Any]:
    """What a line says of itself, without what came from outside."""
    out = {key: value for key, value in detail.items() if key not in TOLD}
    if out.get("automatic"):
        out["automatic"] = "auto-submitted"  # that it was a machine's stays: counts go by it
    return out


def of_participant(tx: Tx, conversation_id: int, participant_id: int) -> list[int]:
    """The lines that somebody beside the customer wrote in a conversation."""
    query = select(Entry.id, Entry.detail).where(
        Entry.conversation_id == conversation_id, Entry.kind.in_(("participant", "third_party"))
    )
    return [number for number, detail in tx.execute(query) if detail.get("participant") == participant_id]
