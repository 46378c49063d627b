"""Who does not want to be written to at an address: STOP from a telephone number, until START comes from it; and when
somebody there was last told what this is."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from desk.people.service import fold, speaks_for
from desk.people.tables import Identity
from desk.store import Tx


def stop(tx: Tx, identity: Identity, at: datetime) -> None:
    """Marks an address as not to be written to, whoever has claimed it besides."""
    _mark(tx, identity, at.isoformat())


def resume(tx: Tx, identity: Identity) -> None:
    """Takes the mark away again."""
    _mark(tx, identity, None)


def stop_address(tx: Tx, kind: str, value: str, at: datetime) -> bool:
    """The provider of an address says that its owner wants no messages. Whether anybody here is known by it."""
    found = tx.scalar(
        select(Identity).where(Identity.kind == kind, Identity.value_folded == fold(value)[:320]).limit(1)
    )
    if found is None:
        return False
    if not stopped_address(tx, kind, value):
        stop(tx, found, at)
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
