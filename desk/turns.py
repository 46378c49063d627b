"""The line of those who want to write to a database."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 15.0  # seconds that a writer waits for the ones before it, in this process and then for other processes


class Turns:
    """Who writes next, first come first served, `places` at a time. Whoever waited `patience` seconds goes on without a
    turn. A thread that has its turn has it for whatever it begins meanwhile.

    SQLite takes one writer; the others it lets try again after naps that grow, so that under a crowd somebody is passed
    over until their patience ends. PostgreSQL takes many, but the threads of one process share one interpreter: of ten
    that begin at once each ends last, and holds its rows until then.
    """

    def __init__(self, places: int = 1, patience: float = PATIENCE) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._owners: set[int] = set()
        self._free = places
        self._patience = patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        me = threading.get_ident()
        if me in self._owners:
            yield
            return
        mine = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                mine.set()
            else:
                self._waiting.append(mine)
        if not mine.wait(self._patience) and not self._gave_up(mine):
            mine.wait()
        my_turn = mine.is_set()
        if my_turn:
            self._owners.add(me)
        try:
            yield
        finally:
            if my_turn:
                self._owners.discard(me)
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
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
