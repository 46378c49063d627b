"""What a merge and its undo do to deliveries: they go with their conversations. What went to an address went there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from desk.outbound.tables import Delivery, ScheduledAnswer, Upload
from desk.store import Tx

BATCH = 500


def move(tx: Tx, conversation_ids: Sequence[int], to_id: int) -> None:
    """Gives the deliveries of these conversations to a customer."""
    tx.flush()
    for start in range(0, len(conversation_ids), BATCH):
        some = conversation_ids[start : start + BATCH]
        _update(tx, Delivery.conversation_id.in_(some), customer_id=to_id)


def rehouse(tx: Tx, entry_ids: Sequence[int], conversation_id: int, customer_id: int) -> None:
    """The deliveries of these entries follow them into another conversation."""
    tx.flush()
    for start in range(0, len(entry_ids), BATCH):
        some = entry_ids[start : start + BATCH]
        _update(tx, Delivery.entry_id.in_(some), conversation_id=conversation_id, customer_id=customer_id)
        later = update(ScheduledAnswer).where(ScheduledAnswer.entry_id.in_(some))
        tx.execute(later.values(conversation_id=conversation_id).execution_options(synchronize_session=False))


def follow_drafts(tx: Tx, from_id: int, to_id: int) -> None:
    """The files of answers that are being written in a conversation follow them into another."""
    moved = update(Upload).where(Upload.conversation_id == from_id).values(conversation_id=to_id)
    tx.execute(moved.execution_options(synchronize_session=False))


def _update(tx: Tx, where: Any, **values: Any) -> None:
    tx.execute(update(Delivery).where(where).values(**values).execution_options(synchronize_session=False))
