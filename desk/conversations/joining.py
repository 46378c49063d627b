"""What merging and splitting conversations do to their own rows: kept as they were, changed, and put back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from desk import timeline
from desk.conversations.linking import tie
from desk.conversations.moving import read_anew, read_times
from desk.conversations.participants import participants
from desk.conversations.service import _end_pending, _touch, current_episode
from desk.conversations.states import LEVELS
from desk.conversations.tables import Conversation, ConversationLabel, Episode, Participant
from desk.store import Base, Tx

# What merging and splitting change of a row, and an undo puts back.
ROW = (
    "status", "level", "frustration", "urgency", "channel", "waiting_since", "snoozed_until", "last_at", "last_author",
    "preview", "unread", "reply_address", "reply_identity_id", "bot", "status_name_id",
)  # fmt: skip
EPISODE = ("resolved_at", "resolved_by", "pending_since", "waited_for_customer")
TIMES = ("waiting_since", "snoozed_until", "last_at", "resolved_at", "pending_since")


def _kept(row: Base, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _put_back(row: Base, kept: dict[str, Any]) -> None:
    for name, value in kept.items():
        setattr(row, name, datetime.fromisoformat(value) if name in TIMES and value else value)


def snapshot(tx: Tx, row: Conversation) -> dict[str, Any]:
    """A conversation and its episode as they are, for `release`."""
    return {"row": _kept(row, ROW), "episode": _kept(current_episode(tx, row), EPISODE), "episode_id": row.episode_id}


def release(tx: Tx, row: Conversation, kept: dict[str, Any], *, exactly: bool) -> None:
    """Puts a conversation back to what it was. Where something happened since (not `exactly`), its status stays what it
    has become, and the row says what its lines say."""
    row.merged_into = None
    if exactly:
        _put_back(row, kept["row"])
        if row.episode_id == kept["episode_id"]:
            _put_back(current_episode(tx, row), kept["episode"])
        tx.flush()
    else:
        read_anew(tx, row)
    tx.flush()


def absorb(tx: Tx, row: Conversation, into: Conversation) -> None:
    """The row of one becomes a mark that leads to the other, which waits for whoever waited in either."""
    now = tx.now()
    if into.status in ("pending", "snoozed") and row.status == "open":
        into.status, into.snoozed_until, into.status_name_id = "open", None, None
        _end_pending(current_episode(tx, into), now)
    waits = [at for at in (into.waiting_since, row.waiting_since) if at is not None]
    into.waiting_since = min(waits) if waits else None
    into.unread += row.unread
    if LEVELS.index(row.level) > LEVELS.index(into.level):
        into.level, into.frustration = row.level, row.frustration
    if row.last_at > into.last_at:
        into.last_at, into.last_author, into.preview = row.last_at, row.last_author, row.preview
        if row.last_author == "customer":
            into.channel, into.reply_address = row.channel, row.reply_address
            into.reply_identity_id = row.reply_identity_id
    close(tx, row, into.id)
    _touch(tx, into)


def close(tx: Tx, row: Conversation, into_id: int) -> None:
    """Ends a conversation whose lines are elsewhere; nobody is asked how it was, because it goes on there."""
    episode = current_episode(tx, row)
    _end_pending(episode, tx.now())
    episode.resolved_at = episode.resolved_at or tx.now()
    row.merged_into, row.status, row.snoozed_until = into_id, "resolved", None
    row.waiting_since, row.unread, row.bot, row.status_name_id = None, 0, "", None
    _touch(tx, row)


def branch(tx: Tx, old: Conversation, first: timeline.EntryView, entry_ids: Sequence[int]) -> Conversation:
    """A new conversation with these lines of another one, linked to it."""
    new = Conversation(
        customer_id=old.customer_id,
        inbox_id=old.inbox_id if old.moved_at is not None else first.inbox_id or old.inbox_id,
        moved_at=old.moved_at,
        team_id=old.team_id,
        assignee_id=old.assignee_id,
        subject=(first.subject or " ".join(first.text.split()[:10]) or old.subject)[:500],
        status="open",
        priority=old.priority,
        channel=first.channel or old.channel,
        level=old.level,
        frustration=old.frustration,
        opened_at=first.occurred_at,
        last_at=first.occurred_at,
        last_author="customer",
        customer_name=old.customer_name,
        reply_address=old.reply_address,
        reply_identity_id=old.reply_identity_id,
        linked_id=old.id,
        urgency=0.0,
        unread=0,
        preview="",
        bot="quiet",
    )
    tx.add(new)
    tx.flush()
    episode = Episode(
        conversation_id=new.id,
        customer_id=new.customer_id,
        number=1,
        opened_at=first.occurred_at,
        replies=0,
        waited_for_customer=0.0,
    )
    tx.add(episode)
    tx.flush()
    new.episode_id = episode.id
    tie(tx, old.id, new.id)
    timeline.put(tx, entry_ids, new.id)
    read_anew(tx, new)
    read_times(tx, new, episode)
    read_anew(tx, old)
    return new


def follow_participants(tx: Tx, from_id: int, to_id: int, only: Sequence[int] | None = None) -> list[int]:
    """Whoever takes part in one and not yet in the other takes part there; gives their numbers, for the way back."""
    there = {row.address_folded for row in participants(tx, to_id)}
    moved = []
    for row in tx.scalars(select(Participant).where(Participant.conversation_id == from_id).order_by(Participant.id)):
        if row.address_folded not in there and (only is None or row.id in only):
            row.conversation_id = to_id
            moved.append(row.id)
    tx.flush()
    return moved


def gather_labels(tx: Tx, from_id: int, to_id: int) -> list[str]:
    """Puts the labels of one on the other too; gives those that are new there."""
    query = select(ConversationLabel.label)
    there = set(tx.scalars(query.where(ConversationLabel.conversation_id == to_id)))
    new = sorted(set(tx.scalars(query.where(ConversationLabel.conversation_id == from_id))) - there)
    for label in new:
        tx.add(ConversationLabel(conversation_id=to_id, label=label))
    tx.flush()
    return new


def drop_labels(tx: Tx, conversation_id: int, names: Sequence[str]) -> None:
    """Takes labels off again that came by a merge."""
    some = ConversationLabel.label.in_(names)
    tx.execute(delete(ConversationLabel).where(ConversationLabel.conversation_id == conversation_id, some))
