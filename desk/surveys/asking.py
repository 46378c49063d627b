"""After an episode is resolved: gather the situation, let the governor decide, record it, and ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import and_, func, literal, or_, select, update

from desk import conversations, facts, outbound, people, settings, timeline
from desk.i18n import best
from desk.store import Tx
from desk.surveys.audience import left_out
from desk.surveys.governor import Decision, Earlier, Situation, decide, draw
from desk.surveys.links import new_secret, response_of
from desk.surveys.sending import send, wrote_to
from desk.surveys.sparing import waits_elsewhere, why_internal, why_suppressed
from desk.surveys.tables import Invitation, Survey, SurveyDecision

CSAT = "csat"


def install_defaults(tx: Tx) -> Survey:
    """The CSAT survey that every desk begins with; finds the one that is there already."""
    survey = tx.scalar(select(Survey).where(Survey.key == CSAT))
    if survey is None:
        survey = Survey(key=CSAT, kind=CSAT, name="After a conversation", texts={}, expires_days=None, active=True)
        tx.add(survey)
        tx.flush()
    return survey


def consider(tx: Tx, episode_id: int) -> SurveyDecision:
    """Decides whether a resolved episode is followed by a question, and asks it. Doing so again changes nothing.

    Every decision leaves a row and a line on the timeline, whichever way it goes. Raises NoResultFound for an episode
    that does not exist.
    """
    episode = conversations.episode(tx, episode_id)
    _one_at_a_time(tx, episode.customer_id)
    survey = install_defaults(tx)
    made = tx.scalar(
        select(SurveyDecision).where(SurveyDecision.survey_id == survey.id, SurveyDecision.episode_id == episode_id)
    )
    if made is not None:
        return made
    conversation = conversations.get(tx, episode.conversation_id, None)
    found = situation(tx, survey, episode, conversation)
    verdict = decide(found)
    until = _sleeps_until(tx, conversation) if verdict.asked else None
    waits = {} if until is None else {"waits_until": until.isoformat()}
    decision = SurveyDecision(
        survey_id=survey.id,
        episode_id=episode.id,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        asked=verdict.asked,
        reason=verdict.reason,
        detail={**verdict.detail, **waits, "level": found.level},
        decided_at=tx.now(),
    )
    tx.add(decision)
    tx.flush()
    invitation = _invite(tx, survey, decision, episode, conversation) if verdict.asked else None
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="survey_asked" if verdict.asked else "survey_withheld",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=episode.id,
        identity_id=conversation.reply_identity_id,
        staff_id=verdict.detail.get("staff_id"),  # of whoever held it back
        channel=conversation.channel if verdict.asked else None,
        inbox_id=conversation.inbox_id,
        detail=_detail(survey, verdict, invitation) | waits,
    )
    decision.entry_id = entry.id
    if invitation is not None:
        invitation.entry_id = entry.id
        send(tx, survey, invitation, conversation)
    tx.flush()
    return decision


def _sleeps_until(tx: Tx, conversation: conversations.Conversation) -> datetime | None:
    """Until when the question waits because its customer sleeps: their telephone would buzz."""
    return outbound.quiet_until(tx, conversation.channel, wrote_to(tx, conversation), conversation.customer_id)


def _one_at_a_time(tx: Tx, customer_id: int) -> None:
    """Two episodes of one customer that are resolved at the same instant must not both ask.

    On PostgreSQL a lock on the customer's number makes the second decision see the first; SQLite has one writer anyway.
    """
    if tx.dialect_name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(crc32(b"surveys") & 0x7FFFFFFF, customer_id & 0x7FFFFFFF)))


def situation(
    tx: Tx, survey: Survey, episode: conversations.Episode, conversation: conversations.Conversation
) -> Situation:
    """Everything that the governor looks at, as it is now."""
    cooldown = timedelta(days=settings.get(tx, "survey.cooldown_days"))
    messages = timeline.of_conversation(tx, conversation.id, kinds=("message",))
    whom = _whom(tx, conversation)
    return Situation(
        at=tx.now(),
        enabled=bool(settings.get(tx, "survey.enabled")) and survey.active,
        cooldown=cooldown,
        spam=conversation.status == "spam",
        resolved=conversations.is_over(tx, conversation, episode),
        customer_wrote=any(not m.detail.get("automatic") for m in messages),
        internal=why_internal(tx, conversation.customer_id),
        human_replies=episode.replies,
        address=whom.value if whom is not None else "",
        silenced=whom is not None and conversation.channel != "chat" and people.stopped(tx, whom) is not None,
        stopped_at=people.customer(tx, conversation.customer_id).surveys_stopped_at,
        suppressed=why_suppressed(tx, episode.id),
        elsewhere=waits_elsewhere(tx, conversation),
        share=float(settings.get(tx, "survey.share")),
        draw=draw(int(settings.get(tx, "survey.seed")), survey.key, episode.id),
        left_out=left_out(tx, survey, conversation.inbox_id, conversation.customer_id),
        earlier=_earlier(tx, conversation.customer_id),
        level=conversation.level,
    )


# Who can be asked by a channel; any other one is asked in words, at whatever address it has.
_REACHED = {"email": ("email",), "chat": ("visitor", "user"), "sms": ("phone",)}


def _whom(tx: Tx, conversation: conversations.Conversation) -> people.Identity | None:
    """Where the question would go by the conversation's channel: a mailbox, a number, a visitor's browser."""
    if conversation.reply_identity_id is None:
        return None
    identity = people.identity(tx, conversation.reply_identity_id)
    kinds = _REACHED.get(conversation.channel)
    return identity if kinds is None or identity.kind in kinds else None


def _earlier(tx: Tx, customer_id: int) -> Earlier | None:
    last = tx.scalar(
        select(Invitation)
        .where(Invitation.customer_id == customer_id, Invitation.failed.is_(False))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
        .limit(1)
    )
    if last is None:
        return None
    return Earlier(last.sent_at, last.expires_at, answered=response_of(tx, last) is not None)


def _detail(survey: Survey, verdict: Decision, invitation: Invitation | None) -> dict[str, object]:
    detail: dict[str, object] = {"kind": survey.kind, "survey": survey.key, "reason": verdict.reason}
    if invitation is not None:
        detail |= {"invitation_id": invitation.id, "open_until": invitation.expires_at.isoformat()}
    elif verdict.detail:
        detail |= because(verdict)
    return detail


def because(verdict: Decision) -> dict[str, object]:
    """What a refusal rests on, as its line keeps it. Evidence stands by itself, as with a stage: whoever erases the
    customer takes it off the line."""
    evidence = verdict.detail.get("evidence") or []
    found: dict[str, object] = {
        "because": {name: value for name, value in verdict.detail.items() if name != "evidence"}
    }
    if evidence:
        found["evidence"] = [{key: one[key] for key in ("shown", "entry_id", "occurred_at")} for one in evidence]
    return found


def _invite(
    tx: Tx,
    survey: Survey,
    decision: SurveyDecision,
    episode: conversations.Episode,
    conversation: conversations.Conversation,
) -> Invitation:
    """The invitation, with a snapshot of whom and what the answer will be counted for."""
    customer = people.customer(tx, conversation.customer_id)
    inbox = settings.inbox(tx, conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    days = survey.expires_days or settings.get(tx, "survey.expires_days")
    stage, stage_model = _stage(tx, conversation.customer_id)
    invitation = Invitation(
        survey_id=survey.id,
        decision_id=decision.id,
        kind=survey.kind,
        customer_id=conversation.customer_id,
        conversation_id=conversation.id,
        episode_id=episode.id,
        secret=new_secret(),
        channel=conversation.channel,
        identity_id=conversation.reply_identity_id,
        locale=best(customer.locale, inbox.locale, brand.locale),
        staff_id=_who_helped(tx, episode, conversation),
        team_id=conversation.team_id,
        inbox_id=inbox.id,
        brand_id=brand.id,
        stage=stage,
        stage_model=stage_model,
        level=conversation.level,
        sent_at=tx.now(),
        expires_at=tx.now() + timedelta(days=days),
        delivered=False,
        failed=False,
        sample=customer.sample,
    )
    tx.add(invitation)
    tx.flush()
    return invitation


def _who_helped(tx: Tx, episode: conversations.Episode, conversation: conversations.Conversation) -> int | None:
    """Whom the question names and the score counts for: the assignee, else who resolved it, else who replied last."""
    if conversation.assignee_id is not None:
        return conversation.assignee_id
    if episode.resolved_by is not None:
        return episode.resolved_by
    replies = timeline.of_conversation(tx, conversation.id, limit=10, kinds=("reply",))
    last = [r.staff_id for r in replies if r.episode_id == episode.id and r.staff_id is not None]
    return last[-1] if last else episode.first_reply_by


def _stage(tx: Tx, customer_id: int) -> tuple[str | None, str | None]:
    """The stage at this moment, and the model that it belongs to."""
    view = facts.view(tx, customer_id, names=("stage", "stage_model"))
    stage, model = view.value("stage", tx.now()), view.value("stage_model", tx.now())
    return (stage if isinstance(stage, str) else None), (model if isinstance(model, str) else None)


def delivery_settled(tx: Tx, delivery_id: int, ok: bool) -> None:
    """What became of the mail or text that asked: only delivered invitations count as asked in the response rate. A
    bounce or receipt that comes after the server's yes takes the yes back, but not from a card that a widget has. A
    delivery that was no survey changes nothing."""
    known_by_card = and_(Invitation.channel == "chat", Invitation.got_at.is_not(None))
    tx.execute(
        update(Invitation)
        .where(Invitation.delivery_id == delivery_id)
        .values(
            delivered=or_(literal(ok), known_by_card),
            # A card that was mailed in vain is still there for whoever comes back.
            failed=and_(literal(not ok), Invitation.channel != "chat"),
        )
        .execution_options(synchronize_session="fetch")
    )
