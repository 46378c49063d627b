"""What one message sounds like, by VADER's word list and the cues, with the words that carried it: pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from desk.sentiment import cues

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


@lru_cache(maxsize=1)
def _vader() -> Any:
    return SentimentIntensityAnalyzer()


def score(text: str, *, unanswered: int = 0) -> Scored:
    """Scores a message. `unanswered` is how many of the customer's messages before it nobody has answered yet.

    VADER knows English only; the cues know English, German and Spanish. A text in another language is scored by its
    shouting alone, which is little, and comes out calm.
    """
    head = text[: cues.READ]
    compound = float(_vader().polarity_scores(head)["compound"]) if head.strip() else 0.0
    found = cues.find(head)
    odds = BASE - PER_COMPOUND * (compound if compound < 0 else 0.35 * compound)
    odds += min(4.5, sum(cue.weight for cue in found)) + cues.loudness(head)
    odds += 0.45 * min(3, unanswered)
    words = [(cue.start, cue.end, round(min(1.0, cue.weight / 1.8), 2)) for cue in found]
    covered = [(start, end) for start, end, _ in words]
    lexicon: dict[str, float] = _vader().lexicon
    for match in _WORD.finditer(head):
        valence = lexicon.get(match.group().casefold().replace("’", "'"), 0.0)
        if valence <= -1.0 and not any(s <= match.start() < e for s, e in covered):
            words.append((match.start(), match.end(), round(min(1.0, -valence / 4), 2)))
    words.sort(key=lambda w: -w[2])
    top = tuple(sorted(words[:8]))
    return Scored(round(compound, 4), round(1 / (1 + math.exp(-odds)), 4), top)


def follow(before: float, message: float) -> float:
    """The frustration of a conversation after one more message of its customer.

    Half of what was there stays, and the message adds to it as an independent reason would:
    1 - (1 - message) (1 - before / 2).
    """
    return round(1 - (1 - message) * (1 - 0.5 * before), 4)


CALMER_BY = 0.12  # a level is left only when the value falls this far below where it began: nobody flaps


def level(before: str, value: float, *, strained_at: float, frustrated_at: float) -> str:
    """calm, strained or frustrated, with hysteresis on the way down."""
    order = ("calm", "strained", "frustrated")
    limits = {"strained": strained_at, "frustrated": max(frustrated_at, strained_at)}
    rank = order.index(before)
    after = 0
    for name in ("strained", "frustrated"):
        needed = limits[name] - (CALMER_BY if rank >= order.index(name) else 0.0)
        if value >= needed:
            after = order.index(name)
    return order[after]
