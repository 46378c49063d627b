"""A kernel machine over examples: one regression an article, and what it would say had an example not been there.

Kernel ridge regression on 0/1 targets (Saunders et al. 1998). What it would say without one row, or without many, has a
closed form (Allen 1974's PRESS, by blocks), so that a threshold needs no second fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desk.nlp.encoding import Floats

NOISE = 0.1  # the ridge: an example is nearly taken at its word
MOST = 2500  # rows up to which every row is a support; the work grows with its cube
SUPPORTS = 2000  # beyond that, so many rows stand for all (subset of regressors, Quinonero-Candela and Rasmussen 2005)
JUDGED = 3000  # rows that are left out in turn, whole classes of them

Doubles = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What `rows` [m] would score, [m, classes], had each (`alone`) or all of its class (`whole`) been left out."""

    rows: Places
    alone: Floats
    whole: Floats


@dataclass(frozen=True, slots=True)
class Machine:
    """A fitted machine: the rows that support it, [s], their weights, [s, classes], and its answers without them."""

    supports: Places
    weights: Floats
    left_out: LeftOut

    def score(self, likeness: Floats) -> Floats:
        """[questions, s] likenesses to the supports: near 1 for a known question, near 0 for a strange one."""
        scores: Floats = likeness @ self.weights
        return scores


def supports(classes: Places) -> Places:
    """The rows that stand for all: all of them while they are few, else evenly out of every class."""
    if len(classes) <= MOST:
        return np.arange(len(classes))
    order = np.argsort(classes, kind="stable")
    rank = np.empty(len(classes), dtype=np.intp)
    starts = np.searchsorted(classes[order], classes[order])
    rank[order] = np.arange(len(classes)) - starts
    # First one of each class, then the second of each, and so on: small classes are there whole.
    return np.sort(np.argsort(rank, kind="stable")[:SUPPORTS])


def fit(kernel: Floats, chosen: Places, classes: Places, count: int) -> Machine:
    """Fits `count` regressions on the likenesses of all rows to the supports, [rows, supports]."""
    every = np.arange(len(classes))
    targets = np.zeros((len(classes), count))
    targets[every, classes] = 1.0
    exact: Doubles = kernel.astype(np.float64)
    if len(chosen) == len(classes):
        exact[np.diag_indices_from(exact)] += NOISE
        inverse: Doubles = np.linalg.inv(exact).astype(np.float64)
        weights: Doubles = inverse @ targets
        # I - hat = NOISE · inverse, and targets - fitted = NOISE · weights: the noise drops out of their ratio.
        return Machine(chosen, weights.astype(np.float32), _left_out(every, classes, targets, weights, inverse))
    inner = exact.T @ exact + NOISE * exact[chosen]
    inner[np.diag_indices_from(inner)] += 1e-6
    weights = np.linalg.solve(inner, exact.T @ targets).astype(np.float64)
    rows = _some(classes, count)
    hat = exact[rows] @ np.linalg.solve(inner, exact[rows].T)
    residuals = targets[rows] - exact[rows] @ weights
    return Machine(
        chosen, weights.astype(np.float32), _left_out(rows, classes, targets, residuals, np.eye(len(rows)) - hat)
    )


def _some(classes: Places, count: int) -> Places:
    """Rows of whole classes, as many as are judged."""
    sizes = np.cumsum(np.bincount(classes, minlength=count))
    last = max(1, int(np.searchsorted(sizes, JUDGED, side="right")))
    return np.flatnonzero(classes < last)[: 2 * JUDGED]


def _left_out(rows: Places, classes: Places, targets: Doubles, residuals: Doubles, rest: Doubles) -> LeftOut:
    """Without rows B the machine says Y_B - (rest_BB)^-1 residuals_B; `rest` is I - hat, up to a factor of both."""
    wanted = targets[rows]
    alone = wanted - residuals / np.diag(rest)[:, None]
    whole = np.zeros_like(alone)
    for number in np.unique(classes[rows]):
        block = np.flatnonzero(classes[rows] == number)
        whole[block] = wanted[block] - np.linalg.solve(rest[np.ix_(block, block)], residuals[block])
    return LeftOut(rows, alone.astype(np.float32), whole.astype(np.float32))
