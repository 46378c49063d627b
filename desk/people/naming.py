"""What customers are called: their own word for it where they gave one, else something that can be read."""

from __future__ import annotations

from desk.people.service import customer, fold, identity
from desk.people.tables import Customer, Identity
from desk.store import Tx


def called(person: Customer, given: Identity) -> str:
    """The name of a customer as lists show it. A browser has an id that nobody can read: four letters of it are enough
    to tell two apart."""
    if person.name or given.name:
        return person.name or given.name
    return f"Visitor {given.value[:4].upper()}" if given.kind == "visitor" else given.value[:200]


def rename(tx: Tx, identity_id: int, name: str) -> str:
    """Takes a person's own word for their name; a name that the customer has from elsewhere stays theirs. Gives what
    they are called now."""
    given = identity(tx, identity_id)
    person = customer(tx, given.customer_id)
    if not person.name or person.name == given.name:
        person.name, person.name_folded = name[:200], fold(name)[:200]
    given.name = name[:200]
    tx.flush()
    return called(person, given)
