"""One reminder of a question that was mailed and not answered, where the governor would ask today as well."""

from __future__ import annotations

from dataclasses import replace

from desk import conversations, settings, timeline
from desk.store import Tx
from desk.surveys.asking import because, situation
from desk.surveys.cards import mailbox
from desk.surveys.governor import decide
from desk.surveys.links import customer_id_of, held, response_of
from desk.surveys.sending import asked_identity, send_mail, wrote_to
from desk.surveys.tables import Invitation, Survey


def remind(tx: Tx, invitation_id: int) -> bool:
    """The task `surveys.remind`: mails the question once more, or says on the timeline why it does not. Says whether it
    did. Doing so again changes nothing."""
    invitation = held(tx, invitation_id)
    if invitation is None or not _open(tx, invitation):
        return False
    survey = tx.get_one(Survey, invitation.survey_id)
    conversation = conversations.get(tx, invitation.conversation_id, None)
    episode = conversations.episode(tx, invitation.episode_id)
    # What is about asking at all holds for a reminder too; what is about asking too often, and the draw, is settled.
    verdict = decide(replace(situation(tx, survey, episode, conversation), earlier=None, share=100.0, draw=0.0))
    box = mailbox(tx, invitation) if invitation.mailed_at is not None else None
    inbox_id = box.id if box is not None else wrote_to(tx, conversation)
    if settings.inbox(tx, inbox_id).channel != "email":
        return False
    detail = {"kind": survey.kind, "survey": survey.key, "invitation_id": invitation.id, "reminder": True}
    detail |= {"asked_at": invitation.sent_at.isoformat()}
    if verdict.asked:
        detail |= {"reason": "reminder", "open_until": invitation.expires_at.isoformat()}
    else:
        detail |= {"reason": verdict.reason, **because(verdict)}
    entry = timeline.record(
        tx,
        customer_id=customer_id_of(tx, invitation),
        kind="survey_asked" if verdict.asked else "survey_withheld",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=invitation.episode_id,
        identity_id=invitation.identity_id,
        staff_id=verdict.detail.get("staff_id"),
        channel="email" if verdict.asked else None,
        inbox_id=inbox_id,
        detail=detail,
    )
    if verdict.asked:
        invitation.reminded_at = tx.now()
        to = asked_identity(tx, invitation)
        # Its delivery is no news of the question: a bounce of the reminder does not take back that this had arrived.
        send_mail(tx, survey, invitation, conversation, entry.id, inbox_id, to, again=True)
    tx.flush()
    return verdict.asked


def _open(tx: Tx, invitation: Invitation) -> bool:
    """Whether it was mailed, has arrived, waits for its answer, and nobody was reminded of it."""
    mailed = invitation.channel == "email" or invitation.mailed_at is not None
    arrived = invitation.delivered and not invitation.failed
    waits = invitation.expires_at > tx.now() and response_of(tx, invitation) is None
    still = bool(settings.get(tx, "survey.reminder_days"))
    return still and mailed and arrived and waits and invitation.reminded_at is None
