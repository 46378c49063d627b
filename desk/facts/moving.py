"""What a merge and its undo do to facts: they change hands, and replay as they did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, update

from desk.facts.tables import Fact
from desk.store import Tx

BATCH = 500
# Where a customer stands is what the desk made of their facts. Two histories of stages in one would read as moves that
# nobody made, so each stays with its own record, and the rules look at the joined facts anew.
STAY = ("stage", "stage_model")


def move(
    tx: Tx, from_id: int, to_id: int, *, identity_ids: Sequence[int] | None = None, origins: Collection[int] = ()
) -> int:
    """Gives facts of one customer to another, and says how many. All of them; or, where `identity_ids` is given, those
    that came by these identities, and those of no identity that were first recorded for a customer of `origins`."""
    tx.flush()
    mine = and_(Fact.customer_id == from_id, Fact.name.not_in(STAY))
    if identity_ids is None:
        _update(
            tx, and_(mine, Fact.identity_id.is_(None), Fact.origin_customer_id.is_(None)), origin_customer_id=from_id
        )
        return _update(tx, mine, customer_id=to_id)
    moved = 0
    for start in range(0, len(identity_ids), BATCH):
        some = identity_ids[start : start + BATCH]
        moved += _update(tx, and_(mine, Fact.identity_id.in_(some)), customer_id=to_id)
    whose = sorted(origins)
    for start in range(0, len(whose), BATCH):
        loose = and_(mine, Fact.identity_id.is_(None), Fact.origin_customer_id.in_(whose[start : start + BATCH]))
        moved += _update(tx, loose, customer_id=to_id)
    return moved


def _update(tx: Tx, where: Any, **values: Any) -> int:
    statement = update(Fact).where(where).values(**values).execution_options(synchronize_session=False)
    return int(tx.execute(statement).rowcount)
