"""Teams: who answers for which inboxes and conversations."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select

from desk import audit
from desk.agents.tables import Staff, Team, TeamMember
from desk.signals import RightsChanged
from desk.store import Tx


class TeamRefused(ValueError):
    """A team that the desk does not take. `reason`: name or taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"team refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TeamView:
    """One team and the ids of its active members, by name."""

    id: int
    name: str
    staff_ids: tuple[int, ...]


def create_team(tx: Tx, name: str) -> Team:
    """Raises TeamRefused for an empty name, one past 120 characters, or one that is taken."""
    team = Team(name=_free_name(tx, name, None))
    tx.add(team)
    tx.flush()
    return team


def rename_team(tx: Tx, team_id: int, name: str) -> Team:
    """Raises LookupError, TeamRefused."""
    team = _get(tx, team_id)
    team.name = _free_name(tx, name, team_id)
    tx.flush()
    return team


def _free_name(tx: Tx, name: str, own: int | None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise TeamRefused("name")
    # Compared in Python: SQLite's lower() knows ASCII only, and a desk has dozens of teams, not thousands.
    taken = {row.name.casefold() for row in tx.execute(select(Team.id, Team.name)) if row.id != own}
    if name.casefold() in taken:
        raise TeamRefused("taken")
    return name


def _get(tx: Tx, team_id: int) -> Team:
    team = tx.get(Team, team_id)
    if team is None:
        raise LookupError(f"no team has the id {team_id}")
    return team


def add_member(tx: Tx, team_id: int, staff_id: int) -> None:
    """Adding somebody twice is harmless. Raises LookupError."""
    _get(tx, team_id)
    if tx.get(Staff, staff_id) is None:
        raise LookupError(f"nobody has the id {staff_id}")
    if tx.get(TeamMember, (team_id, staff_id)) is None:
        tx.add(TeamMember(team_id=team_id, staff_id=staff_id))
        tx.flush()
        tx.announce(RightsChanged(staff_id))


def remove_member(tx: Tx, team_id: int, staff_id: int) -> None:
    """Removing somebody who is not in it is harmless."""
    tx.execute(delete(TeamMember).where(TeamMember.team_id == team_id, TeamMember.staff_id == staff_id))
    tx.announce(RightsChanged(staff_id))


def set_teams(tx: Tx, staff_id: int, team_ids: frozenset[int]) -> None:
    """Makes `team_ids` exactly the teams of this person. Raises LookupError."""
    now = frozenset(tx.scalars(select(TeamMember.team_id).where(TeamMember.staff_id == staff_id)))
    for team_id in now - team_ids:
        remove_member(tx, team_id, staff_id)
    for team_id in team_ids - now:
        add_member(tx, team_id, staff_id)
    if now != team_ids:
        names = {row.id: row.name for row in tx.execute(select(Team.id, Team.name))}
        before, after = ({"teams": sorted(names[one] for one in some if one in names)} for some in (now, team_ids))
        staff = tx.get(Staff, staff_id)
        audit.note(tx, "person", staff_id, staff.name if staff is not None else "", before=before, after=after)


def teams(tx: Tx) -> list[TeamView]:
    """All teams by name, each with its active members."""
    members: dict[int, list[int]] = {}
    rows = tx.execute(
        select(TeamMember.team_id, TeamMember.staff_id)
        .join(Staff, Staff.id == TeamMember.staff_id)
        .where(Staff.active.is_(True))
        .order_by(func.lower(Staff.name), Staff.id)
    )
    for row in rows:
        members.setdefault(row.team_id, []).append(row.staff_id)
    found = tx.execute(select(Team.id, Team.name)).all()
    return [
        TeamView(row.id, row.name, tuple(members.get(row.id, ())))
        for row in sorted(found, key=lambda row: (row.name.casefold(), row.id))
    ]
