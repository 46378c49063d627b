"""How groups are made, on vectors that nobody can mistake; bench/grouping.py measures published questions."""

from __future__ import annotations

import numpy as np

from desk.questions import grouping
from desk.questions.grouping import BARE


def test_heaps_are_those_of_average_linkage() -> None:
    draw = np.random.default_rng(3)
    middles = draw.normal(size=(4, 24))
    vectors = np.repeat(middles, 5, axis=0) + 0.4 * draw.normal(size=(20, 24))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    found = grouping.heaps(vectors, 0.5)
    assert sorted(sorted(heap) for heap in found) == [list(range(n, n + 5)) for n in range(0, 20, 5)]
    assert grouping.heaps(vectors[:0], 0.5) == [] and grouping.heaps(vectors[:1], 0.5) == [[0]]
    everything = grouping.heaps(vectors, -1.1)
    assert sorted(everything[0]) == list(range(20)) and len(everything) == 1
    assert len(grouping.heaps(vectors, 1.1)) == 20


def test_two_are_no_group_and_what_is_near_a_group_joins_it() -> None:
    one = np.array([[1, 0, 0], [0.99, 0.1, 0], [0, 1, 0]], dtype=np.float32)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    nothing = one[:0]
    assert grouping.group(one, nothing, nothing, BARE).made == []
    found = grouping.group(one[:2], nothing, one[:1], BARE)
    assert [sorted(heap) for heap in found.made] == [[0, 1, 2]]
    assert list(grouping.group(one, one[:1], nothing, BARE).joined) == [0, 0, -1]
