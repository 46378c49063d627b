"""Signs of life of colleagues, as the open sockets bring them, written rarely: once a minute for a person and process,
and at once where something changed that others wait for."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from desk import assigning
from desk.assigning import Standing
from desk.parts import Desk

log = logging.getLogger(__name__)
EVERY = timedelta(seconds=60)
MOST = 200
DEVICE = 16  # letters of its name


@dataclass(frozen=True, slots=True)
class Written:
    """What was written last of somebody."""

    at: datetime
    active: bool


class Signs:
    """Of all screens of one process; several tabs of a person are one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._last: dict[int, Written] = {}
        self._drafts: dict[tuple[int, str], tuple[int, ...]] = {}
        self._writing: dict[int, threading.Lock] = {}

    def alive(self, staff_id: int, said: dict[str, Any]) -> Standing | None:
        """A screen of theirs said something of itself: whether something was done on it since, and in which
        conversations an answer was begun on that device. Gives how they stand now, where it was written; where it
        was not, what was written last stands by now, also by a screen that came in the same moment."""
        with self._lock:
            own = self._writing.setdefault(staff_id, threading.Lock())
        with own:
            return self._alive(staff_id, said)

    def _alive(self, staff_id: int, said: dict[str, Any]) -> Standing | None:
        now, active = self._desk.store.clock.now(), said.get("active") is True
        device, drafts = str(said.get("device") or "")[:DEVICE], _numbers(said.get("drafts"))
        with self._lock:
            last = self._last.get(staff_id)
            news = drafts is not None and self._drafts.get((staff_id, device)) != drafts
            if last is not None and now - last.at < EVERY and (last.active or not active) and not news:
                return None
            self._last[staff_id] = Written(now, active)
            if drafts is not None:
                self._drafts[staff_id, device] = drafts
        try:
            with self._desk.store.transaction() as tx:
                assigning.sign(tx, staff_id, active=active, drafts=drafts, device=device)
                return assigning.standing_of(tx, staff_id, tx.now())
        except SQLAlchemyError:  # the next sign tries again; a screen is not sent away for it
            log.exception("a sign of life was not written")
            with self._lock:
                self._last.pop(staff_id, None)
            return None


def _numbers(given: Any) -> tuple[int, ...] | None:
    """The conversations that a screen named; None where it named none of them, in whatever shape."""
    if not isinstance(given, list):
        return None
    return tuple(sorted({n for n in given[:MOST] if isinstance(n, int) and not isinstance(n, bool) and 0 < n < 10**18}))
