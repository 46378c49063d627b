"""What nobody refers to is removed, without ever taking a file away from somebody who has just stored it.

Two steps, each a grace apart. First a file is set aside: nobody has referred to it, and it has lain there for longer
than anybody may take between storing it and saying so. Whoever stores the same bytes at that moment loses nothing,
because what was set aside is still found when it is read. A grace later it is asked for again: if somebody refers to
it by then it is brought back, else it is removed for good. No lock spans database and store, and none is needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import delete, select

from desk.files.stores import SLICES, ByteStore
from desk.files.tables import Blob
from desk.store import Store

GRACE = timedelta(days=2)  # an upload waits up to a day for the message that names it
BATCH = 500
SECONDS = 5.0  # after which a sweep makes room for others, and goes on in its next job


def sweep(store: Store, files: ByteStore, first: int = 0) -> int | None:
    """Sweeps from the slice `first` on for some seconds. Gives the slice to go on with, None where it is through."""
    end = time.monotonic() + SECONDS
    old = store.clock.now() - GRACE
    for number in range(first, SLICES):
        if time.monotonic() > end:
            return number
        for batch in _old(files, number, old, aside=True):
            _settle(store, files, batch)
        for batch in _old(files, number, old, aside=False):
            _set_aside(store, files, batch)
    return None


def _old(files: ByteStore, number: int, old: datetime, *, aside: bool) -> Iterator[list[str]]:
    names = (found.sha256 for found in files.walk(number, aside=aside) if found.at < old)
    while batch := list(islice(names, BATCH)):
        yield batch


def _settle(store: Store, files: ByteStore, batch: list[str]) -> None:
    with store.reading() as tx:
        wanted = set(tx.scalars(select(Blob.sha256).where(Blob.sha256.in_(batch), Blob.refs > 0)))
    for sha256 in batch:
        if sha256 in wanted:
            files.bring_back(sha256)
        else:
            files.remove(sha256)


def _set_aside(store: Store, files: ByteStore, batch: list[str]) -> None:
    with store.reading() as tx:  # most files are referred to, so that most batches write nothing
        kept = set(tx.scalars(select(Blob.sha256).where(Blob.sha256.in_(batch), Blob.refs > 0)))
    loose = [sha256 for sha256 in batch if sha256 not in kept]
    if not loose:
        return
    with store.transaction() as tx:
        # The row that counts is locked by its removal: who refers to it at this moment waits, and counts anew from one.
        tx.execute(delete(Blob).where(Blob.sha256.in_(loose), Blob.refs == 0))
        kept = set(tx.scalars(select(Blob.sha256).where(Blob.sha256.in_(loose))))
    for sha256 in loose:
        if sha256 not in kept:
            files.set_aside(sha256)
