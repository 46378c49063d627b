"""What rules do with conversations and ask of them: given to a team, the newest of a customer, those who wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from desk import agents
from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.service import _assign, _touch
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation
from desk.store import Tx

_C = Conversation.__table__.c


def give_to_team(tx: Tx, conversation_id: int, viewer: Viewer | None, team_id: int) -> Conversation:
    """Puts a conversation into a team's queues. Whoever had it and is not of that team has it no more, for they would
    not see it. Raises NotPossible."""
    conversation = get(tx, conversation_id, viewer)
    team = next((one for one in agents.teams(tx) if one.id == team_id), None)
    if team is None:
        raise NotPossible("This team is not there any more.")
    if conversation.team_id == team_id:
        return conversation
    before, by = conversation.team_id, viewer.id if viewer else None
    conversation.team_id = team_id
    say(tx, conversation, "assigned", tx.now(), by, {"team_before": before, "team": team_id, "team_name": team.name})
    if conversation.assignee_id is not None and conversation.assignee_id not in team.staff_ids:
        _assign(tx, conversation, None, by=by, at=tx.now())
    _touch(tx, conversation)
    return conversation


def latest_of(tx: Tx, customer_id: int) -> int | None:
    """The conversation of a customer in which something was said last; None where there is none."""
    query = (
        select(Conversation.id)
        .where(Conversation.customer_id == customer_id, Conversation.merged_into.is_(None))
        .order_by(Conversation.last_at.desc())
        .limit(1)
    )
    return tx.scalar(query)


def waiting(tx: Tx, for_what: str, after: datetime, upto: datetime, limit: int) -> list[tuple[int, datetime]]:
    """(conversation, since when) of those in which the customer has waited for an answer (`unanswered`), or we for the
    customer (`silent`), since a moment between the two; the longest first."""
    if for_what == "unanswered":
        since, those = _C.waiting_since, [_C.status == "open"]
    else:
        since, those = _C.last_at, [_C.status.in_(("open", "pending")), _C.waiting_since.is_(None)]
        those.append(_C.last_author != "customer")
    query = select(_C.id, since).where(*those, since > after, since <= upto).order_by(since, _C.id).limit(limit)
    return [(number, at) for number, at in tx.execute(query)]


def newest(tx: Tx, before: int | None, limit: int) -> list[Conversation]:
    """The conversations that were opened last, newest first; `before` a number goes on."""
    query = select(Conversation).where(Conversation.merged_into.is_(None))
    if before is not None:
        query = query.where(Conversation.id < before)
    return list(tx.scalars(query.order_by(Conversation.id.desc()).limit(limit)))
