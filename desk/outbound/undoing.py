"""Taking an answer back while it waits: of whoever takes it back and the worker that begins to send it, one wins.

Both look at the delivery under its row's lock. Until the worker has begun nothing has followed from the answer, so that
taking it back restores nothing: the customer has waited on, no first response was counted, nothing was resolved. A
crash loses neither: the wait is a time in the delivery and in its job.

A chat's answer does not wait: it stands on the customer's screen with the commit, and nobody unsees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk import conversations, settings, timeline
from desk.agents import Viewer
from desk.messages import OutboundMessage
from desk.outbound import uploads
from desk.outbound.queueing import newest_locked, unpacked
from desk.outbound.tables import Delivery
from desk.outbound.writing import Refused
from desk.settings import SPECS
from desk.store import Tx

ON_ITS_WAY = "This answer is already on its way."
NOT_YOURS = "Only who wrote an answer can take it back."


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What returns into the composer."""

    conversation_id: int
    text: str
    channel: str
    copies: tuple[str, ...]
    then: str


def wait(tx: Tx, channel: str) -> timedelta | None:
    """How long an answer by this channel waits for its writer to think better of it; None where it goes at once."""
    name = f"{channel}.undo_seconds" if channel != "email" else "mail.undo_seconds"
    seconds = float(settings.get(tx, name)) if name in SPECS else 0.0
    return timedelta(seconds=seconds) if seconds > 0 else None


def goes(tx: Tx, row: Delivery) -> None:
    """The wait is over: from here on what follows from an answer follows. Once, however often an attempt begins."""
    if row.held_until is None:
        return
    then, row.held_until, row.follows = row.follows, None, ""
    tx.flush()
    entry = timeline.one(tx, row.entry_id) if row.entry_id is not None else None
    if entry is None or row.conversation_id is None:
        return
    timeline.add_detail(tx, entry.id, **{timeline.WENT: tx.now().isoformat()})
    conversations.answer_went(tx, row.conversation_id, entry, then)


def take_back(tx: Tx, entry_id: int, viewer: Viewer) -> TakenBack:
    """Withdraws an answer that has not begun to be sent, and gives what was in it. Doing so twice gives it twice: the
    words are not lost with an answer that got lost.

    Raises Refused where it is on its way or somebody else's, NotVisible where the answer is not for this colleague."""
    row = newest_locked(tx, entry_id)
    entry = timeline.one(tx, entry_id)
    if row is None or entry is None or row.conversation_id is None:
        raise conversations.NotVisible("There is no such answer.")
    conversations.get(tx, row.conversation_id, viewer)
    if entry.staff_id != viewer.id:
        raise Refused(NOT_YOURS)
    if not row.message or entry.erased:
        raise Refused("The words of this answer were erased.")
    if row.state != "withdrawn":
        if row.held_until is None or row.state != "queued":
            raise Refused(ON_ITS_WAY)
        row.state, row.settled_at = "withdrawn", tx.now()
        tx.flush()
        uploads.back(tx, viewer, row.conversation_id, timeline.withdraw(tx, entry_id, viewer.id))
    return _back(unpacked(row.message), row, entry)


def _back(message: OutboundMessage, row: Delivery, entry: timeline.EntryView) -> TakenBack:
    return TakenBack(
        conversation_id=row.conversation_id or 0,
        text=entry.source or entry.text,
        channel=row.channel,
        copies=tuple(address.value for address in message.cc),
        then=row.follows,
    )
