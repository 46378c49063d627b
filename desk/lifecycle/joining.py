"""What a merge and its undo do to the stage: who became somebody else stands nowhere until they are parted again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk.lifecycle.tables import CustomerStage
from desk.store import Tx

_TIMES = ("since", "considered_at", "due_at")
_PLAIN = ("model_key", "stage", "transition_id", "considered_by", "resting")


def withdraw(tx: Tx, customer_id: int) -> dict[str, Any]:
    """Takes a customer off the map, and gives where they stood, for `restore`. Their transitions stay as they were."""
    row = tx.get(CustomerStage, customer_id, with_for_update=True, populate_existing=True)
    if row is None:
        return {}
    kept: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    for name in _TIMES:
        at = getattr(row, name)
        kept[name] = at.isoformat() if at is not None else None
    kept["transition_id"] = str(row.transition_id)
    tx.delete(row)
    tx.flush()
    return kept


def restore(tx: Tx, customer_id: int, kept: dict[str, Any]) -> None:
    """Puts a customer back where they stood."""
    if not kept or tx.get(CustomerStage, customer_id) is not None:
        return
    values = {name: kept[name] for name in _PLAIN} | {"transition_id": int(kept["transition_id"])}
    values |= {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in _TIMES}
    tx.add(CustomerStage(customer_id=customer_id, **values))
    tx.flush()
