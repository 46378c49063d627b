"""Every file from one store into another, compared at the end; and what is said when that is not so."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from desk.files import Blobs, FilesUnreachable, copy, count
from desk.files.stores import SLICES, ByteStore
from tests.files.conftest import Place, in_storage, on_disk
from tests.servers.s3 import Storage

CONTENTS = [f"file {n} ".encode() * n for n in range(40)]


def names(store: ByteStore) -> set[str]:
    return {f.sha256 for n in range(SLICES) for f in store.walk(n)}


class Steps:
    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, n: int) -> None:
        self.taken += n


@pytest.fixture
def filled(tmp_path: Path) -> Place:
    found = on_disk(tmp_path / "from")
    for content in CONTENTS:
        found.blobs.put(content)
    return found


def test_files_go_to_storage_and_back(filled: Place, storage: Storage, tmp_path: Path) -> None:
    far, home = in_storage(storage), on_disk(tmp_path / "back")
    step = Steps()
    there = copy(filled.store, far.store, step)
    assert there.whole
    assert (there.files, there.copied, there.there, there.compared) == (40, 40, 0, 40)
    assert there.bytes == sum(len(c) for c in CONTENTS)
    assert step.taken == count(filled.store) == 40
    back = copy(far.store, home.store, step)
    assert back.whole
    assert names(home.store) == names(filled.store) == names(far.store)
    assert all(home.blobs.get(hashlib.sha256(c).hexdigest()) == c for c in CONTENTS)


class Breaks:
    """A store that takes `good` files and is gone then, until it is mended."""

    def __init__(self, store: ByteStore, good: int) -> None:
        self.store, self.good, self.taken = store, good, 0
        self.said, self.get, self.walk = store.said, store.get, store.walk
        self.set_aside, self.bring_back, self.remove = store.set_aside, store.bring_back, store.remove

    def put(self, sha256: str, content: bytes) -> None:
        if self.taken >= self.good:
            raise FilesUnreachable("it does not answer")
        self.taken += 1
        self.store.put(sha256, content)


def test_a_copy_that_broke_off_goes_on_with_the_rest(filled: Place, tmp_path: Path) -> None:
    target = Breaks(on_disk(tmp_path / "to").store, 15)
    with pytest.raises(FilesUnreachable):
        copy(filled.store, target, lambda n: None)
    assert len(names(target.store)) == 15
    target.good, target.taken = 1000, 0
    done = copy(filled.store, target, lambda n: None)
    assert done.whole
    assert (done.there, done.copied, target.taken) == (15, 25, 25)


def test_what_is_damaged_in_the_source_is_named_and_the_rest_is_copied(filled: Place, tmp_path: Path) -> None:
    target = on_disk(tmp_path / "to")
    bad = hashlib.sha256(CONTENTS[7]).hexdigest()
    filled.damage(bad, b"not what it was")
    step = Steps()
    done = copy(filled.store, target.store, step)
    assert (done.damaged, done.unlike, done.whole) == ([bad], [], False)
    assert (done.copied, done.compared, step.taken) == (39, 39, 40)
    assert bad not in names(target.store)


def test_what_is_damaged_in_the_target_is_found_by_reading_it_back(filled: Place, tmp_path: Path) -> None:
    target = on_disk(tmp_path / "to")
    assert copy(filled.store, target.store, lambda n: None).whole
    bad = hashlib.sha256(CONTENTS[7]).hexdigest()
    target.damage(bad, CONTENTS[7][:-1] + b"X")
    assert copy(filled.store, target.store, lambda n: None, read_back=False).whole  # the size alone does not tell
    done = copy(filled.store, target.store, lambda n: None)
    assert (done.unlike, done.whole) == ([bad], False)


def test_a_file_that_was_cut_off_on_its_way_is_copied_anew(filled: Place, tmp_path: Path) -> None:
    target = on_disk(tmp_path / "to")
    copy(filled.store, target.store, lambda n: None)
    cut = hashlib.sha256(CONTENTS[7]).hexdigest()
    target.damage(cut, CONTENTS[7][:3])
    done = copy(filled.store, target.store, lambda n: None)
    assert done.whole
    assert done.copied == 1


def test_what_was_set_aside_comes_along(filled: Place, tmp_path: Path) -> None:
    target = on_disk(tmp_path / "to")
    aside = hashlib.sha256(CONTENTS[7]).hexdigest()
    filled.store.set_aside(aside)  # by a sweep that saw nobody refer to it; somebody may do so a moment later
    assert copy(filled.store, target.store, lambda n: None).whole
    assert Blobs(target.store).get(aside) == CONTENTS[7]
