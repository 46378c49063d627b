"""Reports as lines of a CSV: what stands in which column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from desk.reports import Choices, Filters, Measure
from desk.reports.definitions import DEFINITIONS
from desk.reports.feedback import Cohort, Group, Headline, Point
from desk.reports.measures import Figure
from desk.reports.rows import Row
from desk.web.base.sheets import Cell


def file_name(measure: Measure, what: str, filters: Filters) -> str:
    return f"{measure.key}-{what}-{filters.first}-{filters.last}"


def _score(figure: Figure) -> tuple[Cell, Cell, Cell]:
    """Score and interval; empty under 10 answers, where counts stand for themselves."""
    if figure.small or figure.score is None or figure.interval is None:
        return None, None, None
    return figure.score, figure.interval.low, figure.interval.high


def _header(measure: Measure) -> list[str]:
    answers = [f"answers_{answer}" for answer in range(measure.first, measure.last + 1)]
    return ["sent", "delivered", "answers", "good", "bad", measure.key, "low", "high", *answers]


def _line(measure: Measure, cohort: Cohort, figure: Figure) -> list[Cell]:
    counts: list[Cell] = [figure.counts.get(answer, 0) for answer in range(measure.first, measure.last + 1)]
    return [cohort.sent, cohort.delivered, figure.n, figure.good, figure.bad, *_score(figure), *counts]


def of_segment(
    lines: Iterable[Iterable[Cell]], filters: Filters, choices: Choices, now: datetime
) -> Iterator[Iterable[Cell]]:
    """The same lines, each with the segment that was chosen and the moment as of which its customers are in it."""
    if filters.segment_id is None:
        yield from lines
        return
    said: tuple[Cell, Cell] = choices.segments[filters.segment_id], now.isoformat(timespec="seconds")
    for number, line in enumerate(lines):
        yield [*line, *(("customers_in_segment", "in_segment_as_of") if number == 0 else said)]


def trend_lines(measure: Measure, points: Iterable[Point]) -> Iterator[list[Cell]]:
    yield ["first_day", "last_day", *_header(measure)]
    for point in points:
        days: list[Cell] = [str(point.bucket.first), str(point.bucket.last)]
        yield days + _line(measure, point.cohort, point.figure)


def group_lines(
    measure: Measure, by: str, groups: Iterable[Group], name: Callable[[Group], str], now: datetime
) -> Iterator[list[Cell]]:
    """One line a group; segments with the moment as of which their customers are in them."""
    head: list[str] = ["as_of"] if by == "segment" else []
    as_of: list[Cell] = [now.isoformat(timespec="seconds")] if by == "segment" else []
    yield [by, *head, *_header(measure)]
    for group in groups:
        yield [name(group), *as_of, *_line(measure, group.cohort, group.figure)]


def headline_lines(measure: Measure, filters: Filters, head: Headline) -> Iterator[list[Cell]]:
    """One line: the figure, its silence, and by which definition it was computed."""
    definition, rate = DEFINITIONS[measure.key], head.cohort.response_interval
    bounds, difference = head.bounds, head.difference
    enough = head.cohort.delivered >= 10
    yield [
        "first_day",
        "last_day",
        "zone",
        *_header(measure),
        *("silence_low", "silence_high", "response_rate", "response_low", "response_high", "withheld"),
        *("asked_frustrated", "not_asked", "not_asked_frustrated", "reminded", "reminded_answered"),
        *("before", "before_answers", "difference", "difference_low", "difference_high", "reading", "definition"),
    ]
    yield [
        str(filters.first),
        str(filters.last),
        filters.zone,
        *_line(measure, head.cohort, head.figure),
        *((bounds.low, bounds.high) if bounds and enough else (None, None)),
        100 * head.cohort.response_rate if enough and head.cohort.response_rate is not None else None,
        *((100 * rate.low, 100 * rate.high) if enough and rate else (None, None)),
        head.withheld.n if head.withheld else None,
        head.cohort.frustrated,
        *((head.bias.withheld.n, head.bias.withheld.unhappy) if head.bias else (None, None)),
        head.cohort.reminded,
        head.cohort.answered_late,
        _score(head.before)[0],
        head.before.n,
        *((difference.value, difference.interval.low, difference.interval.high) if difference else (None, None, None)),
        head.reading,
        f"{definition.key} v{definition.version}",
    ]


def row_lines(rows: Iterable[Row], choices: Choices, public_url: str) -> Iterator[list[Cell]]:
    """One line a question, with the names as they are now and the ids that do not change."""
    yield [
        *("asked_at", "state", "score", "comment", "reasons", "answered_at", "customer", "customer_id"),
        *("conversation_id", "subject", "agent", "team", "inbox", "channel", "stage", "level", "locale"),
        *("answered_by", "withheld_because", "reminded_at", "link"),
    ]
    for row in rows:
        yield [
            row.at.isoformat(),
            row.state,
            row.score,
            row.comment,
            ", ".join(row.reasons),
            row.answered_at.isoformat() if row.answered_at else None,
            row.customer,
            row.customer_id,
            row.conversation_id,
            row.subject,
            choices.staff.get(row.staff_id or 0),
            choices.teams.get(row.team_id or 0),
            choices.inboxes.get(row.inbox_id or 0),
            row.channel,
            choices.stage_name(row.stage_model, row.stage),
            row.level,
            row.locale,
            row.answered_by or None,
            row.reason or None,
            row.reminded_at.isoformat() if row.reminded_at else None,
            f"{public_url}/console/c/{row.conversation_id}",
        ]
