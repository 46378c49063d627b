"""How long people wait in line: a place among those who wait, and how soon the last ones were answered."""

from __future__ import annotations

from math import ceil
from statistics import median

from sqlalchemy import func, select

from desk.conversations.tables import Conversation, Episode
from desk.store import Tx

MOST = 99  # places past this one are told as "more"
LOOKED_AT = 500  # of the newest episodes of the desk, so that the cost does not grow with its age
ENOUGH = 5
RECENT = 50


def place_in_line(tx: Tx, conversation: Conversation) -> int | None:
    """How many of its team's conversations come before this one, itself counted: 1 is next. None where nobody waits
    in it. Counting stops at `MOST` + 1; both databases walk ix_conversations_queue from the most urgent one."""
    if conversation.status != "open" or conversation.waiting_since is None:
        return None
    ahead = (
        select(Conversation.id)
        .where(
            Conversation.status == "open",
            Conversation.team_id.is_(None)
            if conversation.team_id is None
            else Conversation.team_id == conversation.team_id,
            Conversation.waiting_since.is_not(None),
            Conversation.urgency > conversation.urgency,
        )
        .limit(MOST)
        .subquery()
    )
    return 1 + (tx.scalar(select(func.count()).select_from(ahead)) or 0)


def answer_minutes(tx: Tx, inbox_id: int) -> int | None:
    """The median of an inbox's recent first answers by people, in minutes, at least 1; None where they are too few."""
    newest = (
        select(Episode.conversation_id, Episode.id, Episode.first_message_at, Episode.first_reply_at)
        .order_by(Episode.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    rows = tx.execute(
        select(newest.c.first_message_at, newest.c.first_reply_at)
        .join(Conversation, Conversation.id == newest.c.conversation_id)
        .where(
            Conversation.inbox_id == inbox_id,
            newest.c.first_reply_at.is_not(None),
            newest.c.first_message_at.is_not(None),
        )
        .order_by(newest.c.id.desc())
        .limit(RECENT)
    ).all()
    if len(rows) < ENOUGH:
        return None
    seconds = median((reply - message).total_seconds() for message, reply in rows)
    return max(1, ceil(seconds / 60))
