"""Which words made a message sound frustrated: each is left out in turn, and what then is missing is its weight."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from desk.sentiment.cues import Cue
from desk.sentiment.features import READ, Floats

Span = tuple[int, int, float]
Odds = Callable[[Sequence[str]], Floats]

SENTENCES, WORDS = 12, 24  # looked at, so that a long mail costs a tenth of a second and no more
SHOWN = 8
LEAST = 0.35  # log-odds that a word must carry to be shown
ALL = 2.0  # log-odds that count as a whole weight

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*", re.S)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
# Words that carry a mood only through their neighbours.
_SMALL = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be been but by do for from had has have he her his i if in is it its me my of on or our "
        "she so that the their them they this to us was we were what when which who will with you your am im i'm it's",
    )
)


def explain(text: str, odds: Odds, found: Sequence[Cue]) -> tuple[Span, ...]:
    """Up to eight (start, end, weight in [0, 1]) in reading order, none inside another.

    The sentences that sound worst by themselves are looked into, a word (or a cue, as a whole) at a time.
    """
    head = text[:READ]
    sentences = [(m.start(), m.end()) for m in _SENTENCE.finditer(head) if _WORD.search(m.group())][:SENTENCES]
    if not sentences:
        return ()
    alone = odds([head[start:end] for start, end in sentences])
    units: list[tuple[int, int, int]] = []  # which sentence, start, end
    for place in np.argsort(-alone, kind="stable"):
        start, end = sentences[int(place)]
        for piece in _pieces(head, start, end, found):
            if len(units) < WORDS:
                units.append((int(place), *piece))
    if not units:
        return ()
    without = odds([_without(head, sentences[place], start, end) for place, start, end in units])
    spans = []
    for (place, start, end), left in zip(units, without, strict=True):
        carries = float(alone[place] - left)
        if carries >= LEAST:
            spans.append((start, end, round(min(1.0, carries / ALL), 2)))
    spans.sort(key=lambda span: (-span[2], span[0]))
    return tuple(sorted(spans[:SHOWN]))


def _pieces(text: str, start: int, end: int, found: Sequence[Cue]) -> list[tuple[int, int]]:
    cues = [(max(start, cue.start), min(end, cue.end)) for cue in found if cue.start < end and cue.end > start]
    words = [
        (m.start(), m.end())
        for m in _WORD.finditer(text, start, end)
        if m.group().casefold() not in _SMALL and not any(s < m.end() and m.start() < e for s, e in cues)
    ]
    return sorted(cues + words)


def _without(text: str, sentence: tuple[int, int], start: int, end: int) -> str:
    return f"{text[sentence[0] : start]} {text[end : sentence[1]]}"
