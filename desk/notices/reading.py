"""What somebody was told, newest first, with the names that stand there now; and how much of it is unread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from desk import agents, conversations
from desk.agents import Viewer
from desk.notices.tables import Notice
from desk.store import Tx

CAP = 99  # past which a count is "99+"


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it is shown. `customer` and `subject` are empty where the reader may no longer see them."""

    id: int
    kind: str
    at: datetime
    read: bool
    times: int
    conversation_id: int | None
    entry_id: int | None
    customer: str
    subject: str
    by: str
    detail: dict[str, Any]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of notices; `next` is what `before` takes for the one behind it, None at the end."""

    rows: list[Told]
    next: int | None


def unread(tx: Tx, staff_id: int) -> int:
    """How many are unread, counted to one past CAP and no further."""
    some = select(Notice.id).where(Notice.staff_id == staff_id, Notice.in_app.is_(True), Notice.read_at.is_(None))
    return tx.scalar(select(func.count()).select_from(some.limit(CAP + 1).subquery())) or 0


def page(tx: Tx, viewer: Viewer, *, before: int | None = None, limit: int = 50) -> Page:
    """What this colleague was told, newest first, from behind `before`."""
    query = select(Notice).where(Notice.staff_id == viewer.id, Notice.in_app.is_(True))
    if before is not None:
        query = query.where(Notice.id < before)
    rows = tx.scalars(query.order_by(Notice.id.desc()).limit(limit + 1)).all()
    return Page(told(tx, viewer, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def one(tx: Tx, viewer: Viewer, notice_id: int) -> Told | None:
    """One of theirs."""
    row = tx.get(Notice, notice_id)
    return told(tx, viewer, [row])[0] if row is not None and row.staff_id == viewer.id else None


def to_mail(tx: Tx, viewer: Viewer, mail: str, limit: int = 50) -> Sequence[Notice]:
    """What waits for a digest and is unread still, oldest first."""
    query = select(Notice).where(
        Notice.staff_id == viewer.id, Notice.mail == mail, Notice.mailed_at.is_(None), Notice.read_at.is_(None)
    )
    return tx.scalars(query.order_by(Notice.id).limit(limit)).all()


def told(tx: Tx, viewer: Viewer, rows: Sequence[Notice]) -> list[Told]:
    """Rows with the names of now: of whoever was renamed, joined or erased since, nothing old is shown."""
    ids = {row.conversation_id for row in rows if row.conversation_id is not None}
    found = {one.id: one for one in conversations.several(tx, ids)} if ids else {}
    names = agents.names(tx) if any(row.by_id is not None for row in rows) else {}
    shown = []
    for row in rows:
        about = found.get(row.conversation_id) if row.conversation_id is not None else None
        sees = about is not None and conversations.may_see(viewer, about.team_id, about.assignee_id)
        shown.append(
            Told(
                id=row.id,
                kind=row.kind,
                at=row.at,
                read=row.read_at is not None,
                times=row.times,
                conversation_id=row.conversation_id,
                entry_id=row.entry_id,
                customer=(about.customer_name or about.reply_address) if about is not None and sees else "",
                subject=about.subject if about is not None and sees else "",
                by=names.get(row.by_id, "") if row.by_id is not None else "",
                detail=row.detail,
                hidden=row.conversation_id is not None and not sees,
            )
        )
    return shown
