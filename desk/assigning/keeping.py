"""What was given to whom, kept as it happens by whatever door; and who keeps a conversation by hand."""

from __future__ import annotations

from sqlalchemy import select, update

from desk import conversations, timeline
from desk.agents import Viewer
from desk.assigning.giving import look_at
from desk.assigning.tables import Assignment
from desk.conversations import NotPossible
from desk.store import Tx
from desk.timeline import EntryView


def current(tx: Tx, conversation_id: int) -> Assignment | None:
    """Whose a conversation is, since when, and whether they keep it."""
    query = select(Assignment).where(Assignment.conversation_id == conversation_id, Assignment.ended_at.is_(None))
    return tx.scalar(query)


def noted(tx: Tx, entry_id: int) -> None:
    """A line says that a conversation was given to somebody, to a team or to nobody: a reaction to it."""
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        return
    if "after" in entry.detail:
        _note(tx, entry, entry.conversation_id)
    if entry.detail.get("after") is None:
        look_at(tx, entry.conversation_id)


def _note(tx: Tx, entry: EntryView, conversation_id: int) -> None:
    because, after = entry.detail.get("because") or {}, entry.detail["after"]
    row = current(tx, conversation_id)
    if row is not None:
        row.ended_at, row.ended = tx.now(), _end(row, entry.staff_id, str(because.get("back") or ""))
        tx.flush()
    if after is not None:
        how = str(because.get("how") or ("taken" if after == entry.staff_id else "hand"))
        tx.add(
            Assignment(
                conversation_id=conversation_id,
                staff_id=int(after),
                policy_id=because.get("policy"),
                how=how,
                by_id=entry.staff_id,
                at=tx.now(),
            )
        )
        tx.flush()


def _end(row: Assignment, by: int | None, back: str) -> str:
    if back:
        return back
    if by != row.staff_id:
        return "moved"
    return "declined" if row.answered_at is None else "passed"


def answered(tx: Tx, conversation_id: int, staff_id: int) -> None:
    """They answered what they were given: whatever becomes of it, it was not declined."""
    query = update(Assignment).where(
        Assignment.conversation_id == conversation_id,
        Assignment.ended_at.is_(None),
        Assignment.staff_id == staff_id,
        Assignment.answered_at.is_(None),
    )
    tx.execute(query.values(answered_at=tx.now()).execution_options(synchronize_session=False))


def keep(tx: Tx, conversation_id: int, viewer: Viewer, on: bool) -> None:
    """Their own conversation stays theirs when they go away. Raises NotVisible and NotPossible."""
    row = conversations.get(tx, conversation_id, viewer)
    if row.assignee_id != viewer.id:
        raise NotPossible("Only who has a conversation can keep it.")
    found = current(tx, conversation_id)
    if found is None:  # given before the desk kept count
        found = Assignment(
            conversation_id=conversation_id, staff_id=viewer.id, how="taken", by_id=viewer.id, at=tx.now()
        )
        tx.add(found)
    found.kept = on
    tx.flush()
