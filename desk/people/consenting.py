"""The history of whether somebody may be written to: each change with who made it, when, and how it is known."""

from __future__ import annotations

from sqlalchemy import and_, or_, select

from desk.people.joining import members
from desk.people.tables import ConsentChange, Identity
from desk.store import Tx

LONGEST = 500  # of the evidence


def note(
    tx: Tx,
    *,
    customer_id: int,
    about: str,
    state: str,
    by: str,
    identity: Identity | None = None,
    staff_id: int | None = None,
    evidence: str = "",
) -> None:
    """Adds a change. `about`: email, phone, surveys; `state`: given, refused, unreachable; `by`: customer, staff,
    provider."""
    tx.add(
        ConsentChange(
            customer_id=customer_id,
            identity_id=identity.id if identity is not None else None,
            about=about,
            state=state,
            by=by,
            staff_id=staff_id,
            address=identity.value if identity is not None else "",
            evidence=" ".join(evidence.split())[:LONGEST],
            at=tx.now(),
        )
    )


def history(tx: Tx, customer_id: int, limit: int = 100) -> list[ConsentChange]:
    """The changes of a customer, newest first: those of their addresses, wherever they came from, and of themselves."""
    own = select(Identity.id).where(Identity.customer_id == customer_id)
    theirs = or_(
        ConsentChange.identity_id.in_(own),
        and_(ConsentChange.identity_id.is_(None), ConsentChange.customer_id.in_(members(tx, customer_id))),
    )
    return list(tx.scalars(select(ConsentChange).where(theirs).order_by(ConsentChange.id.desc()).limit(limit)))
