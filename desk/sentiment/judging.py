"""What one message sounds like to all that the desk has: the head, the cues, the word list, and what agents taught."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.nlp import Models, NoModel, Reading
from desk.sentiment import cues, features, scoring
from desk.sentiment.adapting import Taught, learn, rows
from desk.sentiment.checking import FLAGGED_AT, Held, compare
from desk.sentiment.explaining import explain
from desk.sentiment.features import Floats
from desk.sentiment.fitting import Doubles
from desk.sentiment.head import Head, NoHead, usable
from desk.sentiment.scoring import Scored
from desk.sentiment.tongue import is_foreign

CUES_COUNT = 0.8  # of a cue's log-odds, where the head has read the text too
CUES_AT_MOST = 3.0
BARE = 6  # words of an answer
WORTH_EXPLAINING = 0.25  # below, nobody asks what made a message sound frustrated
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

__all__ = ["FLAGGED_AT", "Judge", "Look"]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of n texts before anything is learned on top: log-odds [n], the reading, the style [n, 10]."""

    odds: Floats
    reading: Reading
    styles: Floats


class Judge:
    """Scores messages by the head where it can be used and by the word list where not. Holds no database; any thread.

    `taught` is the desk's own layer, with the name that it is shown by.
    """

    def __init__(self, models: Models, taught: tuple[str, Taught] | None = None) -> None:
        self._models = models
        self._taught = taught
        self._head, self.why_not = usable(models)

    @property
    def model(self) -> str:
        """The name of what judges."""
        if self._head is None:
            return scoring.MODEL
        return f"{self._head.name} + {self._taught[0]}" if self._taught else self._head.name

    @property
    def trained(self) -> bool:
        """Whether the head judges; else it is the word list, and `why_not` says why."""
        return self._head is not None

    def look(self, texts: Sequence[str]) -> Look:
        """What the head and the cues make of texts. Raises NoModel or NoHead."""
        head = self._needed()
        plain = [features.plain(text) for text in texts]
        reading, styles = self._models.read(plain), features.style(texts)
        odds = head.odds(plain, reading, styles)
        for place, text in enumerate(texts):
            odds[place] = joined(float(odds[place]), text)
        return Look(odds, reading, styles)

    def taught(self, look: Look, labels: Doubles, weight: Doubles | None = None) -> Taught:
        """What labels [n] in [0, 1] of the texts of a look teach, each counting its weight. Raises NoHead."""
        head = self._needed()
        return learn(head, rows(head, look.odds, look.reading, look.styles), labels, weight)

    def held(
        self, look: Look, labels: Doubles, weight: Doubles, unseen: NDArray[np.bool_], now: Taught | None
    ) -> Held | None:
        """What is learned so, held against what judges `now`, on the labels that it has not seen. Raises NoHead."""
        head = self._needed()
        before = look.odds if now is None else now.odds(head, look.odds, look.reading, look.styles)
        seen = rows(head, look.odds, look.reading, look.styles)
        return compare(head, seen, before.astype(np.float64), labels, weight, unseen)

    def odds(self, texts: Sequence[str]) -> Floats:
        """Log-odds [n] of all together. Raises NoModel or NoHead."""
        look = self.look(texts)
        if self._taught is None:
            return look.odds
        return self._taught[1].odds(self._needed(), look.odds, look.reading, look.styles)

    def score(self, texts: Sequence[str], *, words: bool = True) -> list[Scored]:
        """Each text's score with, unless told otherwise, the words that carried it. Falls back to the word list.

        What the word list does not score, for it is in a language that we do not hear, nobody scores."""
        quick = [scoring.score(text) for text in texts]
        heard = [text for text, cheap in zip(texts, quick, strict=True) if cheap.frustration is not None]
        if self._head is None or not heard:
            return quick
        try:
            chances = iter(1 / (1 + np.exp(-self.odds(heard).astype(np.float64))))
        except (NoModel, NoHead) as error:
            self._head, self.why_not = None, str(error)
            return quick
        out = []
        for text, cheap in zip(texts, quick, strict=True):
            if cheap.frustration is None:
                out.append(cheap)
                continue
            chance, carried = next(chances), cheap.words
            if not text.strip():
                chance = cheap.frustration
            elif words and chance >= WORTH_EXPLAINING:
                carried = explain(text, self.odds, cues.find(text))
            out.append(Scored(cheap.compound, round(float(chance), 4), carried, cheap.language))
        return out

    def similarity(self, text: str, earlier: Sequence[str]) -> float:
        """The cosine of a text with the likest of the earlier ones; 0 without any, or without a model."""
        if not earlier or not text.strip() or self._head is None:
            return 0.0
        try:
            vectors = self._models.read([features.plain(each) for each in (text, *earlier)]).mean
        except NoModel:
            return 0.0
        return round(float(np.max(vectors[1:] @ vectors[0])), 4)

    def _needed(self) -> Head:
        if self._head is None:
            raise NoHead(self.why_not)
        return self._head


def joined(odds: float, text: str) -> float:
    """The head's log-odds with the cues'.

    It learned from English comments: what is surely in another language, or has no letters, is left to the word list
    and the cues, which know five more; so is a bare "no, it didn't", which was a quarrel in comments and
    is an answer to a question here.
    """
    words = _WORD.findall(text[: features.READ])
    bare = len(words) <= BARE and all(word.casefold().replace("’", "'") in cues.ANSWERS for word in words)
    if bare or is_foreign(text):
        return scoring.odds(text)
    found = min(CUES_AT_MOST, CUES_COUNT * sum(cue.weight for cue in cues.find(text)))
    return odds + found
