"""The door where raw messages are kept first."""

from desk.intake.erasing import ASIDE, ENDS, count_raw, erase, erase_from, erase_these, loose, old, raw_of
from desk.intake.parts import discard, give_up, held, hold, look_after, ready, release, whole
from desk.intake.service import HELD, get, keep, quarantined, quarantined_count, settle, waiting
from desk.intake.tables import Arrival

__all__ = [
    "ASIDE",
    "ENDS",
    "HELD",
    "Arrival",
    "count_raw",
    "discard",
    "erase",
    "erase_from",
    "erase_these",
    "get",
    "give_up",
    "held",
    "hold",
    "keep",
    "look_after",
    "loose",
    "old",
    "quarantined",
    "quarantined_count",
    "raw_of",
    "ready",
    "release",
    "settle",
    "waiting",
    "whole",
]
