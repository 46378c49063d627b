"""The question as a card in the chat: what it shows, taking its answer, and what follows where nobody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from desk import agents, conversations, people, settings, timeline
from desk.i18n import texts
from desk.signals import EntryChanged
from desk.store import Tx
from desk.surveys.answers import BadAnswer, LinkClosed, record
from desk.surveys.links import customer_id_of, held, response_of
from desk.surveys.scales import COMMENT_LIMIT, SCALES
from desk.surveys.sending import CHAT, remind_later, send_mail
from desk.surveys.tables import Invitation, Response, Survey
from desk.surveys.texts import given_name, survey_texts


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer in force, as the card repeats it."""

    score: int
    label: str
    reasons: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Card:
    """All that a widget needs to draw the question. `labels` and `reasons` are in the order in which they stand."""

    id: int
    conversation_id: int
    kind: str
    question: str
    hint: str
    labels: tuple[tuple[int, str], ...]
    reasons: tuple[tuple[str, str], ...]
    comment_label: str
    comment_limit: int
    locale: str
    name: str  # given name of whom it asks about, or ""
    asked_at: str
    closes_at: str
    answered: Answered | None
    got: bool  # whether a widget has had it already

    def as_json(self) -> dict[str, Any]:
        """As docs/widget-protocol.md has it: ids are strings there."""
        given = self.answered
        return {
            "conversation": str(self.conversation_id),
            "id": str(self.id),
            "kind": self.kind,
            "question": self.question,
            "hint": self.hint,
            "labels": [{"score": score, "label": label} for score, label in self.labels],
            "reasons": [{"key": key, "label": label} for key, label in self.reasons],
            "comment_label": self.comment_label,
            "comment_limit": self.comment_limit,
            "locale": self.locale,
            "name": self.name,
            "at": self.asked_at,
            "closes": self.closes_at,
            "answered": None
            if given is None
            else {
                "score": given.score,
                "label": given.label,
                "reasons": list(given.reasons),
                "comment": given.comment,
            },
        }


def card(tx: Tx, conversation_id: int) -> Card | None:
    """The newest question of a chat, until it closes, with the answer that it has. Records nothing."""
    invitation = _newest(tx, conversation_id)
    if invitation is None or invitation.expires_at <= tx.now():
        return None
    conversation = conversations.get(tx, conversation_id, None)
    response = response_of(tx, invitation)
    if conversation.status == "spam":
        return None
    if response is None and people.customer(tx, conversation.customer_id).surveys_stopped_at is not None:
        return None
    survey = tx.get_one(Survey, invitation.survey_id)
    brand = settings.brand(tx, invitation.brand_id)
    name = given_name(agents.names(tx).get(invitation.staff_id or 0, ""))
    said = survey_texts(
        invitation.kind,
        texts(invitation.locale),
        agent=name,
        brand=brand.name,
        changed=survey.texts.get(invitation.locale),
    )
    given = None
    if response is not None:
        given = Answered(response.score, said.label(response.score), tuple(response.reasons), response.comment)
    return Card(
        id=invitation.id,
        conversation_id=conversation_id,
        kind=invitation.kind,
        question=said.question,
        hint=said.hint,
        labels=tuple((score, said.labels.get(score, "")) for score in SCALES[invitation.kind].scores),
        reasons=tuple(said.reasons.items()),
        comment_label=said.more,
        comment_limit=COMMENT_LIMIT,
        locale=invitation.locale,
        name=name,
        asked_at=invitation.sent_at.isoformat(),
        closes_at=invitation.expires_at.isoformat(),
        answered=given,
        got=invitation.got_at is not None,
    )


def _newest(tx: Tx, conversation_id: int) -> Invitation | None:
    return tx.scalar(
        select(Invitation)
        .where(Invitation.conversation_id == conversation_id, Invitation.channel == CHAT)
        .order_by(Invitation.id.desc())
        .limit(1)
    )


def asked_in(tx: Tx, invitation_id: int) -> int | None:
    """The conversation in whose chat this question was asked, open or closed; None where it was asked in none."""
    found = tx.get(Invitation, invitation_id) if 0 < invitation_id < 2**63 else None
    return found.conversation_id if found is not None and found.channel == CHAT else None


def _of_chat(tx: Tx, invitation_id: int, conversation_id: int) -> Invitation | None:
    """The invitation, held until the end of the transaction, if it was asked in this very conversation's chat."""
    if not 0 < invitation_id < 2**63:
        return None
    invitation = held(tx, invitation_id)
    if invitation is None or (invitation.conversation_id, invitation.channel) != (conversation_id, CHAT):
        return None
    return invitation


def answer_in_chat(
    tx: Tx,
    invitation_id: int,
    conversation_id: int,
    score: object,
    reasons: Sequence[str] = (),
    comment: str = "",
) -> Response:
    """Records the answer that a visitor sent from their card, or another version of it.

    The caller has made sure that the conversation is this visitor's. Raises LinkClosed for a question of another
    conversation or one that is closed, BadAnswer for what does not fit; `refusal` says either in a sentence.
    """
    invitation = _of_chat(tx, invitation_id, conversation_id)
    if invitation is None:
        raise LinkClosed("invalid")
    response = record(tx, invitation, score, reasons, comment, channel=CHAT, at=tx.now())
    _got(tx, invitation, seen=True)
    return response


def shown(tx: Tx, invitation_id: int, conversation_id: int, *, seen: bool) -> None:
    """The card is in a widget of its visitor (`seen`: and on the screen). One that it does not fit changes nothing."""
    invitation = _of_chat(tx, invitation_id, conversation_id)
    if invitation is not None:
        _got(tx, invitation, seen=seen)


def _got(tx: Tx, invitation: Invitation, *, seen: bool) -> None:
    news = invitation.got_at is None
    invitation.got_at = invitation.got_at or tx.now()
    if seen and invitation.seen_at is None:
        invitation.seen_at, news = tx.now(), True
    invitation.delivered, invitation.failed = True, False
    tx.flush()
    if news and invitation.entry_id is not None:
        tx.announce(EntryChanged(invitation.entry_id, customer_id_of(tx, invitation), invitation.conversation_id))


def refusal(error: LinkClosed | BadAnswer, locale: str | None) -> str:
    """Why an answer was not taken, in one sentence for the customer."""
    _ = texts(locale).gettext
    if isinstance(error, LinkClosed):
        if error.kind == "expired":
            return _("This question is closed: it takes no answer any more.")
        return _("This is not a question of this conversation.")
    scale = SCALES[error.kind]
    return {
        "score": _("Pick one of the answers from %(lowest)s to %(highest)s.")
        % {"lowest": scale.lowest, "highest": scale.highest},
        "reasons": _("Pick only from these, please."),
        "comment": _("That is longer than the %(limit)s characters that fit.") % {"limit": COMMENT_LIMIT},
    }[error.problems[0]]


# What time does to a card


def look_after(tx: Tx, invitation_id: int) -> None:
    """The task `surveys.card`: mails a question that nobody saw in the chat, once; at its end, an invitation that never
    reached a widget counts as one that was not delivered. Doing so again changes nothing."""
    found = tx.get(Invitation, invitation_id)
    invitation = _of_chat(tx, invitation_id, found.conversation_id) if found is not None else None
    if invitation is None or response_of(tx, invitation) is not None:
        return
    if invitation.expires_at <= tx.now():
        if not invitation.delivered:
            invitation.failed = True
        return
    if invitation.seen_at is not None or invitation.mailed_at is not None:
        return
    conversation = conversations.get(tx, invitation.conversation_id, None)
    still = conversation.status == "resolved" and conversation.episode_id == invitation.episode_id
    customer = people.customer(tx, conversation.customer_id)
    if not still or customer.surveys_stopped_at is not None:
        return
    to = next((i for i in people.identities(tx, customer.id) if i.kind == "email" and i.evidence == "verified"), None)
    inbox = mailbox(tx, invitation)
    if to is None or inbox is None:
        return
    invitation.mailed_at, invitation.identity_id = tx.now(), to.id
    entry = timeline.record(
        tx,
        customer_id=customer.id,
        kind="survey_asked",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=invitation.episode_id,
        identity_id=to.id,
        channel="email",
        inbox_id=inbox.id,
        detail={
            "kind": invitation.kind,
            "reason": "unseen",
            "asked_by": invitation.channel,
            "asked_at": invitation.sent_at.isoformat(),
            "invitation_id": invitation.id,
            "open_until": invitation.expires_at.isoformat(),
        },
    )
    survey = tx.get_one(Survey, invitation.survey_id)
    invitation.delivery_id = send_mail(tx, survey, invitation, conversation, entry.id, inbox.id, to)
    remind_later(tx, invitation)
    tx.flush()


def mailbox(tx: Tx, invitation: Invitation) -> settings.Inbox | None:
    """The mail inbox that writes for this brand."""
    inboxes = settings.inboxes(tx, "email", active=True)
    return next((i for i in inboxes if i.brand_id == invitation.brand_id), None)
