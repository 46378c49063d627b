"""The hidden truths as rates: who is satisfied, who answers when asked, how tense somebody is. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

STRAINED_FROM, FRUSTRATED_FROM = 0.46, 0.72
# Silence depends on the score, so that the answers alone paint a friendlier picture than the truth.
ANSWERS = {1: 0.52, 2: 0.42, 3: 0.38, 4: 0.58, 5: 0.71}
COMMENTS = {1: 0.85, 2: 0.75, 3: 0.5, 4: 0.25, 5: 0.35}
CARRIER_COSTS = 2.8  # log-odds of satisfaction that the new carrier costs with a delivery


def mood(tension: float) -> str:
    """calm, strained or frustrated, as the customer truly is."""
    if tension >= FRUSTRATED_FROM:
        return "frustrated"
    return "strained" if tension >= STRAINED_FROM else "calm"


def chance(log_odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Course:
    """How one episode went, as far as it bears on satisfaction."""

    happy: float  # the topic's log-odds
    skill: float  # the agent's
    warmth: float  # the customer's
    first_wait_hours: float
    failed: int  # answers that did not solve it
    chasers: int
    peak: float  # highest tension
    carrier: bool  # a delivery by the new carrier
    given_up: bool
    episode: int  # 1 for the first


def satisfaction(course: Course) -> float:
    """The probability that this customer would answer 4 or 5."""
    odds = 1.35 + course.happy + course.skill + course.warmth
    odds -= 0.25 * math.log2(1 + course.first_wait_hours / 8)
    odds -= 0.8 * course.failed + 0.5 * course.chasers
    odds -= 2.5 * max(0.0, course.peak - STRAINED_FROM)
    odds -= CARRIER_COSTS * course.carrier + 2.0 * course.given_up + 0.8 * (course.episode > 1)
    return chance(odds)


def score(rng: Random, satisfied: bool, warmth: float, tension: float) -> int:
    """What they would answer on 1..5."""
    if satisfied:
        return 5 if rng.random() < 0.62 + 0.15 * warmth else 4
    return rng.choices((3, 2, 1), (0.42 - 0.2 * tension, 0.28, 0.15 + 0.35 * tension))[0]


def comments_on(would: int) -> str:
    """The shelf of comments for a score."""
    return "good" if would >= 4 else "middling" if would == 3 else "bad"


REASONS: dict[str, tuple[tuple[str, int], ...]] = {
    "good": (("speed", 5), ("solved", 6), ("manner", 5), ("clear", 3), ("product", 1)),
    "middling": (("speed", 5), ("solved", 3), ("manner", 2), ("clear", 2), ("product", 2)),
    "bad": (("speed", 5), ("solved", 6), ("manner", 1), ("clear", 2), ("product", 3)),
}


def reasons(rng: Random, would: int) -> tuple[str, ...]:
    """What they would tick as having mattered."""
    weighted = REASONS[comments_on(would)]
    names, weights = [name for name, _ in weighted], [weight for _, weight in weighted]
    count = rng.choices((0, 1, 2), (0.35, 0.45, 0.2))[0]
    return tuple(dict.fromkeys(rng.choices(names, weights)[0] for _ in range(count)))
