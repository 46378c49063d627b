"""The door where raw messages are kept first."""

from desk.intake.parts import discard, give_up, held, hold, look_after, ready, release, whole
from desk.intake.service import get, keep, quarantined, quarantined_count, settle

__all__ = [
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
