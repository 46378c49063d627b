"""Firings in the conversations of a customer who is erased: each stays with its rule and its time, its reason goes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from desk.automation.tables import Firing, Trial
from desk.store import Tx

QUOTED = ("shown", "value")


def erase(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """Erases what firings, and what is kept of dry runs, quote of these conversations."""
    tx.flush()
    gone = set(conversation_ids)
    for start in range(0, len(conversation_ids), 500):
        some = conversation_ids[start : start + 500]
        for row in tx.scalars(select(Firing).where(Firing.conversation_id.in_(some))):
            row.evidence = [{key: one[key] for key in one if key not in QUOTED} for one in row.evidence]
    for trial in tx.scalars(select(Trial)):
        rows = trial.found.get("rows", [])
        if any(one["conversation_id"] in gone for one in rows):
            bare = [one | {"because": []} if one["conversation_id"] in gone else one for one in rows]
            trial.found = trial.found | {"rows": bare}
    tx.flush()
