"""Takes lists in, begins and stops what is done with them, and lets them go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from desk import facts
from desk.agents import Viewer
from desk.files import Blobs
from desk.imports.mapping import BadMapping, Plan
from desk.imports.reader import Layout, Row
from desk.imports.tables import Import, ImportRefusal
from desk.jobs import enqueue
from desk.store import Tx

KEPT = timedelta(days=30)
BATCH = 500
WORKING = ("trying", "running")
_MAY = {  # from which state what can be asked
    "trying": ("read", "tried"),
    "running": ("tried", "stopped", "failed"),
    "stopped": ("trying", "running"),
}


class NotNow(ValueError):
    """What is asked does not go with where this list stands; the sentence says so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A list whose bytes are stored and looked through."""

    name: str
    sha256: str
    size: int
    layout: Layout
    rows: int


def begin(tx: Tx, files: Blobs, viewer: Viewer, kept: Kept) -> Import:
    """Notes a list whose bytes `files` has already."""
    files.refer(tx, kept.sha256, kept.size)
    name = "".join(c for c in kept.name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip()[:200]
    row = Import(
        staff_id=viewer.id,
        made_at=tx.now(),
        name=name or "list.csv",
        sha256=kept.sha256,
        size=kept.size,
        encoding=kept.layout.encoding,
        delimiter=kept.layout.delimiter,
        header=list(kept.layout.header),
        rows=kept.rows,
    )
    tx.add(row)
    tx.flush()
    return row


def get(tx: Tx, import_id: int, *, lock: bool = False) -> Import:
    """Raises LookupError."""
    found = tx.scalar(select(Import).where(Import.id == import_id).with_for_update()) if lock else None
    found = found or tx.get(Import, import_id)
    if found is None:
        raise LookupError(f"no import {import_id}")
    return found


def newest(tx: Tx, *, before: int | None = None, limit: int = 26) -> list[Import]:
    """The lists, newest first; `before` a number goes on."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    return list(tx.scalars(query if before is None else query.where(Import.id < before)))


def layout_of(row: Import) -> Layout:
    return Layout(row.encoding, row.delimiter, tuple(row.header))


def read_again(tx: Tx, import_id: int, layout: Layout, rows: int) -> Import:
    """The same bytes in another encoding or with another delimiter. Raises NotNow."""
    row = get(tx, import_id, lock=True)
    if row.state not in ("read", "tried"):
        raise NotNow("What is under way is not read anew.")
    row.encoding, row.delimiter, row.header, row.rows = layout.encoding, layout.delimiter, list(layout.header), rows
    row.state, row.mapping = "read", {}
    _clear(tx, row)
    return row


def try_out(tx: Tx, import_id: int, plan: Plan) -> Import:
    """Begins a dry run with these columns. Raises BadMapping, NotNow."""
    plan.check()
    row = _go(tx, import_id, "trying")
    row.mapping = plan.as_json()
    _clear(tx, row)
    _queue(tx, row)
    return row


def run(tx: Tx, import_id: int, viewer: Viewer) -> Import:
    """Begins the run, or goes on with one that was stopped; new attributes are declared by that. Raises NotNow, and
    BadMapping where an attribute has become something else since."""
    row = _go(tx, import_id, "running")
    plan = Plan.of(row.mapping)
    known = {one.key: one for one in facts.declared(tx, retired=True)}
    for column in plan.columns:
        if column.to != "attribute" or not column.fresh or column.key in known:
            continue
        try:
            facts.declare_attribute(
                tx, key=column.key, label=column.label, kind=column.kind, choices=column.choices, staff_id=viewer.id
            )
        except facts.AttributeProblem as problem:
            raise BadMapping(str(problem)) from problem
    row.mapping = replace(plan, columns=tuple(replace(one, fresh=False) for one in plan.columns)).as_json()
    if row.begun_at is None:
        _clear(tx, row)
        row.begun_at = tx.now()
    row.problem, row.ended_at = "", None
    _queue(tx, row)
    return row


def stop(tx: Tx, import_id: int) -> Import:
    """Stops after the slice in hand. What a run has written stays; a dry run is forgotten. Raises NotNow."""
    row = get(tx, import_id, lock=True)
    tried = row.state == "trying"
    row = _go(tx, import_id, "stopped")
    if tried:
        row.state = "read"
        _clear(tx, row)
    else:
        row.ended_at = tx.now()
    return row


def let_go(tx: Tx, files: Blobs, import_id: int) -> None:
    """Forgets the list and the rows that were refused; how many there were stays. Raises NotNow."""
    row = get(tx, import_id, lock=True)
    if row.state in WORKING:
        raise NotNow("Stop it first: the list is still being read.")
    if row.sha256 is not None:
        files.release(tx, row.sha256)
    row.sha256, row.examples = None, {}
    tx.execute(delete(ImportRefusal).where(ImportRefusal.import_id == import_id))
    tx.flush()


def let_all_go(tx: Tx, files: Blobs) -> int:
    """Forgets every list that nobody works on: one of its customers is erased, and nobody can tell which rows were
    theirs. Gives how many."""
    kept = select(Import.id).where(Import.sha256.is_not(None), Import.state.not_in(WORKING))
    ids = list(tx.scalars(kept))
    for import_id in ids:
        let_go(tx, files, import_id)
    return len(ids)


def old(tx: Tx) -> list[int]:
    """Lists that were brought in a month ago and are kept still."""
    query = select(Import.id).where(
        Import.sha256.is_not(None), Import.made_at < tx.now() - KEPT, Import.state.not_in(WORKING)
    )
    return list(tx.scalars(query.order_by(Import.made_at).limit(100)))


def refusals(tx: Tx, import_id: int, after: int = 0) -> dict[int, str]:
    """The next refused rows by their number, with why."""
    query = select(ImportRefusal.line, ImportRefusal.why).where(
        ImportRefusal.import_id == import_id, ImportRefusal.line > after
    )
    return {row.line: row.why for row in tx.execute(query.order_by(ImportRefusal.line).limit(BATCH))}


def refused_rows(rows: Iterator[Row], whys: dict[int, str]) -> Iterator[tuple[list[str], str]]:
    """The rows that have a reason, with it, up to the last of these; the same columns as the list had."""
    last = max(whys, default=0)
    for row in rows:
        why = whys.get(row.number)
        if why is not None:
            yield row.cells, why
        if row.number >= last:
            return


def guarded(cells: list[str]) -> list[str]:
    """Cells that no spreadsheet runs: what begins as a formula gets an apostrophe before it. Telephone and other
    numbers stay as they are, so that the list can be mended and sent again."""
    return [f"'{cell}" if cell[:1] in "=+-@\t\r" and not _harmless(cell) else cell for cell in cells]


def _harmless(cell: str) -> bool:
    return cell[:1] in "+-" and all(c.isdecimal() or c in " .,()/-" for c in cell[1:]) and any(map(str.isdecimal, cell))


def _go(tx: Tx, import_id: int, to: str) -> Import:
    row = get(tx, import_id, lock=True)
    if row.state not in _MAY[to] or row.sha256 is None:
        raise NotNow("This list is at another step by now: look at its page again.")
    row.state = to
    row.revision += 1
    return row


def _clear(tx: Tx, row: Import) -> None:
    row.line = row.made = row.changed = row.unchanged = row.refused = 0
    row.examples, row.problem = {}, ""
    tx.execute(delete(ImportRefusal).where(ImportRefusal.import_id == row.id))
    tx.flush()


def _queue(tx: Tx, row: Import) -> None:
    tx.flush()
    queue(tx, row.id, row.revision, row.line)


def queue(tx: Tx, import_id: int, revision: int, line: int) -> None:
    """Asks for the next portion of a list, behind what customers wait for."""
    args: dict[str, Any] = {"import_id": import_id, "revision": revision}
    enqueue(tx, "imports.work", args, key=f"import:{import_id}:{revision}:{line}", priority=6)
