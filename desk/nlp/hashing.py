"""Texts as the n-grams of their letters, hashed: knows no language, needs no model."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from desk.nlp.encoding import LONGEST, Floats

Hashes = NDArray[np.uint64]

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
DIMENSION = 2048  # of the vectors that stand in for embeddings where there is no model
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_ASCII_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """Folded, without accents and signs, one blank between words and at both ends: what grams are taken from."""
    if text.isascii():
        found = _ASCII_WORD.findall(text[:LONGEST].lower())
        if found:
            return f" {' '.join(found)} "
    folded = unicodedata.normalize("NFKD", text[:LONGEST].encode("utf-8", "replace").decode("utf-8").casefold())
    kept = "".join(c if c.isalnum() else " " if not unicodedata.combining(c) else "" for c in folded)
    words = kept.split()
    if not words:  # emoji only: they are all that there is
        words = "".join(c for c in folded if not unicodedata.combining(c)).split()
    return f" {' '.join(words)} "


def grams(text: str, shortest: int = SHORTEST_GRAM, longest: int = LONGEST_GRAM) -> Hashes:
    """The hashes of all n-grams inside words (a blank marks an edge), and of the words themselves: [m], repeats kept.

    One rolling polynomial over code points for all places at once; the same numbers on every machine.
    """
    points = np.fromiter(map(ord, plain(text)), dtype=np.uint64)
    blank = points == 32
    found: list[Hashes] = []
    rolling = np.zeros(len(points), dtype=np.uint64)
    inner = np.ones(len(points), dtype=bool)  # no blank strictly between the ends
    for n in range(1, longest + 1):
        rolling = rolling[: len(points) - n + 1] * _STEP + points[n - 1 :]
        inner = inner[: len(points) - n + 1]
        if n >= 3:
            inner = inner & ~blank[n - 2 : len(points) - 1]
        if n >= shortest:
            found.append(_mixed(rolling[inner], n))
    return np.concatenate(found)


def fours(text: str) -> Hashes:
    """The hashes of all grams of four letters."""
    return grams(text, 4, 4)


def words(text: str) -> Hashes:
    """The hashes of the words and of each two neighbours."""
    single = np.array([_word(word) for word in plain(text).split()], dtype=np.uint64)
    pairs = single[:-1] * _STEP + single[1:] if len(single) > 1 else single[:0]
    return np.concatenate([_mixed(single, 101), _mixed(pairs, 102)])


@lru_cache(maxsize=4096)
def _word(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def _mixed(values: Hashes, salt: int) -> Hashes:
    values = (values ^ np.uint64(salt)) * _MIX  # arrays of unsigned numbers wrap around, which is what is wanted
    return (values ^ (values >> np.uint64(29))) * _STEP


def embed(texts: Sequence[str]) -> Floats:
    """Vectors [n, DIMENSION] of length 1 that stand in for a model's: grams of 3 to 5 letters, words and word pairs.

    Counts are dampened by a logarithm and rare kinds of grams weigh more, in place of the document frequencies that a
    single text does not know. A text without a letter or sign is all zeros but for one place, so that it has a length.
    """
    rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for hashes, weight in ((grams(text, 3), 0.6), (words(text), 1.5)):
            values, counts = np.unique(hashes, return_counts=True)
            sign = np.where(values & np.uint64(1), 1.0, -1.0)
            places = ((values >> np.uint64(1)) % np.uint64(DIMENSION)).astype(np.intp)
            np.add.at(row, places, (sign * weight * (1 + np.log(counts))).astype(np.float32))
        length = float(np.linalg.norm(row))
        if length == 0.0:
            row[0], length = 1.0, 1.0
        row /= length
    return rows
