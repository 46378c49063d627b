"""Where people cannot or do not want to be written to: STOP from a telephone number, until START comes from it, and
when somebody there was last told what this is; a mail address that refused for good, until a mail comes from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from desk.people.consenting import note
from desk.people.service import fold, speaks_for
from desk.people.tables import Identity
from desk.store import Tx

CORRECTED = "corrected"  # in an identity's details: the identity that a colleague put in its place


@dataclass(frozen=True, slots=True)
class Known:
    """Who says so, and how it is known: `by` is customer, staff or provider."""

    by: str = "customer"
    evidence: str = ""
    staff_id: int | None = None


def stop(tx: Tx, identity: Identity, at: datetime, known: Known = Known("customer", "STOP")) -> None:
    """Marks an address as not to be written to, whoever has claimed it besides."""
    _mark(tx, identity.kind, identity.value_folded, "stopped", at.isoformat(), known)


def resume(tx: Tx, identity: Identity, known: Known = Known("customer", "START")) -> None:
    """Takes the mark away again."""
    _mark(tx, identity.kind, identity.value_folded, "stopped", None, known)


def stop_address(tx: Tx, kind: str, value: str, at: datetime) -> bool:
    """The provider of an address says that its owner wants no messages. Whether anybody here is known by it."""
    found = tx.scalar(
        select(Identity).where(Identity.kind == kind, Identity.value_folded == fold(value)[:320]).limit(1)
    )
    if found is None:
        return False
    if not stopped_address(tx, kind, value):
        stop(tx, found, at, Known("provider", "the provider of the address says so"))
    return True


def stopped_address(tx: Tx, kind: str, value: str) -> bool:
    """Whether an address is not to be written to, whoever has it: asked before each message, by whichever way it came
    about."""
    details = tx.scalars(
        select(Identity.details).where(Identity.kind == kind, Identity.value_folded == fold(value)[:320])
    )
    return any(found.get("stopped") for found in details)


def may_tell(tx: Tx, identity: Identity, inbox_id: int, at: datetime, pause: timedelta) -> bool:
    """Whether somebody who asks what this is may be told by an inbox: not again within `pause`. Notes it."""
    told = dict(identity.details.get("told") or {})
    last = told.get(str(inbox_id))
    if last is not None and at - datetime.fromisoformat(last) < pause:
        return False
    identity.details = identity.details | {"told": told | {str(inbox_id): at.isoformat()}}
    tx.flush()
    return True


def _mark(tx: Tx, kind: str, value_folded: str, name: str, said: str | None, known: Known) -> None:
    query = select(Identity).where(Identity.kind == kind, Identity.value_folded == value_folded)
    for row in tx.scalars(query):
        if bool(row.details.get(name)) is not (said is not None):
            state = "given" if said is None else "refused" if name == "stopped" else "unreachable"
            note(
                tx,
                customer_id=row.customer_id,
                about=kind,
                state=state,
                by=known.by,
                identity=row,
                staff_id=known.staff_id,
                evidence=known.evidence,
            )
        details = {key: value for key, value in row.details.items() if key != name}
        row.details = details | {name: said} if said is not None else details
    tx.flush()


def unreachable(tx: Tx, kind: str, value: str, why: str) -> None:
    """A mail server refused an address for good: `why` is its sentence. Whoever has claimed the address is not reached
    there either."""
    said = " ".join(why.split())[:300] or "refused"
    _mark(tx, kind, fold(value)[:320], "bounced", said, Known("provider", said))


def heard_from(tx: Tx, identity: Identity) -> None:
    """Something came from an address: it is there again."""
    if identity.details.get("bounced"):
        _mark(tx, identity.kind, identity.value_folded, "bounced", None, Known("customer", "a message came from it"))
    _uncorrect(tx, identity)


def correct(tx: Tx, customer_id: int, kind: str, value: str, to: Identity) -> None:
    """A colleague says that a customer is reached at another address than this one, until they write from it again."""
    query = select(Identity).where(
        Identity.customer_id == customer_id, Identity.kind == kind, Identity.value_folded == fold(value)[:320]
    )
    for row in tx.scalars(query):
        row.details = row.details | {CORRECTED: to.id}
    _uncorrect(tx, to)  # there and back again: the newest word counts


def _uncorrect(tx: Tx, identity: Identity) -> None:
    if CORRECTED in identity.details:
        identity.details = {key: value for key, value in identity.details.items() if key != CORRECTED}
        tx.flush()


def corrected(identity: Identity, identities: Sequence[Identity]) -> Identity:
    """Where a customer is reached instead of at this address, if a colleague corrected it; else the address itself.
    What its owner has disowned since is no correction."""
    known = {one.id: one for one in identities}
    seen: set[int] = set()
    while identity.id not in seen:
        seen.add(identity.id)
        other = known.get(int(identity.details.get(CORRECTED) or 0))
        if other is None or other.kind != identity.kind or other.details.get("refused_at"):
            return identity
        identity = other
    return identity


def bounced(identity: Identity) -> str:
    """Why the last mail to an address came back for good; empty where none did."""
    return str(identity.details.get("bounced") or "")


def stopped(tx: Tx, identity: Identity) -> str | None:
    """Since when (ISO 8601) an address is not to be written to. A claim of it is held by what its owner said."""
    if identity.details.get("stopped"):
        return str(identity.details["stopped"])
    if identity.evidence != "claimed":
        return None
    owner = speaks_for(tx, identity.kind, identity.value_folded)
    return str(owner.details["stopped"]) if owner is not None and owner.details.get("stopped") else None
