"""What all questions of a desk share is taken off before they are compared: in one shop, everything is about orders.

The vectors are moved to their mean, and directions in which they all spread count less (a part of the way to
whitening). docs/models.md says what that is worth on one bank's questions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.nlp.encoding import Floats

FIRST = 100  # questions from which there is a lens; it is made anew when there are twice as many
SAMPLE = 2000  # of the newest questions that it is made of
POWER = 0.35  # 0 leaves directions as they are, 1 makes all spread alike
PRIOR = 100  # questions that the even spread counts for, while there are few
FLOOR = 0.1  # of the mean spread, added to each direction


@dataclass(frozen=True, slots=True)
class Lens:
    """`mean` [d] is taken off, `turn` [d, d] is applied; both None: there are too few questions to know."""

    mean: Floats | None = None
    turn: Floats | None = None
    seen: int = 0

    def __call__(self, vectors: Floats) -> Floats:
        """Vectors [n, d] as they are compared, of length 1."""
        seen = vectors if self.mean is None or self.turn is None else (vectors - self.mean) @ self.turn
        length = np.linalg.norm(seen, axis=1, keepdims=True)
        return np.asarray(seen / np.maximum(length, 1e-9), dtype=np.float32)

    def is_due(self, questions: int) -> bool:
        """Whether so many questions are worth a new one."""
        return questions >= max(FIRST, 2 * self.seen)


def make(vectors: Floats, seen: int = 0) -> Lens:
    """A lens of these vectors [n, d], the newest of `seen` questions."""
    mean = vectors.mean(axis=0)
    apart = vectors - mean
    spread, directions = np.linalg.eigh(apart.T @ apart / len(vectors))
    sure = len(vectors) / (len(vectors) + PRIOR)
    spread = np.maximum(spread, 0.0)
    spread = spread * sure + spread.mean() * (1 - sure) + FLOOR * spread.mean()
    scale = (spread / max(float(spread.mean()), 1e-12)) ** (-POWER / 2)
    return Lens(mean.astype(np.float32), (directions * scale).astype(np.float32), seen or len(vectors))
