"""Files by their digest: kept in one of the stores, checked when read, counted by who refers to them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from desk.files.disk_store import DiskStore
from desk.files.stores import ByteStore, MissingBlob
from desk.files.tables import Blob
from desk.store import Tx


def _refer(insert: Callable[..., Any]) -> Any:
    statement = insert(Blob.__table__)
    return statement.on_conflict_do_update(index_elements=["sha256"], set_={"refs": Blob.__table__.c.refs + 1})


# Two that refer to the same bytes at the same instant are counted as two: the database adds, not we.
_REFER = {"sqlite": _refer(sqlite.insert), "postgresql": _refer(postgresql.insert)}


class Blobs:
    """Content-addressed files in one store.

    `put`, `get` and `probe` may wait for a network, so they are never called within a transaction; `refer` and
    `release` are, in the one that makes the reference true.
    """

    def __init__(self, store: ByteStore | Path) -> None:
        self.store: ByteStore = DiskStore(store) if isinstance(store, Path) else store

    def put(self, content: bytes) -> str:
        """Stores `content`, for good when this returns, and gives its digest. Raises FilesUnreachable."""
        digest = hashlib.sha256(content).hexdigest()
        self.store.put(digest, content)
        return digest

    def get(self, sha256: str) -> bytes:
        """Raises MissingBlob where the file is gone or is not what it was, FilesUnreachable where nobody can tell."""
        content = self.store.get(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise MissingBlob(f"the file {sha256} was damaged where it lies")
        return content

    def probe(self) -> None:
        """Writes, reads and removes a file of its own. Raises FilesUnreachable with what does not work."""
        digest = self.put(b"a probe of this desk's files, removed at once: " + secrets.token_bytes(16))
        self.get(digest)
        self.store.set_aside(digest)
        self.store.remove(digest)

    def refer(self, tx: Tx, sha256: str, size: int) -> None:
        """Counts one more reference, in the caller's transaction."""
        tx.aside(_REFER[tx.dialect_name], {"sha256": sha256, "size": size, "refs": 1, "created_at": tx.now()})

    def release(self, tx: Tx, sha256: str) -> None:
        """Counts one reference less; `sweep` removes what nobody refers to."""
        row = tx.scalar(select(Blob).where(Blob.sha256 == sha256).with_for_update())
        if row is not None:
            row.refs = max(0, row.refs - 1)
