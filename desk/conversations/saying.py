"""A line on the timeline that says what was done with a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk import timeline
from desk.conversations.tables import Conversation
from desk.store import Tx


def say(
    tx: Tx, conversation: Conversation, kind: str, at: datetime, staff_id: int | None, detail: dict[str, Any]
) -> Any:
    """Records it in the conversation's present episode; nobody: the desk itself."""
    return timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind=kind,
        author="staff" if staff_id is not None else "desk",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        staff_id=staff_id,
        detail=detail,
    )
