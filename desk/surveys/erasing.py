"""Answers of a customer who is erased: scores and reasons stay for the reports, what was written beside them goes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from desk.store import Tx
from desk.surveys.tables import Invitation, Response, ResponseVersion


def count_comments(tx: Tx, customer_ids: Sequence[int]) -> int:
    """How many answers have a comment that would go."""
    query = select(func.count()).select_from(Response).join(Invitation, Invitation.id == Response.invitation_id)
    return tx.scalar(query.where(Invitation.customer_id.in_(customer_ids), Response.comment != "")) or 0


def erase(tx: Tx, customer_ids: Sequence[int]) -> dict[str, int]:
    """Erases the comments of these customers, in every version, and ends the links by which more could be written."""
    tx.flush()
    comments = count_comments(tx, customer_ids)
    asked = select(Invitation.id).where(Invitation.customer_id.in_(customer_ids))
    answers = select(Response.id).where(Response.invitation_id.in_(asked))
    for row in tx.scalars(select(Invitation).where(Invitation.customer_id.in_(customer_ids))):
        row.secret = secrets.token_urlsafe(16)[:40]
        row.expires_at = min(row.expires_at, tx.now())
    tx.flush()
    for statement in (
        update(ResponseVersion).where(ResponseVersion.response_id.in_(answers)).values(comment=""),
        update(Response).where(Response.invitation_id.in_(asked)).values(comment="", may_contact=None),
    ):
        tx.execute(statement.execution_options(synchronize_session=False))
    return {"comments": comments}


def answers_of(tx: Tx, customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    """What these customers answered, each version, oldest first: for their archive."""
    query = (
        select(Response.kind, ResponseVersion)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(ResponseVersion, ResponseVersion.response_id == Response.id)
        .where(Invitation.customer_id.in_(customer_ids))
        .order_by(ResponseVersion.at, ResponseVersion.version)
    )
    return [
        {
            "kind": kind,
            "version": row.version,
            "score": row.score,
            "reasons": row.reasons,
            "comment": row.comment,
            "channel": row.channel,
            "at": row.at.isoformat(),
        }
        for kind, row in tx.execute(query)
    ]
