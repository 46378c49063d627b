"""Setting a status by hand, by one of the five or by one of the desk's own names for it."""

from __future__ import annotations

from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.service import _touch, resolve, set_pending
from desk.conversations.snoozing import snooze
from desk.conversations.spam import mark_spam, reopen
from desk.conversations.states import STATUSES, NotPossible
from desk.conversations.status_names import status_name
from desk.conversations.tables import Conversation, StatusName
from desk.store import Tx

LINE = "status_name"  # the kind of the lines of a change within one status


def choose_status(
    tx: Tx, conversation_id: int, viewer: Viewer | None, status: str, name_id: int | None = None
) -> Conversation:
    """Brings a conversation into a status, under one of the desk's names for it (None: under none). What follows from a
    change of status follows from the five: another name within one is a line on the timeline and nothing else. What is
    snoozed this way waits for the customer to write.

    Raises NotPossible where there is nothing to change, where the name is retired or is none of this status.
    """
    conversation = get(tx, conversation_id, viewer)
    if status not in STATUSES:
        raise NotPossible("That is not a status.")
    name = _named(tx, status, name_id)
    if conversation.status == status:
        return _call(tx, conversation, viewer, name)
    if status == "spam":
        return mark_spam(tx, conversation.id, viewer, name=name)
    if conversation.status == "spam":  # taken back first, so that it counts as if it had never been said
        reopen(tx, conversation.id, viewer)
        if conversation.status == status:
            return _call(tx, conversation, viewer, name) if name is not None else conversation
    match status:
        case "open":
            return reopen(tx, conversation.id, viewer, name=name)
        case "pending":
            return set_pending(tx, conversation.id, viewer, name=name)
        case "snoozed":
            return snooze(tx, conversation.id, viewer, None, name=name)
    return resolve(tx, conversation.id, viewer, name=name)


def _named(tx: Tx, status: str, name_id: int | None) -> StatusName | None:
    if name_id is None:
        return None
    try:
        found = status_name(tx, name_id)
    except LookupError:
        found = None
    if found is None or found.status != status or found.retired_at is not None:
        raise NotPossible("This name of a status is not in use any more: choose another.")
    return found


def _call(tx: Tx, conversation: Conversation, viewer: Viewer | None, name: StatusName | None) -> Conversation:
    if conversation.merged_into is not None:
        raise NotPossible(f"This conversation has been merged into #{conversation.merged_into}.")
    before = conversation.status_name_id
    if before == (name.id if name is not None else None):
        raise NotPossible("That is its status already.")
    conversation.status_name_id = name.id if name is not None else None
    detail = {"status": conversation.status, "name": name.name if name is not None else ""}
    say(tx, conversation, LINE, tx.now(), viewer.id if viewer else None, detail)
    _touch(tx, conversation)
    return conversation
