"""Where people cannot or do not want to be written to: STOP from a telephone number, until START comes from it; a mail
address that refused for good, until a mail comes from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from desk.people.service import fold, speaks_for
from desk.people.tables import Identity
from desk.store import Tx


def stop(tx: Tx, identity: Identity, at: datetime) -> None:
    """Marks an address as not to be written to, whoever has claimed it besides."""
    _mark(tx, identity.kind, identity.value_folded, "stopped", at.isoformat())


def resume(tx: Tx, identity: Identity) -> None:
    """Takes the mark away again."""
    _mark(tx, identity.kind, identity.value_folded, "stopped", None)


def _mark(tx: Tx, kind: str, value_folded: str, name: str, said: str | None) -> None:
    query = select(Identity).where(Identity.kind == kind, Identity.value_folded == value_folded)
    for row in tx.scalars(query):
        details = {key: value for key, value in row.details.items() if key != name}
        row.details = details | {name: said} if said is not None else details
    tx.flush()


def unreachable(tx: Tx, kind: str, value: str, why: str) -> None:
    """A mail server refused an address for good: `why` is its sentence. Whoever has claimed the address is not reached
    there either."""
    _mark(tx, kind, fold(value)[:320], "bounced", " ".join(why.split())[:300] or "refused")


def heard_from(tx: Tx, identity: Identity) -> None:
    """Something came from an address: it is there again."""
    if identity.details.get("bounced"):
        _mark(tx, identity.kind, identity.value_folded, "bounced", None)


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
