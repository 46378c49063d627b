"""Which reason an episode has, and how it came: a person's choice, else that of the group that its question fell in.

A choice of a person's is a row of its own. What follows from a group is written nowhere: it is read by way of the
group, so that a group that is given another reason, or is put together with another, takes all its episodes along at
once, however many they are, and a question that is taken out of a group loses the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk import agents, conversations, questions
from desk.agents import Viewer
from desk.reasons.service import BadReason, get
from desk.reasons.tables import EpisodeReason, Reason, ReasonGroup
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Given:
    """The reason of an episode. `how`: `person`, `group`, or empty where it has none; of a person who took it away
    there is a name and no reason. `alike` counts the other questions of the group."""

    reason_id: int | None
    path: str
    how: str
    by: str = ""
    since: datetime | None = None
    group_id: int | None = None
    alike: int = 0


NOTHING = Given(None, "", "")


def say_what(tx: Tx, group_id: int, reason_id: int | None, by: Viewer) -> int:
    """What the questions of a group are about; none puts it aside. Gives the group's number. Raises LookupError,
    BadReason."""
    group = questions.group(tx, group_id)
    if reason_id is not None:
        reason = get(tx, reason_id)
        if reason.archived_at is not None:
            raise BadReason("archived")
        reason_id = reason.id
    row = tx.get(ReasonGroup, group.id)
    if row is None:
        tx.add(ReasonGroup(group_id=group.id, reason_id=reason_id, at=tx.now(), by=by.id))
    elif row.reason_id != reason_id:
        row.reason_id, row.at, row.by = reason_id, tx.now(), by.id
    tx.flush()
    return group.id


def let_go(tx: Tx, group_id: int) -> None:
    """The questions of a group are about nothing that is known: it is offered again. Raises LookupError."""
    row = tx.get(ReasonGroup, questions.group(tx, group_id).id)
    if row is not None:
        tx.delete(row)
    tx.flush()


def groups_joined(tx: Tx, group_id: int, into_id: int) -> None:
    """Two groups are one now: the one that stays keeps its reason, or gets that of the other."""
    old, new = tx.get(ReasonGroup, group_id), tx.get(ReasonGroup, into_id)
    if old is None:
        return
    if new is None:
        tx.add(ReasonGroup(group_id=into_id, reason_id=old.reason_id, at=old.at, by=old.by))
    elif new.reason_id is None:
        new.reason_id, new.at, new.by = old.reason_id, old.at, old.by
    tx.delete(old)
    tx.flush()


def choose(tx: Tx, conversation_id: int, by: Viewer, reason_id: int | None) -> None:
    """A person's choice for what a conversation is about now; none: there is no reason. Raises LookupError,
    conversations.NotVisible, BadReason."""
    episode_id = conversations.get(tx, conversation_id, by).episode_id
    if episode_id is None:
        raise LookupError("This conversation has no episode.")
    if reason_id is not None:
        reason = get(tx, reason_id)
        if reason.archived_at is not None:
            raise BadReason("archived")
        reason_id = reason.id
    row = tx.get(EpisodeReason, episode_id, with_for_update=True)
    if row is None:
        tx.add(EpisodeReason(episode_id=episode_id, reason_id=reason_id, at=tx.now(), by=by.id))
    else:
        row.reason_id, row.at, row.by = reason_id, tx.now(), by.id
    tx.flush()


def leave_to_desk(tx: Tx, conversation_id: int, by: Viewer) -> None:
    """Takes a person's choice back: its question says again what it is about. Raises LookupError."""
    row = tx.get(EpisodeReason, conversations.get(tx, conversation_id, by).episode_id or 0)
    if row is not None:
        tx.delete(row)
    tx.flush()


def given(tx: Tx, episode_id: int | None) -> Given:
    """The reason of an episode, and why it has it."""
    if episode_id is None:
        return NOTHING
    chosen = tx.get(EpisodeReason, episode_id)
    if chosen is not None:
        name = agents.names(tx).get(chosen.by, "")
        found, path = _called(tx, chosen.reason_id)
        return Given(found, path, "person", name, chosen.at)
    group_id = questions.group_with(tx, episode_id)
    row = tx.get(ReasonGroup, group_id) if group_id is not None else None
    if row is None or row.reason_id is None:
        return NOTHING
    found, path = _called(tx, row.reason_id)
    alike = questions.count(tx, row.group_id) - 1
    return Given(found, path, "group", since=row.at, group_id=row.group_id, alike=alike)


def _called(tx: Tx, reason_id: int | None) -> tuple[int | None, str]:
    if reason_id is None:
        return None, ""
    reason = get(tx, reason_id)
    above = tx.get(Reason, reason.parent_id) if reason.parent_id is not None else None
    return reason.id, f"{above.name} › {reason.name}" if above is not None else reason.name
