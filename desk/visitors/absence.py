"""What a visitor did not see goes after them: once for all of it, and not while the answer is still being written."""

from __future__ import annotations

from datetime import datetime, timedelta

from desk import conversations, outbound, settings, timeline
from desk.jobs import enqueue
from desk.store import Tx
from desk.visitors.tables import Thread

PATIENCE = 3  # times the delay that an answer may wait for the ones that follow it


def answered(tx: Tx, conversation_id: int) -> None:
    """A person answered: where the conversation is in a widget, somebody looks later whether it was seen."""
    row = tx.get(Thread, conversation_id)
    if row is not None:
        _look_again(tx, row, tx.now() + _delay(tx, row))


def mail_unseen(tx: Tx, conversation_id: int) -> datetime | None:
    """Mails the answers that their visitor has not seen. Gives when to look again, where more of them are just being
    written. Doing so twice mails nothing twice."""
    row = tx.get(Thread, conversation_id, with_for_update=True)
    if row is None or conversations.get(tx, conversation_id, None).status == "spam":
        return None
    after = max(row.seen_id, row.mailed_id)
    answers = timeline.of_conversation(tx, conversation_id, 50, ("reply",))
    unseen = [a for a in answers if a.id > after and a.channel == "chat"]
    if not unseen:
        return None
    delay = _delay(tx, row)
    due = min(unseen[-1].occurred_at + delay, unseen[0].occurred_at + PATIENCE * delay)
    if tx.now() < due:
        return due
    if outbound.mail_copy(tx, conversation_id, unseen) is not None:
        row.mailed_id = unseen[-1].id
        tx.flush()
    return None


def address_given(tx: Tx, owner_threads: list[Thread]) -> None:
    """An address came after the answers: what waits unseen may go there now."""
    for row in owner_threads:
        _look_again(tx, row, tx.now() + _delay(tx, row))


def look_again(tx: Tx, conversation_id: int, at: datetime) -> None:
    """Asks for another look; call it once the job that asks is finished."""
    row = tx.get(Thread, conversation_id)
    if row is not None:
        _look_again(tx, row, at)


def _look_again(tx: Tx, row: Thread, at: datetime) -> None:
    enqueue(
        tx,
        "visitors.mail_unseen",
        {"conversation_id": row.conversation_id},
        key=f"unseen:{row.conversation_id}",
        run_at=at,
        priority=4,
    )


def _delay(tx: Tx, row: Thread) -> timedelta:
    inbox = settings.inbox(tx, row.inbox_id)
    return timedelta(minutes=int(inbox.config.get("mail_minutes") or 5))
