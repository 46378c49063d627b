"""Whether a new layer is better than what judges now, on labels that neither of them has learned from. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.sentiment.adapting import FOLDS, Taught, learn
from desk.sentiment.fitting import Doubles
from desk.sentiment.head import Head

FLAGGED_AT = 0.3  # the probability from which one message alone counts as flagged


@dataclass(frozen=True, slots=True)
class Held:
    """How it went on `n` labels that were held out: the mean log loss, and how many fell on the right side."""

    n: int
    loss_before: float
    loss_after: float
    right_before: int
    right_after: int

    @property
    def worse(self) -> bool:
        return self.loss_after > self.loss_before


def compare(
    head: Head,
    seen: Doubles,
    before: Doubles,
    labels: Doubles,
    weight: Doubles,
    unseen: NDArray[np.bool_],
) -> Held | None:
    """Leaves out the labels that what judges now has not learned from, a fifth at a time, and learns from the rest.

    `before` are the log-odds of what judges now. None where there are too few to hold out.
    """
    places = np.flatnonzero(unseen)
    if len(places) < FOLDS:
        return None
    after = np.zeros(len(labels))
    for number in range(FOLDS):
        out = places[np.arange(len(places)) % FOLDS == number]
        rest = np.ones(len(labels), bool)
        rest[out] = False
        made: Taught = learn(head, seen[rest], labels[rest], weight[rest])
        after[out] = seen[out] @ made.weights[:-1] + made.weights[-1]
    truth = labels[places]
    return Held(
        len(places),
        _loss(before[places], truth),
        _loss(after[places], truth),
        _right(before[places], truth),
        _right(after[places], truth),
    )


def _loss(odds: Doubles, labels: Doubles) -> float:
    return round(float(np.mean(np.logaddexp(0.0, odds) - labels * odds)), 6)


def _right(odds: Doubles, labels: Doubles) -> int:
    flagged = odds >= np.log(FLAGGED_AT / (1 - FLAGGED_AT))
    return int((flagged == (labels >= 0.5)).sum())
