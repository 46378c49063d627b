"""Who may see which conversation, and the queues: each one indexed read, paged by the place of the last row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, exists, func, literal, or_, select, true, tuple_

from desk.agents import Viewer
from desk.conversations.tables import Conversation
from desk.store import BigInt, Tx, UtcTime

VIEWS = ("mine", "unassigned", "all", "frustrated", "longest", "snoozed", "resolved")
CAP = 100  # counts stop here: "99+" needs no scan


class NotVisible(LookupError):
    """There is no such conversation, or it is not for this person; nobody is told which."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of a queue shows."""

    id: int
    customer_id: int
    customer_name: str
    reply_address: str
    subject: str
    status: str
    priority: int
    channel: str
    level: str
    frustration: float
    urgency: float
    team_id: int | None
    assignee_id: int | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    last_at: datetime
    last_author: str
    preview: str
    unread: int


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: list[Row]
    next: str | None  # hand it back as `after` for the rows that follow


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on conversations that a colleague may see.

    Supervisors and admins see all of them; an agent sees those of no team, of their teams, and their own.
    """
    if viewer.role in ("supervisor", "admin"):
        return true()
    mine: list[ColumnElement[bool]] = [Conversation.team_id.is_(None), Conversation.assignee_id == viewer.id]
    if viewer.team_ids:
        mine.append(Conversation.team_id.in_(sorted(viewer.team_ids)))
    return or_(*mine)


def may_see(viewer: Viewer, team_id: int | None, assignee_id: int | None) -> bool:
    """The same rule for one conversation in hand; a test holds both to agree."""
    return (
        viewer.role in ("supervisor", "admin")
        or team_id is None
        or assignee_id == viewer.id
        or team_id in viewer.team_ids
    )


def visible_entries(viewer: Viewer) -> Callable[[ColumnElement[Any]], ColumnElement[bool]] | None:
    """The same rule for the lines of a timeline, by their column of conversation ids; None where all may be seen."""
    if viewer.role in ("supervisor", "admin"):
        return None

    def condition(conversation_ids: ColumnElement[Any]) -> ColumnElement[bool]:
        return exists(
            select(1).where(Conversation.id == conversation_ids, visible_to(viewer)).correlate_except(Conversation)
        )

    return condition


def sees_customer(tx: Tx, viewer: Viewer, customer_id: int) -> bool:
    """Whether one of the customer's conversations is for this colleague."""
    query = select(Conversation.id).where(Conversation.customer_id == customer_id, visible_to(viewer)).limit(1)
    return tx.scalar(query) is not None


def _filter(view: str, viewer: Viewer) -> ColumnElement[bool]:
    match view:
        case "mine":
            return and_(Conversation.assignee_id == viewer.id, Conversation.status.in_(("open", "pending", "snoozed")))
        case "unassigned":
            return and_(Conversation.status == "open", Conversation.assignee_id.is_(None), visible_to(viewer))
        case "all" | "longest":
            return and_(Conversation.status == "open", visible_to(viewer))
        case "frustrated":
            return and_(Conversation.status == "open", Conversation.level == "frustrated", visible_to(viewer))
        case "snoozed":
            return and_(Conversation.status == "snoozed", visible_to(viewer))
        case "resolved":
            return and_(Conversation.status == "resolved", visible_to(viewer))
    raise NotVisible(f"There is no queue called {view}.")


_COLUMNS = [getattr(Conversation, name) for name in Row.__slots__]


def queue(tx: Tx, viewer: Viewer, view: str = "mine", *, after: str | None = None, limit: int = 50) -> QueuePage:
    """One page of a queue, most urgent first (`longest`: longest waiting first; `resolved`: latest first)."""
    query = select(*_COLUMNS).where(_filter(view, viewer))
    key: Any = Conversation.urgency
    kind: Any = Float()
    if view == "longest":
        query = query.where(Conversation.waiting_since.is_not(None))
        key, kind = Conversation.waiting_since, UtcTime()
    elif view == "snoozed":
        key, kind = Conversation.snoozed_until, UtcTime()
    elif view == "resolved":
        key, kind = Conversation.last_at, UtcTime()
    ascending = view in ("longest", "snoozed")
    if after is not None:
        value, last_id = _place(after, kind)
        here = tuple_(literal(value, kind), literal(last_id, BigInt))
        row_key = tuple_(key, Conversation.id)
        query = query.where(row_key > here if ascending else row_key < here)
    query = query.order_by(*((key, Conversation.id) if ascending else (key.desc(), Conversation.id.desc())))
    rows = [Row(*r) for r in tx.execute(query.limit(limit + 1))]
    more = len(rows) > limit
    rows = rows[:limit]
    next_ = None
    if more:
        last = rows[-1]
        value = {"longest": last.waiting_since, "snoozed": last.snoozed_until, "resolved": last.last_at}.get(
            view, last.urgency
        )
        next_ = json.dumps([value.isoformat() if isinstance(value, datetime) else value, last.id])
    return QueuePage(rows, next_)


def _place(after: str, kind: Any) -> tuple[Any, int]:
    try:
        value, last_id = json.loads(after)
        return (datetime.fromisoformat(value) if isinstance(kind, UtcTime) else float(value)), int(last_id)
    except (ValueError, TypeError) as error:
        raise NotVisible("That is not a place in a queue.") from error


def counts(tx: Tx, viewer: Viewer) -> dict[str, int]:
    """How many conversations each queue holds, up to CAP; one statement."""
    views = ("mine", "unassigned", "all", "frustrated", "snoozed")
    columns = []
    for view in views:
        inner = select(literal(1).label("one")).select_from(Conversation).where(_filter(view, viewer)).limit(CAP)
        columns.append(select(func.count()).select_from(inner.subquery()).scalar_subquery().label(view))
    row = tx.execute(select(*columns)).one()
    return dict(zip(views, row, strict=True))


def row_of(tx: Tx, conversation_id: int) -> Row | None:
    """The queue row of one conversation, for a screen that is told of a change."""
    found = tx.execute(select(*_COLUMNS).where(Conversation.id == conversation_id)).first()
    return None if found is None else Row(*found)


def of_customer(tx: Tx, customer_id: int, viewer: Viewer, limit: int = 20) -> list[Row]:
    """A customer's conversations, latest first, of those that the colleague may see."""
    query = (
        select(*_COLUMNS)
        .where(Conversation.customer_id == customer_id, visible_to(viewer))
        .order_by(Conversation.last_at.desc())
        .limit(limit)
    )
    return [Row(*r) for r in tx.execute(query)]


def get(tx: Tx, conversation_id: int, viewer: Viewer | None) -> Conversation:
    """The conversation, where the colleague may see it (None: the desk itself). Raises NotVisible."""
    found = tx.get(Conversation, conversation_id)
    if found is None or (viewer is not None and not may_see(viewer, found.team_id, found.assignee_id)):
        raise NotVisible("There is no such conversation, or it belongs to another team.")
    return found
