"""Who does not want to be written to at an address: STOP from a telephone number, until START comes from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from desk.people.service import speaks_for
from desk.people.tables import Identity
from desk.store import Tx


def stop(tx: Tx, identity: Identity, at: datetime) -> None:
    """Marks an address as not to be written to, whoever has claimed it besides."""
    _mark(tx, identity, at.isoformat())


def resume(tx: Tx, identity: Identity) -> None:
    """Takes the mark away again."""
    _mark(tx, identity, None)


def _mark(tx: Tx, identity: Identity, since: str | None) -> None:
    query = select(Identity).where(Identity.kind == identity.kind, Identity.value_folded == identity.value_folded)
    for row in tx.scalars(query):
        details = {name: value for name, value in row.details.items() if name != "stopped"}
        row.details = details | {"stopped": since} if since is not None else details
    tx.flush()


def stopped(tx: Tx, identity: Identity) -> str | None:
    """Since when (ISO 8601) an address is not to be written to. A claim of it is held by what its owner said."""
    if identity.details.get("stopped"):
        return str(identity.details["stopped"])
    if identity.evidence != "claimed":
        return None
    owner = speaks_for(tx, identity.kind, identity.value_folded)
    return str(owner.details["stopped"]) if owner is not None and owner.details.get("stopped") else None
