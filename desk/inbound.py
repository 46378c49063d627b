"""The corridor: every message, whatever its door, walks this one straight function in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from desk import (
    blocking,
    bot,
    conversations,
    intake,
    outbound,
    people,
    sentiment,
    settings,
    surveys,
    timeline,
    visitors,
    whose,
)
from desk.channels.abilities import Asking, Fetching
from desk.channels.base import OWN_MAIL, Automatic, Bounce, Channel, InboxRef, Part, Receipt, Unreadable
from desk.channels.email.fetched import fetched
from desk.files import MissingBlob
from desk.jobs import enqueue
from desk.messages import Attachment, InboundMessage, happened_at, storable
from desk.parts import Desk
from desk.store import Tx
from desk.timeline.words import words_of

log = logging.getLogger(__name__)

State = Literal["accepted", "duplicate", "automatic", "bounce", "receipt", "quarantined", "blocked", "waiting"]
NAMED_OURS = "It names an address of this desk as its sender, and this desk did not send it."
BLOCKED = "Its sender is blocked: %s."
LATE = timedelta(minutes=1)  # a receipt may be here before we have written down what the provider calls our message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    state: State
    reason: str = ""
    entry_id: int | None = None
    customer_id: int | None = None
    conversation_id: int | None = None
    block_id: int | None = None  # what kept it aside


def receive(
    desk: Desk,
    message: InboundMessage,
    arrival_id: int | None = None,
    finish: Callable[[Tx], None] | None = None,
    released: bool = False,
) -> Outcome:
    """Takes one message in. Two copies at the same instant become one entry: the database refuses the second, which
    then begins again and finds the first."""

    reads = sentiment.reads(desk.models)  # asked out here: the first time it looks at files

    def walk(tx: Tx) -> Outcome:
        outcome = _corridor(tx, desk, message, reads, released)
        if arrival_id is not None:
            intake.settle(tx, arrival_id, outcome.state, outcome.reason, outcome.entry_id, outcome.block_id)
        if finish is not None:
            finish(tx)
        return outcome

    # An arrival is kept with its job: should this commit be lost in a power cut, the message walks again.
    return desk.store.attempt(walk, repeatable=arrival_id is not None)


def _corridor(tx: Tx, desk: Desk, message: InboundMessage, reads: bool, released: bool) -> Outcome:
    known = timeline.knows(tx, message.inbox_id, message.external_id)
    if known is not None:
        first = timeline.one(tx, known)
        if first is None:
            return Outcome("duplicate", "this message was taken in before", known)
        return Outcome("duplicate", "this message was taken in before", known, first.customer_id, first.conversation_id)
    if not released and conversations.is_own_mail(tx, message):
        only_named = conversations.is_only_named_ours(message)
        return Outcome("quarantined", NAMED_OURS) if only_named else Outcome("automatic", OWN_MAIL)
    block = None if released else blocking.meets(tx, message)
    if block is not None:
        return Outcome("blocked", BLOCKED % block.value, block_id=block.id)
    at = message.sent_at
    thread = conversations.thread_of(tx, message)
    if thread is not None and thread.mail and not whose.is_customers(tx, message, thread):
        return _participant(tx, desk, message, thread)
    unproven_at = message.inbox_id if message.doubtful else None
    identity = people.resolve(tx, message.sender, at=at, locale=message.locale, unproven_at=unproven_at)
    if not message.doubtful:
        people.heard_from(tx, identity)
    found = conversations.match(tx, identity, message, thread)
    if found.proves:
        people.verify(tx, identity, "answered a mail that only this address had received", at)
    if message.command == "stop":
        people.stop(tx, identity, at)
    elif message.command == "start":
        people.resume(tx, identity)
    wakes = message.automatic is None and message.command not in ("stop", "start")
    heard = _heard(tx, identity.id, message)
    if heard is not None and not heard.asks:  # "5" by SMS: it belongs where it was asked, and nobody need do anything
        conversation = conversations.current(tx, heard.conversation_id)
    else:
        conversation = conversations.find_or_open(tx, identity, message, found, wakes=wakes)
    _refer(tx, desk, message)
    others = conversations.note_copied(tx, conversation, message, kept=True)
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="message",
        author="customer",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=identity.id,
        channel=message.channel,
        inbox_id=message.inbox_id,
        external_id=message.external_id,
        detail=_detail(message, found, heard) | conversations.copied(message, others),
        words=words_of(message),
    )
    conversations.came_with(others, entry.id)
    if message.message_id:
        timeline.remember_id(tx, message.message_id, entry.id, conversation.id, ours=False)
    if message.automatic is not None:
        conversations.machine_wrote(tx, conversation, message)
        return Outcome("automatic", message.automatic, entry.id, conversation.customer_id, conversation.id)
    if not wakes and conversation.status == "resolved":  # nobody need answer a STOP to something that is done
        conversations.machine_wrote(tx, conversation, message)
        return Outcome("accepted", "", entry.id, conversation.customer_id, conversation.id)
    if heard is not None:
        surveys.capture_answer(tx, conversation, entry.id, message.text, message.channel, at)
        if not heard.asks:
            return Outcome("accepted", "it answers a survey", entry.id, conversation.customer_id, conversation.id)
    # The cheap part; where a model reads messages, the level follows that, in a job.
    sentiment.score(tx, conversation, entry.id, message.text, at, channel=message.channel, later=reads)
    conversations.customer_wrote(tx, conversation, entry.id, identity, message)
    code = None if message.attachments else people.capture_code(tx, conversation.customer_id, message.text)
    if message.command == "help" and not message.command_answered:
        outbound.answer_help(tx, conversation, identity, message.inbox_id, message.text)
    # Six digits that were asked for are no question, nor is STOP; and an answer to a forged sender would reach somebody
    # who asked nothing.
    # And who speaks of harming themselves is for people alone.
    grave = not sentiment.PEOPLE_ONLY.isdisjoint(conversation.risks.split())
    if code is None and wakes and not message.command and not message.doubtful and not grave:
        bot.request_turn(tx, conversation, message.inbox_id)
    return Outcome("accepted", "", entry.id, conversation.customer_id, conversation.id)


def _participant(tx: Tx, desk: Desk, message: InboundMessage, thread: conversations.Thread) -> Outcome:
    """Takes in what somebody else writes into a customer's thread, or about it."""
    _refer(tx, desk, message)
    entry_id, found = conversations.participant_wrote(tx, thread, message, words_of(message)), thread.conversation
    reason = message.automatic or "somebody other than the customer wrote in this thread"
    return Outcome("automatic" if message.automatic else "accepted", reason, entry_id, found.customer_id, found.id)


def _refer(tx: Tx, desk: Desk, message: InboundMessage) -> None:
    for attachment in message.attachments:
        if attachment.sha256:
            desk.files.refer(tx, attachment.sha256, attachment.size)


def _heard(tx: Tx, identity_id: int, message: InboundMessage) -> surveys.Heard | None:
    """The survey question that a text answers, if it does."""
    if message.automatic is not None or message.attachments:
        return None
    return surveys.hears(tx, identity_id, message.inbox_id, message.text, message.channel, message.sent_at)


def _detail(message: InboundMessage, found: conversations.Match, heard: surveys.Heard | None) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if message.automatic:
        detail["automatic"] = message.automatic[:200]
    if message.command:
        detail["command"] = message.command
    missing = [a.filename for a in message.attachments if not a.sha256]
    if missing:
        detail["missing"] = len(missing)
    if message.trust is not None:
        detail["trust"] = message.trust.said()
    if message.client_id:
        detail["client_id"] = message.client_id
    if found.because:
        detail["linked"] = {"conversation": found.linked, "because": found.because}
    if found.named:  # it answers a conversation that has been merged into this one
        detail["through"] = found.named
    if heard is not None:
        detail["answers"] = heard.invitation_id
    return detail


def take_raw(
    desk: Desk,
    raw: bytes,
    *,
    channel: str,
    door: str,
    inbox_id: int | None,
    envelope: Mapping[str, Any] | None = None,
    door_key: str | None = None,
) -> int | None:
    """Keeps a raw message for good and queues its walk; when this returns, the other side may be told yes. Gives the
    arrival's id, or None where the door handed it in before. Raises FilesUnreachable where it cannot be stored now."""
    stored = desk.files.put(raw), len(raw)

    def keep(tx: Tx) -> int | None:
        row = intake.keep(
            tx, desk.files, stored, channel=channel, door=door, inbox_id=inbox_id, envelope=envelope, door_key=door_key
        )
        return None if row is None else row.id

    return desk.store.attempt(keep)  # of two copies at the same instant, the second finds the first


def take(
    desk: Desk,
    arrival_id: int,
    channels: Mapping[str, Channel],
    finish: Callable[[Tx], None] | None = None,
    *,
    fetch: Literal["later", "now", "without"] = "later",
) -> Outcome:
    """Reads a kept message by its channel and walks it through the corridor, or into quarantine with the reason.

    `finish` runs in the transaction that settles the arrival: the job is done exactly when its effect is. Files that
    lie at a provider are fetched by a job of their own (`later`), which calls this again (`now`, or `without` those
    that cannot be had, each for itself). Raises OSError where a file could not be fetched now.
    """
    with desk.store.reading() as tx:
        arrival = intake.waiting(tx, arrival_id)
        settled = None if arrival.state == "waiting" else arrival.state
        size = int(arrival.envelope.get("too_large") or arrival.size)
        # The limit is a megabyte at least, and most mails are far below: they need not ask.
        limit = settings.get(tx, "mail.max_megabytes") * 1024 * 1024 if size > 1024 * 1024 else size
        inbox = settings.way_in(tx, arrival.inbox_id) if arrival.inbox_id else None
        ref = None
        if inbox is not None:
            ref = InboxRef(
                inbox.id, inbox.address, inbox.key, settings.plain(inbox) | {"clamd": desk.config.get("CLAMD", "")}
            )
    if settled is not None:
        if finish is not None:
            with desk.store.transaction() as tx:
                finish(tx)
        return Outcome("duplicate", f"this arrival is {settled} already", arrival.entry_id)
    released = bool(arrival.envelope.get("released"))
    if ref is None:
        wanted = ", ".join(arrival.envelope.get("rcpt_to") or ()) or "an address that it does not name"
        return _quarantine(desk, arrival_id, finish, f"It is for {wanted}, and no inbox of this desk has that address.")
    headers_only = "too_large" in arrival.envelope  # the door went by the limit of then
    if (size > limit or headers_only) and not released:
        said = f"It has {size / 1048576:.1f} MB, and this desk takes {int(limit) // 1048576} MB."
        left = " Only its headers are here; the mail itself is where it came from." if headers_only else ""
        return _quarantine(desk, arrival_id, finish, said + left)
    try:
        raw = desk.files.get(arrival.raw_sha256)
        translated = channels[arrival.channel].translate(raw, ref, arrival.envelope, arrival.arrived_at)
    except Unreadable as error:
        return _quarantine(desk, arrival_id, finish, error.reason)
    except MissingBlob as error:
        return _quarantine(desk, arrival_id, finish, f"Its file cannot be read: {error}.")
    if isinstance(translated, Bounce):
        return _bounce(desk, arrival_id, finish, translated)
    if isinstance(translated, Receipt):
        return _receipt(desk, arrival_id, arrival.arrived_at, finish, translated)
    if isinstance(translated, Part):
        return _part(desk, arrival_id, finish, translated)
    if isinstance(translated, Automatic):
        message = replace(translated.message, automatic=translated.reason)
    else:
        message = translated
    channel = channels[arrival.channel]
    asks = isinstance(channel, Asking) and channel.asks(message, ref.config)
    if asks or any(a.url for a in message.attachments):
        if fetch == "later":
            return _fetch_later(desk, arrival_id, finish)
        message = _fetched(desk, raw, message, channel, all_of_them=fetch == "now")
    message = replace(
        message,
        sent_at=happened_at(message.sent_at, arrival.arrived_at),
        raw_sha256=arrival.raw_sha256,
        attachments=tuple(_stored(desk, a) for a in message.attachments),
        network=str(arrival.envelope.get("peer") or ""),
        text=storable(message.text),
        subject=storable(message.subject),
        full_text=storable(message.full_text),
        html=storable(message.html),
    )
    shown = visitors.then_begin(arrival.envelope.get("owner"), message, finish)
    return receive(desk, message, arrival_id, shown, released)


def _stored(desk: Desk, attachment: Attachment) -> Attachment:
    if attachment.content is None:
        return attachment
    return replace(attachment, sha256=desk.files.put(attachment.content), content=None)


def _fetch_later(desk: Desk, arrival_id: int, finish: Callable[[Tx], None] | None) -> Outcome:
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        enqueue(tx, "inbound.fetch", {"arrival_id": arrival_id}, key=f"fetch:{arrival_id}", priority=1)
    return Outcome("waiting", "others are being asked about it")


def _fetched(desk: Desk, raw: bytes, message: InboundMessage, channel: Channel, *, all_of_them: bool) -> InboundMessage:
    """The message with the files that lie at the provider, and with what others say of it. Outside of any transaction:
    it waits for them. Its files together may be as large as a mail."""
    with desk.store.reading() as tx:
        config = settings.opened(tx, settings.inbox(tx, message.inbox_id))
        config["hold_unscanned"] = settings.get(tx, "mail.unscanned") == "hold"
        config["room"] = settings.get(tx, "mail.max_megabytes") * 1024 * 1024
    config["allow_private"] = bool(desk.config.get("ALLOW_PRIVATE"))
    config["clamd"] = desk.config.get("CLAMD", "")
    if isinstance(channel, Asking):
        message = channel.asked(raw, message, config)
    if not isinstance(channel, Fetching):
        return message
    return fetched(message, lambda file: channel.fetch(file, config), config, all_of_them=all_of_them)


def _part(desk: Desk, arrival_id: int, finish: Callable[[Tx], None] | None, part: Part) -> Outcome:
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        intake.hold(tx, arrival_id, part.key, part.number, part.total)
    return Outcome("waiting", f"part {part.number} of {part.total}")


def _receipt(
    desk: Desk, arrival_id: int, arrived: datetime, finish: Callable[[Tx], None] | None, told: Receipt
) -> Outcome:
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        row = outbound.receipt(tx, told)
        if row is None and tx.now() - arrived < LATE:
            enqueue(tx, "inbound.take", {"arrival_id": arrival_id}, key=f"late:{arrival_id}", run_at=arrived + LATE)
            return Outcome("waiting", "nobody knows that message yet")
        reason = told.detail if row is not None else "It is about a message that this desk did not send."
        intake.settle(tx, arrival_id, "receipt", reason, row.entry_id if row is not None else None)
    if row is None:
        return Outcome("receipt", reason)
    return Outcome("receipt", reason, row.entry_id, row.customer_id, row.conversation_id)


def _bounce(desk: Desk, arrival_id: int, finish: Callable[[Tx], None] | None, bounce: Bounce) -> Outcome:
    detail = "; ".join(f"{r.address} {r.status} {r.detail}".strip() for r in bounce.recipients) or bounce.detail
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        for message_id in bounce.message_ids:
            row = outbound.bounced(tx, message_id, bounce.recipients, detail)
            if row is not None:
                intake.settle(tx, arrival_id, "bounce", detail, row.entry_id)
                return Outcome("bounce", detail, row.entry_id, row.customer_id, row.conversation_id)
        reason = "A mail server reports that a mail did not arrive, and this desk did not send that mail."
        intake.settle(tx, arrival_id, "quarantined", f"{reason} {detail}")
    return Outcome("quarantined", reason)


def _quarantine(desk: Desk, arrival_id: int, finish: Callable[[Tx], None] | None, reason: str) -> Outcome:
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        intake.settle(tx, arrival_id, "quarantined", reason)
    return Outcome("quarantined", reason)


def give_up(desk: Desk, arrival_id: int, reason: str, finish: Callable[[Tx], None] | None = None) -> Outcome:
    """Puts what the corridor failed on again and again where a person sees it; the raw message is still whole."""
    return _quarantine(desk, arrival_id, finish, reason)
