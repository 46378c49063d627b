"""TF-IDF over n-grams of letters with an index of its own: how alike two texts are to the eye, in any language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.nlp import hashing
from desk.nlp.encoding import Floats

Cut = Callable[[str], hashing.Hashes]


@dataclass(frozen=True, slots=True)
class Vector:
    """One text's grams: their places in the index (known ones only) and weights; a known gram of the text is one."""

    places: NDArray[np.intp]
    weights: Floats


class Grams:
    """An index of n texts; every text is a vector of length 1, so that a score is a cosine.

    Weight of a gram: (1 + log count) · (1 + log((1 + n) / (1 + texts that have it))), the smoothed form that
    scikit-learn uses too. Grams that no text of the index has count into a question's length, so that a question full
    of unknown words is far from everything.
    """

    def __init__(self, texts: Sequence[str], cut: Cut = hashing.grams) -> None:
        self._cut = cut
        self.n = len(texts)
        counted = [np.unique(cut(text), return_counts=True) for text in texts]
        every = np.concatenate([values for values, _ in counted]) if counted else np.zeros(0, dtype=np.uint64)
        self._known, places, frequency = np.unique(every, return_inverse=True, return_counts=True)
        self._idf = (1 + np.log((1 + self.n) / (1 + frequency))).astype(np.float32)
        self._rare = float(1 + np.log(1 + self.n))  # the weight of a gram that is nowhere
        rows = np.repeat(np.arange(self.n), [len(values) for values, _ in counted])
        counts = np.concatenate([counts for _, counts in counted]) if counted else np.zeros(0)
        weights = (1 + np.log(np.maximum(counts, 1))) * self._idf[places]
        length = np.sqrt(np.bincount(rows, weights**2, minlength=self.n))
        weights = weights / np.maximum(length[rows], 1e-9)
        order = np.argsort(places, kind="stable")
        self._rows = rows[order].astype(np.int32)
        self._weights = weights[order].astype(np.float32)
        self._starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.intp)

    def vector(self, text: str) -> Vector:
        values, counts = np.unique(self._cut(text), return_counts=True)
        dampened = 1 + np.log(counts)
        if not len(self._known) or not len(values):
            return Vector(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32))
        places = np.searchsorted(self._known, values)
        places[places == len(self._known)] = 0
        known = self._known[places] == values
        weights = dampened * np.where(known, self._idf[places], self._rare)
        weights /= np.sqrt((weights**2).sum())
        return Vector(places[known], weights[known].astype(np.float32))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Cosines of each text with each text of the index: [len(texts), n]."""
        found = np.zeros((len(texts), self.n), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            vector = self.vector(text)
            if not len(vector.places):
                continue
            begin, end = self._starts[vector.places], self._starts[vector.places + 1]
            lengths = end - begin
            # The places of all postings of all grams, without a loop over grams.
            offsets = np.repeat(begin - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
            postings = offsets + np.arange(int(lengths.sum()))
            weights = self._weights[postings] * np.repeat(vector.weights, lengths)
            row[:] = np.bincount(self._rows[postings], weights, minlength=self.n)
        return found
