"""What is on whose screen: nobody is told of what they are looking at, and what they look at is read."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from desk.notices.tables import Notice, NoticeLook
from desk.signals import NoticesRead
from desk.store import Tx

LASTS = timedelta(seconds=90)  # a screen gives a sign of life every 25 seconds


def looks(tx: Tx, socket: str, staff_id: int, conversation_id: int) -> None:
    """A screen with the focus shows this conversation, from now on or still."""
    row = tx.get(NoticeLook, socket)
    if row is None:
        row = NoticeLook(socket=socket, staff_id=staff_id)
        tx.add(row)
    row.conversation_id, row.until = conversation_id, tx.now() + LASTS
    tx.flush()
    read(tx, staff_id, conversation_id=conversation_id)


def looks_away(tx: Tx, socket: str) -> None:
    """The screen shows something else, has lost the focus, or is gone."""
    tx.execute(delete(NoticeLook).where(NoticeLook.socket == socket))


def looking(tx: Tx, conversation_id: int) -> set[int]:
    """Who has this conversation before them."""
    query = select(NoticeLook.staff_id).where(
        NoticeLook.conversation_id == conversation_id, NoticeLook.until > tx.now()
    )
    return set(tx.scalars(query))


def read(tx: Tx, staff_id: int, *, conversation_id: int | None = None, notice_id: int | None = None) -> int:
    """Marks as read: those of a conversation, one, or all of them. Gives how many there were."""
    query = update(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    if conversation_id is not None:
        query = query.where(Notice.conversation_id == conversation_id)
    if notice_id is not None:
        query = query.where(Notice.id == notice_id)
    done = tx.execute(
        query.values(read_at=tx.now()).returning(Notice.id), execution_options={"synchronize_session": False}
    )
    found = len(done.all())
    if found:
        tx.announce(NoticesRead(staff_id))
    return found


def forget(tx: Tx, kept: timedelta = timedelta(days=90)) -> None:
    """Lets go of what was told long ago, and of screens that went without a word."""
    tx.execute(delete(Notice).where(Notice.at < tx.now() - kept))
    tx.execute(delete(NoticeLook).where(NoticeLook.until < tx.now()))
