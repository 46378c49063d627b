"""Who was not asked, why, and whether they were unlike those who were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from desk.conversations.tables import Conversation
from desk.reports.filters import Filters
from desk.reports.measures import Measure
from desk.reports.statistics import Difference, Interval, newcombe, wilson
from desk.store import Tx
from desk.surveys.tables import Survey, SurveyDecision

# Behind these there is no customer who could have said how it was.
NOBODYS = ("spam", "automatic", "internal")
LEAST = 10  # of either kind, below which nothing is compared

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Withheld:
    """Decisions not to ask: all of them, those about a customer (no spam, no machine, none of ourselves), and how many
    of either had ended frustrated."""

    n: int
    unhappy: int
    customers: int
    unhappy_customers: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many had ended frustrated, with Wilson's interval (95 %), in [0, 1]; None of nobody."""

    unhappy: int
    n: int

    @property
    def value(self) -> float | None:
        return self.unhappy / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.unhappy, self.n) if self.n else None

    @property
    def small(self) -> bool:
        return self.n < LEAST


@dataclass(frozen=True, slots=True)
class Bias:
    """Those who were not asked beside those who were. `difference` is the first share less the second, by Newcombe's
    method; None where either has fewer than 10."""

    withheld: Share
    asked: Share
    difference: Difference | None


def withheld(tx: Tx, measure: Measure, filters: Filters) -> Withheld | None:
    """How many episodes were not followed by a question; None where the filters go beyond period, inbox and segment.

    Of a decision not to ask the desk keeps the conversation, and so its inbox, but no snapshot of agent, team or stage.
    """
    if any(value is not None for value in (filters.team_id, filters.staff_id, filters.stage, filters.channel)):
        return None
    frustrated = SurveyDecision.detail["level"].as_string() == "frustrated"
    customer = SurveyDecision.reason.not_in(NOBODYS)
    columns = select(
        func.count().label("n"),
        *(
            func.sum(case((condition, 1), else_=0)).label(name)
            for name, condition in (
                ("unhappy", frustrated),
                ("customers", customer),
                ("unhappy_customers", and_(customer, frustrated)),
            )
        ),
    )
    row = tx.execute(_withheld(columns, measure, filters)).one()
    return Withheld(row.n, row.unhappy or 0, row.customers or 0, row.unhappy_customers or 0)


def by_reason(tx: Tx, measure: Measure, filters: Filters) -> dict[str, int]:
    """{reason: decisions}, most frequent first."""
    query = _withheld(select(SurveyDecision.reason, func.count().label("n")), measure, filters)
    rows = tx.execute(query.group_by(SurveyDecision.reason))
    return dict(sorted(((row.reason, row.n) for row in rows), key=lambda item: (-item[1], item[0])))


def bias(found: Withheld, asked: int, unhappy: int) -> Bias:
    """`asked` questions were sent, `unhappy` of them to somebody who had ended frustrated."""
    out, among = Share(found.unhappy_customers, found.customers), Share(unhappy, asked)
    enough = not (out.small or among.small)
    return Bias(out, among, newcombe(out.unhappy, out.n, among.unhappy, among.n) if enough else None)


def _withheld(query: AnySelect, measure: Measure, filters: Filters) -> AnySelect:
    query = query.select_from(SurveyDecision).join(Survey, Survey.id == SurveyDecision.survey_id)
    query = query.where(*decided(measure, filters))
    if filters.inbox_id is not None:
        query = query.join(Conversation, Conversation.id == SurveyDecision.conversation_id).where(
            Conversation.inbox_id == filters.inbox_id
        )
    return query


def decided(measure: Measure, filters: Filters) -> list[ColumnElement[bool]]:
    """Which decisions not to ask belong to a choice, but for its inbox: that is one of their conversations'."""
    found = [
        Survey.kind == measure.key,
        SurveyDecision.asked.is_(False),
        SurveyDecision.decided_at >= filters.low,
        SurveyDecision.decided_at < filters.high,
    ]
    if filters.segment_id is not None:
        found.append(filters.in_segment(SurveyDecision.customer_id))
    return found
