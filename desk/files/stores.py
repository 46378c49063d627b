"""What a store of bytes can do, how it says that it cannot, and how one is opened by the name that a setting gives."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

DIGITS = frozenset("0123456789abcdef")
SLICES = 256  # a store is walked by the first two digits of its digests, so that a walk can be interrupted
ASIDE = "removed"  # the folder of what nobody refers to any more, beside the first two digits of all others


class MissingBlob(LookupError):
    """No file with this digest is stored, or it was damaged where it lies."""


class FilesUnreachable(RuntimeError):
    """The store cannot be asked now, or refuses us; nothing is known of any file. The sentence says why, no secrets."""


@dataclass(frozen=True, slots=True)
class Lying:
    """One file as a store lists it; `at` is when it was written or set aside, by the store's own clock."""

    sha256: str
    size: int
    at: datetime


class ByteStore(Protocol):
    """A place for bytes under their digests. Everything may raise FilesUnreachable; all but `get` trust the digest."""

    @property
    def said(self) -> str:
        """What it is and where, for a person: a folder or a bucket, never a key."""
        ...

    def put(self, sha256: str, content: bytes) -> None:
        """Stores it, for good when this returns. Storing it again is harmless."""
        ...

    def get(self, sha256: str) -> bytes:
        """What lies there, or else what was set aside. Raises MissingBlob."""
        ...

    def walk(self, first: int, *, aside: bool = False) -> Iterator[Lying]:
        """Every file whose digest begins with the byte `first`, or those of them that were set aside, in no order."""
        ...

    def set_aside(self, sha256: str) -> None:
        """Takes it out of what is walked; `get` still finds it. Harmless where there is none."""
        ...

    def bring_back(self, sha256: str) -> None:
        """Undoes `set_aside`. Harmless where nothing was set aside."""
        ...

    def remove(self, sha256: str) -> None:
        """Removes for good what was set aside. Harmless where there is none."""
        ...


def key_of(sha256: str, *, aside: bool = False) -> str:
    """Where a file lies below its store's root: two levels of folders, as no folder likes a million files."""
    if len(sha256) != 64 or not set(sha256) <= DIGITS:
        raise MissingBlob("that is not a SHA-256 digest")
    key = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    return f"{ASIDE}/{key}" if aside else key


def open_store(place: str, config: Mapping[str, Any]) -> ByteStore:
    """The store that `place` names: `disk`, or an address such as s3://bucket/prefix. Each kind is a module beside this
    one, imported when it is asked for: what nobody uses takes no memory. Raises ValueError with a sentence."""
    kind = urlsplit(place).scheme or place
    if not kind.isalnum():
        raise ValueError(f"{place!r} names no place for files")
    try:
        module = importlib.import_module(f"desk.files.{kind}_store")
    except ModuleNotFoundError as error:
        if error.name == f"desk.files.{kind}_store":
            raise ValueError(f"{place!r} names no place for files") from None
        raise ValueError(
            f"files in {kind}:// need a package that is not installed: pip install 'loopdesk[{kind}]'"
        ) from None
    return cast(ByteStore, module.opened(place, config))
