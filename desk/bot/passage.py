"""The best passage of an article for a question: its own words, whole sentences, no more than a chat can bear. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 420  # characters of a passage; SMS takes less
SHORT = 110  # below it, what follows under the same heading is taken along
LEADS = 0.03  # the first piece of an article is its short answer: worth this much of likeness
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def choose(units: Sequence[tuple[str, str]], likeness: Sequence[float], longest: int = LONGEST) -> str:
    """Of pieces (heading, text) and how alike each is to the question, the best one, cut at the end of a sentence."""
    if not units:
        return ""
    best = max(range(len(units)), key=lambda n: likeness[n] + (LEADS if n == 0 else 0.0))
    heading, text = units[best]
    if len(text) < SHORT and best + 1 < len(units) and units[best + 1][0] == heading:
        more = units[best + 1][1]
        if len(text) + len(more) + 1 <= longest:
            text = f"{text}\n{more}"
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
