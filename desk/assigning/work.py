"""What people can take and know: their hours, their places, languages and skills."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select

from desk import agents, audit, calendars, settings
from desk.assigning.tables import Skill, Work
from desk.calendars import Hours
from desk.store import Tx

CAPACITY = 10
MOST_CAPACITY = 500
CHANNELS = ("email", "sms", "chat")
MOST_WORDS = 40
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class WorkRefused(ValueError):
    """Something that cannot be kept so: the field (capacity, most, languages, skills, calendar), and a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Able:
    """What one person can take and knows."""

    calendar_id: int | None = None
    capacity: int = CAPACITY
    most: dict[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


def able(tx: Tx, staff_ids: Iterable[int]) -> dict[int, Able]:
    """Of each of these people, in two reads."""
    wanted = sorted(set(staff_ids))
    rows = {row.staff_id: row for row in tx.scalars(select(Work).where(Work.staff_id.in_(wanted)))}
    known: dict[tuple[int, str], set[str]] = {}
    for skill in tx.scalars(select(Skill).where(Skill.staff_id.in_(wanted))):
        known.setdefault((skill.staff_id, skill.kind), set()).add(skill.value)
    out: dict[int, Able] = {}
    for staff_id in wanted:
        row = rows.get(staff_id)
        out[staff_id] = Able(
            row.calendar_id if row is not None else None,
            row.capacity if row is not None else CAPACITY,
            {name: int(n) for name, n in row.most.items()} if row is not None else {},
            frozenset(known.get((staff_id, "language"), ())),
            frozenset(known.get((staff_id, "skill"), ())),
        )
    return out


def save(tx: Tx, staff_id: int, wanted: Able) -> None:
    """Keeps what one person can take and knows. Raises WorkRefused."""
    if not 1 <= wanted.capacity <= MOST_CAPACITY:
        raise WorkRefused("capacity", f"A person has 1 to {MOST_CAPACITY} places.")
    if any(name not in CHANNELS or not 0 <= n <= MOST_CAPACITY for name, n in wanted.most.items()):
        raise WorkRefused("most", f"At most 0 to {MOST_CAPACITY} of a channel; empty for no limit.")
    for language in wanted.languages:
        if not _LANGUAGE.fullmatch(language):
            raise WorkRefused("languages", f"“{language[:20]}” is no language: write its code, as de or pt.")
    skills = {folded(name) for name in wanted.skills} - {""}
    if len(skills) > MOST_WORDS or len(wanted.languages) > MOST_WORDS:
        raise WorkRefused("skills", f"That are more than {MOST_WORDS}.")
    if wanted.calendar_id is not None:
        try:
            calendars.get(tx, wanted.calendar_id)
        except LookupError as error:
            raise WorkRefused("calendar", "This calendar is not there any more.") from error
    before = able(tx, [staff_id])[staff_id]
    row = tx.get(Work, staff_id)
    if row is None:
        row = Work(staff_id=staff_id)
        tx.add(row)
    row.calendar_id, row.capacity, row.most = wanted.calendar_id, wanted.capacity, dict(wanted.most)
    tx.execute(delete(Skill).where(Skill.staff_id == staff_id))
    tx.flush()
    for kind, values in (("language", wanted.languages), ("skill", skills)):
        for value in sorted(values):
            tx.add(Skill(staff_id=staff_id, kind=kind, value=value))
    tx.flush()
    staff = agents.get(tx, staff_id)
    after = able(tx, [staff_id])[staff_id]
    audit.note(
        tx, "person", staff_id, staff.name if staff is not None else "", before=_told(before), after=_told(after)
    )


def _told(found: Able) -> dict[str, Any]:
    """What the log shows of it; of a channel without a limit, nothing."""
    return {
        "calendar_id": found.calendar_id,
        "capacity": found.capacity,
        "most": dict(sorted(found.most.items())),
        "languages": sorted(found.languages),
        "skills": sorted(found.skills),
    }


def folded(name: str) -> str:
    """A skill as it is compared with labels."""
    return " ".join(name.split())[:60].casefold()[:60]


def skills_known(tx: Tx) -> frozenset[str]:
    """Every skill that somebody has: a label of that name asks for it."""
    return frozenset(tx.scalars(select(Skill.value).where(Skill.kind == "skill").distinct()))


def hours_of(tx: Tx, found: Able) -> Hours | None:
    """When somebody works; None: always."""
    return calendars.rules(tx, calendars.version_of(tx, found.calendar_id))


def weight(tx: Tx, channel: str) -> int:
    """How many places a conversation of this channel takes."""
    return int(settings.get(tx, f"assignment.weight_{channel}")) if channel in CHANNELS else 1


def load(tx: Tx, counted: dict[str, int]) -> int:
    """How many places conversations take, by how many there are of each channel."""
    return sum(weight(tx, channel) * number for channel, number in counted.items())
