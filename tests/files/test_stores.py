"""What every store of bytes promises, asked of each of them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desk.files import MissingBlob, open_store
from desk.files.stores import SLICES, ByteStore
from tests.files.conftest import Place
from tests.servers.s3 import Storage

NOWHERE = "0" * 64


def listed(store: ByteStore, digest: str, *, aside: bool = False) -> dict[str, int]:
    """What lies in the slice of this digest: a walk of all 256 takes storage a second."""
    return {f.sha256: f.size for f in store.walk(int(digest[:2], 16), aside=aside)}


@pytest.mark.parametrize("content", [b"words", b"", bytes(range(256)) * 40_000], ids=["short", "empty", "10 MB"])
def test_what_was_put_is_got(place: Place, content: bytes) -> None:
    digest = place.blobs.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert place.blobs.get(digest) == content
    assert listed(place.store, digest) == {digest: len(content)}


def test_putting_twice_and_at_the_same_instant_is_one_file(place: Place) -> None:
    with ThreadPoolExecutor(6) as pool:
        digests = set(pool.map(lambda _: place.blobs.put(b"the same"), range(12)))
    (digest,) = digests
    assert listed(place.store, digest) == {digest: 8}


def test_a_damaged_file_is_told_and_putting_mends_it(place: Place) -> None:
    digest = place.blobs.put(b"words")
    place.damage(digest, b"wo")
    with pytest.raises(MissingBlob, match="damaged"):
        place.blobs.get(digest)
    place.blobs.put(b"words")
    assert place.blobs.get(digest) == b"words"


def test_a_file_of_the_same_length_that_is_not_what_it_was_is_damaged(place: Place) -> None:
    digest = place.blobs.put(b"words")
    place.damage(digest, b"swore")
    with pytest.raises(MissingBlob, match="damaged"):
        place.blobs.get(digest)


def test_a_file_that_was_lost_is_missing(place: Place) -> None:
    digest = place.blobs.put(b"words")
    place.lose(digest)
    with pytest.raises(MissingBlob):
        place.blobs.get(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "Z" * 64, "0" * 64, "removed"])
def test_what_is_no_digest_or_not_there_is_missing(place: Place, name: str) -> None:
    with pytest.raises(MissingBlob):
        place.blobs.get(name)


def test_what_is_set_aside_is_read_but_not_walked_and_comes_back(place: Place) -> None:
    digest = place.blobs.put(b"words")
    place.store.set_aside(digest)
    assert listed(place.store, digest) == {}
    assert listed(place.store, digest, aside=True) == {digest: 5}
    assert place.blobs.get(digest) == b"words"
    place.store.bring_back(digest)
    assert listed(place.store, digest) == {digest: 5}
    assert listed(place.store, digest, aside=True) == {}
    assert place.blobs.get(digest) == b"words"


def test_removing_takes_only_what_was_set_aside(place: Place) -> None:
    digest = place.blobs.put(b"words")
    place.store.remove(digest)
    assert place.blobs.get(digest) == b"words"
    place.store.set_aside(digest)
    place.store.remove(digest)
    with pytest.raises(MissingBlob):
        place.blobs.get(digest)


def test_what_is_not_there_can_be_set_aside_brought_back_and_removed(place: Place) -> None:
    for act in (place.store.set_aside, place.store.bring_back, place.store.remove):
        act(NOWHERE)
    assert listed(place.store, NOWHERE) == listed(place.store, NOWHERE, aside=True) == {}


def test_a_probe_leaves_nothing_behind(place: Place) -> None:
    place.blobs.probe()
    for aside in (False, True):
        assert [f for n in range(SLICES) for f in place.store.walk(n, aside=aside)] == []


def test_a_slice_of_more_files_than_one_answer_lists_is_walked_whole(storage: Storage) -> None:
    store = open_store(storage.bucket(), {"BLOBS_ACCESS": storage.access()})
    names = [f"00{n:062x}" for n in range(1100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(name, b""), names))
    assert sorted(f.sha256 for f in store.walk(0)) == names
    assert list(store.walk(1)) == []


def test_two_desks_share_a_bucket_by_their_prefixes(storage: Storage) -> None:
    place = storage.bucket()
    one, two = (open_store(f"{place}/{name}", {"BLOBS_ACCESS": storage.access()}) for name in ("one", "two"))
    one.put("0" * 64, b"x")
    assert list(two.walk(0)) == []


def test_what_a_setting_names_is_opened(tmp_path: Path, storage: Storage) -> None:
    config = {"DATA_DIR": tmp_path, "BLOBS_ACCESS": storage.access(), "BLOBS_TIMEOUT": 3}
    assert open_store("disk", config).said == f"the folder {tmp_path / 'files'}"
    assert open_store("s3://kept/here", config).said == f"the bucket kept/here at 127.0.0.1:{storage.port}"


@pytest.mark.parametrize("place", ["ftp://somewhere", "", "..", "stores", "desk.files://x"])
def test_what_names_no_place_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValueError, match="no place for files"):
        open_store(place, {"DATA_DIR": tmp_path})


def test_storage_costs_nothing_where_nobody_asks_for_it() -> None:
    said = "import sys, desk.app; print(sorted(m for m in sys.modules if 'obstore' in m or 's3_store' in m))"
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_missing_package_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "desk.files.s3_store", raising=False)
    with pytest.raises(ValueError, match=r"loopdesk\[s3\]"):
        open_store("s3://kept", {"BLOBS_ACCESS": {}})
