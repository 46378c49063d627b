"""Every file of one store into another: what is there already is left, and at the end the two are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from desk.files.stores import SLICES, ByteStore, MissingBlob

AT_ONCE = 8  # files under way: one at a time would wait for the network most of the time


@dataclass(slots=True)
class Copied:
    """What a copy found and did. `damaged` were so in the source, `unlike` differ in the target at the end."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    there: int = 0
    compared: int = 0
    damaged: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.damaged and not self.unlike and self.compared == self.files


def count(store: ByteStore) -> int:
    """How many files there are; what was set aside counts, because somebody may refer to it again."""
    return sum(1 for number in range(SLICES) for aside in (False, True) for _ in store.walk(number, aside=aside))


def copy(source: ByteStore, target: ByteStore, step: Callable[[int], object], *, read_back: bool = True) -> Copied:
    """Copies slice by slice and compares each at once, so that stopping and starting again repeats no slice that is
    there. With `read_back` each file is read from the target, and its digest is compared; else its size alone.
    `step(n)` is told of each `n` files that are settled. Raises FilesUnreachable; what was copied until then stays."""
    done = Copied()
    with ThreadPoolExecutor(AT_ONCE, "copying") as pool:
        for number in range(SLICES):
            sizes = {f.sha256: f.size for aside in (True, False) for f in source.walk(number, aside=aside)}
            there = {f.sha256: f.size for f in target.walk(number)}
            missing = [name for name, size in sizes.items() if there.get(name) != size]
            done.files, done.bytes = done.files + len(sizes), done.bytes + sum(sizes.values())
            done.there += len(sizes) - len(missing)
            for name, fine in zip(missing, pool.map(lambda name: _one(source, target, name), missing), strict=True):
                if fine:
                    done.copied += 1
                else:
                    done.damaged.append(name)
                    step(1)
            broken = set(done.damaged)
            rest = [name for name in sizes if name not in broken]
            if read_back:
                alike = pool.map(lambda name: _read(target, name) is not None, rest)
            else:
                now = {f.sha256: f.size for f in target.walk(number)}
                alike = (now.get(name) == sizes[name] for name in rest)
            for name, fine in zip(rest, alike, strict=True):
                done.compared += 1
                if not fine:
                    done.unlike.append(name)
                step(1)
    return done


def _one(source: ByteStore, target: ByteStore, sha256: str) -> bool:
    content = _read(source, sha256)
    if content is not None:
        target.put(sha256, content)
    return content is not None


def _read(store: ByteStore, sha256: str) -> bytes | None:
    try:
        content = store.get(sha256)
    except MissingBlob:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
