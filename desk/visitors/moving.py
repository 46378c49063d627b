"""What parting two customers does to widgets: who keeps which conversation when one that both wrote in becomes two."""

from __future__ import annotations

from collections.abc import Sequence

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
