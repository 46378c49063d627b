"""One change done to many conversations: what it is, doing it to one of them, taking it back from one of them.

The caller runs `apply` and `take_back` in a transaction for each conversation, so that one which refuses leaves the
others as they are, and nobody waits for two hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from desk import agents, conversations, outbound
from desk.agents import Viewer
from desk.bulk.tables import BulkItem, BulkRun
from desk.conversations import Conversation, NotPossible
from desk.store import Tx

MOST = 200  # conversations of one press
UNDO = timedelta(minutes=1)
KEPT = timedelta(days=1)
# What can be done, and what of a conversation it changes.
ACTIONS = {
    "assign": "assign",
    "label": "label",
    "priority": "priority",
    "status": "status",
    "snooze": "status",
    "spam": "status",
    "inbox": "inbox",
}
PERMISSIONS = {"assign": "conversation.assign", "priority": "conversation.assign", "label": "conversation.label"}


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to each. `number`: a colleague (None: nobody), a priority, an inbox, one of the desk's names for the
    status; `text`: a label, a status; `on`: whether the label is put on; `until`: when a snooze ends (None: with the
    customer's next message)."""

    name: str
    number: int | None = None
    text: str = ""
    on: bool = True
    until: datetime | None = None

    @property
    def kind(self) -> str:
        return ACTIONS[self.name]


def read(tx: Tx, viewer: Viewer, form: Mapping[str, str], until: datetime | None = None) -> Action:
    """The change that a form asks for: `action`, and `staff_id`, `label` with `on`, `priority`, `status` with `name`,
    `inbox_id`, or `until` as the caller has read it. Raises NotPossible in one sentence."""
    name = form.get("action", "")
    if name not in ACTIONS:
        raise NotPossible("That cannot be done to several conversations at once.")
    if not agents.may(viewer, PERMISSIONS.get(name, "conversation.resolve")):
        raise NotPossible("You may not do that.")
    match name:
        case "assign":
            wanted = form.get("staff_id", "")
            number = viewer.id if wanted == "me" else _number(wanted)
            if wanted and (number is None or agents.viewer(tx, number) is None):
                raise NotPossible("Nobody with that number works here now.")
            return Action(name, number)
        case "label":
            label = " ".join(form.get("label", "").split())[:60]
            if not label:
                raise NotPossible("A label needs a name.")
            return Action(name, text=label, on=form.get("on", "1") == "1")
        case "priority":
            if form.get("priority") not in ("-1", "0", "1"):
                raise NotPossible("A priority is low, normal or high.")
            return Action(name, int(form["priority"]))
        case "status":
            if form.get("status") not in conversations.STATUSES:
                raise NotPossible("That is not a status.")
            return Action(name, _number(form.get("name", "")), form["status"])
        case "snooze":
            if until is None and form.get("until") != "reply":
                raise NotPossible("Choose a time to come.")
            return Action(name, until=until)
        case "inbox":
            return Action(name, _number(form.get("inbox_id", "")) or 0)
    return Action(name)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def begin(tx: Tx, viewer: Viewer, action: Action) -> int:
    """Notes that a change of many begins, and forgets those of days ago. Gives its number."""
    run = BulkRun(staff_id=viewer.id, kind=action.kind, at=tx.now())
    tx.add(run)
    tx.flush()  # before the others go: SQLite gives the highest number again when its row is gone
    old = select(BulkRun.id).where(BulkRun.at < tx.now() - KEPT)
    tx.execute(delete(BulkItem).where(BulkItem.run_id.in_(old)))
    tx.execute(delete(BulkRun).where(BulkRun.at < tx.now() - KEPT))
    return run.id


def apply(tx: Tx, run_id: int, viewer: Viewer, action: Action, conversation_id: int) -> bool:
    """Does it to one conversation, and keeps how that stood. False where it was so already. Raises NotPossible and
    NotVisible, as the same change to one alone does."""
    conversation = conversations.get(tx, conversation_id, viewer)
    before = conversations.keepsake(tx, conversation, action.kind)
    if _so_already(conversation, action):
        return False
    _do(tx, viewer, action, conversation)
    tx.flush()
    after = conversations.keepsake(tx, conversation, action.kind)
    if before == after:
        return False
    tx.add(BulkItem(run_id=run_id, conversation_id=conversation.id, before=before, after=after))
    return True


def _so_already(conversation: Conversation, action: Action) -> bool:
    match action.name:
        case "status":
            return conversation.status == action.text and conversation.status_name_id == action.number
        case "spam":
            return conversation.status == "spam"
        case "inbox":
            return conversation.inbox_id == action.number
    return False


def _do(tx: Tx, viewer: Viewer, action: Action, conversation: Conversation) -> None:
    number = conversation.id
    match action.name:
        case "assign":
            conversations.assign(tx, number, viewer, action.number)
        case "label":
            conversations.label(tx, number, viewer, action.text, action.on)
        case "priority":
            conversations.set_priority(tx, number, viewer, action.number or 0)
        case "snooze":
            if conversation.status == "spam":
                raise NotPossible("Spam cannot be snoozed.")
            conversations.snooze(tx, number, viewer, action.until)
        case "spam":
            conversations.mark_spam(tx, number, viewer)
        case "inbox":
            outbound.move_to(tx, number, viewer, action.number or 0)
        case "status":
            if conversation.status == "resolved" and action.text != "spam":
                # It would begin an episode, which no undo can make unsaid.
                raise NotPossible("A resolved conversation begins anew when it is opened: open it by itself.")
            conversations.choose_status(tx, number, viewer, action.text, action.number)


def start_undo(tx: Tx, run_id: int, viewer: Viewer) -> list[int]:
    """The conversations that a change of many has to be taken back from. Raises NotPossible where that is over."""
    run = tx.get(BulkRun, run_id, with_for_update=True)
    if run is None or run.staff_id != viewer.id or run.at + UNDO < tx.now():
        raise NotPossible("This cannot be taken back any more.")
    if run.undone_at is not None:
        raise NotPossible("This has been taken back already.")
    run.undone_at = tx.now()
    items = select(BulkItem.conversation_id).where(BulkItem.run_id == run_id).order_by(BulkItem.conversation_id)
    return list(tx.scalars(items))


def take_back(tx: Tx, run_id: int, viewer: Viewer, conversation_id: int) -> None:
    """Puts one conversation back as it was. Raises NotPossible where somebody changed it since, and NotVisible."""
    run, item = tx.get_one(BulkRun, run_id), tx.get_one(BulkItem, (run_id, conversation_id))
    conversations.restore(tx, conversation_id, viewer, run.kind, item.before, item.after)


def finish_undo(tx: Tx, run_id: int) -> None:
    """Forgets what was kept for it."""
    tx.execute(delete(BulkItem).where(BulkItem.run_id == run_id))
