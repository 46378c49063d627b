"""A made-up past for report tests: questions and answers written as rows, and kept as objects to count by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from desk.conversations.tables import Conversation, Episode
from desk.lifecycle.tables import StageModel
from desk.store import Tx
from desk.surveys.tables import Invitation, Response, Survey, SurveyDecision
from tests import factories

COMMERCE = {
    "stages": [
        {"key": "conversion", "name": "Conversion"},
        {"key": "retention", "name": "Retention"},
        {"key": "loyalty", "name": "Loyalty", "names": {"de": "Treue"}},
        {"key": "lapsed", "name": "Lapsed"},
    ]
}
SCALES = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}


@dataclass
class Asked:
    """One question as a test remembers it."""

    id: int
    kind: str
    sent_at: datetime
    staff_id: int | None
    team_id: int | None
    inbox_id: int
    channel: str
    stage: str | None
    level: str
    delivered: bool
    failed: bool
    expires_at: datetime
    conversation_id: int
    score: int | None = None
    comment: str = ""
    answered_at: datetime | None = None

    @property
    def answered(self) -> bool:
        return self.score is not None

    @property
    def arrived(self) -> bool:
        return self.answered or (self.delivered and not self.failed)


@dataclass
class Past:
    """Everything there is, with the ids by which to ask for it."""

    staff: list[int] = field(default_factory=list)
    teams: list[int] = field(default_factory=list)
    inboxes: list[int] = field(default_factory=list)
    customer_id: int = 0
    asked: list[Asked] = field(default_factory=list)
    withheld: list[tuple[datetime, int, str]] = field(default_factory=list)  # when, inbox, reason


class Builder:
    """Writes questions one by one; every field that a test does not name has a plain value."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.past = Past()
        now = tx.now()
        teams = [factories.make_team(tx, name=name) for name in ("First line", "Second line")]
        self.past.teams = [team.id for team in teams]
        self.past.staff = [
            factories.make_staff(tx, name=name).id for name in ("Priya Raman", "Jonas Weber", "Bo Tran", "Noor Amin")
        ]
        self.past.inboxes = [
            factories.make_inbox(tx, name="Support", channel="email").id,
            factories.make_inbox(tx, name="Text messages", channel="sms", address="+15550100").id,
            factories.make_inbox(tx, name="Widget", channel="chat", address="kiln").id,
        ]
        customer = factories.make_customer(tx, name="Marta Lindqvist")
        self.past.customer_id = customer.id
        self.surveys = {}
        for kind in SCALES:
            survey = Survey(key=kind, kind=kind, name=kind.upper(), texts={}, active=True)
            tx.add(survey)
            tx.flush()
            self.surveys[kind] = survey.id
        tx.add(
            StageModel(
                key="commerce",
                version=1,
                name="Commerce",
                state="published",
                rank=0,
                definition=COMMERCE,
                published_at=now,
                created_at=now,
            )
        )
        tx.flush()
        self.brand_id = factories.make_brand(tx).id
        self.number = 0

    def _episode(self, at: datetime, inbox_id: int, **conversation: Any) -> tuple[int, int]:
        self.number += 1
        number = 100_000 + self.number
        self.tx.execute(
            insert(Conversation).values(
                id=number,
                customer_id=self.past.customer_id,
                inbox_id=inbox_id,
                subject=f"Question {self.number}",
                status="resolved",
                channel="email",
                opened_at=at,
                last_at=at,
                customer_name="Marta Lindqvist",
                episode_id=number,
                **conversation,
            )
        )
        self.tx.execute(
            insert(Episode).values(
                id=number, conversation_id=number, customer_id=self.past.customer_id, number=1, opened_at=at
            )
        )
        return number, number

    def ask(
        self,
        sent_at: datetime,
        score: int | None = None,
        *,
        kind: str = "csat",
        comment: str = "",
        answered_by: str = "",
        **fields: Any,
    ) -> Asked:
        past = self.past
        inbox_id = fields.get("inbox_id", past.inboxes[0])
        conversation_id, episode_id = self._episode(sent_at, inbox_id)
        decision = SurveyDecision(
            survey_id=self.surveys[kind],
            episode_id=episode_id,
            conversation_id=conversation_id,
            customer_id=past.customer_id,
            asked=True,
            reason="resolved",
            detail={},
            decided_at=sent_at,
        )
        self.tx.add(decision)
        self.tx.flush()
        values: dict[str, Any] = {
            "staff_id": past.staff[0],
            "team_id": past.teams[0],
            "inbox_id": inbox_id,
            "channel": "email",
            "stage": "retention",
            "stage_model": "commerce",
            "level": "calm",
            "delivered": True,
            "failed": False,
            "expires_at": sent_at + timedelta(days=14),
            **fields,
        }
        if not values["stage"]:
            values["stage_model"] = None
        invitation = Invitation(
            survey_id=self.surveys[kind],
            decision_id=decision.id,
            kind=kind,
            customer_id=past.customer_id,
            conversation_id=conversation_id,
            episode_id=episode_id,
            secret="x",
            locale="en",
            brand_id=self.brand_id,
            sent_at=sent_at,
            **values,
        )
        self.tx.add(invitation)
        self.tx.flush()
        asked = Asked(
            id=invitation.id,
            kind=kind,
            sent_at=sent_at,
            conversation_id=conversation_id,
            **{name: value for name, value in values.items() if name not in ("stage_model", "reminded_at")},
        )
        if score is not None:
            asked.score, asked.comment = score, comment
            asked.answered_at = sent_at + timedelta(hours=1 + self.number % 200)
            self.tx.add(
                Response(
                    invitation_id=invitation.id,
                    kind=kind,
                    channel=answered_by or values["channel"],
                    score=score,
                    reasons=[],
                    comment=comment,
                    answered_at=asked.answered_at,
                    changed_at=asked.answered_at,
                )
            )
            self.tx.flush()
        past.asked.append(asked)
        return asked

    def withhold(
        self,
        at: datetime,
        *,
        kind: str = "csat",
        inbox_id: int | None = None,
        reason: str = "cooldown",
        level: str = "calm",
    ) -> None:
        inbox_id = inbox_id or self.past.inboxes[0]
        conversation_id, episode_id = self._episode(at, inbox_id)
        self.tx.add(
            SurveyDecision(
                survey_id=self.surveys[kind],
                episode_id=episode_id,
                conversation_id=conversation_id,
                customer_id=self.past.customer_id,
                asked=False,
                reason=reason,
                detail={"level": level},
                decided_at=at,
            )
        )
        self.tx.flush()
        self.past.withheld.append((at, inbox_id, reason))


def random_past(tx: Tx, seed: int, questions: int, *, days: int = 200, kind: str = "csat") -> Past:
    """Questions spread over the days before now, with every state, agent, stage and channel among them."""
    chance, builder, now = random.Random(seed), Builder(tx), tx.now()
    past = builder.past
    for _ in range(questions):
        # Some at midnight of several zones, where days are won and lost.
        at = now - timedelta(minutes=chance.randrange(days * 1440))
        if chance.random() < 0.2:
            at = at.replace(hour=chance.choice((22, 23, 0)), minute=0, second=0, microsecond=0)
        answered = chance.random() < 0.45
        delivered = chance.random() < 0.9
        channel = chance.choice(("email", "email", "sms", "chat"))
        builder.ask(
            at,
            chance.choice(SCALES[kind]) if answered else None,
            kind=kind,
            comment=chance.choice(("", "Quick and kind", "=1+1 never worked")) if answered else "",
            staff_id=chance.choice([*past.staff[:3], None]),
            team_id=chance.choice([*past.teams, None]),
            inbox_id=past.inboxes[("email", "sms", "chat").index(channel)],
            channel=channel,
            stage=chance.choice(("conversion", "retention", "loyalty", None)),
            level=chance.choice(("calm", "strained", "frustrated")),
            delivered=delivered,
            failed=not delivered and chance.random() < 0.7,
        )
    for _ in range(questions // 6):
        at = now - timedelta(minutes=chance.randrange(days * 1440))
        builder.withhold(
            at, kind=kind, inbox_id=chance.choice(past.inboxes), reason=chance.choice(("cooldown", "spam"))
        )
    return past
