"""What a conversation does while the bot talks in it, and when it hands over.

While the bot talks, its customer does not wait for us: an answer of the bot stops the clock. Until it has answered, the
clock runs from the question on, so that a bot that fails leaves somebody waiting whom people see. When it hands over,
the clock counts from the question that it did not solve.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import literal_column, select

from desk.conversations.saying import say
from desk.conversations.service import PREVIEW, _assign, _touch
from desk.conversations.tables import Conversation
from desk.store import Tx


def bot_talks(tx: Tx, conversation: Conversation) -> None:
    """The bot looks after this conversation from now on."""
    if conversation.bot != "talking":
        conversation.bot = "talking"
        _touch(tx, conversation)


def bot_answered(tx: Tx, conversation: Conversation, text: str, at: datetime) -> None:
    """The bot said something that may be all that was needed: nobody waits, until the customer writes again."""
    conversation.waiting_since, conversation.unread = None, 0
    conversation.last_at = max(at, conversation.last_at)
    conversation.last_author = "bot"
    conversation.preview = " ".join(text.split())[:PREVIEW]
    _touch(tx, conversation)


def bot_handed_over(tx: Tx, conversation: Conversation, since: datetime) -> None:
    """Gives the conversation to people: its customer has waited since `since`, the question that was not solved."""
    conversation.bot = "handed_over"
    conversation.waiting_since = min(conversation.waiting_since or since, since)
    conversation.unread = max(1, conversation.unread)
    _touch(tx, conversation)


def bot_is_quiet(tx: Tx, conversation: Conversation) -> None:
    """A person has the word; the bot says nothing more in this episode."""
    if conversation.bot != "quiet":
        conversation.bot = "quiet"
        _touch(tx, conversation)


def bot_given_back(tx: Tx, conversation: Conversation, staff_id: int) -> None:
    """A colleague lets the bot have the word again: it is nobody's then, and waits in no queue for people."""
    bot_talks(tx, conversation)
    if conversation.assignee_id is not None:
        _assign(tx, conversation, None, by=staff_id, at=tx.now())
    say(tx, conversation, "bot_back", tx.now(), staff_id, {})


def left_with_bot(tx: Tx, before: datetime, limit: int = 200) -> list[int]:
    """Open conversations that the bot answered and nobody has written in since: they need no place in a queue."""
    query = (
        select(Conversation.id)
        .where(
            Conversation.bot == literal_column("'talking'"),  # as the partial index says it
            Conversation.status == "open",
            Conversation.waiting_since.is_(None),
            Conversation.last_at < before,
        )
        .order_by(Conversation.last_at)
        .limit(limit)
    )
    return list(tx.scalars(query))


LEFT_AFTER = timedelta(days=1)
