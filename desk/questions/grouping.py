"""Groups of questions that mean the same, found a few at a time: groups that stand keep their number. Pure.

A question joins the group whose middle it is near to. Those that join none are held against the other loose ones, and
where enough of them are near to one another, by the mean of all pairs, they become a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desk.nlp.encoding import Floats

LEAST = 3  # questions that make a group


class Nearness(NamedTuple):
    """From which cosine with a group's middle a question `join`s it, and from which mean cosine of all pairs two heaps
    of loose questions are one (`alike`)."""

    join: float
    alike: float


THROUGH_LENS = Nearness(0.53, 0.43)
BARE = Nearness(0.65, 0.55)  # while there are too few questions for a lens
BY_LETTERS = Nearness(0.6, 0.45)  # where there is no model


@dataclass(frozen=True, slots=True)
class Found:
    """`joined`: for each new question the place of its group, -1 for none. `made`: new groups, as places in the new
    questions and, from `len(new)` on, in the loose ones."""

    joined: NDArray[np.intp]
    made: list[list[int]] = field(default_factory=list)


def group(new: Floats, middles: Floats, loose: Floats, near: Nearness = THROUGH_LENS) -> Found:
    """Of unit vectors: new questions [n, d], middles of standing groups [g, d] and loose questions [m, d]."""
    joined = join(new, middles, near.join)
    rest = np.flatnonzero(joined < 0)
    together = np.concatenate([new[rest], loose]) if len(loose) else new[rest]
    names = [*(int(n) for n in rest), *range(len(new), len(new) + len(loose))]
    made = [[names[i] for i in heap] for heap in heaps(together, near.alike) if len(heap) >= LEAST]
    return Found(joined, made)


def join(new: Floats, middles: Floats, near: float) -> NDArray[np.intp]:
    """The nearest group of each question, -1 where none is near enough."""
    if not len(middles) or not len(new):
        return np.full(len(new), -1, dtype=np.intp)
    cosines = new @ middles.T
    best = cosines.argmax(axis=1)
    return np.where(cosines[np.arange(len(new)), best] >= near, best, -1)


def heaps(vectors: Floats, alike: float) -> list[list[int]]:
    """Agglomeration by the mean cosine of all pairs (average linkage), down to `alike`; by chains of nearest
    neighbours (Murtagh 1983), which takes n² of time and of memory: 1,500 questions are 9 MB and half a second."""
    n = len(vectors)
    members: dict[int, list[int]] = {i: [i] for i in range(n)}
    if n < 2:
        return list(members.values())
    likeness: Floats = (vectors @ vectors.T).astype(np.float32)
    np.fill_diagonal(likeness, -np.inf)
    size = np.ones(n, dtype=np.float32)
    chain: list[int] = []
    left = n
    start = 0
    while left > 1:
        if not chain:
            while start not in members:  # what is settled has a negative name
                start += 1
            chain.append(start)
        top = chain[-1]
        nearest = int(likeness[top].argmax())
        value = float(likeness[top, nearest])
        if len(chain) > 1 and likeness[top, chain[-2]] >= value:
            nearest = chain[-2]
        if value < alike:  # nobody is near: what the chain came from may still find others
            likeness[top, :] = likeness[:, top] = -np.inf
            members[-top - 1] = members.pop(top)
            left -= 1
            chain.pop()
            continue
        if len(chain) > 1 and nearest == chain[-2]:
            chain.pop()
            chain.pop()
            merged = (size[top] * likeness[top] + size[nearest] * likeness[nearest]) / (size[top] + size[nearest])
            likeness[nearest, :] = likeness[:, nearest] = merged
            likeness[nearest, nearest] = -np.inf
            likeness[top, :] = likeness[:, top] = -np.inf
            size[nearest] += size[top]
            members[nearest] += members.pop(top)
            left -= 1
        else:
            chain.append(nearest)
    return list(members.values())


def medoid(vectors: Floats) -> int:
    """The place of the vector that is nearest to the middle of all."""
    return int((vectors @ vectors.sum(axis=0)).argmax())


def purity(groups: Sequence[int], labels: Sequence[object]) -> float:
    """The share of grouped questions that carry the commonest label of their group; -1 is no group."""
    counts: dict[int, dict[object, int]] = {}
    for number, label in zip(groups, labels, strict=True):
        if number >= 0:
            of = counts.setdefault(number, {})
            of[label] = of.get(label, 0) + 1
    total = sum(sum(of.values()) for of in counts.values())
    return sum(max(of.values()) for of in counts.values()) / total if total else 0.0
