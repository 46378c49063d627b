"""Where tasks go when lines change their conversation, and what becomes of them when a customer is erased."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from desk import timeline
from desk.store import Tx
from desk.tasks.tables import Reminder, Task

MANY = 1000  # lines of one conversation that tell of tasks


def rehoused(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """Lines went from one of these conversations into another, or back: each task is where its line is. A task is
    found by where it was; a conversation that is named nowhere here is not touched."""
    ids = list(conversation_ids)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        lines = {entry.id for number in some for entry in timeline.of_conversation(tx, number, MANY, ("task",))}
        rows = tx.scalars(select(Task).where(or_(Task.conversation_id.in_(some), Task.entry_id.in_(lines)))).all()
        homes = timeline.homes(tx, [row.entry_id for row in rows])
        for row in rows:
            home = homes.get(row.entry_id)
            if home is not None and home != row.conversation_id:
                row.conversation_id = home
    tx.flush()


def erase(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """Nothing is left to be done for somebody who was erased. Their words went with the lines."""
    for start in range(0, len(conversation_ids), 500):
        some = conversation_ids[start : start + 500]
        for row in tx.scalars(select(Task).where(Task.conversation_id.in_(some), Task.done_at.is_(None))):
            row.done_at = tx.now()
        gone = delete(Reminder).where(Reminder.conversation_id.in_(some))
        tx.execute(gone.execution_options(synchronize_session=False))
    tx.flush()
