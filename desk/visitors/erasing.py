"""Browsers of a customer who is erased: they are forgotten, and so is which conversation their widget showed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, update

from desk.store import Tx
from desk.visitors.tables import Thread, Visitor

BATCH = 500


def erase(tx: Tx, identity_ids: Sequence[int], conversation_ids: Sequence[int]) -> dict[str, int]:
    """Forgets the browsers of these identities. A browser of somebody else in which an address of theirs was typed
    forgets the address."""
    tx.flush()
    gone = 0
    for start in range(0, len(identity_ids), BATCH):
        some = list(identity_ids[start : start + BATCH])
        gone += int(tx.execute(delete(Visitor).where(Visitor.identity_id.in_(some))).rowcount)
        tx.execute(update(Visitor).where(Visitor.email_id.in_(some)).values(email_id=None))
    for start in range(0, len(conversation_ids), BATCH):
        some = list(conversation_ids[start : start + BATCH])
        tx.execute(delete(Thread).where(Thread.conversation_id.in_(some)))
    return {"visitors": gone}
