"""The rows behind a number of the wall, paged by the place of the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from desk.agents.tables import Staff
from desk.clock import first_id
from desk.conversations.tables import Conversation as _C
from desk.reports.live import LOOKED_AT, SOON, WAITS, rising, said
from desk.store import Tx
from desk.timeline.tables import Entry

# Those that the wall counts: whoever asks for the few of one inbox does not walk past a hundred thousand others.
_LOOKED_AT = select(_C.id).where(WAITS).order_by(_C.waiting_since, _C.id).limit(LOOKED_AT)
WHICH = ("waiting", "unowned", "late", "soon", "bot", "rising", "answers", "resolved")


class BadPlace(ValueError):
    """A place that no page has written."""


@dataclass(frozen=True, slots=True)
class Behind:
    """One row behind a number: the conversation, and since, until or at when."""

    conversation_id: int
    customer_name: str
    at: datetime
    assignee: str
    place: str  # hand it back for what follows


def behind(
    tx: Tx,
    which: str,
    now: datetime,
    start: datetime,
    *,
    inbox_id: int | None = None,
    team_id: int | None = None,
    after: str = "",
    limit: int = 50,
) -> list[Behind]:
    """The rows behind a number, paged by the place of the last one. `team_id` 0: of no team. Raises BadPlace for one
    that no page has written."""
    if which == "rising":
        return (
            [Behind(r.id, r.customer_name, r.at, r.assignee, "") for r in rising(tx, now, limit)] if not after else []
        )
    if which in ("answers", "resolved"):
        query = (
            select(Entry.id, _C.id, _C.customer_name, Entry.occurred_at, func.coalesce(Staff.name, ""))
            .join(_C, _C.id == Entry.conversation_id)
            .outerjoin(Staff, Staff.id == Entry.staff_id)
            .where(Entry.id >= first_id(start), said(which))
            .order_by(Entry.id.desc())
        )
        if after:
            query = query.where(Entry.id < _number(after))
        return [Behind(r[1], r[2], r[3], r[4], str(r[0])) for r in tx.execute(query.limit(limit))]
    key: Any = {"late": _C.due_at, "soon": _C.due_at, "bot": _C.last_at}.get(which, _C.waiting_since)
    query = (
        select(_C.id, _C.customer_name, key, func.coalesce(Staff.name, ""))
        .outerjoin(Staff, Staff.id == _C.assignee_id)
        .where(*_conditions(which, now))
        .order_by(key, _C.id)
    )
    if inbox_id is not None:
        query = query.where(_C.inbox_id == inbox_id)
    if team_id is not None:
        query = query.where(_C.team_id == team_id if team_id else _C.team_id.is_(None))
    if after:
        text, _tilde, number = after.partition("~")
        at, last = _moment(text), _number(number)
        query = query.where(or_(key > at, and_(key == at, _C.id > last)))
    return [Behind(r[0], r[1], r[2], r[3], f"{r[2].isoformat()}~{r[0]}") for r in tx.execute(query.limit(limit))]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63 and len(text) < 20):
        raise BadPlace("That is no row's number.")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadPlace("That is no moment.") from error
    if at.tzinfo is None:
        raise BadPlace("A moment names its zone.")
    return at


def _conditions(which: str, now: datetime) -> list[ColumnElement[bool]]:
    match which:
        case "unowned":
            return [_C.id.in_(_LOOKED_AT), _C.assignee_id.is_(None)]
        case "late":
            return [_C.due_at <= now]
        case "soon":
            return [_C.due_at > now, _C.due_at <= now + SOON]
        case "bot":
            return [_C.status == "open", _C.bot == "talking"]
    return [_C.id.in_(_LOOKED_AT)]
