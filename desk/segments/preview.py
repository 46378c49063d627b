"""What a condition would hold for, before it is saved: counted over everybody, or over a part where they are many."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass

from desk import facts, people
from desk.facts import Condition
from desk.store import Tx

MOST = 2000  # customers looked at while somebody waits: about a tenth of a second
BATCH = 500


@dataclass(frozen=True, slots=True)
class Step:
    """What is left when one more part of the condition is asked; `text` is that part."""

    text: str
    exception: bool
    n: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`n` of the `looked` customers fit; the desk has `of`. Where `looked` is fewer, they are spread evenly over
    all, and what `n` says of all of them has an interval. `stages` is (model, stage) -> how many of the `n`."""

    n: int
    looked: int
    of: int
    steps: tuple[Step, ...]
    stages: dict[tuple[str, str], int]

    @property
    def whole(self) -> bool:
        return self.looked >= self.of

    @property
    def estimate(self) -> int:
        """How many of all customers that would be."""
        return self.n if self.whole else round(self.n * self.of / self.looked) if self.looked else 0


def preview(tx: Tx, condition: Condition, most: int = MOST) -> Preview:
    """Looks at `most` customers at most, spread evenly over all of them."""
    of = people.count(tx)
    ids = people.spread(tx, most, zlib.crc32(str(condition).encode()) / 2**32)
    names = condition.names | {"stage", "stage_model"}
    parts = condition.steps()
    left = [0] * len(parts)
    stages: Counter[tuple[str, str]] = Counter()
    now, n = tx.now(), 0
    for start in range(0, len(ids), BATCH):
        for view in facts.views(tx, ids[start : start + BATCH], names=names).values():
            for place, (_, _, upto) in enumerate(parts):
                if not upto.holds(view, now):
                    break
                left[place] += 1
            else:
                n += 1
                stages[(str(view.value("stage_model", now) or ""), str(view.value("stage", now) or ""))] += 1
    steps = tuple(Step(text, exception, k) for (text, exception, _), k in zip(parts, left, strict=True))
    return Preview(n, len(ids), of, steps, dict(stages))
