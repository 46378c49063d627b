"""Groups of questions that found no good answer: how often, how it was felt, when, and what is nearest.

Everything here only reads. One cohort stands behind every number of a group: its questions of the period that found no
good answer; CSAT and frustration are of the episodes in which these were asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from desk import timeline
from desk.conversations.tables import Episode
from desk.knowledge.tables import Article
from desk.questions import shown
from desk.questions.tables import Question, QuestionGroup
from desk.reports.filters import midnight
from desk.sentiment.tables import Score
from desk.store import Tx
from desk.surveys.tables import Invitation, Response

PERIODS = (30, 90, 365)  # days
WEEKS = 13  # of the small drawing
QUOTES = 3
SHOWN, ROWS = 40, 200
UNHAPPY, HAPPY = 2, 4  # CSAT answers up to and from here


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list looks at: questions since `since`, in one language or all, of groups that were dismissed or not."""

    since: datetime
    locale: str = ""
    dismissed: bool = False


@dataclass(slots=True)
class Gap:
    """One group. `n` questions found no good answer, of `asked` in all; `good` of `answers` CSAT answers were 4 or 5;
    `frustrated` of the n were frustrated at some point; `bad` were that or answered 1 or 2; `resolved` were answered by
    a person and resolved. `weeks` are counts, the oldest first."""

    id: int
    locale: str
    name: str
    dismissed: bool
    draft: str
    n: int
    asked: int
    answers: int
    good: int
    frustrated: int
    bad: int
    resolved: int
    last_at: datetime
    article: tuple[int, str, bool] | None = None  # drafted from it: id, title, published
    nearest: tuple[int, str, float] | None = None  # that comes first most often: id, title, mean confidence
    quotes: list[str] = field(default_factory=list)
    weeks: list[int] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """What the list is sorted by: volume times the share unhappy or frustrated, which is drawn to one half while
        there are few."""
        return self.n * (self.bad + 1) / (self.n + 2)


@dataclass(frozen=True, slots=True)
class Total:
    """Of the period: questions in all, those without a good answer, and of these those that are in no group."""

    asked: int
    gaps: int
    loose: int


def total(tx: Tx, asked: Asked) -> Total:
    missing = Question.gap != ""
    query = select(
        func.count(),
        func.count().filter(missing),
        func.count().filter(missing, Question.group_id.is_(None)),
    ).where(Question.at >= asked.since, Question.state != "waiting")
    if asked.locale:
        query = query.where(Question.locale == asked.locale)
    return Total(*tx.execute(query).one())


def locales(tx: Tx) -> list[str]:
    """The languages in which there are groups."""
    query = select(QuestionGroup.locale).where(QuestionGroup.into_id.is_(None)).distinct()
    return list(tx.scalars(query.order_by(QuestionGroup.locale)))


def _frustrated() -> ColumnElement[bool]:
    same = and_(Score.conversation_id == Question.conversation_id, Score.episode_id == Question.episode_id)
    return exists(select(1).where(same, Score.level_after == "frustrated").correlate(Question))


def gaps(tx: Tx, asked: Asked, limit: int | None = SHOWN, group_id: int | None = None) -> list[Gap]:
    """The groups, what hurts most first; all of them without a limit."""
    per = (
        select(
            Question.group_id.label("group_id"),
            Question.at.label("at"),
            (Question.gap != "").label("missing"),
            Response.score.label("score"),
            _frustrated().label("frustrated"),
            and_(Episode.replies > 0, Episode.resolved_at.is_not(None)).label("resolved"),
        )
        .join(Episode, Episode.id == Question.episode_id)
        .outerjoin(Invitation, and_(Invitation.episode_id == Question.episode_id, Invitation.kind == "csat"))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Question.at >= asked.since, Question.group_id.is_not(None))
    )
    if group_id is not None:
        per = per.where(Question.group_id == group_id)
    p = per.subquery()
    missing = p.c.missing
    query = (
        select(
            QuestionGroup,
            func.count().label("asked"),
            func.count().filter(missing).label("n"),
            func.count(p.c.score).filter(missing).label("answers"),
            func.count().filter(missing, p.c.score >= HAPPY).label("good"),
            func.count().filter(missing, p.c.frustrated).label("frustrated"),
            func.count().filter(missing, or_(p.c.frustrated, p.c.score <= UNHAPPY)).label("bad"),
            func.count().filter(p.c.resolved).label("resolved"),
        )
        .join(p, p.c.group_id == QuestionGroup.id)
        .group_by(QuestionGroup.id)
    )
    if group_id is None:
        query = query.where(
            QuestionGroup.into_id.is_(None),
            QuestionGroup.dismissed_at.is_not(None) if asked.dismissed else QuestionGroup.dismissed_at.is_(None),
        ).having(func.count().filter(missing) > 0)
        if asked.locale:
            query = query.where(QuestionGroup.locale == asked.locale)
    found = []
    for row in tx.execute(query).all():
        group: QuestionGroup = row[0]
        found.append(
            Gap(
                id=group.id,
                locale=group.locale,
                name=group.name,
                dismissed=group.dismissed_at is not None,
                draft=group.draft,
                n=row.n,
                asked=row.asked,
                answers=row.answers,
                good=row.good,
                frustrated=row.frustrated,
                bad=row.bad,
                resolved=row.resolved,
                last_at=group.last_at,
            )
        )
    found.sort(key=lambda one: (-one.weight, -one.n, one.id))
    found = found[:limit] if limit is not None else found
    _say(tx, found, asked)
    return found


def one(tx: Tx, group: QuestionGroup, asked: Asked) -> Gap:
    """One group; of one that nobody asked in the period, with zeros."""
    found = gaps(tx, asked, None, group.id)
    if found:
        return found[0]
    nothing = Gap(
        id=group.id,
        locale=group.locale,
        name=group.name,
        dismissed=group.dismissed_at is not None,
        draft=group.draft,
        n=0,
        asked=0,
        answers=0,
        good=0,
        frustrated=0,
        bad=0,
        resolved=0,
        last_at=group.last_at,
    )
    _say(tx, [nothing], asked)
    return nothing


def _say(tx: Tx, found: Sequence[Gap], asked: Asked) -> None:
    """Names, quotes, and the articles beside them."""
    by_id = {one.id: one for one in found}
    ids = list(by_id)
    drafted = select(
        QuestionGroup.id, QuestionGroup.said_entry_id, Article.id, Article.title, Article.live_version
    ).outerjoin(Article, Article.id == QuestionGroup.article_id)
    said: dict[int, int] = {}
    for group_id, entry_id, article_id, title, live in tx.execute(drafted.where(QuestionGroup.id.in_(ids))):
        if entry_id is not None:
            said[group_id] = entry_id
        if article_id is not None:
            by_id[group_id].article = (article_id, title, live > 0)
    latest = newest(tx, ids, asked.since)
    words = timeline.texts(tx, [*said.values(), *(entry for entries in latest.values() for entry in entries)])
    for one in found:
        called = words.get(said.get(one.id, 0), "")
        one.name = one.name or shown(called)
        others = (shown(words[e], 60) for e in latest.get(one.id, ()) if e in words and e != said.get(one.id))
        one.quotes = list(dict.fromkeys(text for text in others if text and text != one.name))[:QUOTES]
    for group_id, nearest in _nearest(tx, ids, asked.since).items():
        by_id[group_id].nearest = nearest


def newest(tx: Tx, ids: Sequence[int], since: datetime) -> dict[int, list[int]]:
    """The lines that asked last in each group, whose words are there."""
    place = func.row_number().over(partition_by=Question.group_id, order_by=Question.at.desc())
    ranked = (
        select(Question.group_id, Question.entry_id, place.label("place"))
        .where(Question.group_id.in_(ids), Question.at >= since, Question.vector.is_not(None))
        .subquery()
    )
    out: dict[int, list[int]] = {}
    for row in tx.execute(select(ranked).where(ranked.c.place <= QUOTES + 1).order_by(ranked.c.place)):
        out.setdefault(row.group_id, []).append(row.entry_id)
    return out


def _nearest(tx: Tx, ids: Sequence[int], since: datetime) -> dict[int, tuple[int, str, float]]:
    count = func.count()
    query = (
        select(Question.group_id, Article.id, Article.title, func.avg(Question.confidence), count)
        .join(Article, Article.id == Question.article_id)
        .where(Question.group_id.in_(ids), Question.at >= since, Question.gap != "")
        .group_by(Question.group_id, Article.id, Article.title)
        .order_by(count, Article.id.desc())
    )
    return {row[0]: (row[1], row[2], float(row[3])) for row in tx.execute(query)}  # the commonest comes last


def weeks(today: date, zone: str, count: int = WEEKS) -> list[datetime]:
    """The instants at which the last weeks began, Mondays in the reader's zone, and the end of the last."""
    monday = today - timedelta(days=today.weekday())
    return [midnight(monday - timedelta(weeks=count - 1 - n), zone) for n in range(count + 1)]


def today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def by_week(tx: Tx, found: Sequence[Gap], edges: Sequence[datetime]) -> None:
    """Counts the questions without a good answer of each week, for the drawing."""
    spans = list(pairwise(edges))
    counts = [func.count().filter(Question.at >= start, Question.at < end) for start, end in spans]
    query = select(Question.group_id, *counts).where(
        Question.group_id.in_([one.id for one in found]), Question.at >= edges[0], Question.gap != ""
    )
    rows = {row[0]: list(row[1:]) for row in tx.execute(query.group_by(Question.group_id))}
    for one in found:
        one.weeks = rows.get(one.id, [0] * len(spans))


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a group: where it stands, how it ended, what it said and what was answered to it."""

    episode_id: int
    conversation_id: int
    entry_id: int | None
    at: datetime
    gap: str
    score: int | None
    frustrated: bool
    text: str


def rows(
    tx: Tx, group_id: int, since: datetime, before: tuple[datetime, int] | None = None, limit: int = ROWS
) -> list[Row]:
    """The questions of a group without a good answer, newest first."""
    query = (
        select(
            Question.episode_id, Question.conversation_id, Question.entry_id, Question.at, Question.gap,
            Response.score, _frustrated().label("frustrated"),
        )
        .outerjoin(Invitation, and_(Invitation.episode_id == Question.episode_id, Invitation.kind == "csat"))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Question.group_id == group_id, Question.at >= since, Question.gap != "")
    )  # fmt: skip
    if before is not None:
        at, last = before
        query = query.where(or_(Question.at < at, and_(Question.at == at, Question.episode_id < last)))
    found = tx.execute(query.order_by(Question.at.desc(), Question.episode_id.desc()).limit(limit)).all()
    entries = [row.entry_id for row in found if row.entry_id is not None]
    words, homes = timeline.texts(tx, entries), timeline.homes(tx, entries)
    return [
        Row(
            row.episode_id, homes.get(row.entry_id or 0, row.conversation_id), row.entry_id, row.at, row.gap, row.score,
            bool(row.frustrated), shown(words.get(row.entry_id or 0, ""), 200),
        )
        for row in found
    ]  # fmt: skip
