"""Two texts as one, with what went and what came: for whoever reads a change and not both texts. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

AROUND = 5  # words left standing on each side of a change
_PIECE = re.compile(r"\s+|\w+|[^\w\s]+")


class Span(NamedTuple):
    """A run of one text: the same in both, gone, come, or left out (`text` is empty then)."""

    how: Literal["same", "gone", "came", "cut"]
    text: str


def diff(before: str, after: str, around: int | None = AROUND) -> list[Span]:
    """What became of a text, by words. What stays the same far from any change is cut; `around=None` keeps it."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    spans: list[Span] = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            spans += _same(old[a:b], around, first=a == 0 and c == 0, last=b == len(old) and d == len(new))
            continue
        if b > a:
            spans.append(Span("gone", "".join(old[a:b])))
        if d > c:
            spans.append(Span("came", "".join(new[c:d])))
    return spans


def _same(pieces: list[str], around: int | None, *, first: bool, last: bool) -> list[Span]:
    keep = 2 * (around or 0)  # a word and the space behind it
    ahead, behind = (0 if first else keep), (0 if last else keep)
    if around is None or len(pieces) <= ahead + behind + 2:
        return [Span("same", "".join(pieces))]
    head, tail = "".join(pieces[:ahead]), "".join(pieces[len(pieces) - behind :])
    return [
        span for span in (Span("same", head), Span("cut", ""), Span("same", tail)) if span.text or span.how == "cut"
    ]
