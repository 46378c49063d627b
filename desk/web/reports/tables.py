"""Reports as CSV: streamed, in UTF-8, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from flask import Response

from desk.reports import Choices, Filters, Measure
from desk.reports.definitions import DEFINITIONS
from desk.reports.feedback import Cohort, Group, Headline, Point
from desk.reports.measures import Figure
from desk.reports.rows import Row
from desk.store import Store, Tx

Cell = str | int | float | None
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CHUNK = 32 * 1024


def harmless(cell: Cell) -> str:
    """A cell as text. Words that a spreadsheet would compute get an apostrophe before them; numbers are numbers."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    if isinstance(cell, int):
        return str(cell)
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def encoded(lines: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """CSV in pieces of some 32 KB, with the mark by which Excel knows UTF-8."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    for line in lines:
        writer.writerow([harmless(cell) for cell in line])
        if buffer.tell() > _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def answer(store: Store, name: str, lines: Callable[[Tx], Iterable[Iterable[Cell]]]) -> Response:
    """Streams a file. The transaction opens when the first piece is asked for and closes with the last one."""

    def pieces() -> Iterator[bytes]:
        with store.reading() as tx:
            yield from encoded(lines(tx))

    response = Response(pieces(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


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


def trend_lines(measure: Measure, points: Iterable[Point]) -> Iterator[list[Cell]]:
    yield ["first_day", "last_day", *_header(measure)]
    for point in points:
        days: list[Cell] = [str(point.bucket.first), str(point.bucket.last)]
        yield days + _line(measure, point.cohort, point.figure)


def group_lines(
    measure: Measure, by: str, groups: Iterable[Group], name: Callable[[Group], str]
) -> Iterator[list[Cell]]:
    yield [by, *_header(measure)]
    for group in groups:
        yield [name(group), *_line(measure, group.cohort, group.figure)]


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
        *("answered_by", "withheld_because", "link"),
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
            f"{public_url}/console/c/{row.conversation_id}",
        ]
