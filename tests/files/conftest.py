"""Both stores of bytes, so that every promise is kept by each; and a way to damage what lies in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk.files import Blobs, open_store
from desk.files.disk_store import DiskStore
from desk.files.stores import ByteStore, key_of
from tests.servers.s3 import Storage

STORES = ("disk", "s3")


@dataclass
class Place:
    """A store, and a hand in it that does not belong to the desk."""

    store: ByteStore
    damage: Callable[[str, bytes], None]
    lose: Callable[[str], None]

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.store)


def on_disk(root: Path) -> Place:
    return Place(
        DiskStore(root),
        lambda sha256, content: (root / key_of(sha256)).write_bytes(content) and None,
        lambda sha256: (root / key_of(sha256)).unlink(),
    )


def in_storage(storage: Storage) -> Place:
    store = open_store(storage.bucket(), {"BLOBS_ACCESS": storage.access()})

    def lose(sha256: str) -> None:
        store.set_aside(sha256)
        store.remove(sha256)

    return Place(store, store.put, lose)  # a store trusts the digest that it is told


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "disk":
        return on_disk(tmp_path / "kept")
    return in_storage(request.getfixturevalue("storage"))
