"""What a desk teaches the head: a small regression on top of it, learned from what its own agents said. Pure.

It reads 8 · the embedding, 2 · the standardised log-odds of the head and 0.5 · VADER's four (research: penalised by
C = 0.02, that took customers' messages from an area under the curve of 85.9 to 90.1 with 200 labels). How far it may
go from the head, the labels themselves decide by cross-validation: who judges as the head does loses little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.nlp import Reading
from desk.sentiment import fitting
from desk.sentiment.features import STYLES, VADERS, Floats
from desk.sentiment.fitting import Doubles
from desk.sentiment.head import Head

# Where the regression starts (a share of the head as it is) and how freely it moves from there.
WAYS = ((1.0, 0.002), (1.0, 0.02), (0.5, 0.02), (0.0, 0.02), (0.0, 0.08))
CONSTANT_C = 0.5  # twenty corrections of one kind must not make everything calm
FOLDS = 5
FEW_OF_A_KIND = 15  # labels of the rarer kind; below, the head stays the ground that everything stands on
EMBEDDING, ODDS, VADER = 8.0, 2.0, 0.5
FEWEST = 20  # new corrections that a desk learns from again
BESIDE = 1 + STYLES  # what the head reads besides the mean and the peak
ANCHOR = 0.25  # what a message counts that nobody contradicted, beside one that an agent judged


@dataclass(frozen=True, slots=True)
class Taught:
    """A learned layer: weights [d + 6] of rows as `rows` makes them, the last one the constant."""

    weights: Doubles

    def odds(self, head: Head, shipped: Floats, reading: Reading, styles: Floats) -> Floats:
        """The log-odds [n] of this desk, from the head's own."""
        found: Floats = (rows(head, shipped, reading, styles) @ self.weights[:-1] + self.weights[-1]).astype(np.float32)
        return found

    def packed(self) -> bytes:
        return self.weights.astype("<f4").tobytes()

    @classmethod
    def unpacked(cls, data: bytes, dimension: int) -> Taught | None:
        """The layer in these bytes, or None where it was made for vectors of another width."""
        if len(data) != 4 * (dimension + VADERS + 2):
            return None
        return cls(np.frombuffer(data, "<f4").astype(np.float64))


def rows(head: Head, shipped: Floats, reading: Reading, styles: Floats) -> Doubles:
    """[n, d + 5]: what the layer reads."""
    standard = (shipped - head.centre) / max(head.spread, 1e-6)
    return np.concatenate(
        [EMBEDDING * reading.mean, ODDS * standard[:, None], VADER * styles[:, :VADERS]], 1, dtype=np.float64
    )


def learn(head: Head, seen: Doubles, labels: Doubles, weight: Doubles | None = None) -> Taught:
    """Learns from rows [n, d + 5], labels [n] in [0, 1] and what each counts [n]. Raises ValueError without any."""
    if not len(labels):
        raise ValueError("There are no labels to learn from.")
    weight = np.ones(len(labels)) if weight is None else weight
    as_is = np.zeros(seen.shape[1] + 1)
    as_is[-2 - VADERS] = head.spread / ODDS
    as_is[-1] = head.centre
    ways = [(share, c) for share, c in WAYS if share == 1.0 or _rarer(labels, weight) >= FEW_OF_A_KIND]
    share, c = min(ways, key=lambda way: _left_out(seen, labels, weight, way, as_is))
    return Taught(fitting.regression(seen, labels, weight, c=c, toward=share * as_is, constant_c=CONSTANT_C))


def _rarer(labels: Doubles, weight: Doubles) -> float:
    """How much there is of the rarer kind, of what agents judged."""
    judged = weight >= 1.0
    return float(min(labels[judged].sum(), (1 - labels[judged]).sum()))


def _left_out(seen: Doubles, labels: Doubles, weight: Doubles, way: tuple[float, float], as_is: Doubles) -> float:
    """The log loss on labels that were left out, a fifth at a time."""
    fold = np.arange(len(labels)) % FOLDS
    total = 0.0
    for number in range(FOLDS):
        out = fold == number
        share, c = way
        w = fitting.regression(seen[~out], labels[~out], weight[~out], c=c, toward=share * as_is, constant_c=CONSTANT_C)
        total += fitting.loss(seen[out] @ w[:-1] + w[-1], labels[out], weight[out])[0]
    return total
