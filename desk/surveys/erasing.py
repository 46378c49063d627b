"""Answers of a customer who is erased: scores and reasons stay for the reports, what was written beside them goes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from desk.store import Tx
from desk.surveys.tables import Invitation, Response, ResponseVersion, SurveyDecision


def count_comments(tx: Tx, customer_ids: Sequence[int]) -> int:
    """How many answers have a comment that would go."""
    query = select(func.count()).select_from(Response).join(Invitation, Invitation.id == Response.invitation_id)
    return tx.scalar(query.where(Invitation.customer_id.in_(customer_ids), Response.comment != "")) or 0


def erase(tx: Tx, customer_ids: Sequence[int]) -> dict[str, int]:
    """Erases the comments of these customers, in every version, what was known of them when they were not asked, and
    ends the links by which more could be written."""
    tx.flush()
    comments = count_comments(tx, customer_ids)
    asked = select(Invitation.id).where(Invitation.customer_id.in_(customer_ids))
    answers = select(Response.id).where(Response.invitation_id.in_(asked))
    for row in tx.scalars(select(Invitation).where(Invitation.customer_id.in_(customer_ids))):
        row.secret = secrets.token_urlsafe(16)[:40]
        row.expires_at = min(row.expires_at, tx.now())
    left_out = SurveyDecision.customer_id.in_(customer_ids), SurveyDecision.reason == "left_out"
    for decision in tx.scalars(select(SurveyDecision).where(*left_out)):
        decision.detail = {name: value for name, value in decision.detail.items() if name != "evidence"}
    tx.flush()
    for statement in (
        update(ResponseVersion).where(ResponseVersion.response_id.in_(answers)).values(comment=""),
        update(Response).where(Response.invitation_id.in_(asked)).values(comment="", may_contact=None),
    ):
        tx.execute(statement.execution_options(synchronize_session=False))
    return {"comments": comments}


def erase_in(tx: Tx, conversation_ids: Sequence[int]) -> dict[str, int]:
    """Erases the comments on these conversations, in every version, and ends the links by which more could be
    written; scores and reasons stay."""
    tx.flush()
    asked = select(Invitation.id).where(Invitation.conversation_id.in_(list(conversation_ids)))
    answers = select(Response.id).where(Response.invitation_id.in_(asked))
    comments = tx.scalar(
        select(func.count()).select_from(Response).where(Response.invitation_id.in_(asked), Response.comment != "")
    )
    for row in tx.scalars(select(Invitation).where(Invitation.conversation_id.in_(list(conversation_ids)))):
        row.expires_at = min(row.expires_at, tx.now())
    for statement in (
        update(ResponseVersion).where(ResponseVersion.response_id.in_(answers)).values(comment=""),
        update(Response).where(Response.invitation_id.in_(asked)).values(comment=""),
    ):
        tx.execute(statement.execution_options(synchronize_session=False))
    return {"comments": comments or 0}


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
