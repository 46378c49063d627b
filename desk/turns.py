"""The line of those who want to write to a database that takes one writer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 15.0  # seconds that a writer waits for the ones before it, in this process and then for other processes


class Turns:
    """Who writes next, first come first served. SQLite takes one writer; the others it lets try again after naps that
    grow, so that under a crowd somebody is passed over until their patience ends. A thread that has its turn has it for
    whatever it begins meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._owner: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._owner == me:
            yield
            return
        mine = threading.Event()
        with self._lock:
            if self._owner is None:
                self._owner = me
                mine.set()
            else:
                self._waiting.append(mine)
        if not mine.wait(PATIENCE) and not self._gave_up(mine):
            mine.wait()
        mine_now = mine.is_set()
        if mine_now:
            self._owner = me
        try:
            yield
        finally:
            if mine_now:
                self._pass_on()

    def _gave_up(self, mine: threading.Event) -> bool:
        """Leaves the line; False where the turn came at this very moment."""
        with self._lock:
            if mine.is_set():
                return False
            self._waiting.remove(mine)
            return True

    def _pass_on(self) -> None:
        with self._lock:
            self._owner = None
            if self._waiting:
                self._owner = -1  # somebody's already
                self._waiting.popleft().set()
