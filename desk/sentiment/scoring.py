"""What one message sounds like, by VADER's word list and the cues, with the words that carried it: pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from desk.sentiment import cues, features

MODEL = "vader+cues 1"
BASE = -2.4  # log-odds of a message that says nothing about a mood
PER_COMPOUND = 2.4
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True, slots=True)
class Scored:
    """`compound` is VADER's in [-1, 1], `frustration` in [0, 1]; `words` are (start, end, weight in [0, 1])."""

    compound: float
    frustration: float
    words: tuple[tuple[int, int, float], ...]


def odds(text: str) -> float:
    """The log-odds that a message is frustrated, by VADER, the cues and how loud it is."""
    head = text[: features.READ]
    return _odds(_compound(head), head, cues.find(head))


def _compound(head: str) -> float:
    return float(features.vader().polarity_scores(head)["compound"]) if head.strip() else 0.0


def _odds(compound: float, head: str, found: tuple[cues.Cue, ...]) -> float:
    mood = compound if compound < 0 else 0.35 * compound
    return BASE - PER_COMPOUND * mood + min(4.5, sum(cue.weight for cue in found)) + cues.loudness(head)


def score(text: str) -> Scored:
    """Scores a message at once, without any model.

    VADER knows English only; the cues know English, German and Spanish. A text in another language is scored by its
    shouting alone, which is little, and comes out calm.
    """
    head = text[: features.READ]
    compound, found = _compound(head), cues.find(head)
    words = [(cue.start, cue.end, round(min(1.0, cue.weight / 1.8), 2)) for cue in found]
    covered = [(start, end) for start, end, _ in words]
    lexicon: dict[str, float] = features.vader().lexicon
    for match in _WORD.finditer(head):
        valence = lexicon.get(match.group().casefold().replace("’", "'"), 0.0)
        if valence <= -1.0 and not any(s <= match.start() < e for s, e in covered):
            words.append((match.start(), match.end(), round(min(1.0, -valence / 4), 2)))
    words.sort(key=lambda w: -w[2])
    chance = 1 / (1 + math.exp(-_odds(compound, head, found)))
    return Scored(round(compound, 4), round(chance, 4), tuple(sorted(words[:8])))
