"""What a merge and its undo do to scores: they go with their conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from desk import conversations
from desk.sentiment.flagging import houses, recount
from desk.sentiment.tables import Correction, RiskFlag, Score
from desk.store import Tx

BATCH = 500


def move(tx: Tx, from_id: int, to_id: int, *, conversation_ids: Sequence[int] | None = None) -> None:
    """Gives the scores of one customer to another: all of them, or those of these conversations."""
    tx.flush()
    if conversation_ids is None:
        _update(tx, Score, Score.customer_id == from_id, customer_id=to_id)
        return
    for start in range(0, len(conversation_ids), BATCH):
        some = conversation_ids[start : start + BATCH]
        _update(tx, Score, Score.conversation_id.in_(some), customer_id=to_id)


def rehouse(tx: Tx, entry_ids: Sequence[int], conversation_id: int, customer_id: int) -> None:
    """The scores of these messages follow them into another conversation."""
    tx.flush()
    # Of the episode there, so that a message that is read after the parting counts where it stands now.
    there = {
        "conversation_id": conversation_id,
        "customer_id": customer_id,
        "episode_id": conversations.get(tx, conversation_id, None).episode_id,
    }
    changed = set()
    for start in range(0, len(entry_ids), BATCH):
        some = entry_ids[start : start + BATCH]
        changed |= houses(tx, some)
        _update(tx, Score, Score.entry_id.in_(some), **there)
        _follow(tx, some, conversation_id)
    recount(tx, {*changed, conversation_id} if changed else ())


def put(tx: Tx, entry_ids: Sequence[int], conversation_id: int) -> None:
    """The scores of these messages follow them into another conversation of their customer, and keep their episodes."""
    tx.flush()
    changed = set()
    for start in range(0, len(entry_ids), BATCH):
        some = entry_ids[start : start + BATCH]
        changed |= houses(tx, some)
        _update(tx, Score, Score.entry_id.in_(some), conversation_id=conversation_id)
        _follow(tx, some, conversation_id)
    recount(tx, {*changed, conversation_id} if changed else ())


def _follow(tx: Tx, entry_ids: Sequence[int], conversation_id: int) -> None:
    for table in (Correction, RiskFlag):
        _update(tx, table, table.entry_id.in_(entry_ids), conversation_id=conversation_id)


def _update(tx: Tx, table: Any, where: Any, **values: Any) -> None:
    tx.execute(update(table).where(where).values(**values).execution_options(synchronize_session=False))
