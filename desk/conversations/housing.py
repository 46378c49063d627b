"""Which inbox a conversation stands in: moved to another one by hand, and moved back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from desk import people, settings, timeline
from desk.agents import Viewer
from desk.conversations.queue import current, get
from desk.conversations.saying import say
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation
from desk.people import Identity
from desk.settings import Inbox
from desk.signals import ConversationChanged
from desk.store import Tx

LINE = "inbox"  # the kind of the lines that say so
UNDO = timedelta(minutes=10)  # in which whoever moved it may take that back, though another team has it now


def rehome(tx: Tx, conversation_id: int, viewer: Viewer | None, inbox: Inbox, to: Identity) -> Conversation:
    """Puts a conversation into another inbox, whose team it belongs to from then on; its assignee keeps it. Answers go
    to `to`, where the inbox is one of another channel. The caller has seen to it that they can.

    What was asked and answered before is counted for the inbox that it was in then.
    """
    row = get(tx, conversation_id, viewer)
    if row.merged_into is not None:
        raise NotPossible(f"This conversation has been merged into #{row.merged_into}.")
    if row.inbox_id == inbox.id:
        raise NotPossible("This conversation is in that inbox already.")
    before = settings.inbox(tx, row.inbox_id)
    detail: dict[str, Any] = {
        "before": before.id,
        "after": inbox.id,
        "from": before.name,
        "to": inbox.name,
        "kept": {
            "team_id": row.team_id,
            "channel": row.channel,
            "reply_identity_id": row.reply_identity_id,
            "moved_at": row.moved_at.isoformat() if row.moved_at is not None else None,
        },
    }
    row.inbox_id, row.team_id, row.moved_at = inbox.id, inbox.team_id, tx.now()
    if row.channel != inbox.channel:
        row.channel, row.reply_address, row.reply_identity_id = inbox.channel, to.value, to.id
    say(tx, row, LINE, tx.now(), viewer.id if viewer else None, detail)
    tx.announce(ConversationChanged(row.id, row.customer_id))
    return row


def move_back(tx: Tx, conversation_id: int, viewer: Viewer) -> Conversation:
    """Takes back the last move, which this colleague made a moment ago, exactly: a team that they are not in may have
    the conversation now. Raises NotVisible and NotPossible."""
    row = current(tx, conversation_id)
    moves = timeline.of_conversation(tx, row.id, kinds=(LINE,))
    last = moves[-1] if moves else None
    if last is None or last.staff_id != viewer.id or last.detail.get("back") or last.occurred_at + UNDO < tx.now():
        get(tx, conversation_id, viewer)  # who may not see it is not told more
        raise NotPossible("This move cannot be taken back any more: move it by hand.")
    kept, before = last.detail["kept"], settings.inbox(tx, int(last.detail["before"]))
    after = settings.inbox(tx, row.inbox_id)
    row.inbox_id, row.team_id = before.id, kept["team_id"]
    row.moved_at = datetime.fromisoformat(kept["moved_at"]) if kept["moved_at"] else None
    if row.channel != kept["channel"] and row.channel == after.channel and kept["reply_identity_id"] is not None:
        to = people.identity(tx, kept["reply_identity_id"])
        row.channel, row.reply_address, row.reply_identity_id = kept["channel"], to.value, to.id
    detail = {"before": after.id, "after": before.id, "from": after.name, "to": before.name, "back": True}
    say(tx, row, LINE, tx.now(), viewer.id, detail)
    tx.announce(ConversationChanged(row.id, row.customer_id))
    return row


def homes(tx: Tx, row: Conversation) -> list[int]:
    """The inboxes that a conversation is and was in, the present one first."""
    found = [row.inbox_id]
    if row.moved_at is not None:
        found += [int(e.detail["before"]) for e in timeline.of_conversation(tx, row.id, kinds=(LINE,))]
    return list(dict.fromkeys(found))
