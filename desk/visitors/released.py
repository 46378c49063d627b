"""A chat message that was kept aside and released: it stands in its visitor's widget as if it had just been written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desk import timeline
from desk.messages import InboundMessage
from desk.store import Tx
from desk.visitors.service import begin


def then_begin(owner: Any, message: InboundMessage, finish: Callable[[Tx], None] | None) -> Callable[[Tx], None] | None:
    """What is done where a kept message was taken in: `finish`, and for a chat message of `owner` their thread."""
    if not owner:
        return finish

    def begun(tx: Tx) -> None:
        known = timeline.knows(tx, message.inbox_id, message.external_id)
        entry = timeline.one(tx, known) if known is not None else None
        if entry is not None and entry.conversation_id is not None:
            begin(tx, str(owner), message.inbox_id, entry.conversation_id, entry.occurred_at)
        if finish is not None:
            finish(tx)

    return begun
