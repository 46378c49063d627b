"""The one place that knows how each database looks through words: FTS5 on SQLite, tsvector on PostgreSQL.

The trap of both is a word that a third of all lines hold: to sort its matches takes seconds. So matches are taken
newest first and never all of them. FTS5 keeps them in the order of their row ids, which is the order of time here.
PostgreSQL's GIN knows no order: few matches (by the planner's estimate) are gathered from it and sorted, of many the
newest are met by walking back along the primary key. What is found so are places alone; which of them somebody may see
is asked of the conversations afterwards, a portion at a time, so that no plan can begin with all conversations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Table,
    and_,
    any_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from desk.search.language import Atom, Term, fts5, itself, tsquery
from desk.store import BigInt, Tx

FIRST = 240  # matches in the first look, which is all that most searches need
BOUND = 4000  # matches in each look behind it
PORTION = 1000  # matches whose conversations are asked for at a time
WALKED_FIRST = 2000  # rows that PostgreSQL walks back over in the first look
WALK = 10_000  # and in each behind it
FEW = 8000  # matches that it gathers and sorts: about what a walk to the newest 60 of them would cost
SPARSE = 0.012  # share of matches among the rows of a walk, up to which all of them are few enough to be gathered
GATHERED = 60_000  # rows with the rarest word, above which nothing is gathered: each of them may have to be read
MOST_WORDS = 6  # whose frequencies are asked for
_WORD = re.compile(r"'([^']+)'(:\*)?")
TOP = 2**63 - 1
BOTTOM = -(2**63)

Wider = Callable[[Atom], list[Atom]]


@dataclass(frozen=True, slots=True)
class Window:
    """What one look found: rows, newest first, and the place to go on from; None where there is nothing further.
    `sparse`: walking on would meet few matches; `rarest`: how many rows hold the rarest of the words, by estimate."""

    rows: list[Any]
    next: int | None
    sparse: bool = False
    rarest: float | None = None


def written(tx: Tx, terms: Sequence[Term], marks: Sequence[str], wider: Wider = itself) -> str:
    """The search in the database's own language. It is made of our own words, so it can hold no error of syntax."""
    write = tsquery if tx.dialect_name == "postgresql" else fts5
    return write(terms, marks, wider)


def one_of(tx: Tx, column_: Any, numbers: Sequence[int]) -> ColumnElement[bool]:
    """Whether a number is one of many: handed over in one piece, so that the statement is the same for any of them."""
    if tx.dialect_name == "postgresql":
        found: ColumnElement[bool] = column_ == any_(
            bindparam(None, list(numbers), type_=ARRAY(BigInteger), unique=True)
        )
        return found
    each = func.json_each(json.dumps(list(numbers))).table_valued("value")
    return _truth(column_.in_(select(each.c.value)))


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
    """The newest matches within a few conversations. On SQLite their words are looked through as they stand: its
    full-text index would be asked for each row, or walk all the matches there are."""
    house = rows.c.conversation_id if "conversation_id" in rows.c else rows.c.id
    query = select(*_shown(rows)).where(one_of(tx, house, houses), rows.c.id < below, rows.c.id >= least)
    asks = bool(marks or any(not term.negative for term in terms))
    if tx.dialect_name == "postgresql":
        # First all that stands there, then what of it holds the words, then the newest: else it may walk back along the
        # primary key in hope of meeting them, or gather every line of a frequent word to keep a hundred.
        inside = (query.add_columns(rows.c.words) if asks else query).cte("inside")
        inside = inside.prefix_with("MATERIALIZED", dialect="postgresql")
        query = select(*(c for c in inside.c if c.name != "words")).order_by(inside.c.id.desc())
        if asks:
            query = query.where(inside.c.words.op("@@")(_tsquery(written(tx, terms, marks))))
    else:
        query = query.where(*said(rows.c.words, terms, marks) if asks else ()).order_by(rows.c.id.desc())
    found = list(tx.execute(query.limit(wanted)).all())
    return Window(found, found[-1].id if len(found) == wanted else None)


def _shown(rows: Table) -> list[Any]:
    return [c for c in rows.c if c.name in ("id", "entry_id", "conversation_id")]


def said(words: Any, terms: Sequence[Term], marks: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on words as SQLite keeps them, one blank between each two: that they hold a search, as FTS5 would
    say."""
    found = [holding(words, Atom((mark,))) for mark in marks]
    for term in terms:
        every = and_(*(holding(words, atom) for atom in term.atoms))
        found.append(not_(every) if term.negative else every)
    return found


def holding(words: Any, atom: Atom) -> ColumnElement[bool]:
    """That these words stand beside each other, the last of them perhaps unfinished."""
    piece = f" {' '.join(atom.words)}{'' if atom.prefix else ' '}"
    return _truth(func.instr(literal(" ").concat(words).concat(" "), piece) > 0)


def _truth(condition: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = condition
    return found


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
    last: Window | None = None,
) -> Window:
    """The newest matches under a place, down to another one. `join` gives, for the columns of the index, the table that
    `where` narrows them by. `asked` empty: every row. Looks at so many at most, few at first, and says where to go on;
    `last` is the look before this one."""
    between = (rows.c.id < _fixed(below), rows.c.id >= _fixed(least))
    sparse, rarest, walked = False, None, 0
    bound = FIRST if last is None else BOUND
    if tx.dialect_name != "postgresql" or not asked:
        ids = _newest(tx, rows, asked, below, least, bound)
    else:
        rarest = last.rarest if last is not None and last.rarest is not None else _rarest(tx, rows, asked)
        if rarest <= FEW or (last is not None and last.sparse and rarest <= GATHERED):
            bound = BOUND
            ids = _gathered(tx, rows, asked, between)
        else:
            walked = WALKED_FIRST if last is None else WALK
            ids = _walked(tx, rows, asked, between, walked)
            sparse = len(ids) <= SPARSE * walked
    found = _let_through(tx, rows, ids, wanted, join, where)
    if len(found) == wanted:
        onward = found[-1].id
    elif walked:
        end = select(rows.c.id).where(*between).order_by(rows.c.id.desc()).offset(walked - 1).limit(1)
        onward = tx.scalar(end)
    else:
        onward = ids[-1] if len(ids) == bound else None
    return Window(found, onward, sparse, rarest)


def _let_through(
    tx: Tx,
    rows: Table,
    ids: Sequence[int],
    wanted: int,
    join: Callable[[Any], tuple[Table, ColumnElement[bool]]] | None,
    where: Sequence[ColumnElement[bool]],
) -> list[Any]:
    """Those of the matches, newest first, that `where` lets through; a portion at a time, until there are enough."""
    seen = list(where)
    if join is not None:
        # Not joined: SQLite would begin with all that are somebody's, or open, and look for these among them.
        other, on = join(rows.c)
        seen = [exists(select(other.c.id).where(on, *where).correlate(rows))]
    found: list[Any] = []
    start, size = 0, FIRST
    while start < len(ids) and len(found) < wanted:
        some = ids[start : start + size]
        query = select(*_shown(rows)).where(one_of(tx, rows.c.id, some), *seen)
        found += tx.execute(query.order_by(rows.c.id.desc()).limit(wanted - len(found))).all()
        start, size = start + size, PORTION
    return found


def _newest(tx: Tx, rows: Table, asked: str, below: int, least: int, bound: int) -> list[int]:
    """The places of the newest matches, as FTS5 keeps them; of the newest rows, where nothing is asked."""
    place: Any = rows.c.id
    matches: list[ColumnElement[bool]] = []
    if asked:
        fts = _fts(rows)
        place, matches = fts.c.rowid, [fts.c[fts.name].op("MATCH")(asked)]
    query = select(place).where(*matches, place < below, place >= least).order_by(place.desc()).limit(bound)
    return list(tx.execute(query).scalars())


def _gathered(tx: Tx, rows: Table, asked: str, between: Sequence[ColumnElement[bool]]) -> list[int]:
    """The same from a GIN index, which knows no order: all of them, sorted."""
    matches = select(rows.c.id).where(rows.c.words.op("@@")(_tsquery(asked)), *between)
    gathered = matches.cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")
    return list(tx.execute(select(gathered.c.id).order_by(gathered.c.id.desc()).limit(BOUND)).scalars())


def _walked(tx: Tx, rows: Table, asked: str, between: Sequence[ColumnElement[bool]], size: int) -> list[int]:
    """The matches among the newest rows, met by walking back along the primary key."""
    walked = select(rows.c.id, rows.c.words).where(*between).order_by(rows.c.id.desc()).limit(size).subquery("m")
    query = select(walked.c.id).where(walked.c.words.op("@@")(_tsquery(asked))).order_by(walked.c.id.desc())
    return list(tx.execute(query).scalars())


def _rarest(tx: Tx, rows: Table, asked: str) -> float:
    """How many rows the planner expects to hold the rarest of the words. What it expects of all of them together is
    far too low: it takes words for independent, and those of a phrase are not."""
    each = list(dict.fromkeys(_WORD.findall(asked.partition("!(")[0])))[:MOST_WORDS]
    if len(each) == 1 or " | " in asked:
        return _estimates(tx, rows, [asked])[0]
    return min(_estimates(tx, rows, [f"'{word}'{star}" for word, star in each]))


def _estimates(tx: Tx, rows: Table, searches: Sequence[str]) -> list[float]:
    """How many rows the planner expects of each. Written by hand, because each text of it is asked for but once: to
    have the statement made took longer than the plan."""
    texts = [one.replace("'", "''") for one in searches]
    asked = " UNION ALL ".join(f"SELECT id FROM {rows.name} WHERE words @@ '{one}'::tsquery" for one in texts)  # noqa: S608  words of ours
    found = tx.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked}").scalar_one()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    while plan["Node Type"] not in ("Append", "Parallel Append") and "Append" in json.dumps(plan.get("Plans", "")):
        plan = plan["Plans"][0]
    parts = plan["Plans"] if "Append" in plan["Node Type"] else [plan]
    return [float(part["Plan Rows"]) for part in parts]
