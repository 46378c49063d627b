"""How well scores tell frustrated messages from others: pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


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
