"""How alike texts are, by what they mean and by their letters and words; and an article's body, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.nlp import hashing
from desk.nlp.encoding import Floats
from desk.nlp.grams import Grams

STEEP = 3.5  # exp(STEEP · (cosine - 1)): how fast likeness falls with distance
BODY_STEEP = 2.0  # a piece of a body is never as close to a question as another question is
BODY = 0.8  # what a body weighs beside titles and examples
NOTHING = float(np.exp(BODY_STEEP * (0.25 - 1)))  # what a body scores that has nothing to do with the question
PRIOR = 3  # bodies of that kind that every desk is taken to have, for desks of an article or two
PIECE = 80  # words


@dataclass(frozen=True, slots=True)
class Weights:
    """What n-grams of letters, and words, weigh beside meaning: between questions, and between question and body."""

    letters: float
    words: float
    body_letters: float
    body_words: float

    @classmethod
    def by_pieces(cls, pieces: float) -> Weights:
        """`pieces` a word is taken apart into by the model: 1.1 in a language that it knows, 1.7 and more in others.

        Of a language that it does not know the model sees little more than spelling, and then our own look at the
        spelling is worth more.
        """
        strange = min(1.0, max(0.0, (pieces - 1.3) / 0.4))
        return cls(0.1 + 0.4 * strange, 0.1 + 0.2 * strange, 0.2 + 0.6 * strange, 0.2 + 0.6 * strange)


class Asked:
    """Titles and examples: [n] texts with their vectors [n, d]."""

    def __init__(self, texts: Sequence[str], vectors: Floats, weights: Weights) -> None:
        self.texts = list(texts)
        self.vectors = vectors
        self._weights = weights
        self._letters = Grams(texts)
        self._words = Grams(texts, hashing.words)

    def likeness(self, texts: Sequence[str], cosines: Floats) -> Floats:
        """The kernel between other texts and these, [len(texts), n]: exp(3.5 (cos - 1)), and TF-IDF of both."""
        meant = np.exp(STEEP * (cosines - 1))
        spelt = self._weights.letters * self._letters.scores(texts) + self._weights.words * self._words.scores(texts)
        found: Floats = (meant + spelt).astype(np.float32)
        return found


class Bodies:
    """Pieces of articles' bodies: [n] texts with their vectors, and the article, [n], of `count`, each belongs to."""

    def __init__(
        self, texts: Sequence[str], vectors: Floats, articles: NDArray[np.intp], count: int, weights: Weights
    ) -> None:
        self.texts = list(texts)
        self.vectors = vectors
        self._count = count
        self._weights = weights
        # Of a long text, four letters at a time say as much as two to five do, in a quarter of the memory.
        self._letters = Grams(texts, hashing.fours)
        self._words = Grams(texts, hashing.words)
        order = np.argsort(articles, kind="stable")
        self._order = order
        self._present, self._starts = np.unique(articles[order], return_index=True)

    def best(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """How alike each text and the best piece of each body are, [len(texts), bodies]."""
        if not len(self._present):
            return np.zeros((len(texts), 0), dtype=np.float32)
        alike = vectors @ self.vectors.T
        alike += self._weights.body_letters * self._letters.scores(texts)
        alike += self._weights.body_words * self._words.scores(texts)
        found: Floats = np.exp(BODY_STEEP * (np.maximum.reduceat(alike[:, self._order], self._starts, axis=1) - 1))
        return found

    def add(self, best: Floats, without: NDArray[np.intp] | None = None) -> Floats:
        """What the bodies add to the scores of the articles, [texts, count]; 0 for an article without a body.

        It is measured from the mean of all bodies, so that an article with a body has no advantage over one without.
        `without` names an article for each text that is taken not to be there.
        """
        there = np.ones_like(best)
        if without is not None:
            there[self._present[None, :] == without[:, None]] = 0.0
        middle = ((best * there).sum(axis=1) + PRIOR * NOTHING) / (there.sum(axis=1) + PRIOR)
        found = np.zeros((len(best), self._count), dtype=np.float32)
        found[:, self._present] = BODY * (best - middle[:, None])
        return found


def pieces(body: str, words: int = PIECE) -> list[str]:
    """A body in pieces of about `words` words, the last one not much shorter than the others."""
    every = body[:50_000].split()
    count = max(1, round(len(every) / words)) if every else 0
    size = -(-len(every) // count) if count else 1
    return [" ".join(every[start : start + size]) for start in range(0, len(every), size)]
