"""A resolved conversation and its invitation, for tests of surveys and their pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import func, select

from desk import surveys
from desk.conversations.tables import Conversation, Episode
from desk.settings.tables import Inbox
from desk.store import Base, Tx
from desk.surveys.tables import Invitation, SurveyDecision
from tests import factories

Resolved = Callable[..., tuple[Conversation, Episode]]
_numbers = count(1)


@dataclass(frozen=True)
class Asked:
    """One ask: the ids of what it is about, and its token."""

    customer_id: int
    conversation_id: int
    episode_id: int
    invitation_id: int
    staff_id: int
    inbox_id: int
    token: str


def resolved(tx: Tx, **fields: Any) -> tuple[Conversation, Episode]:
    """A conversation by mail that a person answered and resolved, as the rows say it afterwards."""
    mara = fields.pop("staff", None) or factories.make_staff(tx, name="Mara Oliveira")
    episode_fields, message = fields.pop("episode", {}), fields.pop("message", {})
    customer = fields.pop("customer", None) or factories.make_customer(tx, name="Noor Haddad")
    values = {"subject": "Replacement lid", "status": "resolved", "waiting_since": None}
    values |= {"assignee_id": mara.id, **fields}
    conversation = factories.make_conversation(tx, customer, **values)
    factories.make_entry(tx, conversation, **message)
    episode = tx.get_one(Episode, conversation.episode_id)
    for name, value in {
        "replies": 1,
        "first_reply_by": mara.id,
        "resolved_at": tx.now(),
        "resolved_by": mara.id,
        **episode_fields,
    }.items():
        setattr(episode, name, value)
    tx.flush()
    return conversation, episode


def by_chat(tx: Tx, **fields: Any) -> tuple[Conversation, Episode]:
    """The same in a chat: a visitor without a name or an address, and the desk's mail inbox beside the widget's."""
    mailbox = tx.scalar(select(Inbox).where(Inbox.channel == "email")) or factories.make_inbox(tx)
    widget = tx.scalar(select(Inbox).where(Inbox.channel == "chat"))
    inbox = widget or factories.make_inbox(tx, channel="chat", name="Widget", address="kiln", brand_id=mailbox.brand_id)
    return _by(tx, "chat", "visitor", f"v{next(_numbers):031}", inbox, fields)


def by_sms(tx: Tx, **fields: Any) -> tuple[Conversation, Episode]:
    """The same by SMS, from a telephone number."""
    inbox = tx.scalar(select(Inbox).where(Inbox.channel == "sms"))
    inbox = inbox or factories.make_inbox(tx, channel="sms", name="Texts", address="+15550100")
    return _by(tx, "sms", "phone", f"+4670{next(_numbers):07}", inbox, fields)


def _by(
    tx: Tx, channel: str, kind: str, value: str, inbox: Inbox, fields: dict[str, Any]
) -> tuple[Conversation, Episode]:
    customer = fields.pop("customer", None) or factories.make_customer(tx, name="Noor Haddad")
    identity = factories.make_identity(tx, customer, value, kind=kind, evidence="verified", because="wrote from it")
    message = {"identity_id": identity.id, "channel": channel, "inbox_id": inbox.id} | fields.pop("message", {})
    values = {"inbox_id": inbox.id, "team_id": None, "channel": channel, "reply_address": value}
    values |= {"reply_identity_id": identity.id, "customer": customer, "message": message}
    return resolved(tx, **{**values, **fields})


def asked(tx: Tx, kind: str = "csat", by: Resolved | None = None, **fields: Any) -> Asked:
    """The same, with the question sent. Other kinds than CSAT are made of the same invitation."""
    conversation, episode = (by or resolved)(tx, **fields)
    decision = surveys.consider(tx, episode.id)
    assert decision.asked, decision.reason
    invitation = invitation_of(tx, decision)
    if kind != "csat":
        survey = surveys.Survey(key=kind, kind=kind, name=kind, texts={}, active=True)
        tx.add(survey)
        tx.flush()
        invitation.kind, invitation.survey_id = kind, survey.id
        tx.flush()
    return Asked(
        conversation.customer_id,
        conversation.id,
        episode.id,
        invitation.id,
        invitation.staff_id or 0,
        conversation.inbox_id,
        surveys.token_of(tx, invitation),
    )


def invitation_of(tx: Tx, decision: SurveyDecision) -> Invitation:
    return tx.scalars(select(Invitation).where(Invitation.decision_id == decision.id)).one()


def everything(tx: Tx) -> dict[str, Any]:
    """How many rows each table has, and every column of those that a survey writes: to see what was recorded."""
    tables = Base.metadata.tables
    state: dict[str, Any] = {name: tx.scalar(select(func.count()).select_from(t)) for name, t in tables.items()}
    for name in ("invitations", "responses", "response_versions", "survey_decisions", "customers", "deliveries"):
        state[f"{name}.rows"] = [
            tuple(row) for row in tx.execute(select(tables[name]).order_by(*tables[name].primary_key))
        ]
    return state
