"""Adding a task to a conversation, ticking it off, opening it again, and giving it to somebody else; each says so on
the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible, NotVisible
from desk.jobs import Leased, enqueue, finish
from desk.parts import Desk
from desk.signals import ConversationChanged, TaskDue
from desk.store import Tx
from desk.tasks.tables import Task

LINE = "task"  # the kind of the lines that tell of tasks
LONGEST = 300  # letters
MOST = 50  # open ones of a conversation
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # where those stand that have no time
MERGED = "This conversation has been merged into another one: add it there."


def add(
    tx: Tx,
    conversation_id: int,
    viewer: Viewer | None,
    text: str,
    *,
    assignee_id: int | None = None,
    due_at: datetime | None = None,
) -> Task:
    """Adds a task, for nobody yet where no assignee is given. Without a viewer it is a rule that does. Raises
    NotVisible, NotPossible."""
    conversation = conversations.get(tx, conversation_id, viewer)
    if conversation.merged_into is not None:
        raise NotPossible(MERGED)
    said = _said(text)
    _may_have(tx, conversation, assignee_id)
    _to_come(tx, due_at)
    if len(tx.scalars(_open(conversation.id).limit(MOST)).all()) >= MOST:
        raise NotPossible("This conversation has as many open tasks as there can be.")
    now = tx.now()
    row = Task(
        conversation_id=conversation.id,
        entry_id=0,
        assignee_id=assignee_id,
        due_at=due_at,
        sort_at=due_at or FAR,
        made_by=viewer.id if viewer is not None else None,
        made_at=now,
    )
    tx.add(row)
    tx.flush()
    row.entry_id = _line(tx, conversation, row, viewer, "added", said)
    _wait(tx, row)
    return row


def tick(tx: Tx, task_id: int, viewer: Viewer) -> bool:
    """Ticks a task off; False where it was so. Raises NotVisible."""
    row, conversation = _held(tx, task_id, viewer)
    if row.done_at is not None:
        return False
    row.done_at, row.done_by = tx.now(), viewer.id
    _line(tx, conversation, row, viewer, "done", _words(tx, row))
    return True


def tick_all(tx: Tx, conversation_id: int, viewer: Viewer) -> int:
    """Ticks off all that is open in a conversation, and says how many. Raises NotVisible."""
    conversations.get(tx, conversation_id, viewer)
    rows = tx.scalars(_open(conversation_id)).all()
    return sum(tick(tx, row.id, viewer) for row in rows)


def reopen(tx: Tx, task_id: int, viewer: Viewer) -> bool:
    """Opens one again that was ticked off; False where it is open. A time that has passed meanwhile does not ring
    again. Raises NotVisible, NotPossible."""
    row, conversation = _held(tx, task_id, viewer)
    if row.done_at is None:
        return False
    if len(tx.scalars(_open(conversation.id).limit(MOST)).all()) >= MOST:
        raise NotPossible("This conversation has as many open tasks as there can be.")
    row.done_at, row.done_by = None, None
    if row.assignee_id is not None and agents.viewer(tx, row.assignee_id) is None:
        row.assignee_id = None
    _line(tx, conversation, row, viewer, "reopened", _words(tx, row))
    _wait(tx, row)
    return True


def change(
    tx: Tx, task_id: int, viewer: Viewer, *, text: str, assignee_id: int | None, due_at: datetime | None
) -> bool:
    """Says anew what is to be done, by whom and until when; False where it was so. Raises NotVisible, NotPossible."""
    row, conversation = _held(tx, task_id, viewer)
    said, before = _said(text), _words(tx, row)
    given, other = row.assignee_id != assignee_id, said != before or row.due_at != due_at
    if not given and not other:
        return False
    if given:
        _may_have(tx, conversation, assignee_id)
    if row.due_at != due_at:
        _to_come(tx, due_at)
    row.assignee_id, row.due_at, row.sort_at = assignee_id, due_at, due_at or FAR
    row.entry_id = _line(tx, conversation, row, viewer, "changed" if other else "given", said, given=given)
    _wait(tx, row)
    return True


def give(tx: Tx, task_id: int, viewer: Viewer, assignee_id: int | None) -> bool:
    """Gives it to somebody, or to nobody; False where it was so. Raises NotVisible, NotPossible."""
    row, _conversation = _held(tx, task_id, viewer)
    return change(tx, task_id, viewer, text=_words(tx, row), assignee_id=assignee_id, due_at=row.due_at)


def due(desk: Desk, job: Leased) -> None:
    """The task `tasks.due`: whose it is hears that its time has come; where it was moved or ticked off, nobody does."""
    with desk.store.transaction() as tx:
        finish(tx, job)
        row = tx.get(Task, int(job.args["task_id"]), with_for_update=True)
        if row is None or row.done_at is not None or row.due_at is None:
            return
        if row.due_at.isoformat() == job.args["at"]:
            tx.announce(TaskDue(row.id, row.conversation_id, row.entry_id, row.assignee_id))


def _wait(tx: Tx, row: Task) -> None:
    """The job that rings. Its key has the time: one that was moved has another, and the first finds that it is."""
    if row.due_at is None or row.done_at is not None or row.due_at <= tx.now():
        return
    at = row.due_at.isoformat()
    enqueue(tx, "tasks.due", {"task_id": row.id, "at": at}, key=f"task:{row.id}:{at}", run_at=row.due_at, priority=3)


def _open(conversation_id: int) -> Any:
    return select(Task).where(Task.conversation_id == conversation_id, Task.done_at.is_(None)).order_by(Task.id)


def _held(tx: Tx, task_id: int, viewer: Viewer) -> tuple[Task, Conversation]:
    """The task with the right to change it: its conversation is held first, like everywhere."""
    number = tx.scalar(select(Task.conversation_id).where(Task.id == task_id))
    if number is None:
        raise NotVisible("There is no such task.")
    conversation = conversations.get(tx, number, viewer)
    row = tx.get_one(Task, task_id, with_for_update=True, populate_existing=True)
    return row, conversation


def _words(tx: Tx, row: Task) -> str:
    return timeline.texts(tx, [row.entry_id]).get(row.entry_id, "")


def _said(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise NotPossible("Say what is to be done.")
    if len(said) > LONGEST:
        raise NotPossible("A task has 300 letters at most.")
    return said


def _to_come(tx: Tx, due_at: datetime | None) -> None:
    if due_at is not None and due_at <= tx.now():
        raise NotPossible("That time has passed already.")


def _may_have(tx: Tx, conversation: Conversation, staff_id: int | None) -> None:
    if staff_id is None:
        return
    person = agents.viewer(tx, staff_id)
    if person is None:
        raise NotPossible("Nobody with that number works here now.")
    if not conversations.may_see(person, conversation.team_id, conversation.assignee_id):
        raise NotPossible("They may not see this conversation, so a task in it is not for them.")


def _line(
    tx: Tx,
    conversation: Conversation,
    row: Task,
    viewer: Viewer | None,
    what: str,
    said: str,
    *,
    given: bool = False,
    **more: Any,
) -> int:
    """A small line that says what became of a task, with its words: whoever reads it needs no other line."""
    detail = {"what": what, "task": row.id, "assignee": row.assignee_id}
    detail |= {"due": row.due_at.isoformat()} if row.due_at is not None else {}
    detail |= {"given": True} if given else {}
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind=LINE,
        author="staff" if viewer is not None else "desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        staff_id=viewer.id if viewer is not None else None,
        detail=detail | more,
        words=timeline.Words(said) if said else None,
    )
    tx.announce(ConversationChanged(conversation.id, conversation.customer_id, inside=True))
    tx.flush()
    return entry.id


def left(tx: Tx, staff_id: int) -> int:
    """Somebody works here no more: what they had to do is the owner's of its conversation, or nobody's, and says so;
    what was to remind them goes. Gives how many tasks that were."""
    mine: Sequence[Task] = tx.scalars(
        select(Task).where(Task.assignee_id == staff_id, Task.done_at.is_(None)).order_by(Task.conversation_id, Task.id)
    ).all()
    for row in mine:
        conversation = conversations.get(tx, row.conversation_id, None)
        owner = conversation.assignee_id
        owner = owner if owner != staff_id and owner is not None and agents.viewer(tx, owner) is not None else None
        row.assignee_id = owner
        _line(tx, conversation, row, None, "left", _words(tx, row), who=staff_id, given=True)
    return len(mine)
