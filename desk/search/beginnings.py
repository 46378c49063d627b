"""Beginnings of words on SQLite, whose full-text index keeps those of three letters: longer ones in other words.

FTS5 answers "parce*" by merging all that stands under each word that begins so, before it gives the first match: a
fiftieth of a second and more where one of these words is frequent. So the words themselves are looked up in its
vocabulary, each a seek, and asked for as they are. Where they are too many to be asked for, the three letters are, and
what was found is looked at once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table

from desk.search.language import Atom, Term, itself
from desk.search.matching import Wider, holding
from desk.store import Tx

KEPT = 3  # letters, as `prefix` in tables.full_text says
MOST = 40  # words that are asked for instead of their beginning


def in_words(tx: Tx, rows: Table, terms: Sequence[Term]) -> tuple[Wider, list[ColumnElement[bool]]]:
    """What to ask for instead of each beginning, and what is left to ask of the words of what is found."""
    long = [atom for term in terms for atom in term.atoms if atom.prefix and len(atom.words[-1]) > KEPT]
    if tx.dialect_name == "postgresql" or not long:
        return itself, []
    instead: dict[Atom, list[Atom]] = {}
    for atom in long:
        begun = _begun(tx, rows, atom.words[-1])
        if len(atom.words) == 1 and len(begun) <= MOST:
            instead[atom] = [Atom((word,)) for word in begun] or [Atom(atom.words)]
    wanted = {atom for term in terms if not term.negative for atom in term.atoms}
    loose = {atom for atom in long if atom not in instead and atom in wanted}
    # What is left out stays as it was typed: with fewer letters, more would be left out.
    denied = {atom for term in terms if term.negative for atom in term.atoms}
    for atom in loose - denied:
        instead[atom] = [Atom((*atom.words[:-1], atom.words[-1][:KEPT]), prefix=True)]
    checks = [holding(rows.c.words, atom) for atom in sorted(loose - denied, key=lambda one: one.words)]
    return lambda atom: instead.get(atom, [atom]), checks


def _begun(tx: Tx, rows: Table, beginning: str) -> list[str]:
    """The words of an index that begin so, MOST + 1 of them at most: one seek each, so no word is read through."""
    name = f"{rows.name}_vocabulary"
    run: Any = tx.connection().exec_driver_sql
    run(f"create virtual table if not exists temp.{name} using fts5vocab('main', '{rows.name}_fts', 'instance')")
    found: list[str] = []
    place = beginning
    while len(found) <= MOST:
        row = run(f"select term from temp.{name} where term >= ? limit 1", (place,)).first()  # noqa: S608  names of ours
        if row is None or not row[0].startswith(beginning):
            break
        found.append(row[0])
        place = row[0] + "\x01"  # the next word; none of ours holds a letter before the blank
    return found
