"""What a merge and its undo do to deliveries: they go with their conversations. What went to an address went there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from desk.outbound.tables import Delivery
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


def _update(tx: Tx, where: Any, **values: Any) -> None:
    tx.execute(update(Delivery).where(where).values(**values).execution_options(synchronize_session=False))
