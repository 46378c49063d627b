"""A customer who is erased: names, addresses and codes go; the rows that lines and counts stand on stay, nameless."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from desk.people.tables import ERASED, Confirmation, ConsentChange, Customer, Identity
from desk.store import Tx

BATCH = 500


def own_addresses(tx: Tx, customer_ids: Sequence[int]) -> list[tuple[str, str]]:
    """The addresses (kind, value) that are surely theirs. What was only typed may be somebody else's."""
    query = select(Identity.kind, Identity.value).where(
        Identity.customer_id.in_(customer_ids), Identity.evidence != "claimed", Identity.kind != ERASED
    )
    return [(kind, value) for kind, value in tx.execute(query.order_by(Identity.id))]


def count_identities(tx: Tx, customer_ids: Sequence[int]) -> int:
    """How many addresses of these customers there are to erase."""
    query = select(func.count()).select_from(Identity)
    return tx.scalar(query.where(Identity.customer_id.in_(customer_ids), Identity.kind != ERASED)) or 0


def is_erased(tx: Tx, customer_id: int) -> bool:
    """Whether a customer was erased: nothing is added to what is left of them."""
    row = tx.get(Customer, customer_id)
    return row is not None and row.erased_at is not None


def erase(tx: Tx, customer_ids: Sequence[int]) -> dict[str, int]:
    """Erases who these customers are. Whoever writes from one of their addresses later is somebody new."""
    tx.flush()
    found = list(tx.scalars(select(Identity).where(Identity.customer_id.in_(customer_ids), Identity.kind != ERASED)))
    ids = [row.id for row in found]
    codes = 0
    for start in range(0, len(ids), BATCH):
        gone = delete(Confirmation).where(Confirmation.identity_id.in_(ids[start : start + BATCH]))
        codes += int(tx.execute(gone.execution_options(synchronize_session=False)).rowcount)
    for row in found:
        row.kind, row.evidence = ERASED, "claimed"  # which speaks for nothing
        row.value = row.value_folded = f"{ERASED}-{row.id}"
        row.name, row.because, row.details = "", "", {}
    for who in tx.scalars(select(Customer).where(Customer.id.in_(customer_ids))):
        who.name = who.name_folded = ""
        who.locale = who.zone = None
        who.erased_at = who.erased_at or tx.now()
    tx.execute(
        update(ConsentChange)
        .where(ConsentChange.customer_id.in_(customer_ids))
        .values(address="", evidence="")
        .execution_options(synchronize_session=False)
    )
    tx.flush()
    return {"identities": len(found), "codes": codes}
