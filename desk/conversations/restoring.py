"""How a conversation stood before a change of many, and putting that back exactly, unless somebody changed it since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk.agents import Viewer
from desk.conversations.housing import move_back
from desk.conversations.labelling import label as put_label
from desk.conversations.labelling import labels
from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.service import _touch, current_episode
from desk.conversations.states import NotPossible
from desk.conversations.status_names import status_name
from desk.conversations.tables import Conversation
from desk.store import Tx

# What each kind of change changes. No word of a customer's is among it: what is kept here, erasing need not reach.
_FIELDS: dict[str, tuple[str, ...]] = {
    "assign": ("assignee_id",),
    "priority": ("priority",),
    "label": (),
    "inbox": ("inbox_id", "team_id"),
    "status": (
        "status", "status_name_id", "snoozed_until", "waiting_since", "unread", "level", "frustration", "bot",
        "episode_id",
    ),
}  # fmt: skip
_EPISODE = ("resolved_at", "resolved_by", "waited_for_customer", "pending_since")
# By these it is seen that somebody did something since. What the model finds in earlier words is not that.
_TELLING = ("status", "status_name_id", "snoozed_until", "waiting_since", "unread", "episode_id")


def keepsake(tx: Tx, conversation: Conversation, kind: str) -> dict[str, Any]:
    """How it stands, as far as changes of this kind go: assign, priority, label, inbox, status."""
    kept: dict[str, Any] = {name: _plain(getattr(conversation, name)) for name in _FIELDS[kind]}
    if kind == "label":
        kept["labels"] = labels(tx, [conversation.id]).get(conversation.id, [])
    if kind == "status":
        episode = current_episode(tx, conversation)
        kept["last_at"] = _plain(conversation.last_at)
        kept["episode"] = {name: _plain(getattr(episode, name)) for name in _EPISODE}
    return kept


def restore(
    tx: Tx, conversation_id: int, viewer: Viewer, kind: str, before: dict[str, Any], after: dict[str, Any]
) -> Conversation:
    """Puts back what `before` kept, where the conversation still stands as `after` says; all in one, or nothing.
    Raises NotPossible where somebody changed it since, and NotVisible."""
    conversation = get(tx, conversation_id, None if kind == "inbox" else viewer)
    if conversation.merged_into is not None:
        raise NotPossible("It has been merged into another one since.")
    now = keepsake(tx, conversation, kind)
    told = (*_TELLING, "last_at") if kind == "status" else tuple(after)
    if kind == "label":
        _labels_back(tx, conversation, viewer, before["labels"], after["labels"], now["labels"])
        return conversation
    if any(now[name] != after[name] for name in told):
        raise NotPossible("Somebody changed it since.")
    if kind == "inbox":
        return move_back(tx, conversation_id, viewer)
    if kind == "status":
        _status_back(tx, conversation, viewer, before)
    else:
        for name in _FIELDS[kind]:
            detail = {"before": now[name], "after": before[name]}
            setattr(conversation, name, before[name])
            say(tx, conversation, "assigned" if kind == "assign" else kind, tx.now(), viewer.id, detail)
    _touch(tx, conversation)
    return conversation


def _status_back(tx: Tx, conversation: Conversation, viewer: Viewer, before: dict[str, Any]) -> None:
    """The same episode goes on, as if it had never ended; the lines of both changes stay."""
    was = conversation.status
    for name in _FIELDS["status"]:
        setattr(conversation, name, _time(before[name]) if name in ("snoozed_until", "waiting_since") else before[name])
    episode = current_episode(tx, conversation)
    for name in _EPISODE:
        value = before["episode"][name]
        setattr(episode, name, _time(value) if name in ("resolved_at", "pending_since") else value)
    detail: dict[str, Any] = {"before": was, "after": conversation.status, "episode": episode.number, "back": True}
    if conversation.status_name_id is not None:
        detail["name"] = status_name(tx, conversation.status_name_id).name
    if conversation.snoozed_until is not None:
        detail["until"] = conversation.snoozed_until.isoformat()
    say(tx, conversation, "status", tx.now(), viewer.id, detail)


def _labels_back(
    tx: Tx, conversation: Conversation, viewer: Viewer, before: list[str], after: list[str], now: list[str]
) -> None:
    """Only the label that was put on or taken off; others may have come and gone."""
    ours = set(before) ^ set(after)
    if any((name in now) != (name in after) for name in ours):
        raise NotPossible("Somebody changed it since.")
    for name in sorted(ours):
        put_label(tx, conversation.id, viewer, name, name in before)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None
