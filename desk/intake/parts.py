"""Calls that are pieces of one message wait here for each other; the last one there, or time, lets them go on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from desk.intake import service
from desk.intake.service import get
from desk.intake.tables import Arrival
from desk.jobs import enqueue, is_open
from desk.store import Tx

STATE = "part"
PATIENCE = timedelta(minutes=10)  # then the message is read without what is missing
FORGOTTEN = timedelta(hours=1)  # after which a piece that nobody looks after any more is a person's to look at


def hold(tx: Tx, arrival_id: int, key: str, number: int, total: int) -> None:
    """Lets a piece wait, and has somebody look whether it was the last: now, and when patience ends."""
    row = get(tx, arrival_id)
    row.state, row.reason = STATE, f"part {number} of {total}"
    row.envelope = row.envelope | {"part": {"key": key, "number": number, "total": total}}
    tx.flush()
    _look(tx, row, key)


def _keys(inbox_id: int | None, key: str) -> tuple[str, str]:
    """What the two jobs are called that look whether a message is whole: now, and when patience ends."""
    return f"parts:{inbox_id}:{key}"[:200], f"late:{inbox_id}:{key}"[:200]


def _look(tx: Tx, row: Arrival, key: str) -> None:
    args = {"inbox_id": row.inbox_id, "key": key}
    now, late = _keys(row.inbox_id, key)
    enqueue(tx, "inbound.parts", args, key=now, priority=1)
    enqueue(tx, "inbound.parts", args, key=late, run_at=row.arrived_at + PATIENCE, priority=1)


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


def whole(tx: Tx, row: Arrival) -> list[Arrival]:
    """What waits in quarantine together with an arrival: it alone, or all the pieces of the message that it is of."""
    key = (row.envelope.get("part") or {}).get("key")
    if key is None:
        return [row]
    found = tx.scalars(
        select(Arrival)
        .where(Arrival.state == row.state, Arrival.inbox_id == row.inbox_id, Arrival.channel == row.channel)
        .order_by(Arrival.id)
    )
    return [one for one in found if (one.envelope.get("part") or {}).get("key") == key]


def release(tx: Tx, arrival_id: int, inbox_id: int, staff_id: int) -> int:
    """Sends a quarantined arrival through the corridor of `inbox_id`, as a person decided; pieces of one message go
    together, because one alone would become a message with holes. How many went."""
    row = get(tx, arrival_id)
    key = (row.envelope.get("part") or {}).get("key")
    if row.state not in service.HELD or key is None:
        service.release(tx, arrival_id, inbox_id, staff_id)
        return 1
    pieces = whole(tx, row)
    for piece in pieces:
        piece.inbox_id, piece.state, piece.settled_by = inbox_id, STATE, staff_id
        piece.envelope = piece.envelope | {"released": True}
    tx.flush()
    _look(tx, row, key)
    return len(pieces)


def discard(tx: Tx, arrival_id: int, staff_id: int) -> int:
    """A person decided that this message is not wanted, all of its pieces. How many went."""
    row = get(tx, arrival_id)
    found = whole(tx, row) if row.state in service.HELD else [row]
    for one in found:
        service.discard(tx, one.id, staff_id)
    return len(found)


def give_up(tx: Tx, row: Arrival, why: str) -> None:
    """Puts a piece where a person sees it, with its place in the message."""
    part = row.envelope.get("part") or {}
    place = f"Piece {part.get('number')} of {part.get('total')} of a long text. "
    service.settle(tx, row.id, "quarantined", place + why)


def look_after(tx: Tx, limit: int = 200) -> int:
    """Pieces that no job looks after any more go where a person sees them. How many went."""
    query = select(Arrival).where(Arrival.state == STATE).order_by(Arrival.id).limit(limit)
    lost = 0
    for row in list(tx.scalars(query)):
        key = str((row.envelope.get("part") or {}).get("key", ""))
        if tx.now() - row.arrived_at >= FORGOTTEN and not any(is_open(tx, one) for one in _keys(row.inbox_id, key)):
            give_up(tx, row, "It was never put together with the others.")
            lost += 1
    return lost
