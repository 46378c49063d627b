"""Taking an answer: checked, recorded with its versions, told to the timeline, the facts and whoever listens."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from desk import conversations, facts, timeline
from desk.signals import EntryChanged, SurveyAnswered
from desk.store import Tx
from desk.surveys.links import customer_id_of, invitation_of, response_of
from desk.surveys.scales import COMMENT_LIMIT, REASONS, SCALES
from desk.surveys.tables import Invitation, Response, ResponseVersion


class LinkClosed(Exception):
    """This link takes no answer (any more); `kind` is invalid or expired."""

    def __init__(self, kind: Literal["invalid", "expired"]) -> None:
        super().__init__(f"this survey link is {kind}")
        self.kind = kind


class BadAnswer(ValueError):
    """The answer does not fit its kind of question; `problems` names what does not: score, reasons, comment."""

    def __init__(self, problems: tuple[str, ...], kind: str = "csat") -> None:
        super().__init__(", ".join(problems))
        self.problems, self.kind = problems, kind


def tidy(comment: str) -> str:
    """What somebody typed, with one kind of line end and without characters that no database or screen can hold."""
    lines = comment.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def answer(
    tx: Tx,
    token: str,
    score: int | None,
    reasons: Sequence[str] = (),
    comment: str = "",
    may_contact: bool | None = None,
) -> Response:
    """Records an answer by a link, or a new version of one given before; the same answer again changes nothing.

    Raises LinkClosed for a link that is invalid or expired, and BadAnswer for a score out of range, a reason that is
    not on offer or a comment longer than COMMENT_LIMIT. Nothing is recorded then.
    """
    invitation = invitation_of(tx, token, lock=True)
    if invitation is None:
        raise LinkClosed("invalid")
    # A link reached its customer by mail, or by the channel that it was asked on.
    channel = "email" if invitation.mailed_at is not None else invitation.channel
    return record(tx, invitation, score, reasons, comment, may_contact, channel=channel, at=tx.now())


def record(
    tx: Tx,
    invitation: Invitation,
    score: object,
    reasons: Sequence[str] = (),
    comment: str = "",
    may_contact: bool | None = None,
    *,
    channel: str,
    at: datetime,
) -> Response:
    """The same for an invitation that the caller has locked, whatever the channel. Raises as `answer` does."""
    if invitation.expires_at <= at:
        raise LinkClosed("expired")
    comment = tidy(comment)
    chosen = [reason for reason in REASONS if reason in reasons]  # each once, in the page's order
    score = checked(invitation.kind, score, reasons, comment)
    response = response_of(tx, invitation)
    before: dict[str, Any] | None = None
    if response is None:
        response = Response(
            invitation_id=invitation.id,
            kind=invitation.kind,
            channel=channel,
            score=score,
            reasons=chosen,
            comment=comment,
            may_contact=may_contact,
            version=1,
            answered_at=at,
            changed_at=at,
        )
        tx.add(response)
        tx.flush()
    else:
        if may_contact is not None:
            response.may_contact = may_contact
        if (response.score, response.reasons, response.comment) == (score, chosen, comment):
            tx.flush()
            return response  # pressed twice
        before = {"score": response.score, "reasons": response.reasons}
        response.score, response.reasons, response.comment = score, chosen, comment
        response.channel = channel
        response.version += 1
        response.changed_at = at
    tx.add(
        ResponseVersion(
            response_id=response.id,
            version=response.version,
            channel=channel,
            score=score,
            reasons=chosen,
            comment=comment,
            at=at,
        )
    )
    _tell(tx, invitation, response, before, at)
    return response


def checked(kind: str, score: object, reasons: Sequence[str], comment: str) -> int:
    """The score, where all fits. Raises BadAnswer with what does not."""
    problems = []
    fits = isinstance(score, int) and score in SCALES[kind]
    if not fits:
        problems.append("score")
    if any(reason not in (REASONS if kind == "csat" else ()) for reason in reasons):
        problems.append("reasons")
    if len(comment) > COMMENT_LIMIT:
        problems.append("comment")
    if problems or not isinstance(score, int):
        raise BadAnswer(tuple(problems), kind)
    return score


def _tell(tx: Tx, invitation: Invitation, response: Response, before: dict[str, Any] | None, at: datetime) -> None:
    """The timeline entry, the fact that stage rules read, and the signal."""
    customer_id = customer_id_of(tx, invitation)
    detail: dict[str, Any] = {
        "kind": response.kind,
        "score": response.score,
        "reasons": response.reasons,
        "invitation_id": invitation.id,
        "asked_at": invitation.sent_at.isoformat(),
        "asked_by": invitation.channel,
        "version": response.version,
    }
    if before is not None:
        detail["before"] = before
    identity_id = invitation.identity_id or conversations.get(tx, invitation.conversation_id, None).reply_identity_id
    entry = timeline.record(
        tx,
        customer_id=customer_id,
        kind="survey_answered",
        author="customer",
        occurred_at=at,
        conversation_id=invitation.conversation_id,
        episode_id=invitation.episode_id,
        identity_id=identity_id,
        channel=response.channel,
        inbox_id=invitation.inbox_id,
        detail=detail,
        words=timeline.Words(text=response.comment) if response.comment else None,
    )
    response.entry_id = entry.id
    tx.flush()
    # A new wording of the same score is no new score: a rule that counts low scores must not count it twice.
    if before is None or before["score"] != response.score:
        facts.record(
            tx,
            customer_id,
            response.kind,
            response.score,
            occurred_at=at,
            entry_id=entry.id,
            identity_id=identity_id,
        )
    tx.announce(SurveyAnswered(customer_id, invitation.id, response.id, response.kind, response.score))


def allow_contact(tx: Tx, token: str, may_contact: bool) -> Response:
    """Keeps whether somebody may write to this customer about their answer. Raises LinkClosed, also where there is no
    answer yet."""
    invitation = invitation_of(tx, token, lock=True)
    if invitation is None:
        raise LinkClosed("invalid")
    if invitation.expires_at <= tx.now():
        raise LinkClosed("expired")
    response = response_of(tx, invitation)
    if response is None:
        raise LinkClosed("invalid")
    if response.may_contact is not may_contact:
        response.may_contact = may_contact
        tx.flush()
        if response.entry_id is not None:
            tx.announce(EntryChanged(response.entry_id, customer_id_of(tx, invitation), invitation.conversation_id))
    return response
