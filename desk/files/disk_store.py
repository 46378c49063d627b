"""Bytes in a folder: written beside their place, moved there and synced, so that half a file is never found."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk.files.stores import ASIDE, FilesUnreachable, Lying, MissingBlob, key_of


@contextmanager
def _told() -> Iterator[None]:
    """Says what the disk refused as every store does. A path is nobody's business who asked for a file."""
    try:
        yield
    except OSError as error:
        raise FilesUnreachable(f"the disk says: {error.strerror}") from error


def opened(_place: str, config: Mapping[str, Any]) -> DiskStore:
    return DiskStore(Path(config["DATA_DIR"]) / "files")


class DiskStore:
    """Files under one folder of this machine, or of one that it has mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def said(self) -> str:
        return f"the folder {self.root}"

    def put(self, sha256: str, content: bytes) -> None:
        path = self.root / key_of(sha256)
        with _told():
            if path.exists() and path.stat().st_size == len(content):
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{sha256[:16]}.{os.getpid()}.{secrets.token_hex(4)}")
            try:
                with open(draft, "wb") as f:
                    f.write(content)
                    f.flush()
                    os.replace(draft, path)
                    # Synced under its last name: the journals of ext4, XFS and Btrfs write the name with the file, so
                    # that one wait does for both. After a power cut before it, nothing has been promised, and what
                    # may lie there is told from the whole by its size here and by its digest when it is read.
                    os.fsync(f.fileno())
            except OSError:
                with suppress(OSError):
                    draft.unlink()  # of a full disk
                raise

    def get(self, sha256: str) -> bytes:
        with _told():
            for aside in (False, True):
                with suppress(FileNotFoundError):
                    return (self.root / key_of(sha256, aside=aside)).read_bytes()
        raise MissingBlob(f"no file {sha256}")

    def walk(self, first: int, *, aside: bool = False) -> Iterator[Lying]:
        folder = (self.root / ASIDE if aside else self.root) / f"{first:02x}"
        with _told():
            for path in folder.glob("*/*"):
                if path.name.startswith("."):
                    continue  # a draft of this moment, or of a process that died
                with suppress(FileNotFoundError):  # set aside a moment ago
                    found = path.stat()
                    yield Lying(path.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def set_aside(self, sha256: str) -> None:
        path, there = self.root / key_of(sha256), self.root / key_of(sha256, aside=True)
        with _told(), suppress(FileNotFoundError):
            os.utime(path)  # its age counts from now
            there.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, there)

    def bring_back(self, sha256: str) -> None:
        path, there = self.root / key_of(sha256), self.root / key_of(sha256, aside=True)
        with _told(), suppress(FileNotFoundError):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(there, path)

    def remove(self, sha256: str) -> None:
        with _told(), suppress(FileNotFoundError):
            (self.root / key_of(sha256, aside=True)).unlink()
