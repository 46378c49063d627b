"""What follows from an answer that waited until its writer could no longer take it back."""

from __future__ import annotations

from desk import agents, timeline
from desk.conversations.queue import get
from desk.conversations.service import _set_status, _touch, agent_replied, current_episode
from desk.conversations.tables import Conversation
from desk.store import Tx
from desk.timeline import EntryView

LOOKED_AT = 50  # messages that may have come while an answer waited


def answer_went(tx: Tx, conversation_id: int, entry: EntryView, then: str) -> Conversation:
    """The answer is on its way: its conversation is answered as of when it was written, and with `then` resolved.

    Whatever happened meanwhile stays. What the customer wrote while the answer waited is not answered by it, so they
    wait for that, and nothing is resolved; what somebody resolved meanwhile is not opened again.
    """
    conversation = get(tx, conversation_id, None)
    staff_id = entry.staff_id or 0
    viewer = agents.viewer(tx, staff_id)  # None: they left within these seconds; the answer is theirs all the same
    current = current_episode(tx, conversation)
    was_resolved = current.resolved_at is not None and current.resolved_at <= entry.occurred_at
    if conversation.status == "resolved" and was_resolved:
        _set_status(tx, conversation, "open", at=tx.now(), viewer=viewer)
        timeline.place(tx, entry.id, conversation.episode_id)
    recent = timeline.of_conversation(tx, conversation.id, LOOKED_AT, ("message",))
    since = [m for m in recent if m.occurred_at > entry.occurred_at and not m.detail.get("automatic")]
    newest = (conversation.last_at, conversation.last_author, conversation.preview)
    said = entry.text or ", ".join(str(file.get("filename", "")) for file in entry.attachments)
    agent_replied(tx, conversation, entry.id, staff_id, said, entry.occurred_at)
    if since:
        conversation.waiting_since, conversation.unread = since[0].occurred_at, len(since)
        conversation.last_at, conversation.last_author, conversation.preview = newest
        _touch(tx, conversation)
    elif then == "resolve" and conversation.status not in ("resolved", "spam"):
        _set_status(tx, conversation, "resolved", at=tx.now(), viewer=viewer)
        _touch(tx, conversation)
    return conversation
