"""How far an answer came that our own screens carry: in the widget, and on the visitor's screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select

from desk import timeline
from desk.outbound.tables import Delivery
from desk.store import Tx

BEFORE = {"delivered": ("queued", "sending", "sent"), "seen": ("queued", "sending", "sent", "delivered")}


def reached(tx: Tx, entry_ids: Sequence[int], state: Literal["delivered", "seen"]) -> int:
    """Marks the chat deliveries of these entries; what came further already stays. Gives how many moved on."""
    if not entry_ids:
        return 0
    rows = tx.scalars(
        select(Delivery).where(
            Delivery.entry_id.in_(entry_ids), Delivery.channel == "chat", Delivery.state.in_(BEFORE[state])
        )
    ).all()
    for row in rows:
        row.state = state
        row.sent_at, row.settled_at = row.sent_at or tx.now(), tx.now()
    tx.flush()
    for row in rows:
        if row.entry_id is not None:
            timeline.changed(tx, row.entry_id)
    return len(rows)
