"""Lines that are kept no longer by a rule: what they lose, and the mark that says which rule took it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update

from desk.signals import EntryChanged, WordsErased
from desk.store import Tx
from desk.timeline.erasing import _place, erase_lines
from desk.timeline.tables import Content, Entry

MARK = "removed"  # in a line's detail: by which rule, and after how long


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: lines with words, files of how many bytes, and their digests for the caller to release."""

    words: int
    files: int
    size: int
    digests: list[str]
    entry_ids: list[int]


def next_of(
    tx: Tx, conversation_id: int, after: tuple[datetime, int] | None, limit: int = 200
) -> list[tuple[datetime, int]]:
    """The next lines of one conversation as places (time, id), oldest first."""
    query = select(Entry.occurred_at, Entry.id).where(Entry.conversation_id == conversation_id)
    if after is not None:
        query = query.where(tuple_(Entry.occurred_at, Entry.id) > _place(*after))
    return [(at, number) for at, number in tx.execute(query.order_by(Entry.occurred_at, Entry.id).limit(limit))]


def remove_words(tx: Tx, entry_ids: Sequence[int], how: dict[str, Any]) -> Removed:
    """Erases the words and files of lines. Those that had any say from now on that `how` took them."""
    ids = list(entry_ids)
    held = dict(tx.execute(select(Content.id, Content.attachments).where(Content.id.in_(ids))).all())
    stored = [file for files in held.values() for file in files if file.get("sha256")]
    words, digests = erase_lines(tx, ids, {MARK: how})
    return Removed(words, len(digests), sum(int(file.get("size") or 0) for file in stored), digests, list(held))


def remove_files(tx: Tx, entry_ids: Sequence[int], how: dict[str, Any]) -> Removed:
    """Takes the files off lines with their names; that there were some, and how large, stays."""
    digests: list[str] = []
    had: list[int] = []
    size = 0
    for content in tx.scalars(select(Content).where(Content.id.in_(list(entry_ids)))):
        kept: list[dict[str, Any]] = []
        for file in content.attachments:
            if file.get("sha256"):
                digests.append(str(file["sha256"]))
                size += int(file.get("size") or 0)
                gone = {"filename": "", "content_type": "", "size": file.get("size") or 0, "sha256": "", MARK: how}
                kept.append(gone)
            else:
                kept.append(file)
        if kept != content.attachments:
            content.attachments = kept
            had.append(content.id)
            entry = tx.scalar(select(Entry).where(Entry.id == content.id))
            if entry is not None:
                tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))
            tx.announce(WordsErased((content.id,)))  # the names of files were found by search; the rest still is
    tx.flush()
    return Removed(0, len(digests), size, digests, had)


def forget_raw(tx: Tx, entry_ids: Sequence[int]) -> None:
    """Forgets which raw messages these lines came from: there is nothing left to show."""
    gone = update(Content).where(Content.id.in_(list(entry_ids)), Content.raw_sha256.is_not(None))
    tx.execute(gone.values(raw_sha256=None).execution_options(synchronize_session=False))


def holds_in(tx: Tx, conversation_ids: Sequence[int]) -> Removed:
    """What would go with the words of these conversations; nothing is changed."""
    query = select(Content.attachments).join(Entry, Entry.id == Content.id)
    words = files = size = 0
    for attached in tx.scalars(query.where(Entry.conversation_id.in_(list(conversation_ids)))):
        words += 1
        stored = [one for one in attached if one.get("sha256")]
        files, size = files + len(stored), size + sum(int(one.get("size") or 0) for one in stored)
    return Removed(words, files, size, [], [])


def last_line(tx: Tx, customer_ids: Sequence[int]) -> datetime | None:
    """When the newest line of these customers was."""
    newest = [tx.scalar(select(func.max(Entry.occurred_at)).where(Entry.customer_id == one)) for one in customer_ids]
    return max((at for at in newest if at is not None), default=None)
