"""What a conversation was promised, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk import calendars, conversations
from desk.agents import Viewer
from desk.sla.tables import Clock, Policy
from desk.store import Tx

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock: what was promised, by which policy and why, and how it stands."""

    kind: str
    policy: str
    because: Mapping[str, Any]
    minutes: int
    around_the_clock: bool
    zone: str
    started_at: datetime
    due_at: datetime | None
    promised_at: datetime | None
    left_seconds: float
    state: str  # running, soon, late, paused, never; met, breached, dropped
    stopped_at: datetime | None


def promises(tx: Tx, conversation_id: int, viewer: Viewer) -> list[Promise]:
    """The clocks of a conversation, those that run first, then the latest. Raises NotVisible."""
    conversations.seen(tx, conversation_id, viewer)
    query = (
        select(Clock, Policy.name)
        .join(Policy, Policy.id == Clock.policy_id)
        .where(Clock.conversation_id == conversation_id)
        .order_by(Clock.id.desc())
        .limit(SHOWN)
    )
    found = []
    for clock, name in tx.execute(query):
        rules = calendars.rules(tx, clock.version_id)
        found.append(
            Promise(
                clock.kind,
                name,
                clock.because,
                clock.minutes,
                rules is None,
                rules.zone if rules is not None else "",
                clock.started_at,
                clock.due_at,
                clock.promised_at,
                clock.left_seconds,
                _state(clock),
                clock.stopped_at,
            )
        )
    return sorted(found, key=lambda p: p.stopped_at is not None)


def _state(clock: Clock) -> str:
    if clock.stopped_at is not None:
        return clock.outcome
    if clock.paused_at is not None:
        return "paused"
    if clock.due_at is None:
        return "never"
    return "late" if clock.breached_at is not None else "soon" if clock.warned_at is not None else "running"
