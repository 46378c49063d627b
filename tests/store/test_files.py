"""Blobs: written once, checked when read, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.files import Blobs, MissingBlob
from desk.files.tables import Blob
from desk.store import Store


def test_what_was_put_is_got_and_putting_twice_is_one_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"words")
    assert blobs.put(b"words") == digest
    assert blobs.get(digest) == b"words"
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_a_damaged_file_is_told_and_putting_mends_it(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"words")
    path = next(p for p in tmp_path.rglob(digest))
    path.write_bytes(b"wo")
    with pytest.raises(MissingBlob, match="damaged"):
        blobs.get(digest)
    blobs.put(b"words")
    assert blobs.get(digest) == b"words"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "Z" * 64, "0" * 64])
def test_what_is_no_digest_or_not_there_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingBlob):
        Blobs(tmp_path).get(name)


def test_references_are_counted_with_the_transaction(store: Store, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"x")
    with store.transaction() as tx:
        blobs.refer(tx, digest, 1)
        blobs.refer(tx, digest, 1)
    with store.transaction() as tx:
        blobs.release(tx, digest)
    with store.reading() as tx:
        assert tx.get_one(Blob, digest).refs == 1
