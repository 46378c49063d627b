"""Rows with sensible defaults, for tests that are about something else. Each takes the open transaction first."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select

from desk.agents.tables import Staff, Team, TeamMember
from desk.clock import new_id
from desk.conversations.tables import Conversation, ConversationLabel, Episode
from desk.people.tables import Customer, Identity
from desk.settings.tables import Brand, Inbox, Setting
from desk.store import Tx
from desk.timeline.tables import Content, Entry

Row = TypeVar("Row")
_number = count(1)


def _add(tx: Tx, row: Row) -> Row:
    tx.add(row)
    tx.flush()
    return row


def make_brand(tx: Tx, **fields: Any) -> Brand:
    n = next(_number)
    return _add(tx, Brand(**{"key": f"kiln{n}", "name": "Kiln & Clay", "locales": ["en", "de", "es"], **fields}))


def sends_at_once(tx: Tx) -> None:
    """Sets the desk to send answers at once, for tests that are about what becomes of them."""
    for name in ("mail.undo_seconds", "sms.undo_seconds"):
        _add(tx, Setting(name=name, value=[0], changed_at=tx.now()))


def make_team(tx: Tx, *members: Staff, **fields: Any) -> Team:
    team = _add(tx, Team(**{"name": f"Team {next(_number)}", **fields}))
    for member in members:
        _add(tx, TeamMember(team_id=team.id, staff_id=member.id))
    return team


def make_staff(tx: Tx, role: str = "agent", *, teams: tuple[Team, ...] = (), **fields: Any) -> Staff:
    """An agent without a password; `desk.agents.create` makes one who can log in."""
    n = next(_number)
    values = {"name": f"Ada {n}", "email": f"ada{n}@kiln.example", "role": role, "created_at": tx.now(), **fields}
    staff = _add(tx, Staff(**{"email_folded": values["email"].casefold(), **values}))
    for team in teams:
        _add(tx, TeamMember(team_id=team.id, staff_id=staff.id))
    return staff


def make_inbox(tx: Tx, **fields: Any) -> Inbox:
    """An email inbox at support@kiln.example; the second one of a test gets a number in its address."""
    address = "support@kiln.example"
    if tx.scalar(select(Inbox.id).where(Inbox.address == address)):
        address = f"support{next(_number)}@kiln.example"
    if "brand_id" not in fields:
        fields["brand_id"] = tx.scalar(select(Brand.id).order_by(Brand.id)) or make_brand(tx).id
    defaults = {"key": f"inbox{next(_number)}", "channel": "email", "name": "Support", "address": address}
    return _add(tx, Inbox(**{**defaults, **fields}))


def make_customer(tx: Tx, email: str | None = None, **fields: Any) -> Customer:
    """A customer with one identity: an email address that mail came from."""
    n = next(_number)
    name = fields.pop("name", f"Maya {n}")
    customer = _add(tx, Customer(**{"name": name, "name_folded": name.casefold(), "created_at": tx.now(), **fields}))
    make_identity(tx, customer, email or f"maya{n}@customer.example", name=name)
    return customer


def make_identity(tx: Tx, customer: Customer, value: str, **fields: Any) -> Identity:
    defaults = {
        "customer_id": customer.id,
        "origin_customer_id": customer.id,
        "kind": "email",
        "value": value,
        "value_folded": value.casefold(),
        "evidence": "inferred",
        "because": "mail came from this address",
        "first_seen_at": tx.now(),
    }
    return _add(tx, Identity(**{**defaults, **fields}))


def identity_of(tx: Tx, customer_id: int) -> Identity:
    """The customer's oldest identity."""
    identity = tx.scalar(select(Identity).where(Identity.customer_id == customer_id).order_by(Identity.id))
    assert identity is not None, f"customer {customer_id} has no identity"
    return identity


def make_conversation(
    tx: Tx,
    customer: Customer | None = None,
    inbox: Inbox | None = None,
    *,
    labels: tuple[str, ...] = (),
    **fields: Any,
) -> Conversation:
    """An open conversation in its first episode, without entries: `make_entry` adds them."""
    customer = customer or make_customer(tx)
    inbox = inbox or tx.scalar(select(Inbox).order_by(Inbox.id)) or make_inbox(tx)
    identity = identity_of(tx, customer.id)
    at = fields.get("opened_at", tx.now())
    defaults = {
        "customer_id": customer.id,
        "inbox_id": inbox.id,
        "team_id": inbox.team_id,
        "subject": "My order has not arrived",
        "channel": inbox.channel,
        "opened_at": at,
        "waiting_since": at,
        "last_at": at,
        "customer_name": customer.name,
        "reply_address": identity.value,
        "reply_identity_id": identity.id,
    }
    conversation = _add(tx, Conversation(**{**defaults, **fields}))
    episode = make_episode(tx, conversation)
    conversation.episode_id = episode.id
    for label in labels:
        tx.add(ConversationLabel(conversation_id=conversation.id, label=label))
    tx.flush()
    return conversation


def make_episode(tx: Tx, conversation: Conversation, **fields: Any) -> Episode:
    """The next episode of a conversation; it does not become the current one by itself."""
    numbers = tx.scalars(select(Episode.number).where(Episode.conversation_id == conversation.id)).all()
    defaults = {
        "conversation_id": conversation.id,
        "customer_id": conversation.customer_id,
        "number": max(numbers, default=0) + 1,
        "opened_at": conversation.opened_at,
        "first_message_at": conversation.opened_at,
    }
    return _add(tx, Episode(**{**defaults, **fields}))


def make_entry(
    tx: Tx,
    conversation: Conversation | None = None,
    text: str | None = "Where is my order?",
    kind: str = "message",
    **fields: Any,
) -> Entry:
    """One entry with its words (`text=None` for one without). Fields of Content go in by a leading `content_`."""
    conversation = conversation or make_conversation(tx)
    at = fields.get("occurred_at", tx.now())
    content = {name.removeprefix("content_"): fields.pop(name) for name in list(fields) if name.startswith("content_")}
    entry_id = fields.pop("id", None) or new_id(at)
    author = {"message": "customer", "reply": "staff", "note": "staff"}.get(kind, "desk")
    defaults = {
        "id": entry_id,
        "customer_id": conversation.customer_id,
        "conversation_id": conversation.id,
        "episode_id": conversation.episode_id,
        "identity_id": identity_of(tx, conversation.customer_id).id if author == "customer" else None,
        "kind": kind,
        "author": author,
        "channel": conversation.channel,
        "inbox_id": conversation.inbox_id,
        "occurred_at": at,
        "recorded_at": at,
        "detail": {},
    }
    if text is not None:
        salt = f"{entry_id:032x}"
        defaults |= {"content_id": entry_id, "digest": hashlib.sha256(f"{salt}{text}".encode()).hexdigest()}
        _add(tx, Content(**{"id": entry_id, "salt": salt, "text": text, **content}))
    return _add(tx, Entry(**{**defaults, **fields}))
