"""Raw messages that are erased: the row says when something came and what became of it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, or_, select, text

from desk.files import Blobs
from desk.intake.tables import KEPT_ASIDE, Arrival
from desk.store import Tx

BATCH = 200
# What did not become a line has no entry to be found by.
LOOSE = ("waiting", "part", "duplicate", "automatic", "bounce", "quarantined", "discarded")


def erase(tx: Tx, files: Blobs, entry_ids: Sequence[int]) -> int:
    """Erases the raw messages that became these lines, and further copies of them. Gives how many."""
    done = 0
    for start in range(0, len(entry_ids), BATCH):
        some = list(entry_ids[start : start + BATCH])
        own = list(tx.scalars(select(Arrival).where(Arrival.entry_id.in_(some), Arrival.raw_sha256 != "")))
        digests = {row.raw_sha256 for row in own}
        copies = select(Arrival).where(Arrival.raw_sha256.in_(digests)) if digests else None
        rows = {row.id: row for row in [*own, *(tx.scalars(copies) if copies is not None else ())]}
        done += _blank(tx, files, list(rows.values()))
    return done


def erase_from(tx: Tx, files: Blobs, addresses: Sequence[str]) -> int:
    """Erases raw messages whose envelope, or the sentence on what became of them, names one of these addresses and
    that became no line: copies, what a machine answered, what came back, what waits in quarantine."""
    wanted = [one for one in addresses if len(one) > 3]
    if not wanted:
        return 0
    said = [
        clause
        for one in wanted
        for clause in (
            cast(Arrival.envelope, String).icontains(one, autoescape=True),
            Arrival.reason.icontains(one, autoescape=True),
        )
    ]
    query = select(Arrival).where(Arrival.state.in_(LOOSE), Arrival.raw_sha256 != "", or_(*said))
    return _blank(tx, files, list(tx.scalars(query)))


def loose(tx: Tx, after: int, limit: int) -> list[tuple[int, str]]:
    """The next raw messages (number, digest) that became no line: what their files say, only their files tell."""
    query = select(Arrival.id, Arrival.raw_sha256).where(
        Arrival.id > after, Arrival.state.in_(LOOSE), Arrival.raw_sha256 != ""
    )
    return [(number, sha256) for number, sha256 in tx.execute(query.order_by(Arrival.id).limit(limit))]


def erase_these(tx: Tx, files: Blobs, arrival_ids: Sequence[int]) -> int:
    """Erases raw messages by their numbers."""
    query = select(Arrival).where(Arrival.id.in_(list(arrival_ids)), Arrival.raw_sha256 != "")
    return _blank(tx, files, list(tx.scalars(query)))


ENDS = ("duplicate", "automatic", "bounce", "discarded")  # nobody decides about these any more
ASIDE = ("quarantined", "blocked")


def old(tx: Tx, inbox_id: int | None, state: str, before: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """Raw messages (number, bytes) of an inbox, or of none, that became no line and came before a time, the oldest
    first. What was erased is none of them."""
    query = select(Arrival.id, Arrival.size, Arrival.arrived_at).where(
        text(KEPT_ASIDE), Arrival.inbox_id == inbox_id, Arrival.state == state, Arrival.raw_sha256 != ""
    )
    rows = tx.execute(query.order_by(Arrival.id).limit(limit)).all()
    return [(number, size) for number, size, at in rows if at < before]  # they are numbered as they come


def count_raw(tx: Tx, entry_ids: Sequence[int]) -> int:
    """How many of the raw messages that became these lines are kept."""
    query = select(func.count()).select_from(Arrival)
    return tx.scalar(query.where(Arrival.entry_id.in_(list(entry_ids)), Arrival.raw_sha256 != "")) or 0


def _blank(tx: Tx, files: Blobs, rows: Sequence[Any]) -> int:
    for row in rows:
        files.release(tx, row.raw_sha256)
        row.raw_sha256, row.envelope, row.reason = "", {}, ""
        if row.state in ("waiting", "part", "quarantined"):  # there is nothing left to take in
            row.state, row.settled_at = "discarded", tx.now()
    tx.flush()
    return len(rows)


def raw_of(tx: Tx, entry_ids: Sequence[int]) -> dict[int, list[str]]:
    """The digests of the raw messages that became these lines, by line."""
    found: dict[int, list[str]] = {}
    query = select(Arrival.entry_id, Arrival.raw_sha256).where(
        Arrival.entry_id.in_(list(entry_ids)), Arrival.state == "accepted", Arrival.raw_sha256 != ""
    )
    for entry_id, sha256 in tx.execute(query):
        found.setdefault(entry_id, []).append(sha256)
    return found
