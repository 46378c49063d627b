"""That the store of files does not answer, and what waits for it: for the admins' home and "Jobs and loops"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk import jobs
from desk.store import Tx

MANY = 10_000  # counting ends here


@dataclass(frozen=True, slots=True)
class Away:
    """What is known: why and when it was tried last (None: nobody has looked yet), and what waits in this desk."""

    why: str
    tried_at: datetime | None
    came_in: int
    going_out: int
    others: int


def away(tx: Tx) -> Away | None:
    """None where the store answers."""
    beat = jobs.beats(tx).get(jobs.FILES_BEAT)
    waiting = jobs.put_off_counts(tx, MANY)
    why = beat.last_error if beat is not None else ""
    if not why and not waiting:
        return None
    came_in = sum(n for task, n in waiting.items() if task.startswith("inbound."))
    going_out = waiting.get("outbound.deliver", 0)
    tried_at = beat.last_at if beat is not None and why else None
    return Away(why, tried_at, came_in, going_out, sum(waiting.values()) - came_in - going_out)
