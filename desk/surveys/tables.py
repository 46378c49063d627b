"""Survey definitions, decisions to ask or not, invitations and responses with their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt


class Survey(Base):
    """A definition. `kind`: csat (1..5), nps (0..10), ces (1..7)."""

    __tablename__ = "surveys"
    __audit__: ClassVar[Watched] = Watched("survey", ("name", "texts", "expires_days", "active"))
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(120))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brands.id"))
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # locale -> question and reasons, where changed
    expires_days: Mapped[int | None]  # None: as the setting survey.expires_days says
    active: Mapped[bool] = mapped_column(default=True)


class SurveyAudience(Base):
    """Whom a survey asks after a conversation of one inbox: those for whom the condition holds. Without a row, all."""

    __tablename__ = "survey_audiences"
    __audit__: ClassVar[Watched] = Watched("audience", ("inbox_id", "condition"), title="")
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"), primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    condition: Mapped[str] = mapped_column(Text)  # as it is kept: segments by their numbers
    changed_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class SurveySuppression(Base):
    """A colleague said that nobody is to be asked about an episode, and why."""

    __tablename__ = "survey_suppressions"
    __audit__: ClassVar[Watched] = Watched("suppression", ("conversation_id", "why"), title="")
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    why: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class SurveyDecision(Base):
    """For each resolved episode: asked or withheld, and why."""

    __tablename__ = "survey_decisions"
    __table_args__ = (
        Index("uq_survey_decisions_episode", "survey_id", "episode_id", unique=True),
        Index("ix_survey_decisions_at", "decided_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    asked: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decided_at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(BigInt)


class Invitation(Base):
    """One ask. Agent, team, inbox, brand, channel and stage are a snapshot of the moment of asking.

    `channel` and `identity_id` say where it was asked. A card that nobody saw in the chat is mailed once: `mailed_at`
    then, and the question still counts for the chat.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_sent", "kind", "sent_at"),
        Index("ix_invitations_customer", "customer_id", "sent_at"),
        Index("ix_invitations_identity", "identity_id", "sent_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    decision_id: Mapped[int] = mapped_column(ForeignKey("survey_decisions.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(6))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"))
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    secret: Mapped[str] = mapped_column(String(40))  # in the token; a rotated secret ends older links
    channel: Mapped[str] = mapped_column(String(20))
    identity_id: Mapped[int | None] = mapped_column(BigInt)
    locale: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    stage: Mapped[str | None] = mapped_column(String(60))
    stage_model: Mapped[str | None] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    got_at: Mapped[datetime | None]  # a card: when it first was in a widget of its visitor
    seen_at: Mapped[datetime | None]  # and on the screen
    mailed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]  # once, by mail
    delivered: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[bool] = mapped_column(default=False)
    sample: Mapped[bool] = mapped_column(default=False)


class Response(Base):
    """The answer in force of an invitation; earlier versions stand in response_versions."""

    __tablename__ = "responses"
    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(6))
    channel: Mapped[str] = mapped_column(String(20), server_default="email")  # by which it was answered
    score: Mapped[int]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    comment: Mapped[str] = mapped_column(Text, default="")
    may_contact: Mapped[bool | None]
    version: Mapped[int] = mapped_column(default=1)
    answered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(BigInt)


class ResponseVersion(Base):
    __tablename__ = "response_versions"
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(20), server_default="email")
    score: Mapped[int]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
