"""CSAT, NPS and CES of a cohort of questions: the score, its silence, its course over time, and its breakdowns.

Everything here only reads, and counts in the database: what comes back is a line for each answer and state there is,
never a line for each question. One cohort of *sent* questions stands behind both sides of every figure, so that a
filter on the numerator is a filter on the denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all

from desk.reports.choices import NOBODY, Choices
from desk.reports.filters import Bucket, Filters
from desk.reports.measures import Figure, Measure, Reading
from desk.reports.statistics import Difference, Interval, wilson
from desk.reports.withholding import Bias, Withheld, bias, withheld
from desk.segments.tables import SegmentMember
from desk.store import Tx
from desk.surveys.tables import Invitation, Response

By = Literal["agent", "stage", "channel", "segment"]
BREAKDOWNS: tuple[By, ...] = ("agent", "stage", "channel", "segment")

AnySelect = Select[*tuple[Any, ...]]

# Whole numbers in SQL, because they are grouped by: sorting half a million rows by a word takes twice as long.
ANSWERED, OPEN, SILENT, FAILED, WAITING = range(5)
STATES = ("answered", "open", "silent", "failed", "waiting")  # their names, for people


def state(now: datetime) -> ColumnElement[int]:
    """What became of a question, as SQL over invitations outer-joined with responses.

    ANSWERED; OPEN (delivered, can still be answered); SILENT (delivered, closed without an answer); FAILED; WAITING
    (nothing is known of its delivery yet). An answer proves that the question arrived, whatever the mail server said.
    """
    return case(
        (Response.id.is_not(None), ANSWERED),
        (Invitation.failed, FAILED),
        (~Invitation.delivered, WAITING),
        (Invitation.expires_at > now, OPEN),
        else_=SILENT,
    )


@dataclass(slots=True)
class Cohort:
    """Counted questions of one slice: {score: answers} and {state: questions}.

    `comments` (answers with words), `frustrated` (sent to somebody who had ended frustrated) and `unhappy` (of these,
    delivered and not answered) are only counted where the whole choice is; so are the `reminded` and those of them who
    `answered_late`, after that.
    """

    counts: dict[int, int] = field(default_factory=dict)
    states: dict[int, int] = field(default_factory=dict)
    comments: int = 0
    frustrated: int = 0
    unhappy: int = 0
    reminded: int = 0
    answered_late: int = 0

    def add(self, row: Any) -> None:
        """Adds one line of `_counted`."""
        self.states[row.state] = self.states.get(row.state, 0) + row.n
        if row.score is not None:
            self.counts[row.score] = self.counts.get(row.score, 0) + row.n

    def add_aside(self, row: Any) -> None:
        """The same with the counts that stand beside the score."""
        self.add(row)
        if row.frustrated:
            self.frustrated += row.n
        if row.reminded:
            self.reminded += row.n
            self.answered_late += row.n if row.state == ANSWERED else 0
        if row.commented:
            self.comments += row.n
        elif row.frustrated and row.state in (OPEN, SILENT):
            self.unhappy += row.n

    def merge(self, other: Cohort) -> None:
        for score, count in other.counts.items():
            self.counts[score] = self.counts.get(score, 0) + count
        for state, count in other.states.items():
            self.states[state] = self.states.get(state, 0) + count
        self.comments += other.comments
        self.frustrated += other.frustrated
        self.unhappy += other.unhappy
        self.reminded += other.reminded
        self.answered_late += other.answered_late

    @property
    def sent(self) -> int:
        return sum(self.states.values())

    @property
    def answered(self) -> int:
        return self.states.get(ANSWERED, 0)

    @property
    def silent(self) -> int:
        """Delivered and not answered, those that can still be answered included."""
        return self.states.get(OPEN, 0) + self.states.get(SILENT, 0)

    @property
    def delivered(self) -> int:
        return self.answered + self.silent

    @property
    def open(self) -> int:
        return self.states.get(OPEN, 0)

    @property
    def failed(self) -> int:
        return self.states.get(FAILED, 0)

    @property
    def waiting(self) -> int:
        return self.states.get(WAITING, 0)

    @property
    def response_rate(self) -> float | None:
        """Answered over delivered, in [0, 1]; None when nothing was delivered."""
        return self.answered / self.delivered if self.delivered else None

    @property
    def response_interval(self) -> Interval | None:
        return wilson(self.answered, self.delivered) if self.delivered else None


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of the trend."""

    bucket: Bucket
    cohort: Cohort
    figure: Figure


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown. `key` is what the filter of its dimension takes; `name` is empty for "without one"."""

    key: Any
    name: str
    cohort: Cohort
    figure: Figure


@dataclass(frozen=True, slots=True)
class Recent:
    """The last two buckets against the ones before them in the period."""

    figure: Figure
    earlier: Figure
    difference: Difference | None
    reading: Reading
    first: Bucket


@dataclass(frozen=True, slots=True)
class Headline:
    """The figure of the whole cohort with all that belongs beside it."""

    figure: Figure
    cohort: Cohort
    bounds: Interval | None
    withheld: Withheld | None  # None where the filters ask what a decision not to ask does not keep
    bias: Bias | None
    before: Figure
    before_cohort: Cohort
    difference: Difference | None
    reading: Reading


def _counted(filters: Filters, kind: str, now: datetime, *by: ColumnElement[Any], **span: datetime) -> AnySelect:
    # Nothing but keys and a count: SQLite carries what is summed along while it sorts, comments and all.
    keys = (*by, Response.score.label("score"), state(now).label("state"))
    return (
        select(*keys, func.count().label("n"))
        .select_from(Invitation)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(filters.where(kind, **span))
        .group_by(*keys)
    )


def _aside() -> tuple[ColumnElement[Any], ...]:
    commented = and_(Response.id.is_not(None), Response.comment != "")
    reminded = Invitation.reminded_at.is_not(None).label("reminded")  # and not before that: who answered is not
    return commented.label("commented"), (Invitation.level == "frustrated").label("frustrated"), reminded


def cohort(tx: Tx, measure: Measure, filters: Filters) -> Cohort:
    """The counted questions of the whole choice."""
    found = Cohort()
    for row in tx.execute(_counted(filters, measure.key, tx.now(), *_aside())):
        found.add_aside(row)
    return found


def trend(tx: Tx, measure: Measure, filters: Filters) -> list[Point]:
    """The choice cut into days, weeks or months, empty ones included.

    Each bucket is one range of the index on (kind, sent_at), with ends that Python computed from the zone: so the
    database needs to know nothing of time zones, and a week in which the clocks change is exactly that week.
    """
    buckets, now = filters.buckets(), tx.now()
    parts = []
    for number, bucket in enumerate(buckets):
        part = _counted(filters, measure.key, now, *_aside(), low=bucket.low, high=bucket.high).subquery()
        parts.append(select(literal(number).label("number"), *part.c))
    cohorts = [Cohort() for _ in buckets]
    for row in tx.execute(union_all(*parts)):
        cohorts[row.number].add_aside(row)
    return [
        Point(bucket, cohort, measure.figure(cohort.counts)) for bucket, cohort in zip(buckets, cohorts, strict=True)
    ]


def headline(tx: Tx, measure: Measure, filters: Filters, points: Sequence[Point] | None = None) -> Headline:
    """The figure of the period beside the one before it; `points` of the trend save a look at the same rows again."""
    if points is None:
        now = cohort(tx, measure, filters)
    else:
        now = Cohort()
        for point in points:
            now.merge(point.cohort)
    before = cohort(tx, measure, filters.before())
    figure, earlier = measure.figure(now.counts), measure.figure(before.counts)
    difference, reading = measure.compare(figure, earlier)
    found = withheld(tx, measure, filters)
    return Headline(
        figure=figure,
        cohort=now,
        bounds=measure.bounds(now.counts, now.silent),
        withheld=found,
        bias=bias(found, now.sent, now.frustrated) if found is not None else None,
        before=earlier,
        before_cohort=before,
        difference=difference,
        reading=reading,
    )


def breakdowns(tx: Tx, measure: Measure, filters: Filters, choices: Choices) -> dict[By, list[Group]]:
    """The choice by agent, stage and channel as of sending, and by segment as of now: best first, small ones after
    them, without data last.

    The first three come from one pass over the rows, counted by all three at once and then folded: a pass costs far
    more than folding its few hundred lines. Stages and channels that nobody was asked in are there, without data. A
    customer can be in several segments: these need a pass of their own.
    """
    columns: tuple[Any, ...] = (Invitation.staff_id, Invitation.stage_model, Invitation.stage, Invitation.channel)
    cohorts: dict[By, dict[Any, Cohort]] = {by: {} for by in BREAKDOWNS}
    for row in tx.execute(_counted(filters, measure.key, tx.now(), *columns)):
        stage = (row.stage_model or "", row.stage) if row.stage else ("", "")
        keys: dict[By, Any] = {"agent": row.staff_id or NOBODY, "stage": stage, "channel": row.channel}
        for by, key in keys.items():
            cohorts[by].setdefault(key, Cohort()).add(row)
    if choices.segments:
        among = _counted(filters, measure.key, tx.now(), SegmentMember.segment_id.label("segment_id"))
        for row in tx.execute(among.join(SegmentMember, SegmentMember.customer_id == Invitation.customer_id)):
            cohorts["segment"].setdefault(row.segment_id, Cohort()).add(row)
    return {by: _groups(measure, filters, by, cohorts[by], choices) for by in BREAKDOWNS}


def _groups(measure: Measure, filters: Filters, by: By, cohorts: dict[Any, Cohort], choices: Choices) -> list[Group]:
    for key in _expected(filters, by, choices, tuple(cohorts)):
        cohorts.setdefault(key, Cohort())
    groups = [Group(key, _name(by, key, choices), one, measure.figure(one.counts)) for key, one in cohorts.items()]
    known: dict[By, Iterable[Any]] = {"agent": choices.staff, "stage": choices.stages, "channel": choices.channels}
    known["segment"] = choices.segments
    order = {key: place for place, key in enumerate(known[by])}
    return sorted(groups, key=lambda group: _place(group, order.get(group.key, len(order))))


def _place(group: Group, order: int) -> tuple[int, bool, float, int, int]:
    figure = group.figure
    without = group.key in (NOBODY, ("", ""))
    if figure.score is None:
        return 2, without, 0.0, -group.cohort.sent, order
    return int(figure.small), without, 0.0 if figure.small else -figure.score, -figure.n, order


def _expected(filters: Filters, by: By, choices: Choices, found: Iterable[Any]) -> Iterable[Any]:
    if by == "stage" and filters.stage is None:
        # Only of the models that these customers follow: the stages of all other ones would bury them.
        models = {key[0] for key in found}
        return [(model, stage) for model, stages in choices.current.items() if model in models for stage in stages]
    if by == "channel" and filters.channel is None and filters.inbox_id is None and found:
        return choices.channels
    return ()


def _name(by: By, key: Any, choices: Choices) -> str:
    if by == "agent":
        return "" if key == NOBODY else choices.staff.get(key, f"#{key}")
    if by == "stage":
        return choices.stage_name(*key)
    if by == "segment":
        return choices.segments.get(key, f"#{key}")
    return str(key)


def recent(measure: Measure, points: Sequence[Point]) -> Recent | None:
    """What the end of the period says against its beginning; None where the trend has fewer than four buckets with
    answers, or one of the two parts is too small to speak of."""
    if sum(point.figure.n > 0 for point in points) < 4:
        return None
    parts = []
    for some in (points[-2:], points[:-2]):
        both = Cohort()
        for point in some:
            both.merge(point.cohort)
        parts.append(measure.figure(both.counts))
    difference, reading = measure.compare(*parts)
    if reading in ("too few answers", "no data"):
        return None
    return Recent(parts[0], parts[1], difference, reading, points[-2].bucket)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the intervals of a breakdown allow to say. `apart` are the groups whose interval touches no other one."""

    compared: int
    apart: tuple[Group, ...]
    pairs: tuple[tuple[Group, Group], ...]  # (higher, lower) that do not overlap

    @property
    def allowed(self) -> bool:
        return bool(self.pairs)


def ranking(groups: Sequence[Group]) -> Ranking:
    """Compares the groups of 10 answers and more: an order is only spoken of where two intervals do not overlap."""
    able = [group for group in groups if not group.figure.small and group.figure.interval is not None]
    pairs = []
    for first in able:
        for second in able:
            one, other = first.figure.interval, second.figure.interval
            assert one is not None
            assert other is not None
            if one.low > other.high:
                pairs.append((first, second))
    apart = tuple(
        group
        for group in able
        if len(able) > 1 and sum(group is side for pair in pairs for side in pair) == len(able) - 1
    )
    return Ranking(len(able), apart, tuple(pairs))


def one_moment(tx: Tx) -> None:
    """Makes all reads of this transaction see the same moment, so that the figures of one page agree with each other.

    SQLite does so by itself; PostgreSQL when told before the first read.
    """
    if tx.dialect_name == "postgresql":
        tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})
