"""Blocks of a customer who is erased: that somebody was blocked stays, who it was goes, and with it the block."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from desk.blocking.tables import Block
from desk.people import fold
from desk.store import Tx


def erase(tx: Tx, values: Iterable[str]) -> int:
    """Lifts the blocks of these addresses and forgets whose they were; gives how many."""
    folded = sorted({fold(value) for value in values if value})
    found = 0
    for row in tx.scalars(select(Block).where(Block.value_folded.in_(folded))):
        row.value, row.value_folded, row.why = "", "", ""
        row.lifted_at = row.lifted_at or tx.now()
        found += 1
    tx.flush()
    return found
