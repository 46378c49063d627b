"""From which level of frustration on a person is to answer, as the desk's settings say."""

from __future__ import annotations

from desk import settings
from desk.store import Tx

_LEVELS = {"strained": ("strained", "frustrated"), "frustrated": ("frustrated",), "never": ()}


def too_upset(tx: Tx, level: str) -> bool:
    """Whether somebody at this level gets no machine. `level`: calm, strained or frustrated."""
    return level != "calm" and level in _LEVELS[settings.get(tx, "frustration.bot")]
