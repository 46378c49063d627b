"""Calls that are pieces of one message wait here for each other; the last one there, or time, lets them go on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from desk.intake.service import get
from desk.intake.tables import Arrival
from desk.jobs import enqueue
from desk.store import Tx

STATE = "part"
PATIENCE = timedelta(minutes=10)  # then the message is read without what is missing


def hold(tx: Tx, arrival_id: int, key: str, number: int, total: int) -> None:
    """Lets a piece wait, and has somebody look whether it was the last: now, and when patience ends."""
    row = get(tx, arrival_id)
    row.state, row.reason = STATE, f"part {number} of {total}"
    row.envelope = row.envelope | {"part": {"key": key, "number": number, "total": total}}
    tx.flush()
    args = {"inbox_id": row.inbox_id, "key": key}
    enqueue(tx, "inbound.parts", args, key=f"parts:{row.inbox_id}:{key}"[:200], priority=1)
    enqueue(
        tx,
        "inbound.parts",
        args,
        key=f"late:{row.inbox_id}:{key}"[:200],
        run_at=row.arrived_at + PATIENCE,
        priority=1,
    )


def held(tx: Tx, inbox_id: int, key: str) -> list[Arrival]:
    """The pieces of one message that are here, in their order; of copies the first. Few wait at any time."""
    rows = tx.scalars(select(Arrival).where(Arrival.state == STATE, Arrival.inbox_id == inbox_id).order_by(Arrival.id))
    found: dict[int, Arrival] = {}
    for row in rows:
        part = row.envelope.get("part") or {}
        if part.get("key") == key:
            found.setdefault(int(part["number"]), row)
    return [found[number] for number in sorted(found)]


def ready(tx: Tx, rows: list[Arrival]) -> bool:
    """Whether all pieces are there, or the first of them has waited long enough."""
    if not rows:
        return False
    total = int(rows[0].envelope["part"]["total"])
    return len(rows) >= total or tx.now() - min(row.arrived_at for row in rows) >= PATIENCE
