"""What a message looks like to the head besides its meaning: VADER's moods, the style of writing, and its words."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from desk.nlp import Reading

Floats = NDArray[np.float32]

READ = 5000  # characters: what comes after adds nothing but time
STYLES = 10
VADERS = 4  # of them, the first are VADER's
GRAMS_OF = 1500  # characters, about as many as the language model reads
BUCKETS = 1 << 17  # of hashed words, pairs of words and letters in a row

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[!?]+|[\U0001f300-\U0001faff☹☺❤]")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_DRAWN = re.compile(r"([^\W\d_])\1{2,}")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=1)
def vader() -> Any:
    """VADER's word list and rules, read once."""
    return SentimentIntensityAnalyzer()


def plain(text: str) -> str:
    """The text as the model reads it: its beginning, without addresses of people and pages, which say no mood."""
    return _SPACE.sub(" ", _LINK.sub(" ", _HANDLE.sub(" ", text[:READ]))).strip()


def joined(reading: Reading, styles: Floats) -> Floats:
    """[n, 2 d + 11]: what the network reads: mean, its norm, the peak, and the style."""
    return np.concatenate([reading.mean, reading.norm[:, None], reading.peak, styles], 1).astype(np.float32)


def style(texts: Sequence[str]) -> Floats:
    """[n, 10]: VADER's compound, negative, neutral and positive; ! and ?; capitals; length; drawn-out letters; dots."""
    out = np.zeros((len(texts), STYLES), np.float32)
    for row, text in zip(out, texts, strict=True):
        text = text[:READ]
        if not text.strip():
            continue
        mood = vader().polarity_scores(text)
        words = _LETTERS.findall(text)
        loud = sum(1 for word in words if word.isupper())
        row[:] = (
            mood["compound"],
            mood["neg"],
            mood["neu"],
            mood["pos"],
            min(5, text.count("!")) / 5,
            min(5, text.count("?")) / 5,
            loud / max(3, len(words)),
            np.log1p(len(words)) / 4,
            min(3, len(_DRAWN.findall(text))) / 3,
            min(3, text.count("...") + text.count("…")) / 3,
        )
    return out


def grams(text: str) -> list[str]:
    """What a text is hashed by: its words, each two that follow one another, and three to five letters in a row.

    In small letters; ! and ? are words. Letters in a row see through spelling mistakes and drawn-out words.
    """
    head = text[:GRAMS_OF].casefold().replace("’", "'")
    words = [word[:2] if word[0] in "!?" else word for word in _WORD.findall(head)]
    line = f" {' '.join(words)} "
    pieces = [line[start : start + n] for n in (3, 4, 5) for start in range(len(line) - n + 1)]
    return [f"w {word}" for word in words] + [f"w {a} {b}" for a, b in pairwise(words)] + pieces


def buckets(text: str) -> tuple[NDArray[np.int64], Floats]:
    """The buckets that a text's grams fall into, in rising order, and how often each is hit."""
    hashed = [zlib.crc32(gram.encode("utf-8", "replace")) & (BUCKETS - 1) for gram in grams(text)]
    found, counts = np.unique(np.asarray(hashed, np.int64), return_counts=True)
    return found, counts.astype(np.float32)
