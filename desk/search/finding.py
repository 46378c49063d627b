"""Searching: lines and conversations that one colleague may see, newest or best first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, select

from desk import conversations, timeline
from desk.agents import Viewer
from desk.conversations.tables import Conversation
from desk.search import words
from desk.search.beginnings import in_words
from desk.search.hits import LineHit, Page, Search, ThreadHit
from desk.search.index import first_place, time_of
from desk.search.language import Problem, Term, read
from desk.search.matching import BOTTOM, TOP, Window, among, window, written
from desk.search.narrowing import channels, conditions, marks
from desk.search.persons import customers_called
from desk.search.tables import SearchLine, SearchThread
from desk.store import Tx
from desk.timeline.tables import Content, Entry

RANKED = 60  # newest matches that the best ones are chosen from
WINDOWS = 4  # looks at the index for one page, the first of them a short one
FEW = 1000  # conversations that are looked through one by one
NARROW = frozenset(
    {"is", "status", "sentiment", "risk", "label", "stage", "assignee", "team", "from", "inbox", "priority", "segment"}
)
HALF_LIFE = 60.0  # days after which a match counts half
BEGUN = 0.6  # what a word counts that only begins with what was typed

_LINES = cast(Table, SearchLine.__table__)
_THREADS = cast(Table, SearchThread.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_C = _CONVERSATIONS.c


def prepare(tx: Tx, viewer: Viewer, text: str, customer_id: int | None = None) -> Search:
    """Reads a search. What cannot be searched for is in `problem`; nothing is found then. With `customer_id`, it is for
    what is on their timeline alone."""
    zone = _zone(viewer.zone)
    asked = read(text, tx.now().astimezone(zone).date())
    where, problem = conditions(tx, viewer, asked.filters, customers_called, spam=customer_id is not None)
    if customer_id is not None:
        where.append(_C.customer_id == customer_id)
    there, left_out = marks(asked.filters)
    if left_out and not (asked.wanted or there):
        problem = problem or Problem("minus")
    after, before = (_moment(day, zone) for day in (asked.after, asked.before))
    kinds = {one.name for one in asked.filters if not one.negative}
    return Search(
        viewer,
        asked,
        (conversations.visible_to(viewer), *where),
        tuple(channels(asked.filters)),
        tuple(there),
        customer_id is not None or not NARROW.isdisjoint(kinds),
        customer_id is not None or "from" in kinds,
        tuple(left_out),
        BOTTOM if after is None else first_place(after),
        TOP if before is None else first_place(before),
        asked.problem or problem,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _moment(day: date | None, zone: ZoneInfo) -> datetime | None:
    """When a day begins there; None for no day, and for days at the ends of the calendar that no zone reaches."""
    if day is None:
        return None
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def lines(tx: Tx, search: Search, *, before: int | None = None, limit: int = 20) -> Page:
    """Lines that hold the words, newest first."""
    page = Page()
    if search.problem or not (search.terms or search.asked.filters):
        return page
    found, page.next = _windows(tx, _LINES, search, before, limit)
    page.hits = _shown(tx, search, found)
    if page.next is not None and len(found) < limit:
        page.back_to = time_of(page.next)
    return page


def best_lines(tx: Tx, search: Search, limit: int = 5) -> Page:
    """The best of the newest matches: whole words before beginnings, the recent before the old."""
    page = lines(tx, search, limit=RANKED)
    more = len(page.hits) > limit or page.next is not None
    page.hits = sorted(page.hits, key=lambda hit: (-hit.score, -hit.place))[:limit]
    page.next = TOP if more else None
    return page


def _windows(tx: Tx, rows: Table, search: Search, before: int | None, limit: int) -> tuple[list[Any], int | None]:
    """The newest matches, look after look until there are enough of them. Where the first one meets too few, and what
    the filters leave are few conversations, these are looked through themselves."""
    terms, there = (search.terms, []) if rows is _THREADS else ([*search.terms, *search.left_out], list(search.marks))
    asked, checks = "", list[ColumnElement[bool]]()
    if rows is _THREADS or search.asked.wanted or search.marks:
        wider, checks = in_words(tx, rows, terms)
        asked = written(tx, terms, there, wider)
    floor, top = (search.least, search.below) if rows is _LINES else (BOTTOM, TOP)
    below = top if before is None else min(before, top)
    found: list[Any] = []
    seen: Window | None = None
    for _ in range(WINDOWS):
        if search.narrow and (seen is not None or search.at_once):
            houses = _houses(tx, search, by_channel=rows is _THREADS)
            if houses is not None:
                inside = among(tx, rows, houses, terms, there, wanted=limit - len(found), below=below, least=floor)
                return found + inside.rows, inside.next
        seen = _look(tx, rows, search, asked, checks, below, floor, limit - len(found), seen)
        found += seen.rows
        if seen.next is None:
            return found, None
        below = seen.next
        if len(found) >= limit:
            break
    return found, below


def _houses(tx: Tx, search: Search, *, by_channel: bool) -> list[int] | None:
    """The conversations that the filters of a search leave, if they are few. They are counted once, and only where the
    index alone does not do: a word that is rare is found sooner."""
    key = "by channel" if by_channel else "all"
    if key not in search.kept:
        query = select(_C.id).where(*search.where, *(search.by_channel if by_channel else ()))
        if search.least != BOTTOM:
            query = query.where(_C.last_at >= time_of(search.least))
        found = list(tx.scalars(query.limit(FEW + 1)).all())
        search.kept[key] = found if len(found) <= FEW else None
    kept: list[int] | None = search.kept[key]
    return kept


def _look(
    tx: Tx,
    rows: Table,
    search: Search,
    asked: str,
    checks: Sequence[ColumnElement[bool]],
    below: int,
    least: int,
    wanted: int,
    last: Window | None,
) -> Window:
    number: Callable[[Any], Any] = (lambda c: c.conversation_id) if rows is _LINES else (lambda c: c.id)
    return window(
        tx,
        rows,
        asked,
        wanted=wanted,
        join=lambda columns: (_CONVERSATIONS, _C.id == number(columns)),
        where=(*checks, *search.where) if rows is _LINES else (*checks, *search.where, *search.by_channel),
        below=below,
        least=least,
        last=last,
    )


def _shown(tx: Tx, search: Search, found: Sequence[Any]) -> list[LineHit]:
    """The lines as they stand in the ledger now: what was erased or changed house since is left out."""
    by_id = {row.entry_id: row for row in found}
    query = (
        select(
            Entry.id, Entry.conversation_id, Entry.kind, Entry.author, Entry.channel, Entry.staff_id, Entry.occurred_at,
            Content.subject, Content.text, _C.customer_name, _C.subject.label("about"),
        )
        .join(Content, Content.id == Entry.content_id)
        .join(_CONVERSATIONS, _C.id == Entry.conversation_id)
        .where(Entry.id.in_(by_id), Entry.kind != timeline.WITHDRAWN)  # taken back: the index hears of it later
    )  # fmt: skip
    hits, now = [], tx.now()
    for row in tx.execute(query):
        known = by_id[row.id]
        if row.conversation_id != known.conversation_id:
            continue
        score = _score(f"{row.subject} {row.text}", search.asked.wanted, (now - row.occurred_at) / timedelta(days=1))
        hits.append(
            LineHit(
                known.id, row.id, row.conversation_id, row.kind, row.author, row.channel, row.staff_id, row.occurred_at,
                row.customer_name, row.about, row.text or row.subject, search.asked.wanted, score,
            )
        )  # fmt: skip
    return sorted(hits, key=lambda hit: -hit.place)


def _score(text: str, terms: Sequence[Term], days: float) -> float:
    """How well a text fits and how new it is: whole words, beginnings of words for less, both more where they stand in
    front; halved in two months, down to a share that stays."""
    fresh = 0.4 + 0.6 * 0.5 ** (max(0.0, days) / HALF_LIFE)
    wanted = {word for term in terms for atom in term.atoms for word in atom.words}
    if not wanted:
        return fresh
    there = words.tokens(text)
    everywhere, front = set(there), set(there[:25])
    points = 0.0
    for word in wanted:
        points += _weight(word, everywhere) + 0.5 * _weight(word, front)
    return (0.5 + points / len(wanted)) * fresh


def _weight(word: str, there: set[str]) -> float:
    if word in there:
        return 1.0
    return BEGUN if any(other.startswith(word) for other in there) else 0.0


def threads(tx: Tx, search: Search, *, before: int | None = None, limit: int = 20) -> Page:
    """Conversations whose subject or customer fits, newest first. Without words, those that the filters let through."""
    page = Page()
    if search.problem:
        return page
    if not (search.terms or search.asked.filters):
        numbered = _rows(tx, search.asked.numbers, search)
        page.hits = [ThreadHit(row) for row in numbered.values()]
        return page
    has = any(one.name == "has" for one in search.asked.filters)
    if not search.asked.wanted and not has:
        found = _filtered(tx, search, before, limit)
        page.next = found[-1] if len(found) == limit else None
    else:
        rows, page.next = _windows(tx, _THREADS, search, before, limit) if search.asked.wanted else ([], None)
        found = [row.id for row in rows]
    shown = _rows(tx, found, search)
    page.hits = [ThreadHit(shown[number], search.asked.wanted) for number in found if number in shown]
    return page


def spoken(tx: Tx, search: Search, *, before: int | None = None, limit: int = 20) -> Page:
    """Conversations in which the words were said, each once a page, by the newest line that holds them; on the first
    page those come before whose subject fits."""
    if not (search.asked.wanted or any(one.name == "has" for one in search.asked.filters)):
        return threads(tx, search, before=before, limit=limit)
    said = lines(tx, search, before=before, limit=3 * limit)
    first: dict[int, LineHit] = {}
    for hit in said.hits:
        first.setdefault(hit.conversation_id, hit)
    named = threads(tx, search, limit=limit).hits if before is None else []
    rows = {hit.row.id: hit.row for hit in named} | _rows(tx, list(first), search)
    order = [*first, *(hit.row.id for hit in named if hit.row.id not in first)]
    hits = [ThreadHit(rows[number], search.asked.wanted, first.get(number)) for number in order if number in rows]
    return Page(hits, said.next, said.back_to)


def best_threads(tx: Tx, search: Search, said: Sequence[LineHit], limit: int = 8) -> Page:
    """Conversations by number, by subject and by what was said in them: the best first."""
    page = threads(tx, search, limit=RANKED)
    now = tx.now()
    spoken: dict[int, LineHit] = {}
    for hit in said:
        if hit.conversation_id not in spoken or hit.score > spoken[hit.conversation_id].score:
            spoken[hit.conversation_id] = hit
    known = {hit.row.id: hit for hit in page.hits}
    wanted = [number for number in [*search.asked.numbers, *spoken] if number not in known]
    for number, row in _rows(tx, wanted, search).items():
        known[number] = ThreadHit(row, search.asked.wanted)
    ranked = []
    for number, hit in known.items():
        line = spoken.get(number)
        days = (now - hit.row.last_at) / timedelta(days=1)
        score = _score(hit.row.subject, hit.terms, days) + (line.score if line is not None else 0.0)
        score += 10.0 if number in search.asked.numbers else 0.0
        ranked.append(ThreadHit(hit.row, hit.terms, line, score))
    ranked.sort(key=lambda hit: (-hit.score, -hit.row.id))
    more = len(ranked) > limit or page.next is not None
    return Page(ranked[:limit], TOP if more else None)


def _rows(tx: Tx, numbers: Sequence[int], search: Search) -> dict[int, conversations.Row]:
    """The queue rows of these conversations, of those that may be seen and that the filters let through."""
    if not numbers:
        return {}
    return {row.id: row for row in conversations.rows(tx, _C.id.in_(list(numbers)), *search.where)}


def _filtered(tx: Tx, search: Search, before: int | None, limit: int) -> list[int]:
    """Conversations by filters alone, the newest first."""
    query = select(_C.id).where(*search.where, *search.by_channel)
    if search.least != BOTTOM:
        query = query.where(_C.last_at >= time_of(search.least))
    if search.below != TOP:
        query = query.where(_C.opened_at < time_of(search.below))
    if before is not None:
        query = query.where(_C.id < before)
    return list(tx.scalars(query.order_by(_C.id.desc()).limit(limit)).all())
