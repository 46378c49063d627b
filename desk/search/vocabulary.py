"""The words of customers' names, found although they are misspelt: by what is left of them without one letter."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from desk.search import words
from desk.search.matching import holds, only
from desk.search.tables import SearchPerson, SearchSpelling
from desk.store import Tx

SHORTEST, LONGEST = 3, 24
MOST = 12  # other spellings of one word that are looked for
_TABLE = cast(Table, SearchSpelling.__table__)
_PEOPLE = cast(Table, SearchPerson.__table__)


def _spelt(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isalpha() and not words.unspaced(word)


def learn(tx: Tx, now: set[str], before: set[str]) -> None:
    """Takes up the words of names, and lets go of those that nobody is called by any more."""
    query = select(_TABLE.c.word).where(_TABLE.c.word.in_(now), _TABLE.c.spelling == _TABLE.c.word)
    known = set(tx.scalars(query).all())
    fresh = sorted((spelling, word) for word in now - known if _spelt(word) for spelling in words.spellings(word))
    if fresh:
        make = postgresql.insert if tx.dialect_name == "postgresql" else sqlite.insert
        statement: Any = make(_TABLE).on_conflict_do_nothing()
        tx.connection().execute(statement, [{"spelling": spelling, "word": word} for spelling, word in fresh])
    for word in sorted(before - now):
        if _spelt(word) and tx.scalar(select(_PEOPLE.c.id).where(holds(tx, _PEOPLE, only(tx, word))).limit(1)) is None:
            tx.execute(delete(_TABLE).where(_TABLE.c.word == word))


def alike(tx: Tx, word: str) -> list[str]:
    """Words of names that are one slip away from this one (two in long words), nearest first; itself is not among
    them."""
    if not _spelt(word):
        return []
    query = select(_TABLE.c.word).where(_TABLE.c.spelling.in_(sorted(words.spellings(word)))).distinct().limit(200)
    most = 1 if len(word) < 7 else 2
    near = [(words.edits(word, other, most), other) for other in tx.scalars(query).all() if other != word]
    return [other for distance, other in sorted(near) if distance <= most][:MOST]
