"""How much each queue holds, told to every colleague with an open console: counted once for all that moved together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from desk import agents, conversations
from desk.agents import Viewer
from desk.realtime.company import Company
from desk.realtime.rooms import Look, queue_rooms
from desk.realtime.telling import Teller
from desk.signals import ConversationChanged, Signal, StaffMentioned
from desk.store import Store, Tx

AFTER = 0.04  # seconds after a change: the line and the row of what came go first, and both want the interpreter
LEAST = 0.25  # seconds between two counts: what changes meanwhile is counted together
SHARE = 20  # and so many times as long as the last one took: it may take a twentieth of the process, and no more


class Counting:
    """Listens to a store and tells the consoles. `seated` gives the viewer of a colleague whose screen hangs on this
    process; whose hangs on another is read.

    Asking is cheaper this way round: with fifty consoles open every message would otherwise bring fifty requests.
    """

    def __init__(
        self,
        store: Store,
        company: Company,
        looks: Callable[[], Iterable[Look]],
        seated: Callable[[], dict[int, Viewer]],
        emit: Callable[..., None],
    ) -> None:
        self._store, self._company, self._looks, self._seated, self._emit = store, company, looks, seated, emit
        self.teller = Teller("counts", self._tell, self._pause)
        self._moved, self._next = False, 0.0  # by the monotonic clock

    def hear(self, signals: Sequence[Signal]) -> None:
        """The listener: a row that changed, or that names somebody, may stand in another queue now."""
        moved = any(isinstance(s, ConversationChanged | StaffMentioned) for s in signals)
        if moved and next(iter(self._looks()), None) is not None:
            if not self._moved:
                self._moved, self._next = True, max(self._next, time.monotonic() + AFTER)
            self.teller.put(())

    def _pause(self) -> float | None:
        return max(0.0, self._next - time.monotonic()) if self._moved else None

    def _tell(self, _signals: Sequence[Signal]) -> None:
        began = time.monotonic()
        if not self._moved or began < self._next:
            return
        self._moved = False
        looks, seated = sorted(set(self._looks())), self._seated()
        for staff_id in sorted({here.staff_id for here in self._company.all()}):
            with self._store.reading() as tx:  # one after the other: a message that comes meanwhile goes first
                told = self._counted(tx, seated.get(staff_id) or agents.viewer(tx, staff_id))
            rooms = [room for look in looks for room in queue_rooms((f"staff:{staff_id}",), look)]
            if told is not None:
                self._emit("counts", told, to=rooms)
        now = time.monotonic()
        self._next = now + max(LEAST, SHARE * (now - began))

    @staticmethod
    def _counted(tx: Tx, viewer: Viewer | None) -> dict[str, Any] | None:
        if viewer is None:
            return None
        return {"counts": conversations.counts(tx, viewer), "cap": conversations.CAP}
