"""What rules did and why: read newest first, a page at a time, and counted as far as a list shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from desk.automation.tables import Firing
from desk.store import Tx

LATELY = timedelta(days=7)
MOST = 999  # past which a count says no more


def firings(
    tx: Tx, *, rule_id: int | None = None, outcome: str = "", before: int | None = None, limit: int = 50
) -> list[Firing]:
    """Firings, newest first; `before` the number of one goes on."""
    query = select(Firing)
    if rule_id is not None:
        query = query.where(Firing.rule_id == rule_id)
    if outcome:
        query = query.where(Firing.outcome == outcome)
    if before is not None:
        query = query.where(Firing.id < before)
    return list(tx.scalars(query.order_by(Firing.id.desc()).limit(limit)))


def firing(tx: Tx, firing_id: int) -> Firing | None:
    """One of them."""
    return tx.get(Firing, firing_id)


def lately(tx: Tx, rule_ids: list[int]) -> dict[int, tuple[int, int]]:
    """(acted, held back) of each rule within the last seven days, each up to MOST."""
    since, found = tx.now() - LATELY, {}
    for rule_id in rule_ids:
        every = select(Firing.id).where(Firing.rule_id == rule_id, Firing.at > since, Firing.outcome != "held")
        acted = tx.scalar(select(func.count()).select_from(every.limit(MOST + 1).subquery())) or 0
        kept = _held(rule_id).limit(MOST + 1).subquery()
        found[rule_id] = (acted, tx.scalar(select(func.count()).where(kept.c.at > since)) or 0)
    return found


def _held(rule_id: int) -> Select[datetime]:
    """When a rule was held back, the last time first."""
    query = select(Firing.at).where(Firing.rule_id == rule_id, Firing.outcome == "held")
    return query.order_by(Firing.id.desc())


def is_held_back(tx: Tx, rule_id: int) -> Firing | None:
    """The last firing that was held back, where that was within the hour: the rule is at its cap."""
    query = select(Firing).where(Firing.rule_id == rule_id, Firing.outcome == "held")
    last = tx.scalar(query.order_by(Firing.id.desc()).limit(1))
    return last if last is not None and last.at > tx.now() - timedelta(hours=1) else None
