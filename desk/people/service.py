"""Who wrote: finding or making the customer behind an address, by evidence and never by a bare claim."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased

from desk.messages import Sender
from desk.people.tables import ERASED, Customer, Identity
from desk.signals import IdentityVerified
from desk.store import Tx

RANK = {"claimed": 0, "inferred": 1, "verified": 2}
MOST_CLAIMS = 10
UNPROVEN = "unproven"  # in an identity's details: the inbox whose mails named this address and failed their checks
_MAILBOX = re.compile(r"[^\s@<>,;:\"()\[\]]{1,64}@[^\s@<>,;:\"()\[\]]{1,255}")


class BadClaim(ValueError):
    """What was typed cannot be noted as an address; the message says why."""


def fold(text: str) -> str:
    """For looking up: case and compatibility forms folded in the same way on every database."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


_KNOWN = (
    select(Identity, Customer, Customer.merged_into)
    .join(Customer, Customer.id == Identity.customer_id)
    .where(
        Identity.kind == bindparam("kind"),
        Identity.value_folded == bindparam("folded"),
        Identity.evidence != "claimed",
    )
)
# Waits for whoever is joining the identity's customer with another: what comes in at that instant must not be left
# behind with the old one. (SQLite has one writer anyway.)
_KNOWN_STANDING = _KNOWN.with_for_update(read=True, key_share=True, of=Customer)


def resolve(
    tx: Tx, sender: Sender, *, at: datetime, locale: str | None = None, unproven_at: int | None = None
) -> Identity:
    """The identity that a message came from, with its customer; makes both where the address is new.

    A claimed address never leads to somebody else's customer: each claim stands alone until it is confirmed. Messages
    that failed their checks are one unproven customer's for each address and inbox (`unproven_at`): so whoever goes on
    writing is one row of the queue, and still nobody's customer.
    """
    value = sender.address.value.strip()[:320]
    folded = fold(value)[:320]
    name = sender.address.name.strip()[:200]
    found = None
    if sender.evidence != "claimed":
        known = _KNOWN_STANDING if tx.writing and tx.dialect_name == "postgresql" else _KNOWN
        row = tx.execute(known, {"kind": sender.address.kind, "folded": folded}).first()
        if row is not None:
            found = tx.hold(row.Identity)
            tx.hold(row.Customer)  # whoever opens a conversation asks for them next
            if row.merged_into is not None:  # as it stands after the waiting; the identity is read anew with its owner
                tx.refresh(found)
    elif unproven_at is not None:
        found = unproven(tx, sender.address.kind, folded, unproven_at)
        if found is not None:
            return found
    if found is not None:
        if sender.evidence == "verified":
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
        details={} if unproven_at is None else {UNPROVEN: unproven_at},
        first_seen_at=at,
        verified_at=at if sender.evidence == "verified" else None,
    )
    tx.add(identity)
    tx.flush()  # a second process that made the same address at this moment is refused here and tries again
    return identity


def verify(tx: Tx, given: Identity, because: str, at: datetime) -> None:
    """This address has been proved to be theirs: raises its evidence to `verified`, with the reason.

    One row speaks for an address. Where another one does so already, for this customer or for somebody else, a claim
    stays a claim that remembers its proof, and `merging` decides by IdentityVerified what follows from the two.
    """
    if given.evidence == "verified" or given.details.get("proved_at"):
        return
    if given.evidence == "claimed":
        known = speaks_for(tx, given.kind, given.value_folded)
        if known is not None:
            given.details = {**given.details, "proved_at": at.isoformat(), "proved_by": because}
            if known.customer_id == given.customer_id:
                verify(tx, known, because, at)
            tx.flush()
            tx.announce(IdentityVerified(given.customer_id, given.id))
            return
    given.evidence, given.because, given.verified_at = "verified", because, at
    tx.flush()
    tx.announce(IdentityVerified(given.customer_id, given.id))


def speaks_for(tx: Tx, kind: str, value_folded: str) -> Identity | None:
    """The one identity that is known to be of this address; claims are not."""
    return tx.scalar(
        select(Identity).where(
            Identity.kind == kind, Identity.value_folded == value_folded, Identity.evidence != "claimed"
        )
    )


def claims_of(tx: Tx, kind: str, value_folded: str, limit: int = 50) -> list[Identity]:
    """Who has typed this address, or proved it beside the one that speaks for it; the newest first."""
    query = select(Identity).where(
        Identity.kind == kind, Identity.value_folded == value_folded, Identity.evidence == "claimed"
    )
    return list(tx.scalars(query.order_by(Identity.id.desc()).limit(limit)))


def claim(
    tx: Tx,
    customer_id: int,
    kind: str,
    value: str,
    *,
    because: str,
    at: datetime,
    by: Identity | None = None,
) -> Identity:
    """Notes an address that somebody typed. It proves nothing and leads nowhere, and whether it is known is not looked
    at. The same address again gives the identity of before. `by` is the identity they typed it as.

    Raises BadClaim for what is no address, or for more claims than one person has addresses.
    """
    value = "".join(c for c in value if c.isprintable()).strip()
    folded = fold(value)
    if not value or len(folded) > 320 or (kind == "email" and not _MAILBOX.fullmatch(value)):
        raise BadClaim("This does not look like an address.")
    person = customer(tx, customer_id)
    own = identities(tx, person.id)
    for one in own:
        if one.kind == kind and one.value_folded == folded:
            return one
    if sum(one.evidence == "claimed" for one in own) >= MOST_CLAIMS:
        raise BadClaim("These are too many addresses for one person.")
    claimed = Identity(
        customer_id=person.id,
        origin_customer_id=by.origin_customer_id if by is not None else person.id,
        kind=kind,
        value=value,
        value_folded=folded,
        name="",
        evidence="claimed",
        because=because,
        details={},
        first_seen_at=at,
        verified_at=None,
    )
    tx.add(claimed)
    tx.flush()
    return claimed


def is_unproven(one: Identity) -> bool:
    """Whether messages that failed their checks are all that speaks for it."""
    return one.evidence == "claimed" and UNPROVEN in one.details


def unproven(tx: Tx, kind: str, value_folded: str, inbox_id: int) -> Identity | None:
    """The identity of those who wrote to this inbox in the name of an address and failed the checks. None where there
    is none, or where a colleague has joined its customer with somebody who is known: what fails from now on is not
    theirs by that."""
    if tx.writing and tx.dialect_name == "postgresql":
        # Of two such messages at the same instant the second finds the first; SQLite has one writer anyway.
        name = crc32(f"unproven:{kind}:{value_folded}".encode()) & 0x7FFFFFFF
        tx.execute(select(func.pg_advisory_xact_lock(name, inbox_id & 0x7FFFFFFF)))
    mine = Identity.details[UNPROVEN].as_integer() == inbox_id
    of_address = (Identity.kind == kind, Identity.value_folded == value_folded, Identity.evidence == "claimed")
    other = aliased(Identity)
    known = exists().where(other.customer_id == Identity.customer_id, other.evidence != "claimed")
    return tx.scalar(select(Identity).where(*of_address, mine, ~known).order_by(Identity.id.desc()).limit(1))


def identities(tx: Tx, customer_id: int) -> list[Identity]:
    """The addresses of a customer, oldest first; of who was erased there are none."""
    query = select(Identity).where(Identity.customer_id == customer_id, Identity.kind != ERASED)
    return list(tx.scalars(query.order_by(Identity.id)))


class Addressed(NamedTuple):
    """An identity as a line of the timeline shows it."""

    id: int
    value: str
    name: str
    kind: str


_I = Identity.__table__.c
_ADDRESSES = select(_I.id, _I.value, _I.name, _I.kind).where(_I.customer_id == bindparam("customer"), _I.kind != ERASED)


def addresses(tx: Tx, customer_id: int) -> dict[int, Addressed]:
    """A customer's identities by their ids, without what only the customer panel shows."""
    return {row.id: Addressed(*row) for row in tx.execute(_ADDRESSES, {"customer": customer_id})}


def identity(tx: Tx, identity_id: int) -> Identity:
    found = tx.get(Identity, identity_id)
    if found is None:
        raise LookupError("There is no such identity.")
    return found


def customer(tx: Tx, customer_id: int) -> Customer:
    """The customer of this number, or the one they have become: who was joined with another is that other now."""
    found = tx.get(Customer, customer_id)
    while found is not None and found.merged_into is not None:
        found = tx.get(Customer, found.merged_into)
    if found is None:
        raise LookupError("There is no such customer.")
    return found


def current_id(tx: Tx, customer_id: int, *, wait: bool = True) -> int:
    """The number of the customer whom this one has become; itself where nothing was joined, or where it is unknown.

    In a writing transaction this waits for whoever is joining them just now, and lets nobody else begin. Who is about
    to join them (`wait=False`) must not hold half of what two such would then both wait for.
    """
    query = select(Customer.merged_into)
    if wait and tx.writing and tx.dialect_name == "postgresql":
        query = query.with_for_update(read=True, key_share=True)
    while (onward := tx.scalar(query.where(Customer.id == customer_id))) is not None:
        customer_id = onward
    return customer_id


def search(tx: Tx, text: str, limit: int = 8) -> list[tuple[Customer, Identity | None]]:
    """Customers whose name, or one of whose addresses, begins with `text`; both reads go by an index. Who was joined
    with another is found by the old name too; an address that was only typed comes last."""
    folded = fold(text)
    if not folded:
        return []
    top = folded + "\U0010ffff"
    by_name = select(Customer).where(Customer.name_folded >= folded, Customer.name_folded < top).limit(limit)
    named = [row if row.merged_into is None else customer(tx, row.id) for row in tx.scalars(by_name)]
    found: dict[int, tuple[Customer, Identity | None]] = {row.id: (row, None) for row in named}
    by_address = (
        select(Identity, Customer)
        .join(Customer, Customer.id == Identity.customer_id)
        .where(Identity.kind.in_(("email", "phone")), Identity.value_folded >= folded, Identity.value_folded < top)
        .limit(limit)
    )
    for ident, cust in sorted(tx.execute(by_address), key=lambda pair: pair[0].evidence == "claimed"):
        found.setdefault(cust.id, (cust, ident))
    return list(found.values())[:limit]


def ids(tx: Tx, after: int = 0, limit: int = 500) -> list[int]:
    """The next customers by number, for walks over all of them in batches; who was joined with another is left out."""
    query = select(Customer.id).where(Customer.id > after, Customer.merged_into.is_(None))
    return list(tx.scalars(query.order_by(Customer.id).limit(limit)))


def newest(tx: Tx, *, before: int | None = None, limit: int = 50) -> list[int]:
    """The newest customers' numbers, newest first; `before` a number goes on."""
    query = select(Customer.id).where(Customer.merged_into.is_(None))
    if before is not None:
        query = query.where(Customer.id < before)
    return list(tx.scalars(query.order_by(Customer.id.desc()).limit(limit)))


def customers(tx: Tx, customer_ids: Sequence[int]) -> dict[int, Customer]:
    """Rows by number; an unknown number is left out."""
    found = tx.scalars(select(Customer).where(Customer.id.in_(list(customer_ids))))
    return {row.id: row for row in found}


def set_locale(tx: Tx, customer_id: int, locale: str) -> None:
    """The language that the customer writes, as far as it is known."""
    customer(tx, customer_id).locale = locale
