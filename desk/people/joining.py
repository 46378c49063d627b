"""Two customers who are one, and one who are two again: what changes in their own rows and in their identities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update

from desk.people.service import fold
from desk.people.tables import Customer, Identity
from desk.store import Tx

_SAME = ("name", "locale", "zone")  # taken over where the one who stays has none


def held(tx: Tx, *customer_ids: int) -> dict[int, Customer]:
    """The rows of these customers, kept from everybody else until the end of the transaction: whoever writes for one of
    them at this instant is done before, or begins after. Missing ones are missing."""
    query = select(Customer).where(Customer.id.in_(customer_ids)).order_by(Customer.id)
    rows = tx.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def members(tx: Tx, customer_id: int) -> list[int]:
    """A customer and everybody who was joined into them, directly or by way of another."""
    found = [customer_id]
    layer = [customer_id]
    while layer:
        layer = list(tx.scalars(select(Customer.id).where(Customer.merged_into.in_(layer)).order_by(Customer.id)))
        found += layer
    return found


def same_name(tx: Tx, name: str, limit: int = 20) -> list[Customer]:
    """Customers who go by this very name, whatever its case."""
    folded = fold(name)[:200]
    if not folded:
        return []
    query = select(Customer).where(Customer.name_folded == folded, Customer.merged_into.is_(None))
    return list(tx.scalars(query.order_by(Customer.id).limit(limit)))


def absorb(tx: Tx, keep: Customer, join: Customer) -> dict[str, Any]:
    """`join` becomes `keep`: identities, and what the one who stays does not say of themselves. Whoever asked not to be
    surveyed stays unasked. Gives what `release` needs to take it back."""
    before: dict[str, Any] = {}
    for name in _SAME:
        if not getattr(keep, name) and getattr(join, name):
            before[name] = {"was": getattr(keep, name), "is": getattr(join, name)}
            setattr(keep, name, getattr(join, name))
    keep.name_folded = fold(keep.name)[:200]
    stops = [at for at in (keep.surveys_stopped_at, join.surveys_stopped_at) if at is not None]
    if stops and keep.surveys_stopped_at != min(stops):
        was = keep.surveys_stopped_at.isoformat() if keep.surveys_stopped_at else None
        before["surveys_stopped_at"] = {"was": was, "is": min(stops).isoformat()}
        keep.surveys_stopped_at = min(stops)
    join.merged_into = keep.id
    tx.flush()
    tx.execute(update(Identity).where(Identity.customer_id == join.id).values(customer_id=keep.id))
    return before


def release(tx: Tx, keep: Customer, join: Customer, identity_ids: Sequence[int], before: dict[str, Any]) -> None:
    """`join` is somebody of their own again, with these identities. What `keep` had taken over goes, unless it was
    changed since. `keep` is who holds the rows now, `before` what `absorb` gave for the one that `join` went into."""
    into = tx.get_one(Customer, join.merged_into)
    for name in _SAME:
        took = before.get(name)
        if took is not None and getattr(into, name) == took["is"]:
            setattr(into, name, took["was"])
    into.name_folded = fold(into.name)[:200]
    took = before.get("surveys_stopped_at")
    if took is not None and into.surveys_stopped_at == datetime.fromisoformat(took["is"]):
        into.surveys_stopped_at = datetime.fromisoformat(took["was"]) if took["was"] else None
    join.merged_into = None
    tx.flush()
    for start in range(0, len(identity_ids), 500):
        tx.execute(
            update(Identity)
            .where(Identity.id.in_(identity_ids[start : start + 500]), Identity.customer_id == keep.id)
            .values(customer_id=join.id)
        )


def identities_from(tx: Tx, customer_ids: Sequence[int]) -> list[int]:
    """The identities that came with these customers, wherever they are now."""
    found: list[int] = []
    for start in range(0, len(customer_ids), 500):
        query = select(Identity.id).where(Identity.origin_customer_id.in_(customer_ids[start : start + 500]))
        found += tx.scalars(query.order_by(Identity.id))
    return found


def identities_of(tx: Tx, customer_ids: Sequence[int]) -> dict[int, list[Identity]]:
    """The identities of several customers, by customer."""
    found: dict[int, list[Identity]] = {number: [] for number in customer_ids}
    if customer_ids:
        for row in tx.scalars(select(Identity).where(Identity.customer_id.in_(customer_ids)).order_by(Identity.id)):
            found[row.customer_id].append(row)
    return found


def with_addresses(tx: Tx, addresses: Sequence[tuple[str, str]], *, but: int, limit: int = 60) -> list[Identity]:
    """Identities of other customers at these addresses (kind, folded value)."""
    if not addresses:
        return []
    query = select(Identity).where(
        or_(*(and_(Identity.kind == kind, Identity.value_folded == folded) for kind, folded in addresses)),
        Identity.customer_id != but,
    )
    return list(tx.scalars(query.order_by(Identity.id.desc()).limit(limit)))
