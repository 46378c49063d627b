"""The rows behind the figures: the same choice, one line a question, paged by keyset; and the silent and unhappy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_

from desk.agents import Viewer
from desk.conversations import visible_to
from desk.conversations.tables import Conversation
from desk.i18n import N_
from desk.people.tables import Customer
from desk.reports.feedback import STATES, AnySelect, state
from desk.reports.filters import FilterError, Filters
from desk.reports.measures import Measure
from desk.reports.places import place_after, read_place
from desk.reports.withholding import decided
from desk.store import BigInt, Tx, UtcTime
from desk.surveys.tables import Invitation, Response, Survey, SurveyDecision
from desk.timeline.tables import Content, Entry

Which = Literal[
    "sent", "delivered", "answers", "comments", "silent", "reminded", "failed", "waiting", "unhappy", "withheld"
]
WHICH: tuple[Which, ...] = (
    "answers",
    "delivered",
    "sent",
    "comments",
    "silent",
    "reminded",
    "failed",
    "waiting",
    "unhappy",
    "withheld",
)
PAGE = 50
BATCH = 1000  # rows that an export holds at a time


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its answer, if there is one. Ids are named by the caller (desk.reports.choices)."""

    id: int
    at: datetime  # when it was sent; for a withheld one, when that was decided
    state: str  # answered, open, silent, failed, waiting, withheld
    customer_id: int
    customer: str
    conversation_id: int
    subject: str
    staff_id: int | None
    team_id: int | None
    inbox_id: int | None
    channel: str
    stage: str | None
    stage_model: str | None
    level: str
    locale: str
    score: int | None
    reasons: tuple[str, ...]
    comment: str
    answered_at: datetime | None
    answered_by: str  # the channel of the answer in force; a card in the chat may have been answered by mail
    reason: str  # why it was withheld
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, newest first; `next` goes into `after` for the page behind it, None at the end."""

    rows: list[Row]
    next: str | None


def which(text: str) -> Which:
    """Reads the name of a choice of rows; empty means the answers. Raises FilterError."""
    for known in WHICH:
        if text in (known, "") and (text or known == "answers"):
            return known
    raise FilterError(N_("There are no rows called “%(value)s”."), value=text[:40])


def _condition(of: Which) -> ColumnElement[bool] | None:
    """Which questions belong to a name, in the words of feedback.state."""
    no_answer = Response.id.is_(None)
    arrived = and_(Invitation.delivered, ~Invitation.failed)
    match of:
        case "answers":
            return Response.id.is_not(None)
        case "comments":
            return and_(Response.id.is_not(None), Response.comment != "")
        case "delivered":
            return or_(Response.id.is_not(None), arrived)
        case "silent":
            return and_(no_answer, arrived)
        case "failed":
            return and_(no_answer, Invitation.failed)
        case "waiting":
            return and_(no_answer, ~Invitation.failed, ~Invitation.delivered)
        case "reminded":
            return Invitation.reminded_at.is_not(None)
        case "unhappy":
            return and_(no_answer, arrived, Invitation.level == "frustrated")
        case _:
            return None


def _questions(measure: Measure, filters: Filters, of: Which, now: datetime) -> AnySelect:
    query: AnySelect = (
        select(
            Invitation.id,
            Invitation.sent_at.label("at"),
            state(now).label("state"),
            Invitation.customer_id,
            Customer.name.label("customer"),
            Invitation.conversation_id,
            Conversation.subject,
            Invitation.staff_id,
            Invitation.team_id,
            Invitation.inbox_id,
            Invitation.channel,
            Invitation.stage,
            Invitation.stage_model,
            Invitation.level,
            Invitation.locale,
            Response.score,
            Response.reasons,
            Response.comment,
            Response.answered_at,
            Response.channel.label("answered_by"),
            literal("").label("reason"),
            Invitation.reminded_at,
        )
        .select_from(Invitation)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Conversation, Conversation.id == Invitation.conversation_id)
    )
    return _chosen(query, measure, filters, of)


def _chosen(query: AnySelect, measure: Measure, filters: Filters, of: Which) -> AnySelect:
    query, condition = query.where(filters.where(measure.key)), _condition(of)
    if condition is not None:
        query = query.where(condition)
    if filters.score is not None:
        query = query.where(Response.score == filters.score)
    return query


def check(filters: Filters, of: Which) -> None:
    """Raises FilterError where the choice asks something that these rows do not know."""
    beyond = (filters.team_id, filters.staff_id, filters.stage, filters.channel, filters.score)
    if of == "withheld" and any(value is not None for value in beyond):
        raise FilterError(
            N_("Of a question that was not asked only the day and the inbox are kept: take the other filters off.")
        )


def _decisions(measure: Measure, filters: Filters) -> AnySelect:
    """Decisions not to ask, in the shape of questions. Agent, team, stage and score cannot be asked of them."""
    check(filters, "withheld")
    query: AnySelect = (
        select(
            SurveyDecision.id,
            SurveyDecision.decided_at.label("at"),
            literal(len(STATES)).label("state"),
            SurveyDecision.customer_id,
            Customer.name.label("customer"),
            SurveyDecision.conversation_id,
            Conversation.subject,
            literal(None).label("staff_id"),
            literal(None).label("team_id"),
            Conversation.inbox_id,
            Conversation.channel,
            literal(None).label("stage"),
            literal(None).label("stage_model"),
            Conversation.level,
            literal("").label("locale"),
            literal(None).label("score"),
            literal(None).label("reasons"),
            literal("").label("comment"),
            literal(None).label("answered_at"),
            literal("").label("answered_by"),
            SurveyDecision.reason,
            literal(None).label("reminded_at"),
        )
        .select_from(SurveyDecision)
        .join(Survey, Survey.id == SurveyDecision.survey_id)
        .join(Customer, Customer.id == SurveyDecision.customer_id)
        .join(Conversation, Conversation.id == SurveyDecision.conversation_id)
        .where(*decided(measure, filters))
    )
    if filters.inbox_id is not None:
        query = query.where(Conversation.inbox_id == filters.inbox_id)
    return query


def _row(row: Any) -> Row:
    values: Mapping[str, Any] = row._mapping
    return Row(
        **{
            **values,
            "state": (*STATES, "withheld")[values["state"]],
            "reasons": tuple(values["reasons"] or ()),
            "comment": values["comment"] or "",
            "answered_by": values["answered_by"] or "",
        }
    )


def page(
    tx: Tx,
    measure: Measure,
    filters: Filters,
    of: Which = "answers",
    *,
    viewer: Viewer,
    after: str | None = None,
    limit: int = PAGE,
) -> Rows:
    """One page of the rows that `viewer` may see, newest first: by the day of sending; comments by that of answering.

    Raises FilterError for an `after` that no page gave out.
    """
    if of == "withheld":
        query, at, number = _decisions(measure, filters), SurveyDecision.decided_at, SurveyDecision.id
    else:
        query = _questions(measure, filters, of, tx.now())
        at, number = (Response.answered_at if of == "comments" else Invitation.sent_at), Invitation.id
    query = query.where(visible_to(viewer))
    if after:
        last_at, last_id = read_place(after)
        query = query.where(tuple_(at, number) < tuple_(literal(last_at, UtcTime()), literal(last_id, BigInt)))
    found = [_row(row) for row in tx.execute(query.order_by(at.desc(), number.desc()).limit(limit + 1))]
    rows = found[:limit]
    return Rows(rows, _token(rows[-1], of) if len(found) > limit else None)


def _token(row: Row, of: Which) -> str:
    at = row.answered_at if of == "comments" else row.at
    assert at is not None
    return place_after(at, row.id)


def every(tx: Tx, measure: Measure, filters: Filters, of: Which = "sent", *, viewer: Viewer) -> Iterator[Row]:
    """All rows of a choice, newest first, read in batches: for exports of any length."""
    after: str | None = None
    while True:
        found = page(tx, measure, filters, of, viewer=viewer, after=after, limit=BATCH)
        yield from found.rows
        if found.next is None:
            return
        after = found.next


def count(tx: Tx, measure: Measure, filters: Filters, of: Which) -> int:
    """How many rows a choice has."""
    if of == "withheld":
        return tx.scalar(_decisions(measure, filters).with_only_columns(func.count())) or 0
    query = select(func.count()).select_from(Invitation).outerjoin(Response, Response.invitation_id == Invitation.id)
    return tx.scalar(_chosen(query, measure, filters, of)) or 0


@dataclass(frozen=True, slots=True)
class Silent:
    """One who left frustrated and said nothing when asked; `words` begin their last message, empty where erased."""

    row: Row
    words: str


def unhappy(tx: Tx, measure: Measure, filters: Filters, *, viewer: Viewer, limit: int = 4) -> list[Silent]:
    """The newest of the silent and unhappy with their last words."""
    rows = page(tx, measure, filters, "unhappy", viewer=viewer, limit=limit).rows
    return [Silent(row, _last_words(tx, row)) for row in rows]


def _last_words(tx: Tx, row: Row) -> str:
    text = tx.scalar(
        select(Content.text)
        .select_from(Entry)
        .join(Content, Content.id == Entry.content_id)
        .where(
            Entry.conversation_id == row.conversation_id,
            Entry.kind == "message",
            Entry.author == "customer",
            Entry.occurred_at <= row.at,
        )
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(1)
    )
    return " ".join((text or "").split())[:160]
