"""Putting a conversation aside until a time or until the customer writes, whichever comes first, and waking it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.service import _set_status, _touch
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation, StatusName
from desk.store import Tx


def snooze(
    tx: Tx, conversation_id: int, viewer: Viewer | None, until: datetime | None, *, name: StatusName | None = None
) -> Conversation:
    """Puts the conversation aside until a time, or until the customer writes if that is sooner; with no time, until
    they write. Raises NotPossible for a time that has passed, and for what is over."""
    conversation = get(tx, conversation_id, viewer)
    if until is not None and until <= tx.now():
        raise NotPossible("That time has passed already.")
    if conversation.status == "snoozed":
        conversation.snoozed_until = until
        _touch(tx, conversation)
        return conversation
    if conversation.status == "resolved":
        raise NotPossible("A resolved conversation cannot be snoozed: reopen it first.")
    _set_status(tx, conversation, "snoozed", at=tx.now(), viewer=viewer, until=until, name=name)
    _touch(tx, conversation)
    return conversation


def wake_due(tx: Tx, limit: int = 200) -> int:
    """Opens the conversations whose snooze is over. One without a time waits for a message."""
    due = tx.scalars(
        select(Conversation)
        .where(Conversation.status == "snoozed", Conversation.snoozed_until <= tx.now())
        .order_by(Conversation.snoozed_until)
        .limit(limit)
    ).all()
    for conversation in due:
        come_back(tx, conversation)
    return len(due)


def come_back(tx: Tx, conversation: Conversation) -> None:
    """Opens one that was put aside, because its time has come, or that of whoever wanted to be reminded of it."""
    _set_status(tx, conversation, "open", at=tx.now(), viewer=None)
    _touch(tx, conversation)
