"""Keeping the index: what changed is noted in the transaction that changed it, and indexed in batches behind it.

To index a line within the corridor would cost it a third of a millisecond and more (an FTS5 segment or a GIN update
for each commit); a row in a queue costs a statement. So a search lags behind by what the worker has to do, a second
as a rule. What is erased is taken out at once, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from desk import timeline
from desk.clock import EPOCH
from desk.conversations.tables import Conversation
from desk.parts import Desk
from desk.people.tables import Customer, Identity
from desk.search import words
from desk.search.tables import SearchLine, SearchPerson, SearchProgress, SearchQueued, SearchThread
from desk.search.vocabulary import learn
from desk.store import Base, Tx
from desk.timeline.tables import Content, Entry

BATCH = 400
PIECE = 200  # rows of one piece of the backfill: SQLite's other writers wait for it some hundredths of a second
TOP = 2**63 - 1
KINDS = ("people", "threads", "lines")
SILENT = frozenset({
    "status", "assigned", "label", "sentiment", "stage", "survey_asked", "survey_withheld", "priority", "link", "inbox",
    "status_name",
})  # fmt: skip


_QUEUE = cast(Table, SearchQueued.__table__)
_NOTE = insert(_QUEUE)


def note(
    tx: Tx, *, entry_id: int | None = None, conversation_id: int | None = None, customer_id: int | None = None
) -> None:
    """Remembers in this transaction that a line, a conversation or a customer is to be indexed anew; the second time
    in one transaction says nothing new."""
    seen = tx.memo.setdefault("search.noted", set())
    mine = {("e", entry_id), ("c", conversation_id), ("p", customer_id)} - {("e", None), ("c", None), ("p", None)}
    if mine <= seen:
        return
    seen |= mine
    tx.aside(_NOTE, {"entry_id": entry_id, "conversation_id": conversation_id, "customer_id": customer_id})


def note_lines(tx: Tx, entry_ids: Iterable[int]) -> None:
    """The same for many lines, written in one go."""
    seen = tx.memo.setdefault("search.noted", set())
    fresh = [number for number in entry_ids if ("e", number) not in seen]
    seen |= {("e", number) for number in fresh}
    if fresh:
        rows = [{"entry_id": number, "conversation_id": None, "customer_id": None} for number in fresh]
        tx.connection().execute(_NOTE, rows)


def has_words(kind: str) -> bool:
    """Whether lines of a kind may hold words of somebody."""
    return kind not in SILENT


def forget(tx: Tx, entry_ids: Iterable[int]) -> None:
    """Takes lines whose words were erased out of the index, in the same transaction."""
    ids = list(entry_ids)
    tx.execute(_quiet(delete(SearchLine).where(SearchLine.entry_id.in_(ids))))
    numbers = select(Entry.conversation_id).where(Entry.id.in_(ids), Entry.conversation_id.is_not(None)).distinct()
    for number in tx.scalars(numbers).all():
        note(tx, conversation_id=number)


def rehoused(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """Lines of these conversations changed house: who may see them must know at once."""
    for start in range(0, len(conversation_ids), BATCH):
        some = conversation_ids[start : start + BATCH]
        moved = select(SearchLine.id, Entry.conversation_id).join(Entry, Entry.id == SearchLine.entry_id)
        moved = moved.where(Entry.conversation_id != SearchLine.conversation_id)
        for which in (SearchLine.conversation_id.in_(some), Entry.conversation_id.in_(some)):
            for line_id, number in tx.execute(moved.where(which)).all():
                tx.execute(_quiet(update(SearchLine).where(SearchLine.id == line_id).values(conversation_id=number)))
        for number in some:
            note(tx, conversation_id=number)


def _quiet(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)


def place_of(at: datetime, entry_id: int) -> int:
    """Where a line stands in the order of time: milliseconds, then what tells apart lines of the same one."""
    return first_place(at) | (entry_id & 0x1FFFFF)


def first_place(at: datetime) -> int:
    """The first place of a moment."""
    return int((at - EPOCH).total_seconds() * 1000) << 21


def time_of(place: int) -> datetime:
    """When it was at a place."""
    return EPOCH + timedelta(milliseconds=place >> 21)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the backfill has come: rows done of rows there were when it began; `finished`: nothing is left."""

    done: int
    total: int
    finished: bool
    queued: int


def work(desk: Desk) -> bool:
    """Indexes a batch of what waits, or a piece of what was there before; False where there is nothing to do."""
    with desk.store.reading() as tx:
        waits = tx.scalar(select(SearchQueued.id).limit(1)) is not None
        behind = tx.scalar(select(SearchProgress.kind).where(SearchProgress.finished_at.is_(None)).limit(1)) is not None
    if waits and desk.store.attempt(catch_up, repeatable=True):
        return True
    return behind and desk.store.attempt(lambda tx: step(tx) > 0, repeatable=True)


def catch_up(tx: Tx, limit: int = BATCH) -> int:
    """Indexes what waits in the queue, oldest first, and says how many rows of it were done."""
    query = select(_QUEUE).order_by(_QUEUE.c.id).limit(limit)
    if tx.dialect_name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    rows = tx.execute(query).all()
    if rows:
        lines(tx, {row.entry_id for row in rows} - {None})
        threads(tx, {row.conversation_id for row in rows} - {None})
        people(tx, {row.customer_id for row in rows} - {None})
        tx.execute(delete(_QUEUE).where(_QUEUE.c.id.in_([row.id for row in rows])))
        _clean(tx)
    return len(rows)


def lines(tx: Tx, entry_ids: Collection[int]) -> None:
    """Indexes lines anew; those that have no words (any more) are taken out."""
    if not entry_ids:
        return
    query = (
        select(
            Entry.id, Entry.conversation_id, Entry.occurred_at, Entry.kind, Entry.channel, Content.subject,
            Content.text, Content.attachments,
        )
        .join(Content, Content.id == Entry.content_id)
        .where(
            Entry.id.in_(list(entry_ids)), Entry.conversation_id.is_not(None), Entry.kind != timeline.WITHDRAWN
        )
    )  # fmt: skip
    found = tx.execute(query).all()
    gone = set(entry_ids) - {row.id for row in found}
    if gone:
        tx.execute(_quiet(delete(SearchLine).where(SearchLine.entry_id.in_(gone))))
    if not found:
        return
    known = select(SearchLine.entry_id, SearchLine.id).where(SearchLine.entry_id.in_([row.id for row in found]))
    there = dict(tx.execute(known).all())
    wanted = {row.id: place_of(row.occurred_at, row.id) for row in found if row.id not in there}
    taken = set(tx.scalars(select(SearchLine.id).where(SearchLine.id.in_(wanted.values()))).all())
    rows = []
    for row in sorted(found, key=lambda row: row.id):
        place = there.get(row.id) or wanted[row.id]
        while row.id not in there and place in taken:  # the same millisecond and the same counter: next to it
            place += 1
            taken |= set(tx.scalars(select(SearchLine.id).where(SearchLine.id == place)).all())
        taken.add(place)
        names = " ".join(str(file.get("filename", "")) for file in row.attachments or [])
        kept = [*words.tokens(f"{row.subject}\n{row.text}\n{names}"), words.mark(f"kind {row.kind}")]
        kept += [words.mark(f"channel {row.channel}")] if row.channel else []
        kept += [words.mark("has attachment")] if row.attachments else []
        rows.append({"id": place, "entry_id": row.id, "conversation_id": row.conversation_id, "words": _kept(tx, kept)})
    _put(tx, SearchLine, rows, "conversation_id", "words")


def threads(tx: Tx, conversation_ids: Collection[int]) -> None:
    """Indexes the subjects of conversations anew."""
    if not conversation_ids:
        return
    query = select(Conversation.id, Conversation.subject, Conversation.customer_name)
    found = tx.execute(query.where(Conversation.id.in_(list(conversation_ids))).order_by(Conversation.id)).all()
    rows = [{"id": r.id, "words": _kept(tx, words.tokens(f"{r.subject}\n{r.customer_name}"))} for r in found]
    _put(tx, SearchThread, rows, "words")


def people(tx: Tx, customer_ids: Collection[int]) -> None:
    """Indexes customers anew by all that they are called; who was joined with another is found as that other."""
    if not customer_ids:
        return
    rows = tx.execute(select(Customer.id, Customer.merged_into).where(Customer.id.in_(list(customer_ids)))).all()
    joined = [row.id for row in rows if row.merged_into is not None]
    if joined:
        tx.execute(_quiet(delete(SearchPerson).where(SearchPerson.id.in_(joined))))
    roots = {row.id: row.id for row in rows if row.merged_into is None}  # whoever it was -> whom they have become
    names: dict[int, list[str]] = {}
    kept: dict[int, list[str]] = {}
    layer = list(roots)
    while layer:
        query = select(Customer.id, Customer.name, Customer.merged_into)
        for row in tx.execute(query.where(Customer.id.in_(layer)).order_by(Customer.id)):
            names.setdefault(roots[row.id], []).extend(words.tokens(row.name))
        below = tx.execute(select(Customer.id, Customer.merged_into).where(Customer.merged_into.in_(layer))).all()
        layer = [row.id for row in below if row.id not in roots]
        for row in below:
            roots[row.id] = roots[row.merged_into or 0]
    addresses = select(Identity.customer_id, Identity.kind, Identity.value, Identity.name)
    mine = [number for number, root in roots.items() if number == root]
    for identity in tx.execute(addresses.where(Identity.customer_id.in_(mine)).order_by(Identity.id)):
        names.setdefault(identity.customer_id, []).extend(words.tokens(identity.name))
        theirs = kept.setdefault(identity.customer_id, [])
        if identity.kind == "phone":
            theirs += words.phone_tokens(identity.value)
        elif identity.kind != "visitor":  # a browser's id is nothing that anybody types
            theirs += words.tokens(identity.value)
    out: list[dict[str, Any]] = []
    for number in sorted(mine):
        called = names.get(number, [])
        held = _kept(tx, called + kept.get(number, []))
        out.append({"id": number, "names": list(dict.fromkeys(called)), "words": held})
    before = tx.scalars(select(SearchPerson.names).where(SearchPerson.id.in_(mine))).all()
    _put(tx, SearchPerson, out, "names", "words")
    learn(tx, {word for row in out for word in row["names"]}, {word for some in before for word in some})


def _kept(tx: Tx, found: list[str]) -> str:
    return words.literal(found) if tx.dialect_name == "postgresql" else " ".join(found)


def _put(tx: Tx, row: type[Base], rows: list[dict[str, Any]], *changes: str) -> None:
    if not rows:
        return
    make = postgresql.insert if tx.dialect_name == "postgresql" else sqlite.insert
    table = cast(Table, row.__table__)
    statement: Any = make(table)
    key = ["entry_id"] if "entry_id" in table.c else ["id"]
    statement = statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in changes}
    )
    tx.connection().execute(statement, rows)


def _clean(tx: Tx) -> None:
    """PostgreSQL keeps what is new in a list that each search would read through: the batch is put in its place."""
    if tx.dialect_name == "postgresql":
        for name in ("lines", "threads", "people"):
            tx.execute(text(f"select gin_clean_pending_list('ix_search_{name}_words'::regclass)"))


def begin_again(tx: Tx) -> None:
    """Lets the backfill begin anew, over what is indexed already."""
    tx.execute(_quiet(delete(SearchProgress)))
    for kind in KINDS:
        tx.add(SearchProgress(kind=kind, place=TOP, done=0, total=0, finished_at=None))
    tx.flush()


def step(tx: Tx, size: int = PIECE) -> int:
    """One piece of the backfill, newest first; it goes on where the last one ended, in whichever process. Gives how
    many rows it looked at, 0 where nothing is left, or where somebody else is at it."""
    query = select(SearchProgress).where(SearchProgress.finished_at.is_(None)).order_by(SearchProgress.kind.desc())
    row = tx.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return 0
    source: Any = {"lines": Entry.id, "threads": Conversation.id, "people": Customer.id}[row.kind]
    if row.place == TOP:
        row.total = tx.scalar(select(func.count()).select_from(source.class_)) or 0
    ids = list(tx.scalars(select(source).where(source < row.place).order_by(source.desc()).limit(size)).all())
    {"lines": lines, "threads": threads, "people": people}[row.kind](tx, ids)
    if len(ids) < size:
        row.finished_at = tx.now()
        if tx.dialect_name == "postgresql":  # its statistics tell frequent words from rare ones
            tx.execute(text(f"analyze search_{row.kind}"))
    if ids:
        row.place, row.done = ids[-1], row.done + len(ids)
    tx.flush()
    _clean(tx)
    return max(1, len(ids))


def behind(tx: Tx, customer_id: int) -> bool:
    """Whether a line of this customer's is among the newest that the index has not heard of yet."""
    newest = select(_QUEUE.c.entry_id).order_by(_QUEUE.c.id.desc()).limit(BATCH).subquery()
    lagging = select(Entry.id).where(Entry.id.in_(select(newest)), Entry.customer_id == customer_id)
    return tx.scalar(lagging.limit(1)) is not None


def progress(tx: Tx) -> Progress:
    rows = tx.scalars(select(SearchProgress)).all()
    queued = tx.scalar(select(func.count()).select_from(select(SearchQueued.id).limit(10_000).subquery())) or 0
    return Progress(
        sum(row.done for row in rows),
        sum(max(row.total, row.done) for row in rows),
        all(row.finished_at is not None for row in rows),
        queued,
    )
