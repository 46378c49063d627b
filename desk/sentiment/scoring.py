"""What one message sounds like, by VADER's word list and the cues, with the words that carried it: pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from desk.sentiment import cues, features
from desk.sentiment.tongue import is_foreign, is_heard, tongue

MODEL = "vader+cues 1"
BASE = -2.4  # log-odds of a message that says nothing about a mood
PER_COMPOUND = 2.4
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True, slots=True)
class Scored:
    """`compound` is VADER's in [-1, 1], `frustration` in [0, 1], None where the language is one that we do not hear;
    `words` are (start, end, weight in [0, 1]); `language` as `tongue` gives it."""

    compound: float
    frustration: float | None
    words: tuple[tuple[int, int, float], ...]
    language: str = ""


def odds(text: str) -> float:
    """The log-odds that a message is frustrated, by VADER, the cues and how loud it is."""
    head = text[: features.READ]
    return _odds(0.0 if is_foreign(head) else _compound(head), head, cues.find(head))


def guessed(text: str) -> float:
    """A probability for figures alone, where a message is not scored: by how loud it is."""
    return round(1 / (1 + math.exp(-odds(text))), 4)


def _compound(head: str) -> float:
    return float(features.vader().polarity_scores(head)["compound"]) if head.strip() else 0.0


def _odds(compound: float, head: str, found: tuple[cues.Cue, ...]) -> float:
    mood = compound if compound < 0 else 0.35 * compound
    return BASE - PER_COMPOUND * mood + min(4.5, sum(cue.weight for cue in found)) + cues.loudness(head)


def score(text: str) -> Scored:
    """Scores a message at once, without any model.

    VADER knows English only and is left out elsewhere; the cues know six languages. A text in another one is not scored
    at all, unless it holds something that needs no words of ours: an angry face, "third time!!" amid the rest.
    """
    head = text[: features.READ]
    found, language = cues.find(head), tongue(head)
    if not found and not is_heard(head):
        return Scored(0.0, None, (), language)
    compound = _compound(head)
    words = [(cue.start, cue.end, round(min(1.0, cue.weight / 1.8), 2)) for cue in found]
    covered = [(start, end) for start, end, _ in words]
    other = is_foreign(head)
    lexicon: dict[str, float] = {} if other else features.vader().lexicon
    for match in _WORD.finditer(head):
        valence = lexicon.get(match.group().casefold().replace("’", "'"), 0.0)
        if valence <= -1.0 and not any(s <= match.start() < e for s, e in covered):
            words.append((match.start(), match.end(), round(min(1.0, -valence / 4), 2)))
    words.sort(key=lambda w: -w[2])
    chance = 1 / (1 + math.exp(-_odds(0.0 if other else compound, head, found)))
    return Scored(round(compound, 4), round(chance, 4), tuple(sorted(words[:8])), language)
