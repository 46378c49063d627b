"""Object storage that is down, slow, broken or refuses us: what is said of it, in how long, and what is never said."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

import pytest

from desk.files import Blobs, FilesUnreachable, open_store
from tests.servers.needs import free_port
from tests.servers.s3 import KEY, SECRET, Between, Storage

OF_NOTHING = "0" * 64
SLOW = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
WRONG = b"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>%s</AWSAccessKeyId></Error>" % KEY.encode()


def blobs_at(place: str, access: dict[str, str], timeout: float = 2) -> Blobs:
    return Blobs(open_store(place, {"BLOBS_ACCESS": access, "BLOBS_TIMEOUT": timeout}))


def everything(blobs: Blobs) -> list[Callable[[], object]]:
    store = blobs.store
    return [
        lambda: blobs.put(b"words"),
        lambda: blobs.get(OF_NOTHING),
        lambda: list(store.walk(0)),
        lambda: store.set_aside(OF_NOTHING),
        lambda: store.bring_back(OF_NOTHING),
        lambda: store.remove(OF_NOTHING),
        blobs.probe,
    ]


def test_a_store_that_is_down_is_told_soon_by_whatever_is_asked_of_it(storage: Storage) -> None:
    blobs = blobs_at(storage.bucket(), storage.access(endpoint=f"http://127.0.0.1:{free_port()}"))
    for ask in everything(blobs):
        begun = time.monotonic()
        with pytest.raises(FilesUnreachable, match="does not answer"):
            ask()
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"", "answers with status 500"),
        (503, SLOW, r"answers with status 503 \(SlowDown\)"),
        (403, WRONG, r"refuses the key of this desk \(SignatureDoesNotMatch\)"),
        (401, b"", "refuses the key of this desk"),
    ],
)
def test_what_the_store_answers_is_told_in_a_few_words(
    storage: Storage, between: Between, status: int, body: bytes, said: str
) -> None:
    blobs = blobs_at(storage.bucket(), storage.access(endpoint=between.url))
    between.answers = (status, body)
    for ask in everything(blobs):
        before = between.seen
        with pytest.raises(FilesUnreachable, match=said):
            ask()
        assert between.seen - before <= 3  # retries have an end


def test_what_failed_in_passing_is_tried_again_unseen(storage: Storage, between: Between) -> None:
    blobs = blobs_at(storage.bucket(), storage.access(endpoint=between.url))
    between.answers, between.first = (500, b""), 2
    digest = blobs.put(b"words")
    between.answers, between.first = (500, b""), 2
    assert blobs.get(digest) == b"words"


def test_a_store_that_says_nothing_is_waited_for_no_longer_than_the_setting_says(
    storage: Storage, between: Between
) -> None:
    blobs = blobs_at(storage.bucket(), storage.access(endpoint=between.url), timeout=0.5)
    between.silent = True
    for ask in (lambda: blobs.put(b"words"), lambda: blobs.get(OF_NOTHING)):
        begun = time.monotonic()
        with pytest.raises(FilesUnreachable, match="does not answer"):
            ask()
        assert time.monotonic() - begun < 10


def test_it_works_again_by_itself(storage: Storage, between: Between) -> None:
    blobs = blobs_at(storage.bucket(), storage.access(endpoint=between.url))
    digest = blobs.put(b"words")
    between.answers = (500, b"")
    with pytest.raises(FilesUnreachable):
        blobs.get(digest)
    between.answers = None
    assert blobs.get(digest) == b"words"


def test_a_bucket_that_is_not_there_says_nothing_of_any_file(storage: Storage) -> None:
    blobs = blobs_at("s3://never-made", storage.access())
    for ask in (lambda: blobs.put(b"words"), lambda: blobs.get(OF_NOTHING), lambda: list(blobs.store.walk(0))):
        with pytest.raises(FilesUnreachable, match=r"never-made at .* does not exist"):
            ask()


def test_no_key_and_no_secret_is_said_to_anybody(
    storage: Storage, between: Between, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    access = storage.access(endpoint=between.url)
    blobs = blobs_at(storage.bucket(), access)
    between.answers = (403, WRONG)
    told = [repr(access), str(access), repr({"BLOBS_ACCESS": access}), blobs.store.said, repr(blobs.store)]
    for ask in everything(blobs):
        with pytest.raises(FilesUnreachable) as found:
            ask()
        told += ["".join(traceback.format_exception(found.value)), repr(found.value)]
    for text in [*told, caplog.text]:
        assert KEY not in text
        assert SECRET not in text
