"""Who may see which conversation, and the queues: each one indexed read, paged by the place of the last row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, and_, bindparam, exists, func, literal, or_, select, true, tuple_

from desk.agents import Viewer
from desk.conversations.tables import Conversation, StatusName
from desk.store import BigInt, Tx, UtcTime
from desk.timeline import mentioned_in

VIEWS = ("mine", "mentions", "unassigned", "all", "frustrated", "longest", "due", "snoozed", "resolved", "spam")
CAP = 100  # counts stop here: "99+" needs no scan
LEADS = ("supervisor", "admin")
ENDS = ("longest", "snoozed")  # sorted by a time that not every conversation has


_NOT_THERE = "There is no such conversation, or it belongs to another team."


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
    bot: str = ""
    merged_into: int | None = None
    due_at: datetime | None = None
    due_warn_at: datetime | None = None
    due_kind: str = ""
    due_state: str = ""
    pinned_entry_id: int | None = None
    risks: str = ""
    status_name: str = ""  # the desk's own name for the status, where one was chosen


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: list[Row]
    next: str | None  # hand it back as `after` for the rows that follow


_TABLE = Conversation.__table__
_C = _TABLE.c
_NAMES = StatusName.__table__
_COLUMNS = [_C[name] for name in Row.__slots__ if name != "status_name"]
# The name goes with the row in one read. One that belongs to another status than the row's is not shown.
_ROWS = select(*_COLUMNS, func.coalesce(_NAMES.c.name, "")).select_from(
    _TABLE.outerjoin(_NAMES, and_(_NAMES.c.id == _C.status_name_id, _NAMES.c.status == _C.status))
)


def rows(tx: Tx, *where: ColumnElement[bool]) -> list[Row]:
    """The rows of conversations for which all of this holds, in no order."""
    return [Row(*found) for found in tx.execute(_ROWS.where(*where))]


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on conversations that a colleague may see.

    Supervisors and admins see all of them; an agent sees those of no team, of their teams, and their own.
    """
    return true() if viewer.role in LEADS else _visible(viewer.id, sorted(viewer.team_ids))


def _visible(me: Any, team_ids: Any) -> ColumnElement[bool]:
    """The agent's part of the rule; the two values may be places that are filled in later."""
    mine = [_C.team_id.is_(None), _C.assignee_id == me]
    if not (isinstance(team_ids, Sequence) and not team_ids):
        mine.append(_C.team_id.in_(team_ids))
    return or_(*mine)


# A page sends the same few statements again and again, and making one takes longer than the database takes over it. So
# each form is made once, with places for whoever asks.
_ME = bindparam("me", type_=BigInt)
_TEAMS = bindparam("teams", type_=BigInt, expanding=True)
_TEAM = bindparam("team", type_=BigInt)


def _who(viewer: Viewer) -> dict[str, Any]:
    return {"me": viewer.id, "teams": sorted(viewer.team_ids)}


def _seen(leads: bool) -> ColumnElement[bool]:
    return true() if leads else _visible(_ME, _TEAMS)


def may_see(viewer: Viewer, team_id: int | None, assignee_id: int | None) -> bool:
    """The same rule for one conversation in hand; a test holds both to agree."""
    return viewer.role in LEADS or team_id is None or assignee_id == viewer.id or team_id in viewer.team_ids


@dataclass(frozen=True, slots=True)
class VisibleEntries:
    """The same rule for the lines of a timeline: called with their column of conversation ids it gives the condition,
    with places for `values`. All of them are equal, so that a statement made with one serves every agent."""

    values: dict[str, Any] = field(compare=False)

    def __call__(self, conversation_ids: ColumnElement[Any]) -> ColumnElement[bool]:
        return exists(select(1).where(_C.id == conversation_ids, _seen(False)).correlate_except(_TABLE))


def visible_entries(viewer: Viewer) -> VisibleEntries | None:
    """Which lines of a timeline a colleague may see; None where all of them."""
    return None if viewer.role in LEADS else VisibleEntries(_who(viewer))


def sees_customer(tx: Tx, viewer: Viewer, customer_id: int) -> bool:
    """Whether one of the customer's conversations is for this colleague."""
    query = select(Conversation.id).where(Conversation.customer_id == customer_id, visible_to(viewer)).limit(1)
    return tx.scalar(query) is not None


def _filter(view: str, leads: bool) -> ColumnElement[bool]:
    match view:
        case "mine":
            return and_(_C.assignee_id == _ME, _C.status.in_(("open", "pending", "snoozed")))
        case "mentions":
            # Said so that no index over statuses serves it: SQLite would walk all that are open for the few that name.
            standing = _C.status.concat("").in_(("open", "pending", "snoozed"))
            return and_(_C.id.in_(mentioned_in(_ME)), standing, _seen(leads))
        case "unassigned":
            return and_(_C.status == "open", _C.assignee_id.is_(None), _seen(leads))
        case "all" | "longest":
            return and_(_C.status == "open", _seen(leads))
        case "due":
            return and_(_C.due_at.is_not(None), _seen(leads))
        case "team":
            return and_(_C.status == "open", _C.team_id == _TEAM, _seen(leads))
        case "frustrated":
            return and_(_C.status == "open", _C.level == "frustrated", _seen(leads))
        case "snoozed":
            return and_(_C.status == "snoozed", _seen(leads))
        case "resolved" | "spam":
            return and_(_C.status == view, _C.merged_into.is_(None), _seen(leads))
    raise NotVisible(f"There is no queue called {view}.")


def _order(view: str) -> tuple[str, Any, bool]:
    """By what a queue is sorted: the column, its type, and whether upwards."""
    match view:
        case "longest":
            return "waiting_since", UtcTime(), True
        case "due":
            return "due_at", UtcTime(), True
        case "snoozed":
            return "snoozed_until", UtcTime(), True
        case "resolved" | "spam":
            return "last_at", UtcTime(), False
    return "urgency", Float(), False


@lru_cache(maxsize=64)
def _page(view: str, leads: bool, onward: bool, endless: bool = False) -> Any:
    """`endless`: those without an end, which stand behind all that have one; in the order of their numbers."""
    column, kind, ascending = _order(view)
    key = _C[column]
    if endless:
        query = _ROWS.where(_filter(view, leads), key.is_(None))
        if onward:
            query = query.where(_C.id > bindparam("last_id", type_=BigInt))
        # By the empty time as well, or PostgreSQL walks all conversations by their number instead of this index.
        return query.order_by(key, _C.id).limit(bindparam("limit", type_=Integer))
    query = _ROWS.where(_filter(view, leads))
    if view in ENDS:
        query = query.where(key.is_not(None))
    if onward:
        place, here = tuple_(key, _C.id), tuple_(bindparam("value", type_=kind), bindparam("last_id", type_=BigInt))
        query = query.where(place > here if ascending else place < here)
    query = query.order_by(*((key, _C.id) if ascending else (key.desc(), _C.id.desc())))
    return query.limit(bindparam("limit", type_=Integer))


_TEAM_VIEW = re.compile(r"team-([0-9]{1,18})")


def team_of(view: str) -> int | None:
    """Which team's queue `team-3` is; None for every other view."""
    found = _TEAM_VIEW.fullmatch(view)
    return int(found[1]) if found else None


def queue(tx: Tx, viewer: Viewer, view: str = "mine", *, after: str | None = None, limit: int = 50) -> QueuePage:
    """One page of a queue, most urgent first (`longest`: longest waiting first; `due`: soonest first; `resolved`,
    `spam`: latest first). `team-3`: that team's."""
    leads = viewer.role in LEADS
    values: dict[str, Any] = {**_who(viewer), "limit": limit + 1}
    team_id = team_of(view)
    if team_id is not None:
        if not leads and team_id not in viewer.team_ids:
            raise NotVisible("You are not in this team.")
        view, values["team"] = "team", team_id
    column, kind, _ascending = _order(view)
    endless = False
    if after is not None:
        values["value"], values["last_id"] = _place(after, kind)
        endless = values["value"] is None and view == "snoozed"
    found = [Row(*r) for r in tx.execute(_page(view, leads, after is not None, endless), values).all()]
    if view == "snoozed" and not endless and len(found) <= limit:
        rest = _page(view, leads, False, True)
        found += [Row(*r) for r in tx.execute(rest, {**_who(viewer), "limit": limit + 1 - len(found)})]
    more = len(found) > limit
    found = found[:limit]
    next_ = None
    if more:
        value = getattr(found[-1], column)
        next_ = json.dumps([value.isoformat() if isinstance(value, datetime) else value, found[-1].id])
    return QueuePage(found, next_)


def among(tx: Tx, viewer: Viewer, view: str, conversation_ids: Sequence[int]) -> list[Row]:
    """Those of these conversations that stand in a queue, for a screen that was told of their changes."""
    if not conversation_ids:
        return []
    query = _ROWS.where(_C.id.in_(list(conversation_ids)), _filter(view, viewer.role in LEADS))
    return [Row(*found) for found in tx.execute(query, _who(viewer))]


def _place(after: str, kind: Any) -> tuple[Any, int]:
    try:
        value, last_id = json.loads(after)
        if value is None:
            return None, int(last_id)
        return (datetime.fromisoformat(value) if isinstance(kind, UtcTime) else float(value)), int(last_id)
    except (ValueError, TypeError) as error:
        raise NotVisible("That is not a place in a queue.") from error


_COUNTED = ("mine", "mentions", "unassigned", "all", "frustrated", "due", "snoozed")
MOST_TEAMS = 12  # of one's own, whose queues stand in the menu with their counts


@lru_cache(maxsize=2 * (MOST_TEAMS + 1))
def _counts(leads: bool, teams: int) -> Any:
    columns = []
    wheres = [_filter(view, leads) for view in _COUNTED]
    wheres += [
        # Whoever is in a team sees all that is the team's.
        and_(_C.status == "open", _C.team_id == bindparam(f"team{n}", type_=BigInt))
        for n in range(teams)
    ]
    for n, where in enumerate(wheres):
        inner = select(literal(1).label("one")).select_from(_TABLE).where(where).limit(CAP)
        columns.append(select(func.count()).select_from(inner.subquery()).scalar_subquery().label(f"n{n}"))
    return select(*columns)


def counts(tx: Tx, viewer: Viewer) -> dict[str, int]:
    """How many conversations each queue holds, those of one's own teams too, up to CAP; one statement."""
    teams = sorted(viewer.team_ids)[:MOST_TEAMS]
    values = _who(viewer) | {f"team{n}": team_id for n, team_id in enumerate(teams)}
    row = tx.execute(_counts(viewer.role in LEADS, len(teams)), values).one()
    return dict(zip((*_COUNTED, *(f"team-{team_id}" for team_id in teams)), row, strict=True))


_ROW_OF = _ROWS.where(_C.id == bindparam("id", type_=BigInt))


def row_of(tx: Tx, conversation_id: int) -> Row | None:
    """The queue row of one conversation, for a screen that is told of a change."""
    if tx.writing:
        found = tx.execute(_ROW_OF, {"id": conversation_id}).first()
        return None if found is None else Row(*found)
    kept: dict[int, Row | None] = tx.memo.setdefault("rows", {})  # a push asks for the row, and again for its entries
    if conversation_id not in kept:
        found = tx.execute(_ROW_OF, {"id": conversation_id}).first()
        kept[conversation_id] = None if found is None else Row(*found)
    return kept[conversation_id]


def seen(tx: Tx, conversation_id: int, viewer: Viewer) -> Row:
    """What a page shows of a conversation, where the colleague may see it: `get` without the row itself, which a page
    does not change. Raises NotVisible."""
    found = row_of(tx, conversation_id)
    if found is None or not may_see(viewer, found.team_id, found.assignee_id):
        raise NotVisible(_NOT_THERE)
    return found


def of_customer(tx: Tx, customer_id: int, viewer: Viewer, limit: int = 20) -> list[Row]:
    """A customer's conversations, latest first, of those that the colleague may see."""
    query = (
        _ROWS.where(Conversation.customer_id == customer_id, Conversation.merged_into.is_(None), visible_to(viewer))
        .order_by(Conversation.last_at.desc())
        .limit(limit)
    )
    return [Row(*r) for r in tx.execute(query)]


def held(tx: Tx, conversation_id: int) -> Conversation | None:
    """The row, and in a writing transaction the right to change it: of two that change a conversation at the same
    instant, the second waits and reads what the first one left (SQLite has one writer anyway)."""
    return tx.get(Conversation, conversation_id, with_for_update=True if tx.writing else None)


def landed(tx: Tx, conversation_id: int) -> Conversation | None:
    """The row that a conversation has become by merging, held; itself where it is none of those."""
    found = held(tx, conversation_id)
    while found is not None and found.merged_into is not None:
        found = held(tx, found.merged_into)
    return found


def current(tx: Tx, conversation_id: int) -> Conversation:
    """The same where there is one for sure. Raises NotVisible."""
    found = landed(tx, conversation_id)
    if found is None:
        raise NotVisible(_NOT_THERE)
    return found


def frustrated_elsewhere(tx: Tx, customer_id: int, conversation_id: int) -> int | None:
    """The newest conversation of a customer but this one that is not over and in which they are frustrated."""
    query = select(Conversation.id).where(
        Conversation.customer_id == customer_id,
        Conversation.id != conversation_id,
        Conversation.merged_into.is_(None),
        Conversation.status.in_(("open", "pending", "snoozed")),
        Conversation.level == "frustrated",
    )
    return tx.scalar(query.order_by(Conversation.last_at.desc(), Conversation.id.desc()).limit(1))


def get(tx: Tx, conversation_id: int, viewer: Viewer | None) -> Conversation:
    """The conversation, where the colleague may see it (None: the desk itself). Raises NotVisible."""
    found = held(tx, conversation_id)
    if found is None or (viewer is not None and not may_see(viewer, found.team_id, found.assignee_id)):
        raise NotVisible(_NOT_THERE)
    return found


def known(tx: Tx, conversation_id: int) -> Conversation:
    """The row as this transaction has it, for the desk itself and without the right to change it: no question where it
    was held or made here. Raises NotVisible."""
    found: Conversation | None = tx.get(Conversation, conversation_id)
    if found is None:
        raise NotVisible(_NOT_THERE)
    return found


def visible_among(tx: Tx, ids: Iterable[int], viewer: Viewer) -> set[int]:
    """Those of these conversations that a colleague may see."""
    wanted = sorted(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        found.update(tx.scalars(select(_C.id).where(_C.id.in_(wanted[start : start + 500]), visible_to(viewer))))
    return found


def several(tx: Tx, ids: Iterable[int]) -> list[Conversation]:
    """Those of these conversations that there are, for the desk itself."""
    wanted = sorted(ids)
    found: list[Conversation] = []
    for start in range(0, len(wanted), 500):
        found += tx.scalars(select(Conversation).where(Conversation.id.in_(wanted[start : start + 500])))
    return found
