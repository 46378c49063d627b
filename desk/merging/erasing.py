"""Joins of a customer who is erased: that two were one stays; what an undo would need of their names goes, and with it
the undo."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from desk.merging.tables import Merge, TalkMove
from desk.store import Tx


def erase(tx: Tx, customer_ids: Sequence[int], conversation_ids: Sequence[int]) -> None:
    """Forgets what the joins of these customers, and the merges of these conversations, keep for an undo."""
    tx.flush()
    theirs = or_(Merge.keep_id.in_(customer_ids), Merge.join_id.in_(customer_ids))
    for row in tx.scalars(select(Merge).where(theirs)):
        row.kept = {}
    moves = or_(TalkMove.from_id.in_(conversation_ids), TalkMove.to_id.in_(conversation_ids))
    for move in tx.scalars(select(TalkMove).where(moves)):
        move.kept = {}
    tx.flush()
