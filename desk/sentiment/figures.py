"""How well scores tell frustrated messages from others: pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def auroc(truth: ArrayLike, score: ArrayLike) -> float:
    """The chance that a frustrated message scores above one that is not, ties counting half (Mann and Whitney 1947).

    Raises ValueError where only one of the two kinds is there.
    """
    found, values = np.asarray(truth, np.float64), np.asarray(score, np.float64)
    bad = float(found.sum())
    good = len(found) - bad
    if not bad or not good:
        raise ValueError("both frustrated and calm messages are needed")
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[found == 1].sum() - bad * (bad + 1) / 2) / (bad * good))


def flagged(truth: ArrayLike, score: ArrayLike, threshold: float) -> dict[str, float | None]:
    """f1, precision, recall and the share of calm messages flagged, flagging from a threshold on. None: no data."""
    found, raised = np.asarray(truth) == 1, np.asarray(score) >= threshold
    hits, bad, calm = int((found & raised).sum()), int(found.sum()), int((~found).sum())
    precision = hits / int(raised.sum()) if raised.any() else None
    recall = hits / bad if bad else None
    both = (precision or 0.0) + (recall or 0.0)
    return {
        "f1": 2 * (precision or 0.0) * (recall or 0.0) / both if both else 0.0,
        "precision": precision,
        "recall": recall,
        "false_alarm_rate": int((~found & raised).sum()) / calm if calm else None,
    }
