"""What parting two customers does to widgets: who keeps which conversation when one that both wrote in becomes two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from desk.store import Tx
from desk.visitors.tables import Thread, Visitor


def rehouse(tx: Tx, from_conversation: int, to_conversation: int, identity_ids: Sequence[int]) -> None:
    """The widget of one of these identities shows the new conversation from now on, and the old one no longer: there
    the other person's words have stayed."""
    tx.flush()
    owners: set[str] = set()
    for start in range(0, len(identity_ids), 500):
        some = identity_ids[start : start + 500]
        for number, user in tx.execute(select(Visitor.id, Visitor.user_ref).where(Visitor.identity_id.in_(some))):
            owners |= {f"visitor:{number}", f"user:{user}" if user else ""}
    owners.discard("")
    if owners:
        tx.execute(
            update(Thread)
            .where(Thread.conversation_id == from_conversation, Thread.owner.in_(owners))
            .values(conversation_id=to_conversation)
            .execution_options(synchronize_session=False)
        )


def owner_in(tx: Tx, conversation_id: int) -> str:
    """In whose widget a conversation stands; nobody's is empty."""
    row = tx.get(Thread, conversation_id)
    return row.owner if row is not None else ""


def lift(tx: Tx, conversation_id: int) -> dict[str, Any] | None:
    """Takes a conversation out of its widget, and gives what `lay` needs to put it there again."""
    row = tx.get(Thread, conversation_id)
    if row is None:
        return None
    kept = {c.name: getattr(row, c.name) for c in Thread.__table__.columns}
    tx.delete(row)
    tx.flush()
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in kept.items()}


def lay(tx: Tx, conversation_id: int, kept: dict[str, Any]) -> None:
    """Puts a conversation into a widget, with how far it was read there."""
    values = dict(kept) | {"conversation_id": conversation_id}
    for name in ("wrote_at", "seen_at", "read_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    tx.add(Thread(**values))
    tx.flush()


def show(tx: Tx, old_id: int, new_id: int, at: datetime) -> None:
    """A part of a chat that became a conversation of its own stands in the same widget, read as far as it was."""
    kept = lift(tx, old_id)
    if kept is not None:
        lay(tx, old_id, kept)
        lay(tx, new_id, kept | {"wrote_at": at.isoformat()})
