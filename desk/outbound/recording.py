"""What a colleague writes becomes a line of the timeline: once, however often the same request comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk import conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.store import Tx
from desk.timeline import EntryView, Words


def known(tx: Tx, conversation: Conversation, viewer: Viewer, request_id: str | None) -> EntryView | None:
    """The line that this request has made already."""
    for inbox_id in conversations.homes(tx, conversation) if request_id is not None else ():
        found = asked_before(tx, inbox_id, viewer, request_id)
        if found is not None:
            return found
    return None


def asked_before(tx: Tx, inbox_id: int, viewer: Viewer, request_id: str | None) -> EntryView | None:
    """The same for a request whose conversation it has begun itself, in this inbox."""
    key = _key(viewer, request_id)
    entry_id = timeline.knows(tx, inbox_id, key) if key is not None else None
    return shown(tx, entry_id) if entry_id is not None else None


def recorded(
    tx: Tx,
    conversation: Conversation,
    viewer: Viewer,
    kind: str,
    words: Words,
    *,
    inbox_id: int | None,
    identity_id: int | None,
    channel: str | None = None,
    detail: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> int:
    """Writes the line, and gives its number. The database refuses the same request at the same instant
    (IntegrityError) before anything else follows from the line."""
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind=kind,
        author="staff",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=identity_id,
        staff_id=viewer.id,
        channel=channel,
        inbox_id=inbox_id,
        detail=dict(detail or {}),
        words=words,
    )
    key = _key(viewer, request_id)
    if key is not None:  # under the conversation's inbox, so that it is found whichever channel was chosen
        timeline.keep_key(tx, conversation.inbox_id, key, entry.id)
    tx.flush()
    return entry.id


def by_desk(
    tx: Tx,
    conversation: Conversation,
    text: str,
    *,
    inbox_id: int | None,
    identity_id: int | None,
    channel: str,
    detail: Mapping[str, Any],
) -> int:
    """Writes what the desk itself answers a customer, and gives its number. `detail` says what made it speak."""
    return timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="reply",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=identity_id,
        channel=channel,
        inbox_id=inbox_id,
        detail=dict(detail),
        words=Words(text),
    ).id


def shown(tx: Tx, entry_id: int) -> EntryView:
    """The line as it is shown."""
    view = timeline.one(tx, entry_id)
    assert view is not None
    return view


def _key(viewer: Viewer, request_id: str | None) -> str | None:
    return None if request_id is None else f"staff:{viewer.id}:{request_id}"[:255]
