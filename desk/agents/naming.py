"""The names of staff, kept between requests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime

from desk.agents.staff import names
from desk.store import Tx


class Names:
    """Names by id: they are read with every timeline and every chat message, and change once a year.

    A renamed colleague is seen under the new name after `keep_seconds`; one who is not known yet is looked up at once.
    """

    def __init__(self, keep_seconds: float = 60.0) -> None:
        self._keep = keep_seconds
        self._lock = threading.Lock()
        self._of: tuple[object, datetime | None, dict[int, str]] = (None, None, {})

    def get(self, tx: Tx, needed: Iterable[int] = ()) -> Mapping[int, str]:
        """All names; `needed` says whose must be among them, if they ever worked here."""
        database, now = tx.pool, tx.now()
        known, at, found = self._of
        fresh = known is database and at is not None and abs((now - at).total_seconds()) < self._keep
        if not fresh or any(number not in found for number in needed):
            found = names(tx)
            with self._lock:
                self._of = (database, now, found)
        return found


NAMES = Names()
