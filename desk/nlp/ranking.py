"""How well scores put what they look for above the rest: pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def auroc(truth: ArrayLike, score: ArrayLike) -> float:
    """The chance that one of the true scores above one that is not, ties counting half (Mann and Whitney 1947).

    Raises ValueError where only one of the two kinds is there.
    """
    found, values = np.asarray(truth, np.float64), np.asarray(score, np.float64)
    bad = float(found.sum())
    good = len(found) - bad
    if not bad or not good:
        raise ValueError("both kinds are needed")
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[found == 1].sum() - bad * (bad + 1) / 2) / (bad * good))
