"""Small drawings of the wall as plain geometry, and the sentence of a message that carried its frustration: pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDE, HIGH = 108, 38  # of a course, in units of its drawing
BAR, GAP, TALL = 9, 3, 34  # of the hours of a day
LONGEST = 180  # letters of a sentence that are shown
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*[\"”’)]*|[.!?…]+")


@dataclass(frozen=True, slots=True)
class Stroke:
    """One piece of a course, in the colour of the level it led to."""

    points: str
    level: str


def course(values: Sequence[tuple[float, str]]) -> list[Stroke]:
    """Frustration after each of the last messages, left to right, calm at the bottom. One message alone is a dash."""
    if not values:
        return []
    if len(values) == 1:
        values = [values[0], values[0]]
    step = (WIDE - 6) / (len(values) - 1)
    at = [(3 + i * step, HIGH - 3 - min(1.0, max(0.0, value)) * (HIGH - 6)) for i, (value, _level) in enumerate(values)]
    return [
        Stroke(f"{x:.1f},{y:.1f} {x2:.1f},{y2:.1f}", values[i + 1][1])
        for i, ((x, y), (x2, y2)) in enumerate(pairwise(at))
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int
    hour: int
    n: int
    now: bool


def bars(hours: Sequence[int]) -> list[Bar]:
    """One bar an hour, the tallest as tall as the drawing; an hour with anything in it has at least two units."""
    most = max(hours, default=0)
    found = []
    for hour, n in enumerate(hours):
        height = max(2, round(TALL * n / most)) if n else 1
        found.append(Bar(hour * (BAR + GAP), TALL - height, height, hour, n, hour == len(hours) - 1))
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    marked: bool


def sentence(text: str, words: Sequence[Any]) -> list[Piece]:
    """The sentence whose words carried most, with these marked; `words` are [start, end, weight] into `text`. Long ones
    are cut around their heaviest word. Empty where nothing is left of the text."""
    spans = sorted(
        (int(s), int(e), float(w)) for s, e, w in words if 0 <= int(s) < int(e) <= len(text) and float(w) > 0
    )
    best, start, end = -1.0, 0, 0
    for match in _SENTENCE.finditer(text):
        if not match.group().strip():
            continue
        weight = sum(w for s, e, w in spans if s >= match.start() and e <= match.end())
        if weight > best:
            best, start, end = weight, match.start(), match.end()
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    inside = [(s, e, w) for s, e, w in spans if s >= start and e <= end]
    before = after = ""
    if end - start > LONGEST:
        middle = max(inside, key=lambda span: span[2])[0] if inside else start
        first = max(start, min(middle - LONGEST // 3, end - LONGEST))
        before, after = "…" if first > start else "", "…" if first + LONGEST < end else ""
        start, end = first, min(end, first + LONGEST)
        inside = [(s, e, w) for s, e, w in inside if s >= start and e <= end]
    pieces, at = [Piece(before, False)], start
    for s, e, _weight in inside:
        if s < at:
            continue
        pieces += [Piece(text[at:s], False), Piece(text[s:e], True)]
        at = e
    pieces += [Piece(text[at:end], False), Piece(after, False)]
    return [piece for piece in pieces if piece.text]
