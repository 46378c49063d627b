"""What happens to a conversation: opened, written to, answered, assigned, snoozed, resolved, reopened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk import facts, settings, timeline
from desk.agents import Viewer
from desk.conversations.linking import tie
from desk.conversations.matching import Match
from desk.conversations.queue import get
from desk.conversations.ranking import rank
from desk.conversations.saying import say
from desk.conversations.states import LEVELS, NotPossible, change
from desk.conversations.tables import Conversation, Episode, StatusName
from desk.messages import InboundMessage
from desk.people import Identity, called, customer
from desk.settings import Inbox
from desk.signals import (
    AgentReplied,
    ConversationChanged,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    CustomerWrote,
)
from desk.store import Tx

PREVIEW = 160


def find_or_open(
    tx: Tx, identity: Identity, message: InboundMessage, found: Match, *, wakes: bool = True
) -> Conversation:
    """The conversation that the match names, woken or reopened unless a machine wrote; or a new one."""
    if found.conversation is not None:
        if wakes:
            wake(tx, found.conversation, message.sent_at)
        return found.conversation
    inbox, at = settings.inbox(tx, message.inbox_id), message.sent_at
    conversation = new(
        tx, identity, inbox, message.subject, message.text, at, channel=message.channel, linked_id=found.linked
    )
    if found.linked is not None:
        tie(tx, found.linked, conversation.id)
    asks = message.automatic is None
    episode = _open_episode(tx, conversation, 1, at, asked_at=at if asks else None)
    if asks:  # the row has its time from the start, and need not be written twice for one message
        tx.memo["conversations.first"] = episode.id
    tx.announce(ConversationOpened(conversation.customer_id, conversation.id, episode.id))
    return conversation


def new(
    tx: Tx,
    identity: Identity,
    inbox: Inbox,
    subject: str,
    text: str,
    at: datetime,
    *,
    channel: str,
    by: str = "customer",
    preview: str = "",
    linked_id: int | None = None,
) -> Conversation:
    """The row of a conversation that begins now, whoever (`by`) said the first word: calm, and nobody's yet."""
    person = customer(tx, identity.customer_id)
    row = Conversation(
        customer_id=person.id,
        inbox_id=inbox.id,
        team_id=inbox.team_id,
        subject=(subject or _first_words(text))[:500],
        status="open",
        priority=0,
        channel=channel,
        level="calm",
        frustration=0.0,
        opened_at=at,
        last_at=at,
        last_author=by,
        customer_name=called(person, identity),
        reply_address=identity.value,
        reply_identity_id=identity.id,
        linked_id=linked_id,
        urgency=0.0,
        unread=0,
        preview=preview,
    )
    tx.add(row)
    tx.flush()
    return row


def wake(tx: Tx, conversation: Conversation, at: datetime, *, aside: bool = False) -> None:
    """Opens a conversation that was put aside, because somebody wrote in it; `aside`: nobody that the customer knows
    of, so that nothing about the customer follows from it."""
    if conversation.status in ("resolved", "pending", "snoozed"):
        _set_status(tx, conversation, "open", at=at, viewer=None, aside=aside, wrote=True)


def _first_words(text: str) -> str:
    return " ".join(text.split()[:10])


def _open_episode(
    tx: Tx, conversation: Conversation, number: int, at: datetime, asked_at: datetime | None = None
) -> Episode:
    episode = Episode(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        number=number,
        opened_at=at,
        first_message_at=asked_at,
        replies=0,
        waited_for_customer=0.0,
    )
    tx.add(episode)
    tx.flush()
    conversation.episode_id = episode.id
    return episode


def current_episode(tx: Tx, conversation: Conversation) -> Episode:
    """The open episode, or the last one."""
    return tx.get_one(Episode, conversation.episode_id)


def is_over(tx: Tx, conversation: Conversation, over: Episode) -> bool:
    """Whether an episode is over for its customer: resolved, and not opened since but by somebody outside."""
    if conversation.episode_id == over.id:
        return conversation.status == "resolved"
    current = current_episode(tx, conversation)
    if over.resolved_at is None or current.number != over.number + 1 or current.first_message_at is not None:
        return False
    changes = timeline.of_conversation(tx, conversation.id, kinds=("status",))
    return any(c.detail.get("aside") and c.detail.get("episode") == current.number for c in changes)


def episode(tx: Tx, episode_id: int) -> Episode:
    return tx.get_one(Episode, episode_id)


def customer_wrote(
    tx: Tx, conversation: Conversation, entry_id: int, identity: Identity, message: InboundMessage
) -> None:
    """Starts the clock of waiting, and puts the message in front of the queue row."""
    at = message.sent_at
    current = current_episode(tx, conversation)
    _end_pending(current, at)
    first = tx.memo.pop("conversations.first", None) == current.id
    if first or current.first_message_at is None:
        current.first_message_at = at
        _record_fact(tx, conversation, "conversation.opened", at, entry_id, identity.id)
    conversation.waiting_since = conversation.waiting_since or at
    conversation.last_at = max(at, conversation.last_at)
    conversation.last_author = "customer"
    conversation.unread += 1
    conversation.preview = " ".join(message.text.split())[:PREVIEW]
    conversation.channel = message.channel
    conversation.reply_address, conversation.reply_identity_id = identity.value, identity.id
    _touch(tx, conversation)
    _record_fact(tx, conversation, "message.received", at, entry_id, identity.id)
    tx.announce(CustomerWrote(entry_id, conversation.customer_id, conversation.id))


def machine_wrote(tx: Tx, conversation: Conversation, message: InboundMessage, *, shown: bool = True) -> None:
    """An absence note or a list: seen on the row, but nobody waits for an answer to it and nothing is reopened."""
    conversation.last_at = max(message.sent_at, conversation.last_at)
    if shown:
        conversation.preview = " ".join(message.text.split())[:PREVIEW]
    _touch(tx, conversation)


def agent_replied(tx: Tx, conversation: Conversation, entry_id: int, staff_id: int, text: str, at: datetime) -> None:
    """Ends the customer's waiting; the first public answer of a person ends the first response time. Who writes first
    answers nobody: what they say is no response, and the time begins with the customer's own first message."""
    current = current_episode(tx, conversation)
    current.replies += 1
    if current.first_reply_at is None and current.first_message_at is not None:
        current.first_reply_at, current.first_reply_by = at, staff_id
        minutes = (at - current.first_message_at).total_seconds() / 60
        _record_fact(tx, conversation, "first_response_minutes", at, entry_id, None, round(minutes, 2))
    conversation.waiting_since = None
    conversation.unread = 0
    conversation.pinned_entry_id = None  # what it was handed over with has been read
    conversation.last_at = max(at, conversation.last_at)
    conversation.last_author = "staff"
    conversation.preview = " ".join(text.split())[:PREVIEW]
    if conversation.assignee_id is None:
        _assign(tx, conversation, staff_id, by=staff_id, at=at)
    _touch(tx, conversation)
    tx.announce(AgentReplied(entry_id, conversation.customer_id, conversation.id, staff_id))


def assign(tx: Tx, conversation_id: int, viewer: Viewer | None, staff_id: int | None) -> Conversation:
    """Gives the conversation to a colleague, or to nobody."""
    conversation = get(tx, conversation_id, viewer)
    if conversation.assignee_id != staff_id:
        _assign(tx, conversation, staff_id, by=viewer.id if viewer else None, at=tx.now())
        _touch(tx, conversation)
    return conversation


def _assign(tx: Tx, conversation: Conversation, staff_id: int | None, *, by: int | None, at: datetime) -> None:
    before = conversation.assignee_id
    conversation.assignee_id = staff_id
    say(tx, conversation, "assigned", at, by, {"before": before, "after": staff_id})


def set_pending(tx: Tx, conversation_id: int, viewer: Viewer | None, *, name: StatusName | None = None) -> Conversation:
    """The customer's turn: the clock of resolution time stands beside this in a second figure."""
    conversation = get(tx, conversation_id, viewer)
    _set_status(tx, conversation, "pending", at=tx.now(), viewer=viewer, name=name)
    current_episode(tx, conversation).pending_since = tx.now()
    _touch(tx, conversation)
    return conversation


def resolve(tx: Tx, conversation_id: int, viewer: Viewer | None, *, name: StatusName | None = None) -> Conversation:
    """Closes the episode. Raises NotPossible where it is closed already."""
    conversation = get(tx, conversation_id, viewer)
    _set_status(tx, conversation, "resolved", at=tx.now(), viewer=viewer, name=name)
    _touch(tx, conversation)
    return conversation


def set_priority(tx: Tx, conversation_id: int, viewer: Viewer | None, priority: int) -> Conversation:
    """-1 low, 0 normal, 1 high."""
    if priority not in (-1, 0, 1):
        raise NotPossible("A priority is low, normal or high.")
    conversation = get(tx, conversation_id, viewer)
    if conversation.priority != priority:
        say(
            tx, conversation, "priority", tx.now(), viewer.id if viewer else None,
            {"before": conversation.priority, "after": priority},
        )  # fmt: skip
        conversation.priority = priority
        _touch(tx, conversation, inside=True)
    return conversation


def set_level(tx: Tx, conversation: Conversation, level: str, frustration: float) -> None:
    """What sentiment found; the queue follows."""
    if level not in LEVELS:
        raise NotPossible(f"“{level}” is not a level.")
    conversation.level, conversation.frustration = level, frustration
    _touch(tx, conversation, inside=True)


def set_risks(tx: Tx, conversation: Conversation, risks: str) -> None:
    """Which risks a person should look at there, the gravest first, a space between."""
    if conversation.risks != risks:
        conversation.risks = risks
        _touch(tx, conversation, inside=True)


def _set_status(
    tx: Tx,
    conversation: Conversation,
    after: str,
    *,
    at: datetime,
    viewer: Viewer | None,
    until: datetime | None = None,
    name: StatusName | None = None,
    aside: bool = False,
    wrote: bool = False,
) -> None:
    """`until`: when a snooze ends, and None where only a message ends it; `name`: the desk's own for it; `wrote`: a
    message was what opened it."""
    if conversation.merged_into is not None:
        raise NotPossible(f"This conversation has been merged into #{conversation.merged_into}.")
    step = change(conversation.status, after)
    current = current_episode(tx, conversation)
    conversation.status, conversation.snoozed_until = after, until
    conversation.status_name_id = name.id if name is not None else None
    staff_id = viewer.id if viewer else None
    detail: dict[str, Any] = {"before": step.before, "after": after, "episode": current.number}
    if until is not None:
        detail["until"] = until.isoformat()
    if name is not None:
        detail["name"] = name.name
    if aside:
        detail["aside"] = True
    elif wrote and step.before == "snoozed":
        detail["wrote"] = True
    if step.closes_episode:
        _end_pending(current, at)
        current.resolved_at, current.resolved_by = at, staff_id
        conversation.waiting_since, conversation.unread = None, 0
        conversation.pinned_entry_id = None
        if current.first_reply_at is not None and current.first_message_at is not None:
            detail["first_reply_seconds"] = int((current.first_reply_at - current.first_message_at).total_seconds())
    if step.opens_episode:
        current = _open_episode(tx, conversation, current.number + 1, at)
        detail["episode"] = current.number
        # A new episode is a new chance: frustration of the last one does not follow it.
        conversation.level, conversation.frustration = "calm", 0.0
        conversation.bot = ""  # and for the bot
    if after != "pending":
        _end_pending(current, at)
    entry = say(tx, conversation, "status", at, staff_id, detail)
    if after == "resolved":
        _record_fact(tx, conversation, "conversation.resolved", at, entry.id, None)
        tx.announce(ConversationResolved(conversation.customer_id, conversation.id, current.id, staff_id))
    if step.opens_episode and not aside:
        _record_fact(tx, conversation, "conversation.reopened", at, entry.id, None)
        tx.announce(ConversationReopened(conversation.customer_id, conversation.id, current.id))


def _end_pending(current: Episode, at: datetime) -> None:
    if current.pending_since is not None:
        current.waited_for_customer += max(0.0, (at - current.pending_since).total_seconds())
        current.pending_since = None


def _record_fact(
    tx: Tx,
    conversation: Conversation,
    name: str,
    at: datetime,
    entry_id: int | None,
    identity_id: int | None,
    value: float | str | None = None,
) -> None:
    if conversation.status == "spam":  # what comes in there says nothing of the customer
        return
    facts.record(
        tx,
        conversation.customer_id,
        name,
        value,
        occurred_at=at,
        entry_id=entry_id,
        identity_id=identity_id or conversation.reply_identity_id,
    )


def _touch(tx: Tx, conversation: Conversation, *, inside: bool = False) -> None:
    conversation.emptied = 0  # what retention took is taken; whether there is something new it finds out by itself
    rank(tx, conversation)
    tx.announce(ConversationChanged(conversation.id, conversation.customer_id, inside))
