"""The tree of reasons: made, renamed, moved, put in order, merged, archived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from desk.people import fold
from desk.reasons.tables import Reason
from desk.store import Tx

NAME, DESCRIPTION = 60, 300
MOST = 200  # in use: a page and a menu show them all


class BadReason(ValueError):
    """This cannot be done with a reason. `reason`: name (none, or too long), taken, many, deep (there are two levels),
    itself, archived (it is offered no more)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"reason refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Known:
    """One reason as lists and menus show it; `path` is its name with that of what it is a part of."""

    id: int
    name: str
    description: str
    parent_id: int | None
    parent: str
    archived: bool

    @property
    def path(self) -> str:
        return f"{self.parent} › {self.name}" if self.parent else self.name


def known(tx: Tx, *, archived: bool = False) -> list[Known]:
    """The tree in its order, each followed by its parts; with `archived`, those that are offered no more too."""
    query = select(Reason).where(Reason.became_id.is_(None)).order_by(Reason.position, Reason.id)
    if not archived:
        query = query.where(Reason.archived_at.is_(None))
    rows = list(tx.scalars(query))
    names = {row.id: row.name for row in rows}
    ordered = [
        one for top in rows if top.parent_id is None for one in (top, *(row for row in rows if row.parent_id == top.id))
    ]
    return [
        Known(
            row.id, row.name, row.description, row.parent_id, names.get(row.parent_id or 0, ""),
            row.archived_at is not None,
        )
        for row in ordered
    ]  # fmt: skip


def became(tx: Tx) -> dict[int, int]:
    """What each reason stands for today, by its number: itself, or what it was merged into."""
    return {row.id: row.became_id or row.id for row in tx.execute(select(Reason.id, Reason.became_id))}


def get(tx: Tx, reason_id: int) -> Reason:
    """The reason, or the one that it became; held where the transaction writes. Raises LookupError."""
    row = tx.get(Reason, reason_id)
    if row is not None and row.became_id is not None:
        row = tx.get(Reason, row.became_id)
    if row is None:
        raise LookupError(f"no reason has the number {reason_id}")
    found: Reason = row
    return found


def add(tx: Tx, name: str, by: int | None, parent_id: int | None = None, description: str = "") -> Reason:
    """A new reason, the last of its neighbours. Raises BadReason, LookupError."""
    _hold(tx)
    rows = _in_use(tx)
    if len(rows) >= MOST:
        raise BadReason("many")
    parent_id = _top(tx, parent_id)
    name = _free(rows, name, parent_id, None)
    row = Reason(
        parent_id=parent_id,
        name=name,
        name_folded=fold(name),
        description=_described(description),
        position=_last(rows, parent_id),
        made_by=by,
        made_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    return row


def change(tx: Tx, reason_id: int, name: str, description: str) -> Reason:
    """Calls it something else, everywhere and at once. Raises LookupError, BadReason."""
    _hold(tx)
    row = get(tx, reason_id)
    row.name = _free(_in_use(tx), name, row.parent_id, row.id)
    row.name_folded, row.description = fold(row.name), _described(description)
    tx.flush()
    return row


def move(tx: Tx, reason_id: int, parent_id: int | None) -> Reason:
    """Makes it a part of another, or a reason of its own, the last there. Raises LookupError, BadReason."""
    _hold(tx)
    row, rows = get(tx, reason_id), _in_use(tx)
    parent_id = _top(tx, parent_id)
    if parent_id == row.id:
        raise BadReason("itself")
    if parent_id is not None and _parts(tx, row.id):
        raise BadReason("deep")
    if parent_id != row.parent_id:
        _free(rows, row.name, parent_id, row.id)
        row.position, row.parent_id = _last(rows, parent_id), parent_id
    tx.flush()
    return row


def shift(tx: Tx, reason_id: int, by: int) -> Reason:
    """One place up (`by` -1) or down (1) among its neighbours; at the end it stays. Raises LookupError."""
    _hold(tx)
    row = get(tx, reason_id)
    near = [one for one in _in_use(tx) if one.parent_id == row.parent_id]
    place = next((n for n, one in enumerate(near) if one.id == row.id), None)
    if place is not None and 0 <= place + by < len(near):
        near[place], near[place + by] = near[place + by], near[place]
        for n, one in enumerate(near):
            one.position = n
    tx.flush()
    return row


def merge(tx: Tx, reason_id: int, into_id: int) -> Reason:
    """Makes it one with another, which keeps its name: whatever had it has that one. Parts go along; those that are
    called the same become one. Raises LookupError, BadReason."""
    _hold(tx)
    row, into = get(tx, reason_id), get(tx, into_id)
    if row.id == into.id:
        raise BadReason("itself")
    if into.archived_at is not None:
        raise BadReason("archived")
    parts = _parts(tx, row.id)
    if parts and into.parent_id is not None:
        raise BadReason("itself" if into.parent_id == row.id else "deep")
    there = {one.name_folded: one for one in _in_use(tx) if one.parent_id == into.id}
    for part in parts:
        same = there.get(part.name_folded) if part.archived_at is None else None
        if same is not None:
            _become(tx, part, same)
        else:
            part.position, part.parent_id = _last(_in_use(tx), into.id), into.id
            tx.flush()
    _become(tx, row, into)
    return into


def _become(tx: Tx, row: Reason, into: Reason) -> None:
    before = update(Reason).where(Reason.became_id == row.id).values(became_id=into.id)
    tx.execute(before.execution_options(synchronize_session=False))
    row.became_id, row.archived_at = into.id, row.archived_at or tx.now()
    tx.flush()
    tx.expire_all()


def archive(tx: Tx, reason_id: int, *, archived: bool = True) -> Reason:
    """Offers it no more, and its parts with it; or again, and what it is a part of with it. Raises LookupError,
    BadReason."""
    _hold(tx)
    row = get(tx, reason_id)
    if archived:
        for one in (row, *_parts(tx, row.id)):
            one.archived_at = one.archived_at or tx.now()
    else:
        above = [get(tx, row.parent_id)] if row.parent_id is not None else []
        for one in (*above, row):
            if one.archived_at is not None:
                rows = _in_use(tx)
                _free(rows, one.name, one.parent_id, one.id)
                one.archived_at, one.position = None, _last(rows, one.parent_id)
                tx.flush()
    tx.flush()
    return row


def _hold(tx: Tx) -> None:
    """One who edits the tree at a time: names are unique among neighbours, and places count up."""
    tx.scalars(select(Reason.id).order_by(Reason.id).limit(1).with_for_update()).all()


def _in_use(tx: Tx) -> list[Reason]:
    tx.flush()
    rows = select(Reason).where(Reason.archived_at.is_(None)).order_by(Reason.position, Reason.id)
    return list(tx.scalars(rows))


def _parts(tx: Tx, reason_id: int) -> list[Reason]:
    rows = select(Reason).where(Reason.parent_id == reason_id, Reason.became_id.is_(None))
    return list(tx.scalars(rows.order_by(Reason.position, Reason.id)))


def _top(tx: Tx, parent_id: int | None) -> int | None:
    """What something can be a part of: a reason in use that is no part itself."""
    if parent_id is None:
        return None
    parent = get(tx, parent_id)
    if parent.parent_id is not None:
        raise BadReason("deep")
    if parent.archived_at is not None:
        raise BadReason("archived")
    return parent.id


def _free(rows: Sequence[Reason], name: str, parent_id: int | None, own: int | None) -> str:
    said = " ".join(name.replace("\x00", "").split())
    if not said or len(said) > NAME or len(fold(said)) > 2 * NAME:
        raise BadReason("name")
    if any(one.name_folded == fold(said) and one.parent_id == parent_id and one.id != own for one in rows):
        raise BadReason("taken")
    return said


def _described(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:DESCRIPTION]


def _last(rows: Sequence[Reason], parent_id: int | None) -> int:
    return max((one.position for one in rows if one.parent_id == parent_id), default=-1) + 1
