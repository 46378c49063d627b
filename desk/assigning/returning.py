"""What waits for somebody who went away goes back to the queue of its team, where the team wants that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk import agents, calendars, conversations
from desk.assigning import policies, presence, work
from desk.assigning.choosing import Standing, goes_back
from desk.assigning.keeping import current
from desk.assigning.tables import AssignmentPolicy
from desk.calendars import Hours
from desk.store import Tx

MOST = 200  # conversations a person and round


@dataclass(frozen=True, slots=True)
class Back:
    """One conversation that may have to go back, and from whom."""

    conversation_id: int
    staff_id: int


def due(tx: Tx) -> list[Back]:
    """What may have to go back now; `take_back` looks again, holding the row."""
    found: list[Back] = []
    for policy in policies.every(tx):
        if policy.away_minutes is None and not policy.at_end:
            continue
        there = presence.standings(tx)
        able = work.able(tx, there)
        for staff_id, standing in there.items():
            closed = _ended(work.hours_of(tx, able[staff_id]), None, tx.now()) and policy.at_end
            if goes_back(standing, None, tx.now(), policy.away_minutes, closed):
                found += [
                    Back(number, staff_id)
                    for number in conversations.waiting_with(tx, staff_id, policy.team_id, MOST)
                ]  # fmt: skip
    return found


def _ended(hours: Hours | None, given_at: datetime | None, now: datetime) -> bool:
    """Whether somebody's hours ended since they were given it; what is given outside of them stays until the next
    end."""
    if hours is None or calendars.opening(hours, now).open:
        return False
    return given_at is None or calendars.between(hours, given_at, now).total_seconds() > 0


def take_back(tx: Tx, back: Back) -> bool:
    """Gives one conversation back to the queue, unless its assignee keeps it, has begun to answer, or is here."""
    try:
        row = conversations.get(tx, back.conversation_id, None)
    except conversations.NotVisible:
        return False
    policy = _policy(tx, row.team_id)
    if policy is None or row.assignee_id != back.staff_id or row.status != "open" or row.waiting_since is None:
        return False
    given, standing = current(tx, row.id), presence.held(tx, [back.staff_id]).get(back.staff_id, Standing("offline"))
    if (given is not None and given.kept) or row.id in presence.drafting(tx, back.staff_id):
        return False
    at = given.at if given is not None else None
    hours = work.hours_of(tx, work.able(tx, [back.staff_id])[back.staff_id])
    ended = policy.at_end and _ended(hours, at, tx.now())
    why = goes_back(standing, at, tx.now(), policy.away_minutes, ended)
    if not why or standing.since is None:
        return False
    minutes = int((tx.now() - standing.since).total_seconds() // 60)
    name = agents.names(tx).get(back.staff_id, "")
    conversations.hand(tx, row, None, {"back": why, "from": name, "minutes": minutes})
    return True


def _policy(tx: Tx, team_id: int | None) -> AssignmentPolicy | None:
    return next((row for row in policies.every(tx) if row.team_id == team_id), None)
