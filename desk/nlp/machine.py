"""A kernel machine over examples: one regression an article, and what it would say had an example not been there.

Kernel ridge regression on 0/1 targets (Saunders et al. 1998), with a noise of its own for each row, so that a piece of
an article's body, which answers more than it asks, counts for less than a question somebody wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.nlp.encoding import Floats

STEEP = 4.0  # exp(STEEP · (cosine - 1)): how fast likeness falls with distance
LETTERS = 0.2  # what n-grams of letters add to it


def likeness(cosines: Floats, letters: Floats) -> Floats:
    """The kernel: exp(4 (cos - 1)) + 0.2 TF-IDF."""
    values: Floats = np.exp(STEEP * (cosines - 1)) + LETTERS * letters
    return values


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Scores [rows, classes] of each row as if it (`alone`), or all rows of its class (`whole`), had not been there."""

    alone: Floats
    whole: Floats


class Machine:
    """Fitted on n rows of c classes."""

    def __init__(self, kernel: Floats, classes: NDArray[np.intp], count: int, noise: Floats) -> None:
        self._classes = classes
        self._count = count
        targets: NDArray[np.float64] = np.zeros((len(classes), count))
        targets[np.arange(len(classes)), classes] = 1.0
        regular = kernel.astype(np.float64)
        regular[np.diag_indices_from(regular)] += noise
        self._inverse: NDArray[np.float64] = np.linalg.inv(regular).astype(np.float64)
        self._targets = targets
        self._alpha: NDArray[np.float64] = self._inverse @ targets
        self.weights: Floats = self._alpha.astype(np.float32)

    def score(self, kernel: Floats) -> Floats:
        """[questions, n] likenesses to [questions, classes]: near 1 for a known question, near 0 for a strange one."""
        scores: Floats = kernel @ self.weights
        return scores

    def left_out(self) -> LeftOut:
        """In closed form, without fitting again: what is left when rows B are gone is Y_B - (inverse_BB)^-1 alpha_B."""
        alone = self._targets - self._alpha / np.diag(self._inverse)[:, None]
        whole = np.zeros_like(alone)
        for number in range(self._count):
            rows = np.flatnonzero(self._classes == number)
            if len(rows):
                block = self._inverse[np.ix_(rows, rows)]
                whole[rows] = self._targets[rows] - np.linalg.solve(block, self._alpha[rows])
        return LeftOut(alone.astype(np.float32), whole.astype(np.float32))


def chunks(body: str, words: int = 80) -> Sequence[str]:
    """A body in pieces of about `words` words, the last one not much shorter than the others."""
    every = body.split()
    pieces = max(1, round(len(every) / words)) if every else 0
    size = -(-len(every) // pieces) if pieces else 0
    return [" ".join(every[start : start + size]) for start in range(0, len(every), size)] if size else []
