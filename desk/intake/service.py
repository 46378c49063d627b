"""The door: keeps each raw message before anybody tries to understand it, and what became of it after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, func, select, update

from desk import audit
from desk.files import Blobs
from desk.intake.tables import Arrival
from desk.jobs import enqueue
from desk.store import Tx

HELD = ("quarantined", "blocked")  # a person decides what becomes of it


def keep(
    tx: Tx,
    files: Blobs,
    stored: tuple[str, int],
    *,
    channel: str,
    door: str,
    inbox_id: int | None,
    envelope: Mapping[str, Any] | None = None,
    door_key: str | None = None,
    queue: bool = True,
) -> Arrival | None:
    """Keeps a raw message and queues its walk through the corridor, in one transaction.

    None where the door has handed in this one before (`door_key`). `stored` is its digest and size: its bytes were put
    into `files` before the transaction began, because no transaction waits for a network.
    """
    if door_key is not None and tx.scalar(select(Arrival.id).where(Arrival.door_key == door_key)) is not None:
        return None
    sha256, size = stored
    files.refer(tx, sha256, size)
    row = Arrival(
        inbox_id=inbox_id,
        channel=channel,
        door=door,
        door_key=door_key,
        envelope=dict(envelope or {}),
        raw_sha256=sha256,
        size=size,
        state="waiting",
        reason="",
        arrived_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    if queue:
        enqueue(tx, "inbound.take", {"arrival_id": row.id}, key=f"take:{row.id}", priority=1, at_once=True)
    return row


def get(tx: Tx, arrival_id: int) -> Arrival:
    found = tx.get(Arrival, arrival_id)
    if found is None:
        raise LookupError("There is no such arrival.")
    return found


_ROWS = cast(Table, Arrival.__table__)
_A = _ROWS.c
_WAITING = select(
    _A.inbox_id, _A.channel, _A.envelope, _A.raw_sha256, _A.size, _A.state, _A.entry_id, _A.arrived_at
).where(_A.id == bindparam("arrival"))


def waiting(tx: Tx, arrival_id: int) -> Row[Any]:
    """What the corridor reads of an arrival; every message asks. Raises LookupError."""
    found: Row[Any] | None = tx.execute(_WAITING, {"arrival": arrival_id}).first()
    if found is None:
        raise LookupError("There is no such arrival.")
    return found


_SETTLE = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("arrival"))
    .values({name: bindparam(name) for name in ("state", "reason", "entry_id", "settled_at", "block_id")})
)


def settle(
    tx: Tx,
    arrival_id: int,
    state: str,
    reason: str = "",
    entry_id: int | None = None,
    block_id: int | None = None,
) -> None:
    """Says what became of an arrival: accepted, duplicate, automatic, bounce, quarantined or blocked."""
    values = {"state": state, "reason": reason[:2000], "entry_id": entry_id, "block_id": block_id}
    tx.aside(_SETTLE, {"arrival": arrival_id, "settled_at": tx.now(), **values})


def quarantined(
    tx: Tx, *, before: int | None = None, limit: int = 50, state: str = "quarantined", block_id: int | None = None
) -> list[Arrival]:
    """What could not be taken in, newest first; `state="blocked"`: what was kept aside, by one block or by any."""
    query = select(Arrival).where(Arrival.state == state).order_by(Arrival.id.desc()).limit(limit)
    if block_id is not None:
        query = query.where(Arrival.block_id == block_id)
    if before is not None:
        query = query.where(Arrival.id < before)
    return list(tx.scalars(query))


def quarantined_count(tx: Tx, cap: int = 100, state: str = "quarantined") -> int:
    inner = select(Arrival.id).where(Arrival.state == state).limit(cap).subquery()
    return tx.scalar(select(func.count()).select_from(inner)) or 0


def release(tx: Tx, arrival_id: int, inbox_id: int, staff_id: int) -> None:
    """Sends a quarantined arrival through the corridor of `inbox_id`, as a person decided."""
    row = get(tx, arrival_id)
    if row.state not in HELD:
        raise ValueError("This one is no longer in quarantine.")
    row.inbox_id, row.state, row.settled_by = inbox_id, "waiting", staff_id
    row.envelope = row.envelope | {"released": True}
    tx.flush()
    audit.note(tx, "held", row.id, "", what="done", after={"released": inbox_id}, staff_id=staff_id)
    enqueue(tx, "inbound.take", {"arrival_id": row.id}, key=f"take:{row.id}", priority=1)


def discard(tx: Tx, arrival_id: int, staff_id: int) -> None:
    """A person decided that this one is not wanted; it stays readable until its retention ends."""
    row = get(tx, arrival_id)
    if row.state not in HELD:
        raise ValueError("This one is no longer in quarantine.")
    row.state, row.settled_at, row.settled_by = "discarded", tx.now(), staff_id
    tx.flush()
    audit.note(tx, "held", row.id, "", what="done", after={"discarded": True}, staff_id=staff_id)
