"""An answer that goes at a time its writer chose: a line that says so until then, and a job that sends it.

Nothing follows from it before it goes: the customer waits on, and no clock stops. At its time it is an answer like any
other, sent then and there with whatever holds at that moment: the conversation as it has become, an address that came
back, a number that wants no texts. What cannot go is held, and its writer told; so is what a customer's word may have
made wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from desk import agents, conversations, settings, timeline
from desk.agents import Viewer
from desk.conversations import NotPossible, NotVisible
from desk.files import Blobs
from desk.jobs import Leased, enqueue, finish
from desk.outbound import attaching, recording, uploads
from desk.outbound.service import Ready, ready, reply
from desk.outbound.tables import ScheduledAnswer
from desk.outbound.undoing import TakenBack
from desk.outbound.writing import Refused
from desk.parts import Desk
from desk.signals import AnswerHeld
from desk.store import Tx
from desk.timeline import EntryView, Words

KIND = "scheduled"
LONGEST = timedelta(days=366)
PAST = "Choose a time to come, within a year."
GONE = "This answer is not waiting any more."
NOT_YOURS = "Only who wrote it, or a lead, decides about this answer."
WROTE = "The customer has written since."
LEFT = "Whoever wrote it works here no more."
UNSEEN = "Whoever wrote it may not see this conversation any more."


def schedule(
    tx: Tx,
    conversation_id: int,
    viewer: Viewer,
    text: str,
    *,
    at: datetime,
    channel: str | None = None,
    copies: Sequence[str] | None = None,
    anyway: bool = False,
    files: Sequence[int] = (),
    request_id: str | None = None,
    then: str = "",
    about: Mapping[str, Any] | None = None,
) -> EntryView:
    """Keeps an answer until `at`; all else as `reply` takes it. Who gets copies is settled now. Raises Refused."""
    made = ready(tx, conversation_id, viewer, text, channel, copies, anyway, files, request_id)
    if not isinstance(made, Ready):
        return made
    conversation, way, said, others, going = made
    if not tx.now() < at <= tx.now() + LONGEST:
        raise Refused(PAST)
    detail: dict[str, Any] = {"send_at": at.isoformat(), "held": "", **(about or {})}
    if others:
        detail["with"] = [row.id for row in others]
    entry_id = recording.recorded(
        tx,
        conversation,
        viewer,
        KIND,
        Words(said.text, attachments=attaching.kept(going), source=said.source),
        inbox_id=way.inbox_id,
        identity_id=way.identity_id,
        channel=way.channel,
        detail=detail,
        request_id=request_id,
    )
    uploads.sent(tx, files)
    row = ScheduledAnswer(
        entry_id=entry_id,
        conversation_id=conversation.id,
        staff_id=viewer.id,
        send_at=at,
        state="waiting",
        anyway=anyway,
        follows=conversations.read_then(then),
        made_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    enqueue(tx, "outbound.scheduled", {"entry_id": str(entry_id)}, key=f"scheduled:{entry_id}", run_at=at, priority=2)
    return recording.shown(tx, entry_id)


def send_scheduled(desk: Desk, job: Leased) -> None:
    """The job `outbound.scheduled`: sends it, or holds it and says why. Doing so twice sends it once."""
    entry_id = int(job.args["entry_id"])
    try:
        with desk.store.transaction() as tx:
            row = _row(tx, entry_id)
            if row is not None and row.state == "waiting":
                _go(tx, row)
            finish(tx, job)
    except (Refused, NotPossible, NotVisible) as error:  # nothing of it has happened
        why = UNSEEN if isinstance(error, NotVisible) else str(error)
        with desk.store.transaction() as tx:
            row = _row(tx, entry_id)
            if row is not None and row.state == "waiting":
                _hold(tx, row, why)
            finish(tx, job)


_WAITING = (
    select(ScheduledAnswer)
    .where(ScheduledAnswer.conversation_id == bindparam("conversation"), ScheduledAnswer.state == "waiting")
    .with_for_update()
)


def hold_scheduled(tx: Tx, conversation_id: int) -> None:
    """The customer wrote: what was to go waits for its writer, unless the desk is set to send it all the same."""
    rows = list(tx.scalars(_WAITING, {"conversation": conversation_id}))
    if rows and settings.get(tx, "answer.hold_when_written"):
        for row in rows:
            _hold(tx, row, WROTE)


def send_now(tx: Tx, entry_id: int, viewer: Viewer) -> EntryView:
    """Sends it at once, as its writer's, held or not. Raises Refused, NotVisible."""
    row, _entry = _theirs(tx, entry_id, viewer)
    return _go(tx, row)


def take_for_editing(tx: Tx, entry_id: int, viewer: Viewer) -> TakenBack:
    """Calls it off and gives what was in it to the composer of whoever asks, files too. Raises Refused, NotVisible."""
    row, entry = _theirs(tx, entry_id, viewer)
    tx.delete(row)
    conversation_id = entry.conversation_id or row.conversation_id
    uploads.back(tx, viewer, conversation_id, timeline.withdraw(tx, entry_id, viewer.id))
    return TakenBack(
        conversation_id, entry.source or entry.text, entry.channel or "", tuple(_copies(tx, entry)), row.follows
    )


def call_off(tx: Tx, blobs: Blobs, entry_id: int, viewer: Viewer) -> int:
    """Calls it off for good; gives its conversation. Raises Refused, NotVisible."""
    row, entry = _theirs(tx, entry_id, viewer)
    tx.delete(row)
    for file in timeline.withdraw(tx, entry_id, viewer.id):
        blobs.release(tx, str(file["sha256"]))
    return entry.conversation_id or row.conversation_id


def _row(tx: Tx, entry_id: int) -> ScheduledAnswer | None:
    return tx.scalar(select(ScheduledAnswer).where(ScheduledAnswer.entry_id == entry_id).with_for_update())


def _theirs(tx: Tx, entry_id: int, viewer: Viewer) -> tuple[ScheduledAnswer, EntryView]:
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        raise NotVisible("There is no such answer.")
    conversations.get(tx, entry.conversation_id, viewer)
    row = _row(tx, entry_id)
    if row is None or entry.kind != KIND or entry.erased:
        raise Refused(GONE)
    if row.staff_id != viewer.id and viewer.role not in conversations.LEADS:
        raise Refused(NOT_YOURS)
    return row, entry


def _copies(tx: Tx, entry: EntryView) -> list[str]:
    found = conversations.participants_of(tx, [int(one) for one in entry.detail.get("with") or ()])
    return [one.address for one in found.values()]


def _go(tx: Tx, row: ScheduledAnswer) -> EntryView:
    """The line gives way to the answer. Of what was erased nothing goes. Raises Refused, NotPossible, NotVisible."""
    entry = timeline.one(tx, row.entry_id)
    if entry is None or entry.erased or entry.kind != KIND or entry.conversation_id is None:
        tx.delete(row)
        raise Refused(GONE)
    viewer = agents.viewer(tx, row.staff_id)
    if viewer is None:
        raise Refused(LEFT)
    copies = _copies(tx, entry)
    files = uploads.back(tx, viewer, entry.conversation_id, timeline.withdraw(tx, entry.id, viewer.id))
    tx.delete(row)
    said = {name: value for name, value in entry.detail.items() if name not in ("send_at", "held", "with")}
    return reply(
        tx,
        entry.conversation_id,
        viewer,
        entry.source or entry.text,
        channel=entry.channel,
        copies=copies,
        anyway=row.anyway,
        files=files,
        then=row.follows,
        about={**said, "written_at": entry.occurred_at.isoformat()},
    )


def _hold(tx: Tx, row: ScheduledAnswer, why: str) -> None:
    """It goes only when somebody says so. What is erased already is not there to be looked at."""
    entry = timeline.one(tx, row.entry_id)
    if entry is None or entry.erased or entry.kind != KIND:
        tx.delete(row)
        return
    row.state = "held"
    timeline.add_detail(tx, entry.id, held=why)
    tx.announce(AnswerHeld(entry.id, entry.conversation_id or row.conversation_id, row.staff_id))
