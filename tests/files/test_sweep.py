"""What nobody refers to goes in two steps, and never while somebody stores it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk import jobs
from desk.clock import SetClock
from desk.files import Blobs, MissingBlob, sweep
from desk.files.stores import SLICES, ByteStore, Lying
from desk.files.sweeping import GRACE
from desk.files.tables import Blob
from desk.parts import Desk
from desk.store import Store, Tx
from desk.worker import drain
from tests.files.conftest import Place, on_disk

LAST = SLICES - 1
MORE = GRACE + timedelta(hours=1)


def in_last_slice(words: str) -> bytes:
    """Bytes whose digest lies in the slice that a sweep from LAST on looks at; a whole sweep takes storage seconds."""
    numbered = (f"{words} {n}".encode() for n in range(100_000))
    return next(content for content in numbered if hashlib.sha256(content).digest()[0] == LAST)


CONTENT = in_last_slice("kept")


class Times:
    """Stores date what they keep by their own clocks, so a test cannot move those: `passed` moves ours ahead of them,
    and `now` is the same time for both."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.now()

    def now(self) -> None:
        self.clock.set(datetime.now(UTC))

    def passed(self) -> None:
        self.clock.set(datetime.now(UTC) + MORE)


@pytest.fixture
def times(clock: SetClock) -> Times:
    return Times(clock)


def refer(store: Store, blobs: Blobs, digest: str) -> None:
    with store.transaction() as tx:
        blobs.refer(tx, digest, len(CONTENT))


def release(store: Store, blobs: Blobs, digest: str) -> None:
    with store.transaction() as tx:
        blobs.release(tx, digest)


def counted(store: Store, digest: str) -> int | None:
    with store.reading() as tx:
        row = tx.get(Blob, digest)
        return None if row is None else row.refs


def there(blobs: Blobs, digest: str) -> bool:
    try:
        return blobs.get(digest) == CONTENT
    except MissingBlob:
        return False


def walked(files: ByteStore) -> list[str]:
    return [f.sha256 for f in files.walk(LAST)]


def test_what_is_referred_to_stays_however_old(store: Store, place: Place, times: Times) -> None:
    digest = place.blobs.put(CONTENT)
    refer(store, place.blobs, digest)
    times.clock.set(datetime.now(UTC) + timedelta(days=400))
    assert sweep(store, place.store, LAST) is None
    assert sweep(store, place.store, LAST) is None
    assert walked(place.store) == [digest]
    assert there(place.blobs, digest)


def test_what_was_stored_and_never_referred_to_is_gone_after_two_graces(
    store: Store, place: Place, times: Times
) -> None:
    digest = place.blobs.put(CONTENT)
    sweep(store, place.store, LAST)
    assert walked(place.store) == [digest]  # it may be an upload that waits for its message
    times.passed()
    sweep(store, place.store, LAST)
    assert walked(place.store) == []
    assert there(place.blobs, digest)
    times.now()
    sweep(store, place.store, LAST)
    assert there(place.blobs, digest)  # set aside a moment ago
    times.passed()
    sweep(store, place.store, LAST)
    assert not there(place.blobs, digest)


def test_what_everybody_let_go_of_is_gone_with_its_row(store: Store, place: Place, times: Times) -> None:
    digest = place.blobs.put(CONTENT)
    refer(store, place.blobs, digest)
    refer(store, place.blobs, digest)
    release(store, place.blobs, digest)
    times.passed()
    sweep(store, place.store, LAST)
    assert walked(place.store) == [digest]
    release(store, place.blobs, digest)
    sweep(store, place.store, LAST)
    sweep(store, place.store, LAST)
    assert not there(place.blobs, digest)
    assert counted(store, digest) is None


def test_what_is_referred_to_again_in_the_second_grace_comes_back(store: Store, place: Place, times: Times) -> None:
    digest = place.blobs.put(CONTENT)
    times.passed()
    sweep(store, place.store, LAST)
    refer(store, place.blobs, digest)  # by somebody who stored the same bytes while they still lay there
    sweep(store, place.store, LAST)
    assert walked(place.store) == [digest]
    assert counted(store, digest) == 1
    assert there(place.blobs, digest)


class Meddled:
    """A disk on which somebody does something right before the n-th time that a sweep touches it."""

    def __init__(self, files: ByteStore) -> None:
        self._files = files
        self.acts: dict[int, Callable[[], object]] = {}
        self.touched = 0
        self.said = files.said
        self.get, self.put = files.get, files.put

    def _touch(self) -> None:
        self.acts.pop(self.touched, lambda: None)()
        self.touched += 1

    def walk(self, first: int, *, aside: bool = False) -> Iterator[Lying]:
        self._touch()
        for found in list(self._files.walk(first, aside=aside)):
            yield found
            self._touch()

    def set_aside(self, sha256: str) -> None:
        self._touch()
        self._files.set_aside(sha256)
        self._touch()

    def bring_back(self, sha256: str) -> None:
        self._touch()
        self._files.bring_back(sha256)
        self._touch()

    def remove(self, sha256: str) -> None:
        self._touch()
        self._files.remove(sha256)
        self._touch()


@pytest.mark.parametrize("row", [False, True], ids=["never counted", "counted and let go"])
def test_whoever_stores_the_same_bytes_at_any_moment_of_a_sweep_keeps_them(
    store: Store, tmp_path: Path, times: Times, row: bool
) -> None:
    for puts in range(6):
        for refers in range(puts, 7):
            files = Meddled(on_disk(tmp_path / f"{puts}-{refers}").store)
            blobs = Blobs(files)
            times.now()
            digest = blobs.put(CONTENT)
            if row:
                refer(store, blobs, digest)
                release(store, blobs, digest)
            one, other = (lambda b=blobs: b.put(CONTENT)), (lambda b=blobs, d=digest: refer(store, b, d))
            if puts == refers:
                files.acts[puts] = lambda one=one, other=other: (one(), other())
            else:
                files.acts |= {puts: one, refers: other}
            times.passed()
            sweep(store, files, LAST)
            for act in [files.acts[n] for n in sorted(files.acts)]:  # what came after the sweep's last touch
                act()
            files.acts.clear()
            for _ in range(3):
                assert there(blobs, digest), f"lost between {puts} and {refers}"
                sweep(store, files, LAST)
            assert walked(files) == [digest]
            release(store, blobs, digest)
            assert counted(store, digest) == 0


def test_a_long_sweep_goes_on_in_the_next_job(desk: Desk, times: Times, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = desk.files.put(CONTENT)
    times.passed()
    monkeypatch.setattr("desk.files.sweeping.SECONDS", -1.0)
    assert sweep(desk.store, desk.files.store) == 0
    monkeypatch.undo()
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "files.sweep", {"first": LAST}, key="files.sweep")
    assert drain(desk) == 1
    assert walked(desk.files.store) == []
    assert there(desk.files, digest)


def test_a_sweep_that_ran_out_of_time_leaves_a_job_for_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[int] = []

    def some(_store: Store, _files: ByteStore, first: int = 0) -> int | None:
        went.append(first)
        return first + 100 if first < 200 else None

    monkeypatch.setattr("desk.files.sweep", some)
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "files.sweep", {}, key="files.sweep")
    assert drain(desk) == 3
    assert went == [0, 100, 200]


def test_the_second_grace_counts_from_when_it_was_set_aside(store: Store, tmp_path: Path, times: Times) -> None:
    files = on_disk(tmp_path).store
    digest = Blobs(files).put(CONTENT)
    then = (times.clock.now() - timedelta(days=30)).timestamp()
    os.utime(next(tmp_path.rglob(digest)), (then, then))
    sweep(store, files, LAST)
    assert walked(files) == []
    sweep(store, files, LAST)
    assert there(Blobs(files), digest)


def test_who_refers_between_the_look_and_the_lock_is_counted(
    store: Store, tmp_path: Path, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(on_disk(tmp_path).store)
    digest = blobs.put(CONTENT)
    times.passed()
    begin = store.transaction

    def first_somebody_else(**more: bool) -> AbstractContextManager[Tx]:
        monkeypatch.undo()
        refer(store, blobs, digest)
        return begin(**more)

    monkeypatch.setattr(store, "transaction", first_somebody_else)
    sweep(store, blobs.store, LAST)
    assert counted(store, digest) == 1
    assert walked(blobs.store) == [digest]
