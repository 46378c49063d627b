"""Groups of questions beside the tree of reasons: those that wait for one and those that have one, by volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from desk import reasons, timeline
from desk.questions import shown
from desk.questions.tables import Question, QuestionGroup
from desk.reasons.tables import ReasonGroup
from desk.reports.gaps import QUOTES, newest
from desk.store import Tx

PERIOD = timedelta(days=90)
LEAST = 5  # questions of the period from which a group is offered
OFFERED = 12  # on a page; the others come when these are dealt with


@dataclass(slots=True)
class Heap:
    """One group: what it is called, how often it was asked in the period, and some of its newest questions."""

    id: int
    locale: str
    name: str
    n: int
    quotes: list[str] = field(default_factory=list)


def offered(tx: Tx, since: datetime, limit: int = OFFERED) -> list[Heap]:
    """Groups that have no reason and were asked about often enough, the commonest first."""
    many = func.count(Question.episode_id)
    query = (
        _groups(many)
        .join(Question, Question.group_id == QuestionGroup.id)
        .outerjoin(ReasonGroup, ReasonGroup.group_id == QuestionGroup.id)
        .where(Question.at >= since, QuestionGroup.into_id.is_(None), ReasonGroup.group_id.is_(None))
        .group_by(QuestionGroup.id)
        .having(many >= LEAST)
        .order_by(many.desc(), QuestionGroup.id)
        .limit(limit)
    )
    return [heap for heap, _reason in _said(tx, query, since)]


def belonging(tx: Tx, since: datetime) -> dict[int | None, list[Heap]]:
    """The groups of each reason, as it stands today; of none those that were put aside."""
    asked = (
        select(Question.group_id, func.count().label("n"))
        .where(Question.at >= since, Question.group_id.is_not(None))
        .group_by(Question.group_id)
        .subquery()
    )
    many = func.coalesce(asked.c.n, 0)
    query = (
        _groups(many)
        .add_columns(ReasonGroup.reason_id)
        .join(ReasonGroup, ReasonGroup.group_id == QuestionGroup.id)
        .outerjoin(asked, asked.c.group_id == QuestionGroup.id)
        .order_by(many.desc(), QuestionGroup.id)
    )
    stands, found = reasons.became(tx), dict[int | None, list[Heap]]()
    for heap, reason_id in _said(tx, query, since):
        found.setdefault(stands.get(reason_id or 0), []).append(heap)
    return found


def _groups(many: Any) -> Select[Any]:
    return select(
        QuestionGroup.id, QuestionGroup.locale, QuestionGroup.name, QuestionGroup.said_entry_id, many.label("n")
    )


def _said(tx: Tx, query: Select[Any], since: datetime) -> list[tuple[Heap, int | None]]:
    """Names and quotes: the words stand in the lines, and go with them."""
    rows = tx.execute(query).all()
    latest = newest(tx, [row.id for row in rows], since)
    words = timeline.texts(
        tx,
        [*(row.said_entry_id for row in rows if row.said_entry_id), *(e for lines in latest.values() for e in lines)],
    )
    found = []
    for row in rows:
        name = row.name or shown(words.get(row.said_entry_id or 0, ""))
        others = (shown(words[e], 60) for e in latest.get(row.id, ()) if e in words)
        quotes = [text for text in dict.fromkeys(others) if text and text != name][:QUOTES]
        found.append((Heap(row.id, row.locale, name, row.n, quotes), row._mapping.get("reason_id")))
    return found
