"""What follows from an answer that waited until its writer could no longer take it back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from desk import agents, timeline
from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.service import _set_status, _touch, agent_replied, current_episode
from desk.conversations.tables import Conversation
from desk.store import Tx
from desk.timeline import EntryView

LOOKED_AT = 50  # messages that may have come while an answer waited
LONGEST_SNOOZE = 999  # hours: what the row of a delivery holds


def read_then(then: str) -> str:
    """What can follow an answer: "resolve", "pending", "snooze:24" (hours); nothing for all else."""
    what, _, hours = then.partition(":")
    if what in ("resolve", "pending") and not hours:
        return what
    number = int(hours) if what == "snooze" and hours.isascii() and hours.isdigit() and len(hours) <= 3 else 0
    return f"snooze:{number}" if 1 <= number <= LONGEST_SNOOZE else ""


def follow(
    tx: Tx, conversation: Conversation, viewer: Viewer | None, then: str, about: Mapping[str, Any] | None = None
) -> None:
    """Does what follows an answer or a note. What is over stays as it is, and what is so already is said no more.
    `about` is what the line says besides."""
    what, _, hours = read_then(then).partition(":")
    after = {"resolve": "resolved", "pending": "pending", "snooze": "snoozed"}.get(what, "")
    if not after or conversation.status in ("resolved", "spam"):
        return
    now = tx.now()
    until = now + timedelta(hours=int(hours)) if what == "snooze" else None
    if conversation.status != after:
        with timeline.because(tx, dict(about)) if about else nullcontext():
            _set_status(tx, conversation, after, at=now, viewer=viewer, until=until)
    if after == "pending":
        current = current_episode(tx, conversation)
        current.pending_since = current.pending_since or now
    conversation.snoozed_until = until
    _touch(tx, conversation)


def answer_went(tx: Tx, conversation_id: int, entry: EntryView, then: str) -> Conversation:
    """The answer is on its way: its conversation is answered as of when it was written, and what `then` says
    follows.

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
    else:
        by = entry.detail.get("by_macro")  # whose text it was, its status is too
        follow(tx, conversation, viewer, then, {"by_macro": by} if by else None)
    return conversation
