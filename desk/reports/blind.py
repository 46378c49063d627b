"""What a blind sample tells: how often a flag is right, how much is missed, and whether a probability is what it says.

The sample holds about as many messages as people can judge, flagged ones and calm ones by themselves; each kind stands
for all that it was drawn from. Figures are of single messages, not of conversations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from random import Random

from desk.reports.frustration import BANDS, Band, Share
from desk.reports.statistics import Interval
from desk.sentiment.sampling import Drawn, SampleView

FEWEST = 10  # judged of a kind: with fewer, nothing is told of all
ROUNDS = 4000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of all messages, in [0, 1], that was worked out from both kinds, with its 95 % interval."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Blind:
    """`precision`: flagged ones that people called upset, of the judged flagged ones; `missed`: the same of the calm
    ones; None where too few of either kind were judged."""

    id: int
    at: datetime
    staff_id: int
    flagged_of: int  # messages of either kind that it was drawn from
    calm_of: int
    of: int
    judged: int
    unsure: int
    precision: Share
    missed: Share
    recall: Estimate | None
    false_alarms: Estimate | None
    bands: tuple[Band, ...]
    rows: tuple[Drawn, ...]  # those that somebody judged

    @property
    def left(self) -> int:
        return self.of - self.judged - self.unsure


def blind(sample: SampleView) -> Blind:
    """The figures of one sample."""
    known = [one for one in sample.drawn if one.verdict in ("calm", "upset")]
    flagged, calm = _share(one for one in known if one.flagged), _share(one for one in known if not one.flagged)
    recall = false_alarms = None
    if min(flagged.n, calm.n) >= FEWEST:
        recall, false_alarms = estimates((sample.flagged, flagged.good, flagged.n), (sample.calm, calm.good, calm.n))
    return Blind(
        sample.id, sample.at, sample.staff_id, sample.flagged, sample.calm,
        sum(one.verdict != "gone" for one in sample.drawn), len(known),
        sum(one.verdict == "unsure" for one in sample.drawn), flagged, calm, recall, false_alarms,
        tuple(_bands(known)), tuple(one for one in sample.drawn if one.at is not None),
    )  # fmt: skip


def _share(of: Iterable[Drawn]) -> Share:
    verdicts = [one.verdict == "upset" for one in of]
    return Share(sum(verdicts), len(verdicts))


def _bands(known: list[Drawn]) -> list[Band]:
    """Each band lies within one kind, so that what was judged in it stands for all in it."""
    out = []
    for low, high in BANDS:
        inside = [one for one in known if low <= one.chance < high]
        said = sum(one.chance for one in inside) / len(inside) if inside else 0.0
        out.append(Band(low, min(high, 1.0), said, _share(inside)))
    return out


@lru_cache(maxsize=32)
def estimates(flagged: tuple[int, int, int], calm: tuple[int, int, int]) -> tuple[Estimate, Estimate]:
    """Recall, and the share of calm messages that are flagged, of all messages. Each kind comes as (messages there are,
    judged upset, judged).

    With N the messages of a kind and p the share of upset ones, recall is N_f p_f / (N_f p_f + N_c p_c), and false
    alarms N_f (1 - p_f) / (N_f (1 - p_f) + N_c (1 - p_c)). The interval holds 95 % of what both are when the p are
    drawn from their distributions given the counts, Beta(x + 1/2, n - x + 1/2): Brown, Cai and DasGupta, Statistical
    Science 16 (2001). The seed is fixed: the same counts have the same interval.
    """

    def both(p_flagged: float, p_calm: float) -> tuple[float, float]:
        found, missed = flagged[0] * p_flagged, calm[0] * p_calm
        wrong, right = flagged[0] * (1 - p_flagged), calm[0] * (1 - p_calm)
        upset, quiet = found + missed, wrong + right
        return (found / upset if upset else 0.0), (wrong / quiet if quiet else 0.0)

    chance = Random(1)

    def drawn(kind: tuple[int, int, int]) -> float:
        return chance.betavariate(kind[1] + 0.5, kind[2] - kind[1] + 0.5)

    rounds = [both(drawn(flagged), drawn(calm)) for _ in range(ROUNDS)]
    points = both(flagged[1] / flagged[2], calm[1] / calm[2])
    out = []
    for place, value in enumerate(points):
        ordered = sorted(one[place] for one in rounds)
        low, high = ordered[ROUNDS * 25 // 1000], ordered[ROUNDS * 975 // 1000]
        out.append(Estimate(value, Interval(min(low, value), max(high, value))))
    return out[0], out[1]
