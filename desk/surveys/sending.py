"""The question on its way: as a mail, as a text, or as a card that the chat shows by itself."""

from __future__ import annotations

from datetime import timedelta

from desk import agents, conversations, jobs, outbound, people, settings, timeline
from desk.i18n import texts
from desk.store import Tx
from desk.surveys import mail
from desk.surveys.links import url_of
from desk.surveys.tables import Invitation, Survey
from desk.surveys.texts import given_name, survey_texts, text_message

CHAT = "chat"


def send(tx: Tx, survey: Survey, invitation: Invitation, conversation: conversations.Conversation) -> None:
    """Asks by the invitation's channel."""
    if invitation.channel == CHAT:
        _watch(tx, invitation)
    elif invitation.channel == "email":
        inbox_id, to = wrote_to(tx, conversation), asked_identity(tx, invitation)
        invitation.delivery_id = send_mail(tx, survey, invitation, conversation, invitation.entry_id, inbox_id, to)
        remind_later(tx, invitation)
    else:
        _send_text(tx, survey, invitation, conversation)


def send_mail(
    tx: Tx,
    survey: Survey,
    invitation: Invitation,
    conversation: conversations.Conversation,
    entry_id: int | None,
    inbox_id: int,
    to: people.Identity | None,
    *,
    again: bool = False,
) -> int:
    """Mails the question from an inbox to an identity (None: the address that the conversation has), `again` where it
    was mailed before and nobody answered. Returns the number of the delivery."""
    brand = settings.brand(tx, invitation.brand_id)
    url, logo = url_of(tx, invitation), settings.logo(tx, brand)
    letter = mail.compose(
        mail.Ask(
            kind=survey.kind,
            locale=invitation.locale,
            brand=brand.name,
            colour=brand.colour,
            zone=brand.zone,
            agent=agents.names(tx).get(invitation.staff_id or 0, ""),
            customer=conversation.customer_name,
            subject=conversation.subject,
            url=url,
            closes_at=invitation.expires_at,
            logo=logo,
            changed=survey.texts,
            again=again,
        )
    )
    delivery = outbound.send_survey(
        tx,
        conversation_id=conversation.id,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        locale=invitation.locale,
        unsubscribe_url=f"{url}/stop",
        entry_id=entry_id,
        inbox_id=inbox_id,
        to=to,
        inline=(logo.file,) if logo is not None else (),
    )
    return delivery.id


def _send_text(tx: Tx, survey: Survey, invitation: Invitation, conversation: conversations.Conversation) -> None:
    brand = settings.brand(tx, invitation.brand_id)
    words = texts(invitation.locale)
    said = survey_texts(
        survey.kind,
        words,
        agent=given_name(agents.names(tx).get(invitation.staff_id or 0, "")),
        brand=brand.name,
        changed=survey.texts.get(invitation.locale),
    )
    by_link = settings.get(tx, "survey.sms_asks") == "link"
    delivery = outbound.send_survey(
        tx,
        conversation_id=conversation.id,
        subject="",
        text=text_message(survey.kind, words, said, brand=brand.name, url=url_of(tx, invitation) if by_link else ""),
        html="",
        locale=invitation.locale,
        unsubscribe_url="",
        entry_id=invitation.entry_id,
        channel=invitation.channel,
        inbox_id=wrote_to(tx, conversation),
        to=asked_identity(tx, invitation),
    )
    invitation.delivery_id = delivery.id


def asked_identity(tx: Tx, invitation: Invitation) -> people.Identity | None:
    """Whom the question went to, by their address; None where that is not kept."""
    return people.identity(tx, invitation.identity_id) if invitation.identity_id is not None else None


def wrote_to(tx: Tx, conversation: conversations.Conversation) -> int:
    """The inbox that the customer last wrote to by the conversation's channel: a conversation may have begun in one of
    another channel. One that it was moved to comes before."""
    if conversation.moved_at is not None and settings.inbox(tx, conversation.inbox_id).channel == conversation.channel:
        return conversation.inbox_id
    last = timeline.wrote_from(tx, conversation.id).get(conversation.channel)
    return (last[1] if last is not None else None) or conversation.inbox_id


def _watch(tx: Tx, invitation: Invitation) -> None:
    """Writes the jobs that look after a card: once it may be mailed, and when it closes."""
    hours = settings.get(tx, "survey.chat_mail_hours")
    times = {"closes": invitation.expires_at}
    if hours and (mails_at := invitation.sent_at + timedelta(hours=hours)) < invitation.expires_at:
        times["mails"] = mails_at
    for what, at in times.items():
        jobs.enqueue(
            tx,
            "surveys.card",
            {"invitation_id": invitation.id},
            key=f"card:{invitation.id}:{what}",
            run_at=at,
            priority=6,
        )


def remind_later(tx: Tx, invitation: Invitation) -> None:
    """Writes the job that reminds of a mailed question, where the desk does that and there is time for it."""
    days = settings.get(tx, "survey.reminder_days")
    at = tx.now() + timedelta(days=days)
    if days and at < invitation.expires_at:
        args = {"invitation_id": invitation.id}
        jobs.enqueue(tx, "surveys.remind", args, key=f"remind:{invitation.id}", run_at=at, priority=6)
