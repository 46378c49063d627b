"""A desk's own names for the five statuses: made, renamed, put in order, retired and brought back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from desk.conversations.states import STATUSES
from desk.conversations.tables import StatusName
from desk.people import fold
from desk.store import Tx

LONGEST = 60
MOST = 30  # names of one status in use


class BadStatusName(ValueError):
    """A name that the desk does not take. `reason`: status, name, taken, ours, many."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"status name refused: {reason}")
        self.reason = reason


def status_names(tx: Tx, *, retired: bool = False) -> list[StatusName]:
    """All names in use, by status and in their order; with `retired`, those too, behind the others."""
    query = select(StatusName) if retired else select(StatusName).where(StatusName.retired_at.is_(None))
    found = tx.scalars(query.order_by(StatusName.position, StatusName.id)).all()
    return sorted(found, key=lambda row: (STATUSES.index(row.status), row.retired_at is not None))


def status_name(tx: Tx, name_id: int) -> StatusName:
    """Raises LookupError."""
    found = tx.get(StatusName, name_id)
    if found is None:
        raise LookupError(f"no name of a status has the number {name_id}")
    return found


def add_status_name(tx: Tx, status: str, name: str, staff_id: int | None) -> StatusName:
    """A new name, last in its status. Raises BadStatusName."""
    if status not in STATUSES:
        raise BadStatusName("status")
    name, folded = _free(tx, name, None)
    _room(tx, status)
    last = tx.scalar(select(func.max(StatusName.position)).where(StatusName.status == status)) or 0
    row = StatusName(
        status=status, name=name, name_folded=folded, position=last + 1, made_by=staff_id, made_at=tx.now()
    )
    tx.add(row)
    tx.flush()
    return row


def rename_status(tx: Tx, name_id: int, name: str) -> StatusName:
    """Everywhere that it stands by now; the lines that were written keep what it was called then. Raises LookupError,
    BadStatusName."""
    row = status_name(tx, name_id)
    row.name, row.name_folded = _free(tx, name, row.id)
    tx.flush()
    return row


def put_status_name(tx: Tx, name_id: int, *, up: bool) -> None:
    """One place up or down among those in use. Raises LookupError."""
    row = status_name(tx, name_id)
    beside = [one for one in status_names(tx) if one.status == row.status]
    if row not in beside:
        return
    at = beside.index(row)
    to = at - 1 if up else at + 1
    if 0 <= to < len(beside):
        beside[at], beside[to] = beside[to], beside[at]
    for position, one in enumerate(beside, 1):
        one.position = position
    tx.flush()


def retire_status_name(tx: Tx, name_id: int, *, retired: bool = True) -> StatusName:
    """Offers a name no more; whatever has it keeps it and is found by it. `retired` False offers it again, last.
    Raises LookupError, BadStatusName where there are too many already."""
    row = status_name(tx, name_id)
    if retired:
        row.retired_at = row.retired_at or tx.now()
    elif row.retired_at is not None:
        _room(tx, row.status)
        last = tx.scalar(select(func.max(StatusName.position)).where(StatusName.status == row.status)) or 0
        row.retired_at, row.position = None, last + 1
    tx.flush()
    return row


def names_like(tx: Tx, typed: str) -> list[StatusName]:
    """The names, retired ones too, that somebody may mean who typed this: that one, else those that begin so."""
    folded = fold(typed.replace("_", " ")).strip()
    found: Sequence[StatusName] = tx.scalars(select(StatusName).order_by(StatusName.id)).all()
    exact = [row for row in found if row.name_folded == folded]
    return exact or [row for row in found if folded and row.name_folded.startswith(folded)]


def _free(tx: Tx, name: str, own: int | None) -> tuple[str, str]:
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST or '"' in name:
        raise BadStatusName("name")
    folded = fold(name)
    if folded in STATUSES:
        raise BadStatusName("ours")
    if tx.scalar(select(StatusName.id).where(StatusName.name_folded == folded, StatusName.id != (own or 0))):
        raise BadStatusName("taken")
    return name, folded


def _room(tx: Tx, status: str) -> None:
    used = select(func.count()).where(StatusName.status == status, StatusName.retired_at.is_(None))
    if (tx.scalar(used) or 0) >= MOST:
        raise BadStatusName("many")
