"""What one message sounds like, by VADER's word list and the cues, with the words that carried it: pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from desk.channels.email.language import language_of
from desk.sentiment import cues, features

MODEL = "vader+cues 1"
BASE = -2.4  # log-odds of a message that says nothing about a mood
PER_COMPOUND = 2.4
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
# Words that hardly any text in English is without, and that the languages around it do not have.
_ENGLISH = re.compile(
    r"\b(?:the|you|your|and|of|that|this|what|why|how|it|it['’]s|i['’]m|my|not|don['’]?t|are|for|with|have|they|just|be)\b",
    re.I,
)
# Of texts that are too short to tell their language: signs and words that English does not have.
_OTHER = re.compile(
    r"[äöüßñ¿¡]|\b(?:ich|nicht|und|wir|bitte|danke|ist|das|mein\w*|dein\w*|noch|wo|sie|está|dónde|gracias|pedido|qué|muy)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Scored:
    """`compound` is VADER's in [-1, 1], `frustration` in [0, 1]; `words` are (start, end, weight in [0, 1])."""

    compound: float
    frustration: float
    words: tuple[tuple[int, int, float], ...]


def odds(text: str) -> float:
    """The log-odds that a message is frustrated, by VADER, the cues and how loud it is."""
    head = text[: features.READ]
    return _odds(0.0 if foreign(head) else _compound(head), head, cues.find(head))


def foreign(text: str) -> bool:
    """Whether a text is in another language than English, as far as one can tell.

    VADER's list takes the German "die" and "war" for death and war.
    """
    head = text[: features.READ]
    if _ENGLISH.search(head):
        return False
    found = language_of(head)
    return found != "en" if found is not None else bool(_OTHER.search(head))


def _compound(head: str) -> float:
    return float(features.vader().polarity_scores(head)["compound"]) if head.strip() else 0.0


def _odds(compound: float, head: str, found: tuple[cues.Cue, ...]) -> float:
    mood = compound if compound < 0 else 0.35 * compound
    return BASE - PER_COMPOUND * mood + min(4.5, sum(cue.weight for cue in found)) + cues.loudness(head)


def score(text: str) -> Scored:
    """Scores a message at once, without any model.

    VADER knows English only and is left out elsewhere; the cues know English, German and Spanish. A text in another
    language is scored by its shouting alone, which is little, and comes out calm.
    """
    head = text[: features.READ]
    compound, found = _compound(head), cues.find(head)
    words = [(cue.start, cue.end, round(min(1.0, cue.weight / 1.8), 2)) for cue in found]
    covered = [(start, end) for start, end, _ in words]
    other = foreign(head)
    lexicon: dict[str, float] = {} if other else features.vader().lexicon
    for match in _WORD.finditer(head):
        valence = lexicon.get(match.group().casefold().replace("’", "'"), 0.0)
        if valence <= -1.0 and not any(s <= match.start() < e for s, e in covered):
            words.append((match.start(), match.end(), round(min(1.0, -valence / 4), 2)))
    words.sort(key=lambda w: -w[2])
    chance = 1 / (1 + math.exp(-_odds(0.0 if other else compound, head, found)))
    return Scored(round(compound, 4), round(chance, 4), tuple(sorted(words[:8])))
