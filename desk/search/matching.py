"""The one place that knows how each database looks through words: FTS5 on SQLite, tsvector on PostgreSQL.

The trap of both is a word that a third of all lines hold: to sort its matches takes seconds. So matches are taken
newest first and never all of them. FTS5 keeps them in the order of their row ids, which is the order of time here.
PostgreSQL's GIN knows no order: few matches (by the planner's estimate) are gathered from it and sorted, of many the
newest are met by walking back along the primary key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Executable,
    String,
    Table,
    bindparam,
    cast,
    column,
    func,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles

from desk.search.language import Atom, Term, fits, fts5, itself, tsquery
from desk.store import BigInt, Tx

FEW = 4000  # matches that PostgreSQL gathers and sorts
WALK = 10_000  # rows that it walks back over in one window
BOUND = 4000  # matches in one window
SPARSE = 120  # matches in one window of WALK rows, up to which all of them are few enough to be gathered
MOST_WORDS = 6  # whose frequencies are asked for
_WORD = re.compile(r"'([^']+)'(:\*)?")
TOP = 2**63 - 1
BOTTOM = -(2**63)

Wider = Callable[[Atom], list[Atom]]


@dataclass(frozen=True, slots=True)
class Window:
    """What one look found: rows, newest first, and the place to go on from; None where there is nothing further.
    `sparse`: walking on would meet few matches, so the next look gathers them."""

    rows: list[Any]
    next: int | None
    sparse: bool = False


def written(tx: Tx, terms: Sequence[Term], marks: Sequence[str], wider: Wider = itself) -> str:
    """The search in the database's own language. It is made of our own words, so it can hold no error of syntax."""
    write = tsquery if tx.dialect_name == "postgresql" else fts5
    return write(terms, marks, wider)


def among(
    tx: Tx,
    rows: Table,
    houses: Sequence[int],
    terms: Sequence[Term],
    marks: Sequence[str],
    *,
    wanted: int,
    below: int = TOP,
    least: int = BOTTOM,
) -> Window:
    """The newest matches within a few conversations: their rows are read, and looked through here on SQLite, whose
    full-text index would ask for each row, or walk all the matches there are."""
    house = rows.c.conversation_id if "conversation_id" in rows.c else rows.c.id
    columns = [c for c in rows.c if c.name in ("id", "entry_id", "conversation_id")]
    query = select(*columns).where(house.in_(houses), rows.c.id < below, rows.c.id >= least)
    query = query.order_by(rows.c.id.desc())
    said = bool(marks or any(not term.negative for term in terms))
    if said and tx.dialect_name == "postgresql":
        query = query.where(rows.c.words.op("@@")(_tsquery(written(tx, terms, marks))))
    elif said:
        found = []
        for row in tx.execute(query.add_columns(rows.c.words)):
            if fits(row.words.split(), terms, marks):
                found.append(row)
                if len(found) == wanted:
                    break
        return Window(found, found[-1].id if len(found) == wanted else None)
    found = list(tx.execute(query.limit(wanted)).all())
    return Window(found, found[-1].id if len(found) == wanted else None)


def only(tx: Tx, word: str) -> str:
    """A search for one word of the index."""
    return written(tx, [Term(word, (Atom((word,)),))], [])


def _tsquery(asked: str) -> Any:
    """Written into the statement: with a place for it, the driver would prepare the statement after some uses, and
    PostgreSQL plan for any words at all (a rare one then took 2 s where it takes 1 ms)."""
    return cast(bindparam(None, asked, type_=String, unique=True, literal_execute=True), TSQUERY)


def _fixed(place: int) -> Any:
    """A place, written into the statement for the same reason."""
    return bindparam(None, place, type_=BigInt, unique=True, literal_execute=True)


def holds(tx: Tx, rows: Table, asked: str) -> ColumnElement[bool]:
    """The condition that a row of the index matches what `written` gave."""
    if tx.dialect_name == "postgresql":
        return rows.c.words.op("@@")(_tsquery(asked))
    fts = _fts(rows)
    return rows.c.id.in_(select(fts.c.rowid).where(fts.c[fts.name].op("MATCH")(asked)))


def _fts(rows: Table) -> Any:
    name = f"{rows.name}_fts"
    return table(name, column("rowid", BigInt), column(name))


def window(
    tx: Tx,
    rows: Table,
    asked: str,
    *,
    wanted: int,
    join: Callable[[Any], tuple[Table, ColumnElement[bool]]] | None = None,
    where: Sequence[ColumnElement[bool]] = (),
    below: int = TOP,
    least: int = BOTTOM,
    gather: bool = False,
) -> Window:
    """The newest matches under a place, down to another one. `join` gives, for the columns of the index, the table that
    `where` narrows them by. `asked` empty: every row. Looks at so many at most, and says where to go on."""
    inner, bound, only = _matches(tx, rows, asked, below, least, gather)
    source: Any = inner
    columns = inner.c
    if "conversation_id" in rows.c and "conversation_id" not in columns:
        source, columns = inner.join(rows, rows.c.id == inner.c.id), rows.c
    if join is not None:
        other, on = join(columns)
        source = source.join(other, on)
    shown = [columns[c.name] for c in rows.c if c.name in ("id", "entry_id", "conversation_id")]
    query = select(*shown).select_from(source).where(*only, *where).order_by(inner.c.id.desc()).limit(wanted)
    found = tx.execute(query).all()
    if len(found) == wanted:
        return Window(found, found[-1].id)
    count, last = tx.execute(select(func.count(), func.min(inner.c.id)).select_from(inner)).one()
    sparse = False
    if only and count == bound:
        sparse = (tx.scalar(select(func.count()).select_from(inner).where(*only)) or 0) <= SPARSE
    return Window(found, last if count == bound else None, sparse)


def _matches(
    tx: Tx, rows: Table, asked: str, below: int, least: int, gather: bool
) -> tuple[Any, int, tuple[ColumnElement[bool], ...]]:
    """Where the matches are, newest first, after how many rows it breaks off, and what is left to ask of each."""
    between = (rows.c.id < _fixed(below), rows.c.id >= _fixed(least))
    kept = [c for c in rows.c if c.name in ("id", "entry_id", "conversation_id")]
    if not asked:
        return select(*kept).where(*between).order_by(rows.c.id.desc()).limit(BOUND).subquery("m"), BOUND, ()
    if tx.dialect_name != "postgresql":
        fts = _fts(rows)
        place = fts.c.rowid
        found = select(place.label("id")).where(fts.c[fts.name].op("MATCH")(asked), place < below, place >= least)
        return found.order_by(place.desc()).limit(BOUND).subquery("m"), BOUND, ()
    matches = rows.c.words.op("@@")(_tsquery(asked))
    few = select(*kept).where(matches, *between)
    if gather or _rarest(tx, rows, asked, few) <= FEW:
        gathered = few.cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")
        return select(gathered).order_by(gathered.c.id.desc()).limit(BOUND).subquery("m"), BOUND, ()
    walked = select(*kept, rows.c.words).where(*between).order_by(rows.c.id.desc()).limit(WALK).subquery("m")
    return walked, WALK, (walked.c.words.op("@@")(_tsquery(asked)),)


class Explained(Executable, ClauseElement):
    """A statement of PostgreSQL, asked for its plan instead of its rows."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(Explained)
def _explain(element: Explained, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


def _rarest(tx: Tx, rows: Table, asked: str, whole: Any) -> float:
    """How many rows the planner expects to hold the rarest of the words. What it expects of all of them together is
    far too low: it takes words for independent, and those of a phrase are not."""
    each = [
        select(rows.c.id).where(rows.c.words.op("@@")(_tsquery(f"'{word}'{star}")))
        for word, star in list(dict.fromkeys(_WORD.findall(asked.partition("!(")[0])))[:MOST_WORDS]
    ]
    if len(each) == 1 or " | " in asked:
        return _estimates(tx, whole)[0]
    return min(_estimates(tx, union_all(*each)))


def _estimates(tx: Tx, query: Any) -> list[float]:
    """How many rows the planner expects, of each part of a union."""
    found = tx.execute(Explained(query)).scalar_one()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    while plan["Node Type"] not in ("Append", "Parallel Append") and "Append" in json.dumps(plan.get("Plans", "")):
        plan = plan["Plans"][0]
    parts = plan["Plans"] if "Append" in plan["Node Type"] else [plan]
    return [float(part["Plan Rows"]) for part in parts]
