"""The states of a conversation and the order of the queue: pure, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STATUSES = ("open", "pending", "snoozed", "resolved", "spam")
LEVELS = ("calm", "strained", "frustrated")

# A frustrated customer is served as if they had waited this much longer, unless a desk's settings say otherwise.
HEAD_START = {"calm": timedelta(0), "strained": timedelta(hours=2), "frustrated": timedelta(hours=12)}
# So is one whose promised answer is nearly due, or overdue.
PROMISE = {"soon": timedelta(hours=4), "late": timedelta(hours=12)}
PRIORITY = {-1: timedelta(hours=-8), 0: timedelta(0), 1: timedelta(hours=6)}
NOBODY_WAITS = timedelta(days=60)  # put behind everybody who waits

_ZERO = datetime(2010, 1, 1, tzinfo=UTC)


class NotPossible(ValueError):
    """The conversation is in a state in which that makes no sense; the message says so in one sentence."""


def urgency(
    *,
    waiting_since: datetime | None,
    last_at: datetime,
    level: str,
    priority: int,
    due_at: datetime | None = None,
    due_state: str = "",
    head_start: Mapping[str, timedelta] = HEAD_START,
) -> float:
    """The sort key of the queues, highest first.

    It is the negative of a moment (in minutes): since when the customer has waited, moved back by a head start for
    frustration, for a promise that is nearly due or overdue, and for priority. Because everybody's waiting grows alike,
    the key does not change while time passes, so that the queue is one indexed read. Where nobody waits, the
    conversation counts as waiting from 60 days after its last message, or from when something that was promised to its
    customer is due, if that is sooner.
    """
    since = _since(waiting_since, last_at, due_at)
    since -= head_start[level] + PRIORITY.get(priority, timedelta(0)) + PROMISE.get(due_state, timedelta(0))
    return -round((since - _ZERO).total_seconds() / 60, 4)


def head_start_of(
    key: float,
    *,
    waiting_since: datetime | None,
    last_at: datetime,
    priority: int,
    due_at: datetime | None = None,
    due_state: str = "",
) -> timedelta:
    """How much of a sort key is its head start for frustration, to the minute: what a row stands with, whatever the
    settings say by now."""
    start = _since(waiting_since, last_at, due_at) - _ZERO
    start -= PRIORITY.get(priority, timedelta(0)) + PROMISE.get(due_state, timedelta(0))
    return timedelta(minutes=round(key + start.total_seconds() / 60))


def _since(waiting_since: datetime | None, last_at: datetime, due_at: datetime | None) -> datetime:
    if waiting_since is not None:
        return waiting_since
    since = last_at + NOBODY_WAITS
    return since if due_at is None else min(since, due_at)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of status that is allowed, and what it means for the episode."""

    before: str
    after: str
    opens_episode: bool
    closes_episode: bool


def change(before: str, after: str) -> Change:
    """What a change of status means. Raises NotPossible for one that changes nothing or is not a status."""
    if after not in STATUSES:
        raise NotPossible(f"“{after}” is not a status.")
    if before == after:
        raise NotPossible(f"This conversation is {after} already.")
    closed = ("resolved", "spam")
    return Change(
        before,
        after,
        opens_episode=before in closed and after not in closed,
        closes_episode=before not in closed and after in closed,
    )
