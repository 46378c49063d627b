"""The saved segments of a desk, by which conditions name them; handed to `Condition.parse` by whoever knows them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from desk.facts.errors import ConditionError
from desk.facts.parser import parse
from desk.facts.syntax import InSegment, leaves, named

DEEPEST = 5  # a segment within a segment within …
MOST_LEAVES = 600  # comparisons of a condition, those of its segments among them: each customer costs each of them


class Shelved(NamedTuple):
    """One saved segment: its number, its name, its condition as it is kept, and when that was changed last."""

    id: int
    name: str
    text: str
    changed_at: datetime | None = None


class Shelf:
    """What each segment's name means: its own condition, put in the place of the name when a text is read.

    A `lenient` one reads what was kept: a segment that is no more has nobody in it. One that is not refuses that: it
    reads what somebody is about to save.
    """

    def __init__(self, rows: Iterable[Shelved], *, lenient: bool = False) -> None:
        self.rows = tuple(rows)
        self._lenient = lenient
        self._by_id = {row.id: row for row in self.rows}
        self._by_name = {fold(row.name): row for row in self.rows}
        self._read: dict[int, InSegment] = {}
        self._below: dict[int, tuple[str, ...]] = {}  # the longest way down from each: its name and those it goes over
        self._path: list[Shelved] = []  # the segments that are being read, each named by the one before

    def names(self) -> list[str]:
        """The names of all segments, as they are written."""
        return [row.name for row in self.rows]

    def by_name(self, name: str, at: int) -> InSegment:
        row = self._by_name.get(fold(name))
        if row is not None:
            return self._meaning(row, at)
        close = difflib.get_close_matches(fold(name), self._by_name, n=1, cutoff=0.5)
        if close:
            meant = self._by_name[close[0]].name
            raise ConditionError(f"There is no segment called “{name}”. Did you mean “{meant}”?", at)
        raise ConditionError(f"There is no segment called “{name}”: save one with this name first.", at)

    def by_number(self, number: int, at: int) -> InSegment:
        row = self._by_id.get(number)
        if row is not None:
            return self._meaning(row, at)
        if not self._lenient:
            raise ConditionError(f"There is no segment #{number} any more.", at)
        return InSegment(number, "")

    def reached(self, ids: Iterable[int]) -> list[Shelved]:
        """These segments and all that they name in turn, by number."""
        found: set[int] = set()
        ahead = [number for number in ids if number in self._by_id]
        while ahead:
            number = ahead.pop()
            if number in found:
                continue
            found.add(number)
            means = self._meaning(self._by_id[number], 0).means
            ahead += [one.id for one in named(means) if one.id in self._by_id] if means is not None else []
        return [self._by_id[number] for number in sorted(found)]

    def _meaning(self, row: Shelved, at: int) -> InSegment:
        known = self._read.get(row.id)
        if known is not None:
            return known
        if row in self._path:
            way = [one.name for one in self._path[self._path.index(row) :]] + [row.name]
            raise ConditionError(f"This goes in a circle: {' → '.join(way)}.", at)
        if len(self._path) >= DEEPEST:
            raise _too_deep([*(one.name for one in self._path), row.name], at)
        self._path.append(row)
        try:
            means = parse(row.text, self)
        except ConditionError as error:
            raise ConditionError(error.sentence, at) from error
        finally:
            self._path.pop()
        below = max((self._below.get(one.id, ()) for one in named(means)), key=len, default=())
        if len(below) >= DEEPEST:
            raise _too_deep([row.name, *below], at)
        if len(leaves(means)) > MOST_LEAVES:
            raise ConditionError(
                f"With all segments that it names, “{row.name}” has over {MOST_LEAVES} comparisons.", at
            )
        self._read[row.id] = found = InSegment(row.id, row.name, means)
        self._below[row.id] = (row.name, *below)
        return found


def _too_deep(way: list[str], at: int) -> ConditionError:
    return ConditionError(f"Segments stand within each other {DEEPEST} deep at most: {' → '.join(way)}.", at)


@lru_cache(maxsize=16)
def shelf_of(rows: tuple[Shelved, ...], *, lenient: bool) -> Shelf:
    """The shelf of these rows; the same rows are read once."""
    return Shelf(rows, lenient=lenient)


def fold(name: str) -> str:
    """A name as it is looked for: capitals, spaces and forms of one letter make no difference."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
