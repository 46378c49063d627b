"""What a merge and its undo do to questions and answers: they go with their conversations, and keep their snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, select, update

from desk.store import Tx
from desk.surveys.tables import Invitation, Response, SurveyDecision

BATCH = 500


def move(tx: Tx, from_id: int, to_id: int, *, conversation_ids: Sequence[int] | None = None) -> None:
    """Gives decisions and invitations of one customer to another: all of them, or those of these conversations. Whom
    and what an answer counts for was settled when it was asked, and stays."""
    tx.flush()
    table: Any
    for table in (SurveyDecision, Invitation):
        if conversation_ids is None:
            _update(tx, table, table.customer_id == from_id, to_id)
            continue
        for start in range(0, len(conversation_ids), BATCH):
            some = table.conversation_id.in_(conversation_ids[start : start + BATCH])
            _update(tx, table, and_(table.customer_id == from_id, some), to_id)


def _update(tx: Tx, table: Any, where: Any, to_id: int) -> None:
    tx.execute(update(table).where(where).values(customer_id=to_id).execution_options(synchronize_session=False))


def count_of(tx: Tx, customer_id: int) -> int:
    """How many answers a customer has given."""
    query = select(func.count()).select_from(Response).join(Invitation, Invitation.id == Response.invitation_id)
    return tx.scalar(query.where(Invitation.customer_id == customer_id)) or 0
