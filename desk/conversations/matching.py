"""Which conversation a message belongs to: by proof of a thread, never by its subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk import settings, timeline
from desk.conversations.queue import held
from desk.conversations.tables import Conversation
from desk.keys import KeyRing
from desk.messages import InboundMessage
from desk.people import Identity
from desk.store import Tx

PURPOSE = "reply-address"
# Mails name their thread. In all other channels people just write on, and a setting says how long that is one matter.
THREADED = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class Match:
    """Where a message belongs. `linked` names the thread it answered where it may not join it, and `because` says why.

    `proves` tells that the writer had a mail of ours in hands: their address is then verified. `answers` says the same
    of a stranger, to whom it may have been passed on: that alone proves nothing.
    """

    conversation: Conversation | None
    linked: int | None = None
    because: str = ""
    proves: bool = False
    answers: bool = False


def reply_token(keys: KeyRing, inbox_id: int, conversation_id: int) -> str:
    """The token in our reply address: names the conversation and is good in one inbox only."""
    number = _base36(conversation_id)
    return f"{number}-{keys.mac(PURPOSE, f'{inbox_id}:{conversation_id}', 8)}"


def read_token(keys: KeyRing, inbox_id: int, token: str) -> int | None:
    """The conversation that a token names, or None where it was not made by this desk for this inbox."""
    number, dash, mac = token.lower().partition("-")
    try:
        conversation_id = int(number, 36)
    except ValueError:
        return None
    if not dash or not keys.mac_fits(PURPOSE, f"{inbox_id}:{conversation_id}", mac, 8):
        return None
    return conversation_id


def _base36(n: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while True:
        n, rest = divmod(n, 36)
        out = digits[rest] + out
        if n == 0:
            return out


def match(tx: Tx, identity: Identity, message: InboundMessage) -> Match:
    """By our signed reply address, In-Reply-To, References, in this order; else by what this identity wrote last, where
    the channel knows no threads. A stranger in a thread gets their own."""
    named: int | None = None
    ours = False
    if message.reply_token:
        named = read_token(tx.keys, message.inbox_id, message.reply_token)
        ours = named is not None
    if named is None:
        for ref in timeline.find_refs(tx, message.reply_refs):
            named, ours = ref.conversation_id, ref.ours
            break
    if named is None:
        named = _ongoing(tx, identity, message)
    if named is None:
        return Match(None)
    if message.doubtful:  # a token that somebody else holds says nothing of the address that the mail names
        ours = False
    conversation = held(tx, named)
    if conversation is None:
        return Match(None)
    if conversation.customer_id != identity.customer_id:
        return Match(None, linked=conversation.id, because="stranger", answers=ours)
    days = settings.get(tx, "mail.reopen_days" if message.channel in THREADED else "chat.reopen_days")
    if conversation.status == "resolved" and conversation.last_at + timedelta(days=days) < message.sent_at:
        return Match(None, linked=conversation.id, because="old", proves=ours)
    return Match(conversation, proves=ours)


def _ongoing(tx: Tx, identity: Identity, message: InboundMessage) -> int | None:
    """The conversation in which this very identity wrote, or was answered, last by this inbox, where its channel knows
    no threads: an agent's text that answers a mail is followed by an answer to that text."""
    if message.channel in THREADED or message.fresh:
        return None
    named = timeline.last_contact(tx, identity.customer_id, identity.id, message.inbox_id)
    found = tx.get(Conversation, named) if named is not None else None
    return None if found is None or found.status == "spam" else named
