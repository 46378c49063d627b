"""Conversations given out and taken back by the desk itself, whom they weigh on, and the note that goes with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.service import _touch
from desk.conversations.tables import Conversation
from desk.store import Tx

_C = Conversation.__table__.c


def _of(team_id: int | None) -> ColumnElement[bool]:
    return _C.team_id.is_(None) if team_id is None else _C.team_id == team_id


def hand(tx: Tx, conversation: Conversation, staff_id: int | None, because: dict[str, Any]) -> None:
    """Gives a conversation to a colleague, or back to its team's queue; `because` stands in the line."""
    before = conversation.assignee_id
    if before == staff_id:
        return
    conversation.assignee_id = staff_id
    detail = {"before": before, "after": staff_id, "because": because}
    say(tx, conversation, "assigned", tx.now(), None, detail)
    _touch(tx, conversation)


def nobody_took(tx: Tx, conversation: Conversation, because: dict[str, Any]) -> None:
    """A line that says why it is still nobody's."""
    say(tx, conversation, "waits", tx.now(), None, because)


def pin(tx: Tx, conversation_id: int, entry_id: int | None) -> None:
    """Keeps a note at the top of a conversation until somebody answers; None takes it down."""
    conversation = get(tx, conversation_id, None)
    if conversation.pinned_entry_id != entry_id:
        conversation.pinned_entry_id = entry_id
        _touch(tx, conversation)


def loads(tx: Tx, staff_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many open conversations of each channel each of these people has now."""
    out: dict[int, dict[str, int]] = {staff_id: {} for staff_id in staff_ids}
    query = (
        select(_C.assignee_id, _C.channel, func.count())
        .where(_C.assignee_id.in_(sorted(staff_ids)), _C.status == "open", _C.merged_into.is_(None))
        .group_by(_C.assignee_id, _C.channel)
    )
    for staff_id, channel, number in tx.execute(query):
        out[staff_id][channel] = number
    return out


def unassigned_of(tx: Tx, team_id: int | None, limit: int) -> list[int]:
    """Open conversations of a team (None: of no team) that nobody has and whose customers wait, most urgent first."""
    query = (
        select(_C.id)
        .where(_C.status == "open", _C.assignee_id.is_(None), _of(team_id))
        .where(_C.waiting_since.is_not(None), _C.bot != "talking", _C.merged_into.is_(None))
        .order_by(_C.urgency.desc(), _C.id.desc())
        .limit(limit)
    )
    return list(tx.scalars(query))


def waiting_with(tx: Tx, staff_id: int, team_id: int | None, limit: int) -> list[int]:
    """Open conversations of a team (None: of no team) that a colleague has and whose customers wait for an answer."""
    query = (
        select(_C.id)
        .where(_C.assignee_id == staff_id, _C.status == "open", _C.waiting_since.is_not(None))
        .where(_of(team_id), _C.merged_into.is_(None))
        .order_by(_C.urgency.desc(), _C.id.desc())
        .limit(limit)
    )
    return list(tx.scalars(query))
