"""What was committed, put aside by whoever committed it and told by one thread: to the screens, or to the widgets.

Neither the request that committed nor the order of events waits for a template. What is lost here (a crash, a full
queue) is no loss: whoever comes back asks for what they missed.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from desk.signals import Signal

log = logging.getLogger(__name__)

LONGEST_QUEUE = 10_000  # commits


def _never() -> float | None:
    return None


class Teller:
    """Calls `tell` with the signals of one commit or of several that waited; never twice at once.

    `name` is its thread's, and stands in the log. `pause` gives the seconds after which `tell` is called though nothing
    came, None for never: it is asked before each wait.
    """

    def __init__(
        self, name: str, tell: Callable[[Sequence[Signal]], None], pause: Callable[[], float | None] = _never
    ) -> None:
        self._name, self._tell, self._pause = name, tell, pause
        self._waiting: queue.Queue[Sequence[Signal] | None] = queue.Queue(LONGEST_QUEUE)
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self._telling = threading.Lock()  # of two states of one thing, the later one must be told last
        self._told = threading.Event()
        self._told.set()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to tell."""
        return self._told.is_set()

    @property
    def began(self) -> bool:
        """Whether there was ever something to tell."""
        return self._thread is not None

    def put(self, signals: Sequence[Signal]) -> None:
        """Puts signals aside for the thread, which begins with the first of them and not before: a thread from before
        the server's fork would be in the wrong process."""
        self._told.clear()
        try:
            self._waiting.put_nowait(signals)
        except queue.Full:
            log.warning("%s: a change is not told, too many wait", self._name)
            return
        self._ensure_thread()

    def _ensure_thread(self) -> None:
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def settle(self, patience: float = 0.05) -> bool:
        """Tells what waits, in the caller's own thread; what the other thread has in hand it waits for, `patience`
        seconds at most. The worker does so between two jobs: both need the interpreter, and what somebody is looking at
        goes before the next job."""
        if self._told.is_set():
            return True
        try:
            item = self._waiting.get_nowait()
        except queue.Empty:
            return self._told.wait(patience)
        if item is None or not self._told_with(item):
            self._waiting.put(None)  # the other thread's sign to end
        return True

    def stop(self) -> None:
        """Ends the thread once it has told what waits."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._waiting.put(None)
            thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                item = self._waiting.get(timeout=self._pause())
            except queue.Empty:
                item = ()
            if item is None or not self._told_with(item):
                return

    def _told_with(self, first: Sequence[Signal]) -> bool:
        """Tells what was put first with all that has come since; False once the thread should end."""
        found, more = list(first), True
        while more:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                more = False
            else:
                found += item
        try:
            with self._telling:
                self._tell(found)
        except Exception:
            log.exception("%s: %d changes could not be told", self._name, len(found))
        if self._waiting.empty():
            self._told.set()
        return more
