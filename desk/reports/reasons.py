"""Why customers came: each reason with its volume, what it cost in time, and how it was felt; and the episodes behind.

Everything here only reads, and counts in the database. One cohort stands behind every figure: the episodes that began
in the period with a customer's message. Each has one reason or none, so that the lines add up to all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from desk import reasons
from desk.agents import Viewer
from desk.conversations import visible_to
from desk.conversations.tables import Conversation, Episode
from desk.i18n import N_
from desk.lifecycle.tables import Transition
from desk.people.tables import Customer
from desk.questions.tables import Question
from desk.reasons import Known
from desk.reasons.tables import EpisodeReason, Reason, ReasonGroup
from desk.reports.choices import NOBODY
from desk.reports.filters import NONE, FilterError, Filters
from desk.reports.measures import Reading
from desk.reports.places import place_after, read_place
from desk.reports.statistics import Difference, Interval, Quantile, newcombe, quantile_ranks, wilson
from desk.sentiment.tables import Score
from desk.store import BigInt, Tx, UtcTime
from desk.surveys.tables import Invitation, Response

FEW = 10  # under which a share says too little
HAPPY = 4  # CSAT answers from here on
PAGE, BATCH = 50, 1000
ALL = -1  # the line of everything; no reason has this number, nor 0, which is "no reason"

AnySelect = Select[*tuple[Any, ...]]
StageKey = tuple[str, str]  # model and stage; both empty for none

_Had, _Is = aliased(Reason), aliased(Reason)  # the reason as it was given, and what it stands for today
_GIVEN = case((EpisodeReason.episode_id.is_not(None), EpisodeReason.reason_id), else_=ReasonGroup.reason_id)
_LEAF = func.coalesce(_Is.id, 0)
_TOP = func.coalesce(_Is.parent_id, _Is.id, 0)


@dataclass(slots=True)
class Line:
    """One reason, all of them, or none. `n` episodes began in the period, `before` in the one before; `resolved` of
    them took `time`; people wrote `replies`; `good` of `answers` CSAT answers were 4 or 5; `frustrated` were so at some
    point. `whole` is what the share is of, `whole_before` the same of the period before."""

    key: int
    name: str = ""
    part: bool = False
    archived: bool = False
    n: int = 0
    before: int = 0
    resolved: int = 0
    replies: int = 0
    answers: int = 0
    good: int = 0
    frustrated: int = 0
    time: Quantile | None = None
    stages: dict[StageKey, int] = field(default_factory=dict)
    whole: int = 0
    whole_before: int = 0

    @property
    def share(self) -> float | None:
        return self.n / self.whole if self.whole else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.n, self.whole) if self.whole else None

    @property
    def csat(self) -> Interval | None:
        return wilson(self.good, self.answers) if self.answers else None

    @property
    def mood(self) -> Interval | None:
        return wilson(self.frustrated, self.n) if self.n else None

    def change(self) -> tuple[Difference | None, Reading]:
        """The share less that of the period before, and how to read it."""
        if not self.whole or not self.whole_before:
            return None, "no data"
        if self.whole < FEW or self.whole_before < FEW:
            return None, "too few answers"
        found = newcombe(self.n, self.whole, self.before, self.whole_before)
        return found, "likely real" if found.clear else "may be chance"

    def add(self, row: Any) -> None:
        """Adds a counted slice."""
        self.n += row.n
        self.resolved += row.resolved
        self.replies += int(row.replies or 0)
        self.answers += row.n if row.score is not None else 0
        self.good += row.n if row.score is not None and row.score >= HAPPY else 0
        self.frustrated += row.n if row.frustrated else 0
        stage = _stage_key(row.stage)
        self.stages[stage] = self.stages.get(stage, 0) + row.n


@dataclass(frozen=True, slots=True)
class Report:
    """All of it: the whole; each reason followed by its parts, the commonest first, and "no reason" at the end; and
    the stages that occur, the commonest first."""

    whole: Line
    lines: list[Line]
    stages: list[StageKey]


def _stage_key(text: str | None) -> StageKey:
    model, _slash, stage = (text or "").rpartition("/")
    return model, stage


def _stage(now: datetime) -> ColumnElement[Any]:
    """ "model/stage", where the customer was when it was resolved; or is now, while it is open. One look each: joined,
    PostgreSQL would put all moves there ever were into a hash."""
    then = Transition.customer_id == Episode.customer_id, Transition.known_at <= func.coalesce(Episode.resolved_at, now)
    found = select(Transition.model_key + literal("/") + Transition.after).where(*then)
    return found.order_by(Transition.id.desc()).limit(1).correlate(Episode).scalar_subquery()


def _score() -> ColumnElement[Any]:
    found = (
        select(Response.score)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(
            Invitation.conversation_id == Episode.conversation_id,  # by which there is an index
            Invitation.episode_id == Episode.id,
            Invitation.kind == "csat",
        )
        .order_by(Invitation.id.desc())
        .limit(1)
    )
    return found.correlate(Episode).scalar_subquery()


def _frustrated() -> ColumnElement[Any]:
    """1 or none. No EXISTS: of that PostgreSQL would make a hash of all frustrated messages there ever were."""
    same = and_(Score.conversation_id == Episode.conversation_id, Score.episode_id == Episode.id)
    found = select(literal(1)).where(same, Score.level_after == "frustrated")
    return found.limit(1).correlate(Episode).scalar_subquery()


def _seconds(tx: Tx) -> ColumnElement[Any]:
    """From the beginning of an episode to its resolution, less the time that we waited for its customer."""
    if tx.dialect_name == "postgresql":
        took: ColumnElement[Any] = cast(extract("epoch", Episode.resolved_at - Episode.opened_at), Double)
    else:
        took = (func.julianday(Episode.resolved_at) - func.julianday(Episode.opened_at)) * 86400.0
    return took - Episode.waited_for_customer


def _joined(query: AnySelect) -> AnySelect:
    return (
        query.select_from(Episode)
        .join(Conversation, Conversation.id == Episode.conversation_id)
        .outerjoin(EpisodeReason, EpisodeReason.episode_id == Episode.id)
        .outerjoin(Question, Question.episode_id == Episode.id)
        .outerjoin(ReasonGroup, ReasonGroup.group_id == Question.group_id)
        .outerjoin(_Had, _Had.id == _GIVEN)
        .outerjoin(_Is, _Is.id == func.coalesce(_Had.became_id, _Had.id))
    )


def _cohort(query: AnySelect, filters: Filters, now: datetime, reason_id: int | None = None) -> AnySelect:
    """The columns of `query` for the episodes of the choice."""
    found: list[ColumnElement[bool]] = [
        Episode.opened_at >= filters.low,
        Episode.opened_at < filters.high,
        Episode.first_message_at.is_not(None),
        Conversation.status != "spam",
    ]
    if filters.inbox_id is not None:
        found.append(Conversation.inbox_id == filters.inbox_id)
    if filters.team_id is not None:
        team = Conversation.team_id
        found.append(team.is_(None) if filters.team_id == NOBODY else team == filters.team_id)
    if filters.channel is not None:
        found.append(Conversation.channel == filters.channel)
    if filters.segment_id is not None:
        found.append(filters.in_segment(Episode.customer_id))
    if filters.stage is not None:
        model, stage = filters.stage
        where = _stage(now)
        if not stage:
            found.append(where.is_(None))
        elif model:
            found.append(where == f"{model}/{stage}")
        else:
            found.append(where.endswith(f"/{stage}", autoescape=True))
    if reason_id is not None:
        found.append(or_(_LEAF == reason_id, _TOP == reason_id))
    return _joined(query).where(*found)


def report(tx: Tx, filters: Filters) -> Report:
    """Counts all of it: what comes back is a line for each combination there is, not for each episode."""
    now = tx.now()
    base = select(
        _LEAF.label("leaf"), _TOP.label("top"), Episode.resolved_at.label("resolved_at"),
        Episode.replies.label("replies"), _score().label("score"), _frustrated().label("frustrated"),
        _stage(now).label("stage"),
    )  # fmt: skip
    p = _cohort(base, filters, now).subquery()
    # By everything that is looked up, so that it is looked up once for each episode.
    keys = p.c.leaf, p.c.top, p.c.stage, p.c.score, p.c.frustrated
    counted = select(
        *keys,
        func.count().label("n"),
        func.count(p.c.resolved_at).label("resolved"),
        func.sum(p.c.replies).label("replies"),
    ).group_by(*keys)
    known = {one.id: one for one in reasons.known(tx, archived=True)}
    whole, lines = Line(ALL), {one.id: Line(one.id, one.name, one.parent_id is not None) for one in known.values()}
    lines[0] = Line(0)
    for row in tx.execute(counted):
        for line in _of(row, whole, lines):
            line.add(row)
    earlier = _cohort(select(_LEAF.label("leaf"), _TOP.label("top")), filters.before(), now).subquery()
    before = select(earlier.c.leaf, earlier.c.top, func.count().label("n")).group_by(earlier.c.leaf, earlier.c.top)
    for row in tx.execute(before):
        for line in _of(row, whole, lines):
            line.before += row.n
    _take_times(tx, filters, whole, lines)
    for line in (whole, *lines.values()):
        line.whole, line.whole_before = whole.n, whole.before
        line.archived = line.key in known and known[line.key].archived
    stages = sorted(whole.stages, key=lambda key: (not key[1], -whole.stages[key], key))
    return Report(whole, _ordered(lines, known), stages)


def _of(row: Any, whole: Line, lines: Mapping[int, Line]) -> Iterable[Line]:
    """The lines that a slice belongs to: its reason, what that is a part of, and the whole."""
    return (whole, *(lines[key] for key in {row.leaf, row.top} if key in lines))


def _ordered(lines: Mapping[int, Line], known: Mapping[int, Known]) -> list[Line]:
    """The commonest first, parts behind what they are parts of; "no reason" last. What is not offered any more and has
    nothing to show is left out."""
    shown = [line for line in lines.values() if line.key and (line.n or line.before or not line.archived)]
    shown.sort(key=lambda line: (-line.n, list(lines).index(line.key)))
    found = []
    for top in (line for line in shown if not line.part):
        found += [top, *(line for line in shown if line.part and known[line.key].parent_id == top.key)]
    return [*found, lines[0]]


def _take_times(tx: Tx, filters: Filters, whole: Line, lines: Mapping[int, Line]) -> None:
    """Medians with their order-statistic intervals: the database puts the times in order, and hands out those few that
    stand at the ranks which are asked for."""
    wanted = {line.key: _ranks(line.resolved) for line in (whole, *lines.values()) if line.resolved}
    if not wanted:
        return
    base = select(_LEAF.label("leaf"), _TOP.label("top"), _seconds(tx).label("seconds"))
    p = _cohort(base, filters, tx.now()).where(Episode.resolved_at.is_not(None)).subquery()
    place = func.row_number()
    by = {"leaf": p.c.leaf, "top": p.c.top}
    ranked = select(
        p.c.leaf, p.c.top, p.c.seconds,
        place.over(order_by=p.c.seconds).label("place"),
        *(place.over(partition_by=key, order_by=p.c.seconds).label(f"place_{name}") for name, key in by.items()),
    ).subquery()  # fmt: skip
    pairs = [(key, rank) for key, ranks in wanted.items() if key != ALL for rank in ranks]
    any_of = [ranked.c.place.in_(sorted(wanted[ALL]))]
    any_of += [tuple_(ranked.c[name], ranked.c[f"place_{name}"]).in_(pairs) for name in by]
    values: dict[tuple[int, int], float] = {}
    for row in tx.execute(select(ranked).where(or_(*any_of))):
        values[ALL, row.place] = row.seconds
        # A part is found by its own place; a reason with parts by that among all that belongs to it.
        values.setdefault((row.top, row.place_top), row.seconds)
        if row.leaf != row.top:
            values[row.leaf, row.place_leaf] = row.seconds
    for line in (whole, *lines.values()):
        if line.resolved:
            line.time = _median(line, values)


def _ranks(n: int) -> set[int]:
    return {(n + 1) // 2, n // 2 + 1, *(quantile_ranks(n, 0.5) or ())}


def _median(line: Line, values: Mapping[tuple[int, int], float]) -> Quantile:
    n, ends = line.resolved, quantile_ranks(line.resolved, 0.5)
    middle = math.fsum(values[line.key, rank] for rank in ((n + 1) // 2, n // 2 + 1)) / 2
    between = Interval(values[line.key, ends[0]], values[line.key, ends[1]]) if ends else None
    return Quantile(max(0.0, middle), between, n)


@dataclass(frozen=True, slots=True)
class Row:
    """One episode: when it began, what it was about and how that is known; `staff_id` of a person who said so."""

    episode_id: int
    opened_at: datetime
    conversation_id: int
    subject: str
    customer: str
    reason_id: int
    staff_id: int | None
    seconds: float | None
    replies: int
    score: int | None
    frustrated: bool
    stage: StageKey


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, what began last in front; `next` goes into `after`, None at the end."""

    rows: list[Row]
    next: str | None


def reason_of(text: str, known: Sequence[Known]) -> int | None:
    """Reads a reason of an address; none for all, 0 for those without one. Raises FilterError."""
    if not text:
        return None
    if text == NONE:
        return 0
    number = int(text[:18]) if text.isascii() and text.isdigit() else 0
    if number not in {one.id for one in known}:
        raise FilterError(N_("There is no contact reason %(value)s."), value=text[:40])
    return number


def page(
    tx: Tx,
    filters: Filters,
    *,
    viewer: Viewer,
    reason_id: int | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Rows:
    """The episodes behind a number that `viewer` may see. Raises FilterError for an `after` that no page gave out."""
    now = tx.now()
    base = select(
        Episode.id, Episode.opened_at, Episode.conversation_id, Conversation.subject, Customer.name,
        _LEAF.label("leaf"), EpisodeReason.by, case((Episode.resolved_at.is_not(None), _seconds(tx))).label("seconds"),
        Episode.replies, _score().label("score"), _frustrated().label("frustrated"), _stage(now).label("stage"),
    )  # fmt: skip
    query = _cohort(base, filters, now, reason_id)
    query = query.join(Customer, Customer.id == Episode.customer_id).where(visible_to(viewer))
    if after:
        at, number = read_place(after)
        place = tuple_(literal(at, UtcTime()), literal(number, BigInt))
        query = query.where(tuple_(Episode.opened_at, Episode.id) < place)
    found = tx.execute(query.order_by(Episode.opened_at.desc(), Episode.id.desc()).limit(limit + 1)).all()
    rows = [
        Row(
            row.id, row.opened_at, row.conversation_id, row.subject, row.name, row.leaf, row.by,
            None if row.seconds is None else max(0.0, row.seconds), row.replies, row.score, bool(row.frustrated),
            _stage_key(row.stage),
        )
        for row in found[:limit]
    ]  # fmt: skip
    return Rows(rows, place_after(rows[-1].opened_at, rows[-1].episode_id) if len(found) > limit else None)


def every(tx: Tx, filters: Filters, *, viewer: Viewer, reason_id: int | None = None) -> Iterator[Row]:
    """All of them, read in batches: for exports of any length."""
    after: str | None = None
    while True:
        found = page(tx, filters, viewer=viewer, reason_id=reason_id, after=after, limit=BATCH)
        yield from found.rows
        if found.next is None:
            return
        after = found.next
