"""Jobs as rows in the caller's transaction."""

from desk.jobs.queue import (
    LEASE,
    Leased,
    LeaseLost,
    beat,
    beat_failed,
    beats,
    counts,
    dead_letters,
    enqueue,
    fail,
    finish,
    lease,
    next_due,
    prune,
    renew,
    retry,
)

__all__ = [
    "LEASE",
    "LeaseLost",
    "Leased",
    "beat",
    "beat_failed",
    "beats",
    "counts",
    "dead_letters",
    "enqueue",
    "fail",
    "finish",
    "lease",
    "next_due",
    "prune",
    "renew",
    "retry",
]
