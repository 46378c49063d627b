"""What stands on the wall: how the desk is this moment, each number by one definition and one bounded read.

Nothing here walks a table. A number that could be large is counted to a cap along an index; what belongs to an hour or
a day is a range of numbers, which grow with time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all

from desk.agents.tables import Staff, Team
from desk.clock import EPOCH, first_id
from desk.conversations.tables import Conversation
from desk.sentiment.tables import Score
from desk.settings.tables import Inbox
from desk.store import Tx
from desk.timeline.tables import Content, Entry

LOOKED_AT = 1000  # conversations that wait, longest first: what is counted by inbox and team
CAP = 100  # of all else that is counted: "99+"
SOON = timedelta(minutes=30)
RECENT = timedelta(hours=1)
SHOWN = 8  # conversations whose level rose
MESSAGES = 6  # of each, for its course
HOUR_MS = 3_600_000
PLACES = 40  # conversations of one colleague that are drawn

_C = Conversation
WAITS: ColumnElement[bool] = and_(_C.status == "open", _C.waiting_since.is_not(None))
_ROSE: ColumnElement[bool] = or_(
    and_(Score.level_before == "calm", Score.level_after.in_(("strained", "frustrated"))),
    and_(Score.level_before == "strained", Score.level_after == "frustrated"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """What waits in one inbox, or of one team."""

    id: int | None
    name: str
    waiting: int
    unowned: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits; `more` where only the first LOOKED_AT were looked at."""

    n: int
    unowned: int
    more: bool
    oldest: datetime | None
    oldest_id: int | None
    oldest_name: str
    inboxes: list[Group]
    teams: list[Group]


def waiting(tx: Tx) -> Waiting:
    """What waits for an answer, by inbox and team, the oldest first."""
    query = (
        select(_C.inbox_id, _C.team_id, _C.assignee_id, _C.waiting_since, _C.id, _C.customer_name)
        .where(WAITS)
        .order_by(_C.waiting_since, _C.id)
        .limit(LOOKED_AT + 1)
    )
    found = tx.execute(query).all()
    more, found = len(found) > LOOKED_AT, found[:LOOKED_AT]
    inboxes = _grouped(((r.inbox_id, r) for r in found), _names(tx, select(Inbox.id, Inbox.name)))
    teams = _grouped(((r.team_id, r) for r in found), _names(tx, select(Team.id, Team.name)))
    first = found[0] if found else None
    return Waiting(
        len(found),
        sum(r.assignee_id is None for r in found),
        more,
        first.waiting_since if first else None,
        first.id if first else None,
        first.customer_name if first else "",
        inboxes,
        teams,
    )


def _names(tx: Tx, query: Select[int, str]) -> dict[int, str]:
    return {row.id: row.name for row in tx.execute(query)}


def _grouped(rows: Iterable[tuple[int | None, Any]], names: Mapping[int, str]) -> list[Group]:
    """By inbox or team; the rows come oldest first, and so do the groups."""
    by_key: dict[int | None, list[Any]] = {}
    for key, row in rows:
        by_key.setdefault(key, []).append(row)
    return [
        Group(
            key,
            names.get(key, "") if key is not None else "",
            len(of),
            sum(r.assignee_id is None for r in of),
            of[0].waiting_since,
        )
        for key, of in by_key.items()
    ]


@dataclass(frozen=True, slots=True)
class Counts:
    """Each up to CAP."""

    late: int
    soon: int
    frustrated: int
    bot: int


def counts(tx: Tx, now: datetime) -> Counts:
    wanted = (
        _C.due_at <= now,
        and_(_C.due_at > now, _C.due_at <= now + SOON),
        and_(_C.status == "open", _C.level == "frustrated"),
        and_(_C.status == "open", _C.bot == "talking"),
    )
    columns = []
    for condition in wanted:
        inner = select(literal(1).label("one")).select_from(_C).where(condition).limit(CAP)
        columns.append(select(func.count()).select_from(inner.subquery()).scalar_subquery())
    return Counts(*tx.execute(select(*columns)).one())


@dataclass(frozen=True, slots=True)
class Promised:
    """A conversation whose promise is late or nearly so."""

    id: int
    customer_name: str
    due_at: datetime
    kind: str
    assignee_id: int | None
    assignee: str


def at_risk(tx: Tx, now: datetime, limit: int = 8) -> list[Promised]:
    """What is late or due within SOON, the most urgent first: those due soonest still help, so that a pile of what is
    late long since hides nothing, half of the places are theirs."""
    query = select(_C.id, _C.customer_name, _C.due_at, _C.due_kind, _C.assignee_id, func.coalesce(Staff.name, ""))
    query = query.outerjoin(Staff, Staff.id == _C.assignee_id)
    soon = query.where(_C.due_at > now, _C.due_at <= now + SOON).order_by(_C.due_at, _C.id).limit(limit)
    late = query.where(_C.due_at <= now).order_by(_C.due_at.desc(), _C.id.desc()).limit(limit)
    coming = [Promised(*row) for row in tx.execute(soon)]
    missed = [Promised(*row) for row in tx.execute(late)]
    missed = missed[: max(limit // 2, limit - len(coming))]
    return sorted(missed + coming[: limit - len(missed)], key=lambda p: (p.due_at, p.id))


@dataclass(frozen=True, slots=True)
class Rising:
    """A conversation whose frustration rose: the message that did it, the words that carried it, and the course."""

    id: int
    entry_id: int
    at: datetime
    customer_id: int
    customer_name: str
    channel: str
    level: str
    frustration: float
    due_at: datetime | None
    assignee_id: int | None
    assignee: str
    text: str
    words: list[Any]
    course: list[tuple[float, str]]  # of its last messages: the value, and the level after


def _rises(now: datetime) -> Select[Any]:
    return (
        select(Score.entry_id, Score.conversation_id, Score.occurred_at, Score.words)
        .where(Score.entry_id >= first_id(now - RECENT), _ROSE, Score.read_at.is_not(None))
        .order_by(Score.entry_id.desc())
    )


def rising(tx: Tx, now: datetime, limit: int = SHOWN) -> list[Rising]:
    """The conversations whose level rose in the last hour and is up still, the latest first."""
    latest: dict[int, Any] = {}
    for score in tx.execute(_rises(now).limit(LOOKED_AT)):
        latest.setdefault(score.conversation_id, score)
    found: list[Rising] = []
    ids = list(latest)
    for start in range(0, len(ids), 50):
        if len(found) >= limit:
            break
        some = ids[start : start + 50]
        query = (
            select(_C, func.coalesce(Staff.name, "").label("assignee"))
            .outerjoin(Staff, Staff.id == _C.assignee_id)
            .where(_C.id.in_(some), _C.status == "open", _C.level != "calm")
        )
        rows = {row[0].id: row for row in tx.execute(query)}
        for number in some:
            if number in rows and len(found) < limit:
                found.append(_risen(tx, latest[number], *rows[number]))
    return found


def _risen(tx: Tx, score: Any, row: Conversation, assignee: str) -> Rising:
    course = tx.execute(
        select(Score.conversation_frustration, Score.level_after)
        .where(Score.conversation_id == row.id)
        .order_by(Score.entry_id.desc())
        .limit(MESSAGES)
    ).all()
    return Rising(
        row.id, score.entry_id, score.occurred_at, row.customer_id, row.customer_name or row.reply_address, row.channel,
        row.level, row.frustration, row.due_at, row.assignee_id, assignee,
        tx.scalar(select(Content.text).where(Content.id == score.entry_id)) or "",
        list(score.words), [(float(value), level) for value, level in reversed(course)],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Today:
    """Answers and resolutions by the hour, from the first of the day to the one that runs."""

    answers: list[int]
    resolved: list[int]


def said(kind: str) -> ColumnElement[bool]:
    if kind == "answers":
        return and_(Entry.kind == "reply", Entry.author == "staff")
    return and_(Entry.kind == "status", Entry.detail["after"].as_string() == "resolved")


def today(tx: Tx, start: datetime, now: datetime) -> Today:
    """Since `start`, which is a midnight. One range of the day's numbers."""
    hours = max(1, int((now - start).total_seconds() // 3600) + 1)
    start_ms = int((start - EPOCH).total_seconds() * 1000)
    hour = (Entry.id // (1 << 21) - start_ms) // HOUR_MS
    kind = Entry.kind.label("kind")
    query = (
        select(kind, hour.label("hour"), func.count())
        .where(Entry.id >= first_id(start), or_(said("answers"), said("resolved")))
        .group_by(kind, "hour")
    )
    found: dict[str, list[int]] = {"reply": [0] * hours, "status": [0] * hours}
    for name, at, n in tx.execute(query):
        found[name][min(max(0, int(at)), hours - 1)] += n
    return Today(found["reply"], found["status"])


@dataclass(frozen=True, slots=True)
class Places:
    """The open conversations of one colleague, up to PLACES."""

    taken: int
    frustrated: int


def places(tx: Tx, staff_ids: Sequence[int]) -> dict[int, Places]:
    """What each of them has open in their name. Capacity is for whoever assigns to say."""
    if not staff_ids:
        return {}
    each = [
        select(
            select(_C.assignee_id, _C.level).where(_C.assignee_id == one, _C.status == "open").limit(PLACES).subquery()
        )
        for one in staff_ids
    ]
    found = {one: [0, 0] for one in staff_ids}
    for assignee, level in tx.execute(union_all(*each)):
        found[assignee][0] += 1
        found[assignee][1] += level == "frustrated"
    return {one: Places(*n) for one, n in found.items()}


def staff(tx: Tx) -> dict[int, str]:
    """All who work here, by their numbers."""
    return _names(tx, select(Staff.id, Staff.name).where(Staff.active).order_by(Staff.name))
