"""How much one visitor may say at once: buckets that fill again with time, which is passed in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil


@dataclass(slots=True)
class Bucket:
    """Holds up to `size`, fills by `rate` a second. What is taken past that is not given."""

    size: float
    rate: float
    level: float = field(init=False)
    at: float = field(default=-1.0)

    def __post_init__(self) -> None:
        self.level = self.size

    def take(self, now: float, amount: float = 1.0) -> float:
        """0 where `amount` was there, else after how many seconds it will be; then nothing was taken."""
        if self.at >= 0:
            self.level = min(self.size, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now
        if amount <= self.level:
            self.level -= amount
            return 0.0
        return (min(amount, self.size) - self.level) / self.rate


# Of one visitor over all tabs; of one address (an office, a train); of one socket.
MESSAGES = (8.0, 1 / 3)
FROM_ADDRESS = (120.0, 2.0)
TRANSCRIPTS = (2.0, 1 / 600)  # by mail, of one visitor
EVENTS = (60.0, 10.0)
BYTES = (2.0 * 1024 * 1024, 128.0 * 1024)
PATIENCE = 5  # times the size of a bucket that may be dropped in a row before the socket is closed


@dataclass(slots=True)
class Meter:
    """What one socket has sent. `dropped` counts since it last behaved."""

    events: Bucket = field(default_factory=lambda: Bucket(*EVENTS))
    size: Bucket = field(default_factory=lambda: Bucket(*BYTES))
    dropped: float = 0.0
    told_until: float = -1.0

    def judge(self, now: float, length: int) -> tuple[str, int]:
        """`take`, `drop`, `tell` (drop, and say so: once a burst) or `close`; with the seconds until it may go on."""
        wait = max(self.events.take(now), self.size.take(now, length))
        if not wait:
            self.dropped = max(0.0, self.dropped - 1)
            return "take", 0
        self.dropped += max(1.0, length / self.size.size * self.events.size)
        if self.dropped > PATIENCE * self.events.size:
            return "close", 0
        if now < self.told_until:
            return "drop", ceil(wait)
        self.told_until = now + wait
        return "tell", ceil(wait)


class Pace:
    """Buckets by a key (a visitor, an address), the longest unused forgotten first."""

    def __init__(self, make: Callable[[], Bucket], remembered: int = 10_000) -> None:
        self._make, self._remembered = make, remembered
        self._by_key: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, now: float, amount: float = 1.0, a_minute: int | None = None) -> int:
        """0, or after how many whole seconds it may be tried again. `a_minute` is the pace of a key that has its own:
        so many at once, and so many a minute."""
        with self._lock:
            bucket = self._by_key.pop(key, None) or self._make()
            if a_minute is not None and bucket.size != a_minute:  # it was set to something else meanwhile
                bucket = Bucket(float(a_minute), a_minute / 60)
            self._by_key[key] = bucket
            while len(self._by_key) > self._remembered:
                self._by_key.popitem(last=False)
            return ceil(bucket.take(now, amount))
