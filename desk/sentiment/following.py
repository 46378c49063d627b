"""How a conversation feels after each message of its customer: pure, in the order in which they were written.

One message says little: an angry person may write three polite words, for the third time. So the level of a
conversation hears each message in its circumstances, remembers what came before, and holds on the way down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = ("calm", "strained", "frustrated")
CALMER_BY = 0.12  # a level is left only when the value falls this far below where it began: nobody flaps
REMEMBERS = 0.5  # of what was there stays
# What people wait for patiently, in minutes: a wait is told in these.
PATIENCE = {"chat": 4.0, "sms": 60.0, "email": 24 * 60.0}
ALIKE_FROM, ALIKE_TO = 0.55, 0.9  # cosines between asking about the same thing and saying the same thing
UNANSWERED, REPEATED, WAITED = 0.45, 0.9, 0.35  # what circumstances add, in log-odds
AT_MOST = 2.6  # all of them together


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and its circumstances: the probability that its words are frustrated (None: not known), how many
    messages before it nobody had answered, for how many patiences the customer had waited, and the cosine with the
    likest of the customer's earlier messages."""

    frustration: float | None
    unanswered: int = 0
    waited: float = 0.0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a conversation is strained, and frustrated."""

    strained_at: float
    frustrated_at: float


@dataclass(frozen=True, slots=True)
class State:
    """Where a conversation stands."""

    value: float = 0.0
    level: str = "calm"


def patiences(minutes: float, channel: str) -> float:
    """A wait in times of what people wait patiently for on that channel."""
    return max(0.0, minutes) / PATIENCE.get(channel, PATIENCE["email"])


def circumstances(heard: Heard) -> float:
    """What the circumstances of a message add to its log-odds, from 0 to 2.6.

    Waiting counts by its logarithm, and repeating oneself counts in full only where nobody had answered.
    """
    alike = min(1.0, max(0.0, (heard.similarity - ALIKE_FROM) / (ALIKE_TO - ALIKE_FROM)))
    waited = min(4.0, math.log2(1 + max(0.0, heard.waited)))
    alone = 1.0 if heard.unanswered else 0.5
    return min(AT_MOST, UNANSWERED * min(3, heard.unanswered) + REPEATED * alike * alone + WAITED * waited)


def message(heard: Heard) -> float:
    """The probability that a customer who writes this, in these circumstances, is frustrated.

    Raises ValueError where it is not known what the words say.
    """
    if heard.frustration is None:
        raise ValueError("what is not scored has no probability")
    p = min(0.999, max(0.001, heard.frustration))
    return 1 / (1 + math.exp(-(math.log(p / (1 - p)) + circumstances(heard))))


def follow(before: float, heard: Heard) -> float:
    """The frustration of a conversation after one more message of its customer.

    Half of what was there stays, and the message adds to it as an independent reason would:
    1 - (1 - message) (1 - before / 2).
    """
    return round(1 - (1 - message(heard)) * (1 - REMEMBERS * before), 4)


def level(before: str, value: float, limits: Limits) -> str:
    """calm, strained or frustrated, with hysteresis on the way down."""
    starts = {"strained": limits.strained_at, "frustrated": max(limits.frustrated_at, limits.strained_at)}
    rank, after = LEVELS.index(before), 0
    for name in ("strained", "frustrated"):
        if value >= starts[name] - (CALMER_BY if rank >= LEVELS.index(name) else 0.0):
            after = LEVELS.index(name)
    return LEVELS[after]


def step(state: State, heard: Heard, limits: Limits) -> State:
    """The state after one message. One that was not scored leaves it as it was: circumstances alone prove no mood."""
    if heard.frustration is None:
        return state
    value = follow(state.value, heard)
    return State(value, level(state.level, value, limits))


def course(start: State, messages: Iterable[Heard], limits: Limits) -> list[State]:
    """The state after each of the messages, in their order."""
    states = []
    for heard in messages:
        start = step(start, heard, limits)
        states.append(start)
    return states
