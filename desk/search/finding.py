"""Searching: lines, conversations and customers that one colleague may see, newest or best first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, exists, select

from desk import conversations
from desk.agents import Viewer
from desk.conversations.tables import Conversation
from desk.people.tables import Customer, Identity
from desk.search import snippets, words
from desk.search.index import first_place, time_of
from desk.search.language import Asked, Atom, Problem, Term, read
from desk.search.matching import BOTTOM, TOP, Window, window, written
from desk.search.narrowing import channels, conditions, marks
from desk.search.snippets import Snippet
from desk.search.tables import SearchLine, SearchPerson, SearchThread
from desk.search.vocabulary import alike
from desk.store import Tx
from desk.timeline.tables import Content, Entry

RANKED = 80  # newest matches that the best ones are chosen from
WINDOWS = 3  # looks at the index for one page
HALF_LIFE = 60.0  # days after which a match counts half

_LINES = cast(Table, SearchLine.__table__)
_THREADS = cast(Table, SearchThread.__table__)
_PEOPLE = cast(Table, SearchPerson.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_C = _CONVERSATIONS.c


@dataclass(frozen=True, slots=True)
class LineHit:
    """A line that was found. `place` is where it stands in the order of time."""

    place: int
    entry_id: int
    conversation_id: int
    kind: str
    author: str
    channel: str | None
    staff_id: int | None
    occurred_at: datetime
    customer_name: str
    subject: str
    snippet: Snippet
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class ThreadHit:
    """A conversation that was found; `entry_id` is the line of it that holds the words, `snippet` what it says."""

    row: conversations.Row
    title: Snippet
    snippet: Snippet
    entry_id: int | None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonHit:
    """A customer who was found; `because` is the address that fits, `guessed`: by another spelling of the name."""

    id: int
    name: Snippet
    address: Snippet
    conversation_id: int
    channel: str
    guessed: bool = False


@dataclass(slots=True)
class Page:
    """Hits of one kind. `next`: where to go on, None where nothing is further; `back_to`: how far the index was looked
    through, where there may be more behind it than this page shows."""

    hits: list[Any] = field(default_factory=list)
    next: int | None = None
    back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it was read for one colleague."""

    viewer: Viewer
    asked: Asked
    where: tuple[ColumnElement[bool], ...]
    by_channel: tuple[ColumnElement[bool], ...]  # of conversations that are not found by what was said in them
    marks: tuple[str, ...]
    left_out: tuple[Term, ...]
    least: int
    below: int
    problem: Problem | None = None

    @property
    def terms(self) -> list[Term]:
        return self.asked.terms


def prepare(tx: Tx, viewer: Viewer, text: str) -> Search:
    """Reads a search. What cannot be searched for is in `problem`; nothing is found then."""
    zone = _zone(viewer.zone)
    asked = read(text, tx.now().astimezone(zone).date())
    where, problem = conditions(tx, viewer, asked.filters, customers_called)
    there, left_out = marks(asked.filters)
    if left_out and not (asked.wanted or there):
        problem = problem or Problem("minus")
    after, before = (_moment(day, zone) for day in (asked.after, asked.before))
    return Search(
        viewer,
        asked,
        (conversations.visible_to(viewer), *where),
        tuple(channels(asked.filters)),
        tuple(there),
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
    """The newest matches, window after window until there are enough of them."""
    asked = ""
    if rows is _THREADS:
        asked = written(tx, search.terms, [])
    elif search.asked.wanted or search.marks:
        asked = written(tx, [*search.terms, *search.left_out], list(search.marks))
    below = search.below if before is None else min(before, search.below)
    found: list[Any] = []
    for _ in range(WINDOWS):
        seen = _look(tx, rows, search, asked, below, limit - len(found))
        found += seen.rows
        if seen.next is None:
            return found, None
        below = seen.next
        if len(found) >= limit:
            break
    return found, below


def _look(tx: Tx, rows: Table, search: Search, asked: str, below: int, wanted: int) -> Window:
    number: Callable[[Any], Any] = (lambda c: c.conversation_id) if rows is _LINES else (lambda c: c.id)
    least = search.least if rows is _LINES else BOTTOM
    return window(
        tx,
        rows,
        asked,
        wanted=wanted,
        join=lambda columns: (_CONVERSATIONS, _C.id == number(columns)),
        where=search.where if rows is _LINES else (*search.where, *search.by_channel),
        below=below,
        least=least,
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
        .where(Entry.id.in_(by_id))
    )  # fmt: skip
    hits, now = [], tx.now()
    for row in tx.execute(query):
        known = by_id[row.id]
        if row.conversation_id != known.conversation_id:
            continue
        snippet = snippets.cut(row.text or row.subject, search.asked.wanted)
        score = _score(f"{row.subject} {row.text}", search.asked.wanted, (now - row.occurred_at) / timedelta(days=1))
        hits.append(
            LineHit(
                known.id, row.id, row.conversation_id, row.kind, row.author, row.channel, row.staff_id, row.occurred_at,
                row.customer_name, row.about, snippet, score,
            )
        )  # fmt: skip
    return sorted(hits, key=lambda hit: -hit.place)


def _score(text: str, terms: Sequence[Term], days: float) -> float:
    """How well a text fits and how new it is: a share of whole words and of words at the beginning, halved in two
    months."""
    wanted = {word for term in terms for atom in term.atoms for word in atom.words}
    if not wanted:
        return 0.5 ** (max(0.0, days) / HALF_LIFE)
    there = words.tokens(text)
    whole = len(wanted & set(there)) / len(wanted)
    early = len(wanted & set(there[:25])) / len(wanted)
    return (0.5 + whole + 0.5 * early) * (0.4 + 0.6 * 0.5 ** (max(0.0, days) / HALF_LIFE))


def threads(tx: Tx, search: Search, *, before: int | None = None, limit: int = 20) -> Page:
    """Conversations whose subject or customer fits, newest first. Without words, those that the filters let through."""
    page = Page()
    if search.problem:
        return page
    if not (search.terms or search.asked.filters):
        numbered = _rows(tx, search.asked.numbers, search)
        page.hits = [ThreadHit(row, Snippet(row.subject), Snippet(row.preview), None) for row in numbered.values()]
        return page
    has = any(one.name == "has" for one in search.asked.filters)
    if not search.asked.wanted and not has:
        found = _filtered(tx, search, before, limit)
        page.next = found[-1] if len(found) == limit else None
    else:
        rows, page.next = _windows(tx, _THREADS, search, before, limit) if search.asked.wanted else ([], None)
        found = [row.id for row in rows]
    shown = _rows(tx, found, search)
    page.hits = [_thread(shown[number], search) for number in found if number in shown]
    return page


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
        known[number] = _thread(row, search)
    ranked = []
    for number, hit in known.items():
        line = spoken.get(number)
        days = (now - hit.row.last_at) / timedelta(days=1)
        score = (1.0 if hit.title.marks else 0.0) * (0.4 + 0.6 * 0.5 ** (max(0.0, days) / HALF_LIFE))
        score += line.score if line is not None else 0.0
        score += 10.0 if number in search.asked.numbers else 0.0
        score += 0.001 * 0.5 ** (max(0.0, days) / HALF_LIFE)
        snippet = line.snippet if line is not None else hit.snippet
        entry_id = line.entry_id if line is not None else None
        ranked.append(ThreadHit(hit.row, hit.title, snippet, entry_id, score))
    ranked.sort(key=lambda hit: (-hit.score, -hit.row.id))
    more = len(ranked) > limit or page.next is not None
    return Page(ranked[:limit], TOP if more else None)


def _thread(row: conversations.Row, search: Search) -> ThreadHit:
    wanted = search.asked.wanted
    return ThreadHit(row, snippets.cut(row.subject, wanted), snippets.cut(row.preview, wanted), None)


def _rows(tx: Tx, numbers: Sequence[int], search: Search) -> dict[int, conversations.Row]:
    """The queue rows of these conversations, of those that may be seen and that the filters let through."""
    if not numbers:
        return {}
    columns = [_C[name] for name in conversations.Row.__slots__]
    query = select(*columns).where(_C.id.in_(list(numbers)), *search.where)
    return {row.id: conversations.Row(*row) for row in tx.execute(query)}


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


def people(tx: Tx, search: Search, *, before: int | None = None, limit: int = 8) -> Page:
    """Customers by name, address or number, of whom the colleague sees at least one conversation."""
    page = Page()
    if search.problem or not search.asked.wanted or search.asked.filters:
        return page
    found = _people(tx, search, before, limit)
    page.next = found[-1][0] if len(found) > limit else None
    page.hits = _persons(tx, search, found[:limit])
    return page


def _people(tx: Tx, search: Search, before: int | None, limit: int) -> list[tuple[int, bool]]:
    """Numbers of customers, with whether another spelling was needed; the newest customers first."""
    seen = exists(select(1).where(_C.customer_id == _PEOPLE.c.id, conversations.visible_to(search.viewer)))
    found: dict[int, bool] = {}
    for guessing in (False, True):
        wider = _spelt(tx) if guessing else _begun
        asked = written(tx, phones(search.asked.wanted), [], wider)
        for row in window(tx, _PEOPLE, asked, wanted=limit + 1, where=(seen,), below=before or TOP).rows:
            found.setdefault(row.id, guessing)
        if len(found) > 2 or before is not None or any(term.phone for term in search.asked.wanted):
            break
    return list(found.items())[: limit + 1]


def phones(terms: Sequence[Term]) -> list[Term]:
    """The same words, with digits that may be a telephone number to be found from either end of one."""
    out = []
    for term in terms:
        bare = term.phone or (words.digits(term.text) if words.digits(term.text) == term.text else "")
        if len(bare) >= 4:
            out.append(Term(term.text, (Atom((bare, words.tail(bare)), prefix=True),), phone=bare))
        else:
            out.append(Term(term.text, term.atoms))
    return out


def _begun(atom: Atom) -> list[Atom]:
    """Names and addresses are found by how they begin, each word of them; a number from either end."""
    if len(atom.words) == 2 and atom.words[1].startswith(words.TAIL):
        return [Atom((word,), prefix=True) for word in atom.words]
    return [Atom(atom.words, prefix=atom.prefix or len(atom.words[-1]) > 1)]


def _spelt(tx: Tx) -> Callable[[Atom], list[Atom]]:
    def wider(atom: Atom) -> list[Atom]:
        if len(atom.words) != 1:
            return _begun(atom)
        return [*_begun(atom), *(Atom((word,)) for word in alike(tx, atom.words[0]))]

    return wider


def customers_called(tx: Tx, text: str, most: int = 200) -> list[int]:
    """Customers whose name or address begins with these words, the newest first: for `from:`."""
    asked = read(f"{text} ", date(2000, 1, 1))
    terms = [Term(term.text, term.atoms, phone=term.phone) for term in asked.terms]
    if not terms:
        return []
    return [row.id for row in window(tx, _PEOPLE, written(tx, phones(terms), [], _begun), wanted=most).rows]


def _persons(tx: Tx, search: Search, found: Sequence[tuple[int, bool]]) -> list[PersonHit]:
    ids = [number for number, _guessed in found]
    names = dict(tx.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids))).all())
    addresses: dict[int, list[Any]] = {}
    query = select(Identity.customer_id, Identity.value, Identity.kind, Identity.name, Identity.evidence)
    for row in tx.execute(query.where(Identity.customer_id.in_(ids), Identity.kind != "visitor").order_by(Identity.id)):
        addresses.setdefault(row.customer_id, []).append(row)
    begun = [Term(t.text, tuple(Atom(a.words, True) for a in t.atoms)) for t in search.asked.wanted]
    hits = []
    for number, guessed in found:
        newest = conversations.of_customer(tx, number, search.viewer, limit=1)
        if not newest:
            continue
        theirs = addresses.get(number, [])
        fits = [row for row in theirs if row.evidence != "claimed" and _fits(row, search.asked.wanted, begun)]
        shown = (fits or theirs or [None])[0]
        name = names.get(number) or (shown.name if shown is not None else "") or newest[0].customer_name
        terms = begun
        if guessed:
            near = [Atom((word,)) for t in begun for a in t.atoms for word in alike(tx, a.words[0])]
            terms = [*begun, Term("", tuple(near))]
        hits.append(
            PersonHit(
                number,
                snippets.cut(name, terms),
                snippets.cut(shown.value if shown is not None else "", begun),
                newest[0].id,
                newest[0].channel,
                guessed,
            )
        )
    # Whose name fits best comes first; within that, the newest.
    return sorted(hits, key=lambda hit: (hit.guessed, -len(hit.name.marks)))


def _fits(row: Any, wanted: Sequence[Term], begun: Sequence[Term]) -> bool:
    if row.kind != "phone":
        return bool(snippets.places(row.value, begun))
    bare = words.digits(row.value)
    return any(
        term.phone and (bare.startswith(term.phone) or bare.endswith(term.phone.lstrip("0"))) for term in phones(wanted)
    )
