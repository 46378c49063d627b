"""Spam: an end that says nothing of the customer, and that can be taken back as if it had never been said."""

from __future__ import annotations

from desk import timeline
from desk.agents import Viewer
from desk.conversations.moving import read_anew
from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.service import _set_status, _touch, current_episode
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation, StatusName
from desk.store import Tx


def mark_spam(tx: Tx, conversation_id: int, viewer: Viewer | None, *, name: StatusName | None = None) -> Conversation:
    """Nobody is asked how it was, nobody waits, and nothing that comes in there counts for the customer."""
    conversation = get(tx, conversation_id, viewer)
    _set_status(tx, conversation, "spam", at=tx.now(), viewer=viewer, name=name)
    _touch(tx, conversation)
    return conversation


def not_spam(tx: Tx, conversation_id: int, viewer: Viewer | None) -> Conversation:
    """It was none: open again (or resolved, if it was) in the same episode, and who wrote waits since then."""
    conversation = get(tx, conversation_id, viewer)
    if conversation.status != "spam":
        raise NotPossible("This conversation is not marked as spam.")
    marks = [e for e in timeline.of_conversation(tx, conversation.id, kinds=("status",)) if _is_mark(e)]
    after = "resolved" if marks and marks[-1].detail.get("before") == "resolved" else "open"
    current = current_episode(tx, conversation)
    if after == "open":
        current.resolved_at = current.resolved_by = None
    conversation.status, conversation.status_name_id = after, None
    read_anew(tx, conversation)
    detail = {"before": "spam", "after": after, "episode": current.number, "not_spam": True}
    say(tx, conversation, "status", tx.now(), viewer.id if viewer else None, detail)
    _touch(tx, conversation)
    return conversation


def _is_mark(entry: timeline.EntryView) -> bool:
    return entry.detail.get("after") == "spam"


def reopen(tx: Tx, conversation_id: int, viewer: Viewer | None, *, name: StatusName | None = None) -> Conversation:
    """Opens the conversation again: a resolved one begins a new episode, spam goes on in its own."""
    conversation = get(tx, conversation_id, viewer)
    if conversation.status == "spam":
        return not_spam(tx, conversation_id, viewer)
    _set_status(tx, conversation, "open", at=tx.now(), viewer=viewer, name=name)
    _touch(tx, conversation)
    return conversation
