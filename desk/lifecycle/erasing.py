"""Stages of a customer who is erased: each move stays with its rule and its time, what it quoted of the person goes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from desk.lifecycle.tables import CustomerStage, Transition
from desk.store import Tx

QUOTED = ("shown", "value")


def erase(tx: Tx, customer_ids: Sequence[int]) -> None:
    """Erases what the moves of these customers quote as evidence, and moves them by time no more."""
    tx.flush()
    for row in tx.scalars(select(Transition).where(Transition.customer_id.in_(customer_ids))):
        row.evidence = [{key: one[key] for key in one if key not in QUOTED} for one in row.evidence]
    for standing in tx.scalars(select(CustomerStage).where(CustomerStage.customer_id.in_(customer_ids))):
        standing.due_at = None
    tx.flush()
