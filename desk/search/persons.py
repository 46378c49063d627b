"""Customers by name, address and number, also where the name is misspelt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, exists, select

from desk import conversations
from desk.conversations.tables import Conversation
from desk.people.tables import Customer, Identity
from desk.search import snippets, words
from desk.search.hits import Page, PersonHit, Search
from desk.search.language import Atom, Term, read
from desk.search.matching import TOP, window, written
from desk.search.tables import SearchPerson
from desk.search.vocabulary import alike
from desk.store import Tx

_PEOPLE = cast(Table, SearchPerson.__table__)
_C = cast(Table, Conversation.__table__).c


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
