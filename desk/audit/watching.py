"""Rows that are watched: a table says which of its columns count, and every change of one is written down with it.

A package that wrote its own log would forget a way in; a session sees them all. What is written past the session, by
statements, has to be told with `note`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, event, insert, inspect
from sqlalchemy.orm import Session

from desk.audit.acting import acting
from desk.audit.tables import Change
from desk.audit.values import differing
from desk.store import Tx

_ROWS = cast(Table, Change.__table__)
KEY, TITLE = 80, 200  # characters, as the columns have them


@dataclass(frozen=True, slots=True)
class Watched:
    """What a table says of itself, as its `__audit__`: what its rows are, which columns count, and from which column a
    row has its name (empty: it has none, or none that belongs into a log).

    `personal`: whether a row in this state is somebody's own, such as a canned reply that nobody else sees. It is not
    the desk's, and so is not in its log: shared, it is made; taken back, it is removed.
    """

    kind: str
    fields: tuple[str, ...]
    title: str = "name"
    personal: Callable[[Mapping[str, Any]], bool] | None = None


def note(
    tx: Tx,
    kind: str,
    key: object,
    title: str,
    *,
    what: str = "changed",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    staff_id: int | None = None,
    ref: int | None = None,
) -> None:
    """Writes one change down, in this transaction; `before` and `after` are states, of which the difference is kept.
    A change that changes nothing is none, but for what was `done`."""
    old, new = differing(before or {}, after or {})
    if not old and not new and what == "changed":
        return
    _write(tx, [_row(tx, kind, key, title, what, old, new, staff_id) | {"ref": ref}])


def _row(
    tx: Tx,
    kind: str,
    key: object,
    title: str,
    what: str,
    old: dict[str, Any],
    new: dict[str, Any],
    staff_id: int | None,
) -> dict[str, Any]:
    return {
        "at": tx.now(),
        "staff_id": acting() if staff_id is None else staff_id,
        "kind": kind,
        "key": str(key)[:KEY],
        "title": title[:TITLE],
        "what": what,
        "before": old,
        "after": new,
        "ref": None,
        "previous": "",
        "digest": "",
    }


def _write(tx: Tx, rows: list[dict[str, Any]]) -> None:
    # On the connection: this runs within a flush as well, where no row can be added to the session any more.
    tx.connection().execute(insert(_ROWS), rows)


@event.listens_for(Tx, "after_flush")
def _look(session: Session, _context: object) -> None:
    """After the flush: keys are known, and what the columns were is still at hand."""
    assert isinstance(session, Tx)
    rows = [
        made
        for what, objects in (("made", session.new), ("changed", session.dirty), ("removed", session.deleted))
        for one in objects
        if isinstance(told := getattr(type(one), "__audit__", None), Watched)
        and (made := _told(session, told, one, what)) is not None
    ]
    if rows:
        _write(session, rows)


def _told(tx: Tx, told: Watched, one: Any, what: str) -> dict[str, Any] | None:
    state = inspect(one)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in told.fields:
        value = getattr(one, name) if what != "removed" else None
        history = state.attrs[name].history
        was = history.deleted[0] if history.deleted else value if what == "changed" else None
        if what == "removed":
            was = state.dict.get(name)
        before[name], after[name] = was, value
    if told.personal is not None:
        was_ours = what != "made" and not told.personal(before)
        is_ours = what != "removed" and not told.personal(after)
        if not was_ours and not is_ours:
            return None
        if not was_ours:
            before, what = {}, "made"
        elif not is_ours:
            after, what = {}, "removed"
    old, new = differing(before, after)
    if what == "changed" and not old and not new:
        return None
    title = str(getattr(one, told.title) or "") if told.title else ""
    key = "/".join(str(part) for part in state.identity or state.mapper.primary_key_from_instance(one))
    return _row(tx, told.kind, key, title, what, old, new, None)
