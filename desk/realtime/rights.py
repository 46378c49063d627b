"""Whose rights changed, or whose sessions ended, is asked at once who they are: their sockets end, and those who may
come back do so with what they may hear now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from desk.realtime.rooms import Look, queue_rooms
from desk.realtime.telling import Teller
from desk.signals import RightsChanged, Signal


class Rights:
    """Listens to a store. `screens` gives the sockets of a colleague that hang on this process, `hang_up` ends one.
    Screens on other processes are told, and answer with a sign of life, at which their process looks for itself."""

    def __init__(
        self,
        looks: Callable[[], Iterable[Look]],
        screens: Callable[[int], list[str]],
        emit: Callable[..., None],
        hang_up: Callable[[str], None],
    ) -> None:
        self._looks, self._screens, self._emit, self._hang_up = looks, screens, emit, hang_up
        self.teller = Teller("rights", self._tell)

    def hear(self, signals: Sequence[Signal]) -> None:
        """The listener: nothing of it is for the screens of others."""
        changed = [s for s in signals if isinstance(s, RightsChanged)]
        if changed and next(iter(self._looks()), None) is not None:
            self.teller.put(changed)

    def _tell(self, signals: Sequence[Signal]) -> None:
        out: dict[int, bool] = {}
        for signal in signals:
            if isinstance(signal, RightsChanged):
                out[signal.staff_id] = out.get(signal.staff_id, False) or signal.out
        for staff_id, over in sorted(out.items()):
            told: dict[str, Any] = {"out": over}
            rooms = [room for look in set(self._looks()) for room in queue_rooms((f"staff:{staff_id}",), look)]
            self._emit("rights", told, to=rooms)
            for sid in self._screens(staff_id):
                self._hang_up(sid)
