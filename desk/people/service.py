"""Who wrote: finding or making the customer behind an address, by evidence and never by a bare claim."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from desk.messages import Sender
from desk.people.tables import Customer, Identity
from desk.store import Tx

RANK = {"claimed": 0, "inferred": 1, "verified": 2}


def fold(text: str) -> str:
    """For looking up: case and compatibility forms folded in the same way on every database."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


_KNOWN = (
    select(Identity, Customer)
    .join(Customer, Customer.id == Identity.customer_id)
    .where(
        Identity.kind == bindparam("kind"),
        Identity.value_folded == bindparam("folded"),
        Identity.evidence != "claimed",
    )
)


def resolve(tx: Tx, sender: Sender, *, at: datetime, locale: str | None = None) -> Identity:
    """The identity that a message came from, with its customer; makes both where the address is new.

    A claimed address never leads to somebody else's customer: each claim stands alone until it is confirmed.
    """
    value = sender.address.value.strip()[:320]
    folded = fold(value)[:320]
    name = sender.address.name.strip()[:200]
    found = None
    if sender.evidence != "claimed":
        row = tx.execute(_KNOWN, {"kind": sender.address.kind, "folded": folded}).first()
        if row is not None:
            found = tx.hold(row.Identity)
            tx.hold(row.Customer)  # whoever opens a conversation asks for them next
    if found is not None:
        if RANK[sender.evidence] > RANK[found.evidence]:
            verify(tx, found, sender.because, at)
        if name and not found.name:
            found.name = name
            customer = tx.get_one(Customer, found.customer_id)
            if not customer.name:
                customer.name, customer.name_folded = name, fold(name)[:200]
        return found
    customer = Customer(name=name, name_folded=fold(name)[:200], locale=locale, zone=None, created_at=at, sample=False)
    tx.add(customer)
    tx.flush()
    identity = Identity(
        customer_id=customer.id,
        origin_customer_id=customer.id,
        kind=sender.address.kind,
        value=value,
        value_folded=folded,
        name=name,
        evidence=sender.evidence,
        because=sender.because,
        details={},
        first_seen_at=at,
        verified_at=at if sender.evidence == "verified" else None,
    )
    tx.add(identity)
    tx.flush()  # a second process that made the same address at this moment is refused here and tries again
    return identity


def verify(tx: Tx, identity: Identity, because: str, at: datetime) -> None:
    """Raises the evidence of an identity to `verified`, with the reason."""
    if identity.evidence != "verified":
        identity.evidence, identity.because, identity.verified_at = "verified", because, at
        tx.flush()


def identities(tx: Tx, customer_id: int) -> list[Identity]:
    return list(tx.scalars(select(Identity).where(Identity.customer_id == customer_id).order_by(Identity.id)))


class Addressed(NamedTuple):
    """An identity as a line of the timeline shows it."""

    id: int
    value: str
    name: str


_I = Identity.__table__.c
_ADDRESSES = select(_I.id, _I.value, _I.name).where(_I.customer_id == bindparam("customer"))


def addresses(tx: Tx, customer_id: int) -> dict[int, Addressed]:
    """A customer's identities by their ids, without what only the customer panel shows."""
    return {row.id: Addressed(*row) for row in tx.execute(_ADDRESSES, {"customer": customer_id})}


def identity(tx: Tx, identity_id: int) -> Identity:
    found = tx.get(Identity, identity_id)
    if found is None:
        raise LookupError("There is no such identity.")
    return found


def customer(tx: Tx, customer_id: int) -> Customer:
    found = tx.get(Customer, customer_id)
    if found is None:
        raise LookupError("There is no such customer.")
    return found


def search(tx: Tx, text: str, limit: int = 8) -> list[tuple[Customer, Identity | None]]:
    """Customers whose name, or one of whose addresses, begins with `text`; both reads go by an index."""
    folded = fold(text)
    if not folded:
        return []
    top = folded + "\U0010ffff"
    by_name = select(Customer).where(Customer.name_folded >= folded, Customer.name_folded < top).limit(limit)
    found: dict[int, tuple[Customer, Identity | None]] = {c.id: (c, None) for c in tx.scalars(by_name)}
    by_address = (
        select(Identity, Customer)
        .join(Customer, Customer.id == Identity.customer_id)
        .where(Identity.kind.in_(("email", "phone")), Identity.value_folded >= folded, Identity.value_folded < top)
        .limit(limit)
    )
    for ident, cust in tx.execute(by_address):
        found.setdefault(cust.id, (cust, ident))
    return list(found.values())[:limit]


def count(tx: Tx) -> int:
    return tx.scalar(select(func.count()).select_from(Customer)) or 0


def stop_surveys(tx: Tx, customer_id: int, at: datetime) -> None:
    """Remembers that this customer does not want to be asked."""
    row = customer(tx, customer_id)
    if row.surveys_stopped_at is None:
        row.surveys_stopped_at = at


def resume_surveys(tx: Tx, customer_id: int) -> None:
    customer(tx, customer_id).surveys_stopped_at = None


def set_locale(tx: Tx, customer_id: int, locale: str) -> None:
    """The language that the customer writes, as far as it is known."""
    customer(tx, customer_id).locale = locale
