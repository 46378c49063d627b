"""The trained frustration head: its file, checked when it is loaded, and what it says of texts that the model read."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desk.nlp import Models, Reading
from desk.sentiment import features
from desk.sentiment.features import Floats

SHIPPED = Path(__file__).parent / "assets" / "frustration.npz"
WORDS_COUNT = 0.75  # of the log-odds of the words, beside one of the networks'
FORMAT = 1


class NoHead(RuntimeError):
    """There is no head to use; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """What `flask sentiment train` made. `reads` is the key of the embedding model that it was trained on."""

    name: str
    reads: str
    into: Floats  # [d, h] of all networks, side by side
    into_shift: Floats  # [h]
    out: Floats  # [h], already divided by the number of networks
    out_shift: float
    idf: Floats  # [BUCKETS]; 0 where a word was too rare to learn from
    words: Floats  # [BUCKETS]
    words_shift: float
    slope: float  # of the calibration: log-odds = slope · raw + shift
    shift: float
    centre: float  # mean and spread of the log-odds where it was calibrated, for what is learned on top
    spread: float

    @classmethod
    def load(cls, path: Path | None = None) -> Head:
        """The head in a file, the shipped one by default; loaded once. Raises NoHead."""
        return _load(path or SHIPPED)

    def odds(self, texts: Sequence[str], reading: Reading, styles: Floats | None = None) -> Floats:
        """Calibrated log-odds [n] that each text is frustrated, by its words, its style and what the model read."""
        styles = features.style(texts) if styles is None else styles
        rows = features.joined(reading, styles)
        raw = np.maximum(rows @ self.into + self.into_shift, 0.0) @ self.out + self.out_shift
        spoken = np.array([self._spoken(text) for text in texts], np.float32)
        found: Floats = (self.slope * (raw + WORDS_COUNT * spoken) + self.shift).astype(np.float32)
        return found

    def _spoken(self, text: str) -> float:
        return spoken(text, self.idf, self.words) + self.words_shift


def spoken(text: str, idf: Floats, words: Floats) -> float:
    """The log-odds that a text's words and pairs of words add up to, by their TF-IDF of length 1."""
    found, values = weighed(text, idf)
    return float(values @ words[found]) if len(found) else 0.0


def weighed(text: str, idf: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The buckets of a text that carry weight, and their TF-IDF (1 + log count, length 1)."""
    found, counts = features.buckets(text)
    known = idf[found] > 0
    found, counts = found[known], counts[known]
    values = (1 + np.log(counts)) * idf[found]
    length = float(np.linalg.norm(values))
    return found, (values / length if length else values).astype(np.float32)


def usable(models: Models, path: Path | None = None) -> tuple[Head | None, str]:
    """The head where it fits the embedding model that there is, or None and a sentence that says why not."""
    status = models.status
    if not status.ready:
        return None, status.detail
    try:
        head = Head.load(path)
    except NoHead as error:
        return None, str(error)
    if head.reads != models.key:
        return None, f"The frustration head was trained on another language model than {status.name}."
    return head, ""


_ARRAYS = ("into", "into_shift", "out", "idf", "words")
_HALVES = ("into", "out", "idf", "words")  # float16 in the file: the sums of shifts stay exact


def pack(head: Head) -> bytes:
    """The file of a head: the same head gives the same bytes."""
    names = [field.name for field in fields(Head)]
    meta = {"format": FORMAT} | {name: getattr(head, name) for name in names if name not in _ARRAYS}
    parts = {name: getattr(head, name).astype(np.float16 if name in _HALVES else np.float32) for name in _ARRAYS}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo("meta.json"), json.dumps(meta, sort_keys=True))
        for name, part in parts.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, np.ascontiguousarray(part), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body.getvalue())
    return out.getvalue()


def unpack(data: bytes) -> Head:
    """Reads what `pack` wrote. Raises NoHead."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            meta: dict[str, Any] = json.loads(archive.read("meta.json"))
            arrays: dict[str, Any] = {
                name: np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
                for name in _ARRAYS
            }
        if meta.pop("format") != FORMAT:
            raise ValueError("another format")
        return Head(**meta, **{name: part.astype(np.float32) for name, part in arrays.items()})
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise NoHead(f"The file of the frustration head cannot be read: {error}.") from error


def save(head: Head, path: Path) -> str:
    """Writes the file and its digest beside it, and gives the digest. Raises OSError."""
    data = pack(head)
    digest = hashlib.sha256(data).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    beside(path).write_text(f"{digest}  {path.name}\n", "ascii")
    return digest


def beside(path: Path) -> Path:
    """Where the digest of a head's file stands, as sha256sum writes it."""
    return path.with_suffix(".sha256")


@lru_cache(maxsize=4)
def _load(path: Path) -> Head:
    try:
        data = path.read_bytes()
        wanted = beside(path).read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        raise NoHead(f"The file {path.name} of the frustration head, or its digest, is missing.") from None
    if not wanted or hashlib.sha256(data).hexdigest() != wanted[0]:
        raise NoHead(f"The file {path.name} of the frustration head is not the one it should be: its digest differs.")
    return unpack(data)
