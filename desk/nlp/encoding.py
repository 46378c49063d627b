"""What every text model here gives: token states, and the readings that the bot and the frustration head share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LONGEST = 8000  # characters; 256 tokens are about 1,200 of them in any language that people write in
LOOKED_AT = 50_000  # characters that blanks are taken out of before that
MOST_TOKENS = 4096  # texts times tokens of one pass: what a pass needs of memory grows with it


class NoModel(RuntimeError):
    """There is no model to run; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass says of n texts: `mean` [n, d] (L2-normalised), its former `norm` [n], `peak` [n, d] (largest)."""

    mean: Floats
    norm: Floats
    peak: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """Token states of some of the texts: `places` [b] in the list, `states` [b, t, d], `mask` [b, t] of 0 and 1."""

    places: NDArray[np.intp]
    states: Floats
    mask: Floats


class Encoder(Protocol):
    """A loaded model. `batches` covers every text once, in any order, and is safe to call from several threads."""

    dimension: int

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]: ...


def clean(text: str) -> str:
    """A text that a tokenizer takes in no time: runs of blanks become one, halves of surrogate pairs are replaced."""
    head = text[:LOOKED_AT].encode("utf-8", "replace").decode("utf-8")
    return " ".join(head.split())[:LONGEST]


def read(encoder: Encoder, texts: Sequence[str]) -> Reading:
    """Mean, norm and peak of each text, by one pass over all of them."""
    mean = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    norm = np.zeros(len(texts), dtype=np.float32)
    peak = np.zeros_like(mean)
    for batch in encoder.batches(texts):
        mask = batch.mask[:, :, None]
        average = (batch.states * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1.0)
        length = np.linalg.norm(average, axis=1)
        mean[batch.places] = average / np.maximum(length, 1e-9)[:, None]
        norm[batch.places] = length
        peak[batch.places] = np.where(mask > 0, batch.states, -np.inf).max(axis=1)
    return Reading(mean, norm, peak)


def token_states(encoder: Encoder, texts: Sequence[str]) -> list[Floats]:
    """The states of each text's own tokens, [t, d] each, every one L2-normalised; the marks at both ends left out."""
    found: list[Floats] = [np.zeros((0, encoder.dimension), dtype=np.float32)] * len(texts)
    for batch in encoder.batches(texts):
        for place, states, mask in zip(batch.places, batch.states, batch.mask, strict=True):
            own = states[: int(mask.sum())]
            own = own[1:-1] if len(own) > 2 else own
            found[int(place)] = own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    return found


def in_batches(lengths: Sequence[int]) -> Iterator[NDArray[np.intp]]:
    """Places of texts of similar length, so that little is padded, in batches of at most MOST_TOKENS with padding."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[int(order[end])] <= MOST_TOKENS:
            end += 1
        yield order[start:end]
        start = end
