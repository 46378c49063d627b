"""Which conversation a message belongs to: by proof of a thread, never by its subject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from desk import settings, timeline
from desk.conversations.queue import landed
from desk.conversations.tables import Conversation
from desk.keys import KeyRing
from desk.messages import InboundMessage
from desk.people import Identity, is_erased
from desk.store import Tx

PURPOSE, ASIDE, SUBJECT = "reply-address", "aside-address", "subject-token"
_BASE36 = re.compile(r"[0-9a-z]{1,12}")
# Mails name their thread. In all other channels people just write on, and a setting says how long that is one matter.
THREADED = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation that a mail names, and by which of the four marks. `ours`: the mark came from a mail of
    ours that nobody else had; whoever sends it back from the customer's address has that address in hands. `aside`: the
    mark came from a mail to somebody outside, about the customer and not to them."""

    conversation: Conversation
    by: Literal["reply address", "In-Reply-To or References", "subject token"]
    ours: bool
    mail: bool  # others than the customer can write into it
    aside: bool = False
    named: int = 0  # the conversation that the mark names, where that has been merged into this one


@dataclass(frozen=True, slots=True)
class Match:
    """Where a message belongs. `linked` names the thread it answered where it may not join it, and `because` says why.

    `proves` tells that the writer had a mail of ours in hands: their address is then verified.
    """

    conversation: Conversation | None
    linked: int | None = None
    because: str = ""
    proves: bool = False
    named: int = 0


def reply_token(keys: KeyRing, inbox_id: int, conversation_id: int, *, aside: bool = False) -> str:
    """The token in our reply address: names the conversation and is good in one inbox only. `aside` makes the one for
    somebody outside: who holds it has seen no mail to the customer, so it proves nothing of the customer's addresses.
    """
    number = _base36(conversation_id)
    return f"{number}-{keys.mac(ASIDE if aside else PURPOSE, f'{inbox_id}:{conversation_id}', 8)}"


def read_token(keys: KeyRing, inbox_id: int, token: str, *, aside: bool = False) -> int | None:
    """The conversation that a token names, or None where it was not made by this desk for this inbox."""
    number, dash, mac = token.lower().partition("-")
    try:
        conversation_id = int(number, 36)
    except ValueError:
        return None
    if not dash or not keys.mac_fits(ASIDE if aside else PURPOSE, f"{inbox_id}:{conversation_id}", mac, 8):
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


def subject_token(keys: KeyRing, inbox_id: int, conversation_id: int) -> str:
    """What stands in the subject of an answer. Everybody who sees the subject has it, so it opens nothing else: neither
    is it a reply address, nor does it prove anything."""
    return f"{_base36(conversation_id)}-{keys.mac(SUBJECT, f'{inbox_id}:{conversation_id}', 5)}"


def read_subject_token(keys: KeyRing, inbox_id: int, token: str) -> int | None:
    """The conversation that a token in a subject names, or None where it was not made by this desk for this inbox."""
    number, _, mac = token.lower().partition("-")
    if not _BASE36.fullmatch(number) or not keys.mac_fits(SUBJECT, f"{inbox_id}:{int(number, 36)}", mac, 5):
        return None
    return int(number, 36)


def thread_of(tx: Tx, message: InboundMessage) -> Thread | None:
    """The thread that a message names: by our signed reply address, then In-Reply-To, then References from the newest
    back, then the token in its subject. The words of a subject are no mark.

    A mark of another brand is passed over: what one face of the company was told is not the other's.
    """
    mail = message.channel in THREADED
    for aside in (False, True) if message.reply_token else ():
        named = read_token(tx.keys, message.inbox_id, message.reply_token or "", aside=aside)
        found = _alive(landed(tx, named), tx) if named is not None else None
        if found is not None and named is not None:
            return Thread(found, "reply address", not aside, mail, aside, _other(named, found))
    for ref in timeline.find_refs(tx, message.reply_refs):
        found = _alive(landed(tx, ref.conversation_id), tx)
        if found is not None and _same_brand(tx, found.inbox_id, message.inbox_id):
            aside = timeline.is_aside(tx, ref.entry_id)
            named = _other(ref.conversation_id, found)
            return Thread(found, "In-Reply-To or References", ref.ours and not aside, mail, aside, named)
    named = read_subject_token(tx.keys, message.inbox_id, message.subject_token) if message.subject_token else None
    found = _alive(landed(tx, named), tx) if named is not None else None
    if found is None or named is None:
        return None
    return Thread(found, "subject token", ours=False, mail=mail, named=_other(named, found))


def _other(named: int, found: Conversation) -> int:
    return named if named != found.id else 0


def _alive(found: Conversation | None, tx: Tx) -> Conversation | None:
    """The conversation, unless its customer was erased: nothing is added to what is left of them."""
    return None if found is None or is_erased(tx, found.customer_id) else found


def _same_brand(tx: Tx, one: int, other: int) -> bool:
    return one == other or settings.inbox(tx, one).brand_id == settings.inbox(tx, other).brand_id


def too_old(tx: Tx, conversation: Conversation, message: InboundMessage) -> bool:
    """Whether it was resolved so long ago that what comes now is another matter."""
    if conversation.status != "resolved":
        return False
    days = settings.get(tx, "mail.reopen_days" if message.channel in THREADED else "chat.reopen_days")
    return conversation.last_at + timedelta(days=days) < message.sent_at


def match(tx: Tx, identity: Identity, message: InboundMessage, thread: Thread | None = None) -> Match:
    """By the thread that a mail names; else by what this identity wrote last, where the channel knows no threads.
    Whoever names somebody else's thread, and does not take part in it, gets a conversation of their own."""
    ours = thread is not None and thread.ours
    conversation = thread.conversation if thread is not None else None
    if conversation is None:
        named = _ongoing(tx, identity, message)
        conversation = landed(tx, named) if named is not None else None
    if message.doubtful:  # a token that somebody else holds says nothing of the address that the mail names
        ours = False
    if conversation is None:
        return Match(None)
    if conversation.customer_id != identity.customer_id:
        return Match(None, linked=conversation.id, because="stranger")
    if too_old(tx, conversation, message):
        return Match(None, linked=conversation.id, because="old", proves=ours)
    return Match(conversation, proves=ours, named=thread.named if thread is not None else 0)


def _ongoing(tx: Tx, identity: Identity, message: InboundMessage) -> int | None:
    """The conversation in which this very identity wrote, or was answered, last by this inbox, where its channel knows
    no threads: an agent's text that answers a mail is followed by an answer to that text."""
    if message.channel in THREADED or message.fresh:
        return None
    named = timeline.last_contact(tx, identity.customer_id, identity.id, message.inbox_id)
    found = tx.get(Conversation, named) if named is not None else None
    return None if found is None or found.status == "spam" else named
