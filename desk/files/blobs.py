"""Files by their digest on disk: written once, checked when read, counted in the database by who refers to them."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from desk.files.tables import Blob
from desk.store import Tx


def _refer(insert: Callable[..., Any]) -> Any:
    statement = insert(Blob.__table__)
    return statement.on_conflict_do_update(index_elements=["sha256"], set_={"refs": Blob.__table__.c.refs + 1})


# Two that refer to the same bytes at the same instant are counted as two: the database adds, not we.
_REFER = {"sqlite": _refer(sqlite.insert), "postgresql": _refer(postgresql.insert)}


class MissingBlob(LookupError):
    """No file with this digest is stored, or it was damaged on disk."""


class Blobs:
    """Content-addressed files under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not all(c in "0123456789abcdef" for c in sha256):
            raise MissingBlob("that is not a SHA-256 digest")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, content: bytes) -> str:
        """Stores `content`, on disk for good when this returns, and gives its digest. Storing it again is harmless."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists() and path.stat().st_size == len(content):
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{digest[:16]}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(draft, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(draft, path)
        return digest

    def get(self, sha256: str) -> bytes:
        """Raises MissingBlob where the file is gone or is not what it was."""
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise MissingBlob(f"no file {sha256}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise MissingBlob(f"the file {sha256} was damaged on disk")
        return content

    def refer(self, tx: Tx, sha256: str, size: int) -> None:
        """Counts one more reference, in the caller's transaction."""
        tx.aside(_REFER[tx.dialect_name], {"sha256": sha256, "size": size, "refs": 1, "created_at": tx.now()})

    def release(self, tx: Tx, sha256: str) -> None:
        """Counts one reference less; `sweep` removes what nobody refers to."""
        row = tx.scalar(select(Blob).where(Blob.sha256 == sha256).with_for_update())
        if row is not None:
            row.refs = max(0, row.refs - 1)
