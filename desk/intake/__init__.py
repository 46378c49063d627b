"""The door where raw messages are kept first."""

from desk.intake.parts import held, hold, ready
from desk.intake.service import discard, get, keep, quarantined, quarantined_count, release, settle

__all__ = ["discard", "get", "held", "hold", "keep", "quarantined", "quarantined_count", "ready", "release", "settle"]
