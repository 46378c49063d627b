"""Turns of phrase that speak of frustration where a word list of moods hears nothing: repetition, waiting, giving up.

Each cue is a pattern with the weight, in log-odds, that it adds to a message: English, German, Spanish, French, Italian
and Portuguese (`cue_phrases`). Beside the trained head, which learned from English comments, they say what it could not
learn there: waiting, asking again, wanting the money back, and anger in other languages. Without it they do what they
can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from desk.nlp.folding import folded
from desk.sentiment.cue_phrases import EVERYWHERE, PHRASES
from desk.sentiment.features import READ
from desk.sentiment.tongue import tongue

# The words of a bare answer: "no, it didn't help".
ANSWERS = frozenset(
    re.findall(
        r"\S+",
        """no nope nah not yet really quite at all it it's this that that's these those them they is was isn't wasn't
        did does didn't doesn't don't haven't hasn't can't cannot could couldn't work worked help helped wrong none
        neither of one nothing never mind i you we sorry thanks thank still stop cancel wait yes yeah ok okay sure
        please a the my me so but""",
    )
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A found turn of phrase: where it stands, and what it weighs in log-odds."""

    start: int
    end: int
    weight: float


def _compiled(language: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple((weight, re.compile(_without_accents(pattern), re.I)) for weight, pattern in PHRASES[language])


def _without_accents(pattern: str) -> str:
    """The pattern as `folded` makes a text; its own signs, as \\W and \\S, are ASCII and stay."""
    return "".join(sign if sign.isascii() else folded(sign) for sign in pattern)


_PATTERNS = {language: _compiled(language) for language in PHRASES}
_SHOUT = re.compile(r"[!?]{2,}")


def find(text: str) -> tuple[Cue, ...]:
    """The cues of a text in reading order, none inside another.

    Those of its language are looked for, and English ones, which people mix in; where nobody can tell, all of them.
    """
    return _find(text[:READ])


@lru_cache(maxsize=64)  # one message is looked at for its score, its flag and its words
def _find(text: str) -> tuple[Cue, ...]:
    language, plain = tongue(text), folded(text)
    wanted = {EVERYWHERE, "en", language} if language else PHRASES.keys()
    found = [
        Cue(m.start(), m.end(), weight)
        for name, patterns in _PATTERNS.items()
        if name in wanted
        for weight, pattern in patterns
        for m in pattern.finditer(plain)
    ]
    found.sort(key=lambda cue: (cue.start, -cue.end))
    kept: list[Cue] = []
    for cue in found:
        if not kept or cue.start >= kept[-1].end:
            kept.append(cue)
    return tuple(kept)


def loudness(text: str) -> float:
    """What shouting adds, in log-odds: runs of ! and ?, and words in capitals where the rest is not."""
    text = text[:READ]
    words = re.findall(r"[^\W\d_]{3,}", text)
    loud = sum(1 for w in words if w.isupper())
    capitals = 0.6 if words and 2 <= loud < len(words) else 0.0
    if words and loud == len(words) and len(words) > 3:
        capitals = 0.8
    return min(1.2, 0.35 * len(_SHOUT.findall(text)) + capitals)
