"""The only place that asks what time it is; everything else is handed a Clock."""

from __future__ import annotations

import itertools
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(2010, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved: for simulation and tests."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        self._at += by
        return self._at


class IdMaker:
    """63-bit identifiers that sort by time: 42 bits of milliseconds since 2010, 21 bits that tell apart what the
    same millisecond made (a counter that starts at a random place in each process).

    Two processes that make more than a few hundred in the same millisecond may collide; the primary key then refuses
    one, and its transaction is tried again.
    """

    def __init__(self) -> None:
        self._low = itertools.count(int.from_bytes(os.urandom(3), "big"))
        self._lock = threading.Lock()

    def __call__(self, at: datetime) -> int:
        with self._lock:
            low = next(self._low)
        return first_id(at) | (low & 0x1FFFFF)


def first_id(at: datetime) -> int:
    """The smallest identifier of a moment: what was made from then on has that number or a greater one."""
    return max(0, int((at - EPOCH).total_seconds() * 1000)) << 21


new_id = IdMaker()
