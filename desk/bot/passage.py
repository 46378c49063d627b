"""The best passage of an article for a question: its own words, whole sentences, no more than a chat can bear. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

LONGEST = 420  # characters of a passage; SMS takes less
SHORT = 110  # below it, what follows under the same heading is taken along
WORDS = 0.3  # what the question's own words can add to a cosine
HEADING = 0.15  # where the question says a heading whole
LEADS = 0.03  # the first piece of an article is its short answer: worth this much of likeness
_LIST = re.compile(r"- |\d+\. ")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def told(stems: Sequence[str], units: Sequence[tuple[Sequence[str], Sequence[str]]]) -> list[float]:
    """What the very words of the question add to each piece, (stems of its heading, stems of its text): up to WORDS, a
    word counting more the fewer pieces hold it, and twice in a heading, which says what a piece is about; and HEADING
    where all of the heading is in the question."""
    held = [(frozenset(heading), frozenset(text)) for heading, text in units]
    rare = {
        stem: math.log(1 + len(held) / holding)
        for stem in stems
        if (holding := sum(stem in heading or stem in text for heading, text in held))
    }
    whole = 2 * sum(rare.values()) or 1.0
    question = frozenset(stems)
    return [
        WORDS * sum(value * ((stem in text) + 2 * (stem in heading)) for stem, value in rare.items()) / whole
        + (HEADING if heading and heading <= question else 0.0)
        for heading, text in held
    ]


def choose(units: Sequence[tuple[str, str]], likeness: Sequence[float], longest: int = LONGEST) -> str:
    """Of pieces (heading, text) and how alike each is to the question, the best one, cut at the end of a sentence."""
    if not units:
        return ""
    best = max(range(len(units)), key=lambda n: likeness[n] + (LEADS if n == 0 else 0.0))
    heading, text = units[best]
    if _LIST.match(text) and best and units[best - 1][0] == heading:
        before = units[best - 1][1]  # a list by itself does not say what it is a list of
        if len(before) + len(text) + 1 <= longest:
            return f"{before}\n{text}"
    if len(text) < SHORT:  # a single short sentence says too little: what stands beside it comes along
        for near in (best + 1, best - 1):
            if 0 <= near < len(units) and units[near][0] == heading:
                pair = (text, units[near][1]) if near > best else (units[near][1], text)
                if sum(map(len, pair)) + 1 <= longest:
                    return "\n".join(pair)
    return cut(text, longest)


def cut(text: str, longest: int) -> str:
    """As many whole sentences or lines as fit; the first one is cut at a word where it is longer than all that."""
    if len(text) <= longest:
        return text
    end = 0
    for found in _SENTENCE.finditer(text):
        if found.start() > longest:
            break
        end = found.start()
    if end:
        return text[:end].rstrip()
    space = text.rfind(" ", 0, longest - 1)
    return text[: space if space > longest // 2 else longest - 1].rstrip() + "…"
