"""How each team gives out its work, as supervisors keep it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from desk import agents
from desk.assigning.choosing import MODES
from desk.assigning.tables import AssignmentPolicy
from desk.jobs import enqueue
from desk.store import Tx

_MEMO = "assigning.policies"
LONGEST = 24 * 60


class PolicyRefused(ValueError):
    """A policy that cannot be kept so, in one sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a team's policy shall be; as a desk comes, everything is given out by hand."""

    mode: str = "hand"
    by_language: bool = False
    by_label: bool = False
    away_minutes: int | None = None
    at_end: bool = False


# Asked with every message. A statement that is made once is also sent sooner.
_EVERY = select(AssignmentPolicy).order_by(AssignmentPolicy.id)


def every(tx: Tx) -> list[AssignmentPolicy]:
    """All of them; read once a transaction. A desk that gives out by hand has none."""
    found: list[AssignmentPolicy] | None = tx.memo.get(_MEMO)
    if found is None:
        found = tx.memo[_MEMO] = list(tx.scalars(_EVERY))
    return found


def of(tx: Tx, team_id: int | None) -> AssignmentPolicy | None:
    """The policy for conversations of a team (None: of no team); None where they are given out by hand."""
    return next((row for row in every(tx) if row.team_id == team_id and row.mode != "hand"), None)


def any_on(tx: Tx) -> bool:
    return any(row.mode != "hand" for row in every(tx))


def save(tx: Tx, staff_id: int | None, team_id: int | None, wanted: Wanted) -> AssignmentPolicy:
    """Keeps a team's policy, and looks at what waits in its queue. Raises PolicyRefused and LookupError."""
    if wanted.mode not in MODES:
        raise PolicyRefused("Work is given out by hand, by round-robin or by load.")
    if wanted.away_minutes is not None and not 1 <= wanted.away_minutes <= LONGEST:
        raise PolicyRefused(f"Minutes away are a whole number from 1 to {LONGEST}; empty for never.")
    if team_id is not None and all(team.id != team_id for team in agents.teams(tx)):
        raise LookupError(f"no team {team_id}")
    row = next((one for one in every(tx) if one.team_id == team_id), None)
    if row is None:
        row = AssignmentPolicy(team_id=team_id)
        tx.add(row)
    row.mode, row.by_language, row.by_label = wanted.mode, wanted.by_language, wanted.by_label
    row.away_minutes, row.at_end = wanted.away_minutes, wanted.at_end
    row.changed_at, row.changed_by = tx.now(), staff_id
    tx.flush()
    tx.memo.pop(_MEMO, None)
    if row.mode != "hand":
        enqueue(tx, "assigning.again", {}, key="assigning.again")
    return row


def pool(tx: Tx, policy: AssignmentPolicy) -> tuple[int, ...]:
    """Who may get a conversation by it: the team's active members, or every active colleague."""
    if policy.team_id is not None:
        return next((team.staff_ids for team in agents.teams(tx) if team.id == policy.team_id), ())
    return agents.active_ids(tx)
