"""How long people wait in line: a place among those who wait, and how soon the last ones were answered."""

from __future__ import annotations

from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import select

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
    ahead = _urgencies(tx, conversation.team_id)
    return 1 + sum(1 for urgency in ahead[:MOST] if urgency > conversation.urgency)


def _urgencies(tx: Tx, team_id: int | None) -> list[Any]:
    """Of the first in a team's line, the most urgent first. A reading transaction asks once: whoever tells all who
    waits where they stand does so in one."""
    kept: dict[int | None, list[Any]] = tx.memo.setdefault("lines", {})
    if team_id not in kept or tx.writing:
        kept[team_id] = list(
            tx.execute(
                select(Conversation.__table__.c.urgency)
                .where(
                    Conversation.status == "open",
                    Conversation.team_id.is_(None) if team_id is None else Conversation.team_id == team_id,
                    Conversation.waiting_since.is_not(None),
                )
                .order_by(Conversation.urgency.desc())
                .limit(MOST)
            ).scalars()
        )
    return kept[team_id]


def answer_minutes(tx: Tx, inbox_id: int) -> int | None:
    """The median of an inbox's recent first answers by people, in minutes, at least 1; None where they are too few.
    A reading transaction asks once."""
    kept: dict[int, int | None] = tx.memo.setdefault("answer_minutes", {})
    if inbox_id not in kept or tx.writing:
        kept[inbox_id] = _answer_minutes(tx, inbox_id)
    return kept[inbox_id]


def _answer_minutes(tx: Tx, inbox_id: int) -> int | None:
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
