"""Many customers at once, for imports: who has these addresses, and new ones written a thousand at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update

from desk.people.service import fold
from desk.people.tables import Customer, Identity
from desk.store import Tx

BATCH = 500
_CUSTOMERS, _IDENTITIES = cast(Table, Customer.__table__), cast(Table, Identity.__table__)
Key = tuple[str, str]  # an address by its kind and its folded value


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an address is known to be, by which identity and by what evidence."""

    identity_id: int
    customer_id: int
    evidence: str


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address to be written; `customer` is a place in the list of new customers where `fresh`, else a number."""

    customer: int
    fresh: bool
    kind: str
    value: str
    name: str
    evidence: str
    because: str


def key_of(kind: str, value: str) -> Key:
    """An address as it is looked up."""
    return kind, fold(value)[:320]


def owners(tx: Tx, keys: Collection[Key]) -> dict[Key, Owner]:
    """Whose these addresses are known to be; one that was only claimed is nobody's. In a writing transaction whoever
    joins one of these customers with another waits until it is over, and is waited for."""
    found = _owners(tx, keys)
    if not (tx.writing and tx.dialect_name == "postgresql"):
        return found  # SQLite has one writer anyway
    ids = sorted({owner.customer_id for owner in found.values()})
    moved = False
    for some in _slices(ids):
        query = select(Customer.merged_into).where(Customer.id.in_(some)).order_by(Customer.id)
        moved |= any(into is not None for into in tx.scalars(query.with_for_update(read=True, key_share=True)))
    return _owners(tx, keys) if moved else found


def _owners(tx: Tx, keys: Collection[Key]) -> dict[Key, Owner]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, folded in keys:
        by_kind[kind].append(folded)
    found: dict[Key, Owner] = {}
    wanted = (_IDENTITIES.c.id, _IDENTITIES.c.customer_id, _IDENTITIES.c.evidence, _IDENTITIES.c.value_folded)
    for kind, values in by_kind.items():
        for some in _slices(values):
            query = select(*wanted).where(
                _IDENTITIES.c.kind == kind, _IDENTITIES.c.value_folded.in_(some), _IDENTITIES.c.evidence != "claimed"
            )
            for row in tx.execute(query):
                found[(kind, row.value_folded)] = Owner(row.id, row.customer_id, row.evidence)
    return found


def profiles(tx: Tx, customer_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Name, language, zone and whether they asked not to be asked, of many."""
    found = {}
    c = _CUSTOMERS.c
    for some in _slices(sorted(customer_ids)):
        query = select(c.id, c.name, c.locale, c.zone, c.surveys_stopped_at).where(c.id.in_(some))
        for row in tx.execute(query):
            stopped = row.surveys_stopped_at is not None
            found[row.id] = {"name": row.name, "locale": row.locale, "zone": row.zone, "stopped": stopped}
    return found


def make_many(tx: Tx, profiles: Sequence[Mapping[str, Any]]) -> list[int]:
    """Writes new customers and gives their numbers in the same order. They have no address yet."""
    if not profiles:
        return []
    now, numbers = tx.now(), _numbers(tx, len(profiles))
    rows = [
        {
            "id": number,
            "name": one["name"][:200],
            "name_folded": fold(one["name"])[:200],
            "locale": one["locale"],
            "zone": one["zone"],
            "created_at": now,
            "surveys_stopped_at": now if one["stopped"] else None,
            "sample": False,
        }
        for number, one in zip(numbers, profiles, strict=True)
    ]
    tx.insert_many(_CUSTOMERS, rows)
    return numbers


def _numbers(tx: Tx, many: int) -> list[int]:
    """Numbers for new customers, fetched before they are written: to read each back from its row takes far longer."""
    if tx.dialect_name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence("customers", "id"))
        return sorted(tx.scalars(select(sequence).select_from(func.generate_series(1, many).table_valued("n"))))
    last = tx.scalar(select(func.max(_CUSTOMERS.c.id))) or 0  # nobody else writes meanwhile
    return list(range(last + 1, last + 1 + many))


def add_addresses(tx: Tx, new: Iterable[NewAddress], made: Sequence[int]) -> None:
    """Writes known addresses of new customers (by their place in `made`) and of others. One that somebody else has
    come to own at this very moment is refused by the database: run it by `Store.attempt`."""
    now, rows = tx.now(), []
    for one in new:
        customer_id = made[one.customer] if one.fresh else one.customer
        rows.append(
            {
                "customer_id": customer_id,
                "origin_customer_id": customer_id,
                "kind": one.kind,
                "value": one.value[:320],
                "value_folded": fold(one.value)[:320],
                "name": one.name[:200],
                "evidence": one.evidence,
                "because": one.because,
                "details": {},
                "first_seen_at": now,
                "verified_at": now if one.evidence == "verified" else None,
            }
        )
    tx.insert_many(_IDENTITIES, rows)


def confirm_many(tx: Tx, identity_ids: Iterable[int], because: str) -> None:
    """Raises inferred addresses to verified, on the word of whoever confirmed them. Nobody is joined with anybody by
    that, as `verify` would have it: a list is no proof that somebody holds an address."""
    now = tx.now()
    for some in _slices(sorted(identity_ids)):
        statement = update(_IDENTITIES).where(_IDENTITIES.c.id.in_(some), _IDENTITIES.c.evidence == "inferred")
        tx.execute(statement.values(evidence="verified", because=because, verified_at=now))


def change_many(tx: Tx, changed: Mapping[int, Mapping[str, Any]]) -> None:
    """Writes name, language and zone of many customers, and that some are not to be asked (which nothing here takes
    back)."""
    rows = [
        {
            "number": number,
            "name": one["name"][:200],
            "name_folded": fold(one["name"])[:200],
            "locale": one["locale"],
            "zone": one["zone"],
        }
        for number, one in sorted(changed.items())
    ]
    if rows:
        tx.connection().execute(update(_CUSTOMERS).where(_CUSTOMERS.c.id == bindparam("number")), rows)
    stopped = sorted(number for number, one in changed.items() if one["stopped"])
    for some in _slices(stopped):
        still = update(_CUSTOMERS).where(_CUSTOMERS.c.id.in_(some), _CUSTOMERS.c.surveys_stopped_at.is_(None))
        tx.execute(still.values(surveys_stopped_at=tx.now()))


def _slices(values: Sequence[Any]) -> Iterable[Any]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))
