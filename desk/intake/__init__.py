"""The door where raw messages are kept first."""

from desk.intake.parts import discard, give_up, held, hold, look_after, ready, release, whole
from desk.intake.service import HELD, get, keep, quarantined, quarantined_count, settle
from desk.intake.tables import Arrival

__all__ = [
    "HELD",
    "Arrival",
    "discard",
    "get",
    "give_up",
    "held",
    "hold",
    "keep",
    "look_after",
    "quarantined",
    "quarantined_count",
    "ready",
    "release",
    "settle",
    "whole",
]
