"""The states of a conversation and the order of the queue: pure, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STATUSES = ("open", "pending", "snoozed", "resolved", "spam")
LEVELS = ("calm", "strained", "frustrated")

# A frustrated customer is served as if they had waited this much longer.
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
) -> float:
    """The sort key of the queues, highest first.

    It is the negative of a moment (in minutes): since when the customer has waited, moved back by a head start for
    frustration, for a promise that is nearly due or overdue, and for priority. Because everybody's waiting grows alike,
    the key does not change while time passes, so that the queue is one indexed read. Where nobody waits, the
    conversation counts as waiting from 60 days after its last message, or from when something that was promised to its
    customer is due, if that is sooner.
    """
    since = waiting_since if waiting_since is not None else last_at + NOBODY_WAITS
    if waiting_since is None and due_at is not None:
        since = min(since, due_at)
    since -= HEAD_START[level] + PRIORITY.get(priority, timedelta(0)) + PROMISE.get(due_state, timedelta(0))
    return -round((since - _ZERO).total_seconds() / 60, 4)


def urgency_shown(
    *, waiting_since: datetime | None, level: str, priority: int, now: datetime, due_state: str = ""
) -> str:
    """The formula with its numbers, in minutes: "waiting 35 + frustrated 720"."""
    parts = []
    if waiting_since is None:
        parts.append("nobody waits")
    else:
        parts.append(f"waiting {max(0, int((now - waiting_since).total_seconds() // 60))} min")
    if HEAD_START[level]:
        parts.append(f"{level} +{int(HEAD_START[level].total_seconds() // 60)} min")
    if due_state in PROMISE:
        parts.append(f"promise {due_state} +{int(PROMISE[due_state].total_seconds() // 60)} min")
    if PRIORITY.get(priority):
        parts.append(f"priority {int(PRIORITY[priority].total_seconds() // 60):+d} min")
    return ", ".join(parts)


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
