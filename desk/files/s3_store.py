"""Bytes in object storage that speaks S3: Amazon's, or one beside the desk. Imported only where BLOBS names it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from desk.files.stores import ASIDE, FilesUnreachable, Lying, MissingBlob, key_of

CONNECT = "2s"
TRIES = 2  # more after the first, of what may be repeated
PATIENCE = timedelta(seconds=10)  # from the first try on, after which none follows
PIECE = 8 << 20  # larger ones go in pieces, each with its own time
PAGE = 1000  # names in one answer to a listing: as many as S3 gives

# An answer may repeat our key and what we signed, so nothing of it is shown but its code.
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken"}


def opened(place: str, config: Mapping[str, Any]) -> S3Bytes:
    return S3Bytes(place, config["BLOBS_ACCESS"], float(config.get("BLOBS_TIMEOUT") or 10))


class S3Bytes:
    """Objects in one bucket below one prefix."""

    def __init__(self, place: str, access: Mapping[str, str], timeout: float = 10) -> None:
        """`access` holds what the environment says: endpoint, region, key, secret, token. Without a key the machine's
        own role is asked for one, as on Amazon's machines."""
        parts = urlsplit(place)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        endpoint = access.get("endpoint", "")
        self._host = urlsplit(endpoint).netloc.rpartition("@")[2] or "Amazon S3"
        options: dict[str, Any] = {
            "endpoint": endpoint,
            "region": access.get("region", ""),
            "access_key_id": access.get("key", ""),
            "secret_access_key": access.get("secret", ""),
            "session_token": access.get("token", ""),
        }
        self._store = S3Store(
            self._bucket,
            prefix=self._prefix or None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": CONNECT,
                "timeout": timedelta(seconds=timeout),
            },
            retry_config={
                "max_retries": TRIES,
                "retry_timeout": PATIENCE,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
            **{name: value for name, value in options.items() if value},
        )

    @property
    def said(self) -> str:
        return f"the bucket {'/'.join(filter(None, (self._bucket, self._prefix)))} at {self._host}"

    def put(self, sha256: str, content: bytes) -> None:
        key = key_of(sha256)
        with self._told():
            obstore.put(self._store, key, content, chunk_size=PIECE, max_concurrency=4)

    def get(self, sha256: str) -> bytes:
        for aside in (False, True):
            key = key_of(sha256, aside=aside)
            with self._told(), suppress(_Gone), _gone():
                return bytes(obstore.get(self._store, key).bytes())
        raise MissingBlob(f"no object {sha256}")

    def walk(self, first: int, *, aside: bool = False) -> Iterator[Lying]:
        below = f"{ASIDE}/{first:02x}" if aside else f"{first:02x}"
        pages = obstore.list(self._store, below, chunk_size=PAGE)
        while True:
            with self._told():
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                yield Lying(found["path"].rpartition("/")[2], found["size"], found["last_modified"])

    def set_aside(self, sha256: str) -> None:
        with self._told(), suppress(_Gone), _gone():
            obstore.rename(self._store, key_of(sha256), key_of(sha256, aside=True))

    def bring_back(self, sha256: str) -> None:
        with self._told(), suppress(_Gone), _gone():
            obstore.rename(self._store, key_of(sha256, aside=True), key_of(sha256))

    def remove(self, sha256: str) -> None:
        with self._told():
            obstore.delete(self._store, key_of(sha256, aside=True))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            # Not `from error`: its text holds what was sent and answered, and a log shows causes.
            raise FilesUnreachable(f"{self.said} {_reason(error)}") from None


class _Gone(Exception):
    """The object is not there, though its bucket is."""


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise  # a wrong name says nothing of any file
        raise _Gone from None


def _reason(error: Exception) -> str:
    text = str(error)
    found = _CODE.search(text)
    code = found[1] if found is not None else ""
    if code == "NoSuchBucket":
        return "does not exist"
    status = _STATUS.search(text)
    number = status[1] if status is not None else ""
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or code in _REFUSED or number in ("401", "403"):
        return f"refuses the key of this desk{f' ({code})' if code else ''}"
    if number:
        return f"answers with status {number}{f' ({code})' if code else ''}"
    if "credential" in text.lower():
        return "needs a key, and this desk has none"
    return "does not answer"
