"""The corridor: every message, whatever its door, walks this one straight function in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from desk import conversations, intake, outbound, people, sentiment, settings, timeline
from desk.channels.base import Automatic, Bounce, Channel, InboxRef, Unreadable
from desk.files import MissingBlob
from desk.messages import Attachment, InboundMessage
from desk.parts import Desk
from desk.store import Tx
from desk.timeline import Words

log = logging.getLogger(__name__)

State = Literal["accepted", "duplicate", "automatic", "bounce", "quarantined"]
ON_THE_WAY = timedelta(minutes=2)  # younger than this, a mail counts from when it arrived
OLDEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    state: State
    reason: str = ""
    entry_id: int | None = None
    customer_id: int | None = None
    conversation_id: int | None = None


def receive(
    desk: Desk,
    message: InboundMessage,
    arrival_id: int | None = None,
    finish: Callable[[Tx], None] | None = None,
) -> Outcome:
    """Takes one message in. Two copies at the same instant become one entry: the database refuses the second, which
    then begins again and finds the first."""

    def walk(tx: Tx) -> Outcome:
        outcome = _corridor(tx, desk, message)
        if arrival_id is not None:
            intake.settle(tx, arrival_id, outcome.state, outcome.reason, outcome.entry_id)
        if finish is not None:
            finish(tx)
        return outcome

    # An arrival is kept with its job: should this commit be lost in a power cut, the message walks again.
    return desk.store.attempt(walk, repeatable=arrival_id is not None)


def _corridor(tx: Tx, desk: Desk, message: InboundMessage) -> Outcome:
    known = timeline.knows(tx, message.inbox_id, message.external_id)
    if known is not None:
        first = timeline.one(tx, known)
        if first is None:
            return Outcome("duplicate", "this message was taken in before", known)
        return Outcome("duplicate", "this message was taken in before", known, first.customer_id, first.conversation_id)
    at = message.sent_at
    identity = people.resolve(tx, message.sender, at=at, locale=message.locale)
    found = conversations.match(tx, identity, message)
    if found.proves:
        people.verify(tx, identity, "answered a mail that only this address had received", at)
    wakes = message.automatic is None
    conversation = conversations.find_or_open(tx, identity, message, found, wakes=wakes)
    for attachment in message.attachments:
        desk.files.refer(tx, attachment.sha256, attachment.size)
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
        detail=_detail(message, found),
        words=_words(message),
    )
    if message.message_id:
        timeline.remember_id(tx, message.message_id, entry.id, conversation.id, ours=False)
    if message.automatic is not None:
        conversations.machine_wrote(tx, conversation, message)
        return Outcome("automatic", message.automatic, entry.id, conversation.customer_id, conversation.id)
    sentiment.score(tx, conversation, entry.id, message.text, at)  # the cheap part; models run as jobs
    conversations.customer_wrote(tx, conversation, entry.id, identity, message)
    return Outcome("accepted", "", entry.id, conversation.customer_id, conversation.id)


def _detail(message: InboundMessage, found: conversations.Match) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if message.automatic:
        detail["automatic"] = message.automatic[:200]
    if found.because:
        detail["linked"] = {"conversation": found.linked, "because": found.because}
    return detail


def _words(message: InboundMessage) -> Words:
    return Words(
        text=message.text,
        subject=message.subject,
        quoted=message.full_text,
        html=message.html,
        attachments=[
            {
                "filename": a.filename,
                "content_type": a.content_type,
                "size": a.size,
                "sha256": a.sha256,
                "inline": a.inline,
                "content_id": a.content_id,
            }
            for a in message.attachments
        ],
        raw_sha256=message.raw_sha256,
    )


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
    """Keeps a raw message for good and queues its walk; when this returns, the other side may be told yes.

    Gives the arrival's id, or None where the door has handed in this one before.
    """
    with desk.store.transaction() as tx:
        row = intake.keep(
            tx, desk.files, raw, channel=channel, door=door, inbox_id=inbox_id, envelope=envelope, door_key=door_key
        )
        return None if row is None else row.id


def take(
    desk: Desk,
    arrival_id: int,
    channels: Mapping[str, Channel],
    finish: Callable[[Tx], None] | None = None,
) -> Outcome:
    """Reads a kept message by its channel and walks it through the corridor, or into quarantine with the reason.

    `finish` runs in the transaction that settles the arrival: the job is done exactly when its effect is.
    """
    with desk.store.reading() as tx:
        arrival = intake.get(tx, arrival_id)
        settled = None if arrival.state == "waiting" else arrival.state
        size = int(arrival.envelope.get("too_large") or arrival.size)
        # The limit is a megabyte at least, and most mails are far below: they need not ask.
        limit = settings.get(tx, "mail.max_megabytes") * 1024 * 1024 if size > 1024 * 1024 else size
        inbox = settings.inbox(tx, arrival.inbox_id) if arrival.inbox_id else None
        ref = None
        if inbox is not None:
            ref = InboxRef(inbox.id, inbox.address, inbox.key, {})
    if settled is not None:
        if finish is not None:
            with desk.store.transaction() as tx:
                finish(tx)
        return Outcome("duplicate", f"this arrival is {settled} already", arrival.entry_id)
    released = bool(arrival.envelope.get("released"))
    if ref is None:
        wanted = ", ".join(arrival.envelope.get("rcpt_to") or ()) or "an address that it does not name"
        return _quarantine(desk, arrival_id, finish, f"It is for {wanted}, and no inbox of this desk has that address.")
    if size > limit and not released:
        return _quarantine(
            desk, arrival_id, finish, f"It has {size / 1048576:.1f} MB, and this desk takes {int(limit) // 1048576} MB."
        )
    try:
        raw = desk.files.get(arrival.raw_sha256)
        translated = channels[arrival.channel].translate(raw, ref, arrival.envelope, arrival.arrived_at)
    except Unreadable as error:
        return _quarantine(desk, arrival_id, finish, error.reason)
    except MissingBlob as error:
        return _quarantine(desk, arrival_id, finish, f"Its file cannot be read: {error}.")
    if isinstance(translated, Bounce):
        return _bounce(desk, arrival_id, finish, translated)
    if isinstance(translated, Automatic):
        message = replace(translated.message, automatic=translated.reason)
    else:
        message = translated
    message = replace(
        message,
        sent_at=happened_at(message.sent_at, arrival.arrived_at),
        raw_sha256=arrival.raw_sha256,
        attachments=tuple(_stored(desk, a) for a in message.attachments),
        text=storable(message.text),
        subject=storable(message.subject),
        full_text=storable(message.full_text),
        html=storable(message.html),
    )
    return receive(desk, message, arrival_id, finish)


def storable(text: str) -> str:
    """What a database takes: without NUL, and with lone surrogates replaced."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def happened_at(written: datetime, arrived: datetime) -> datetime:
    """When a message counts as written: its own word for it where that can be true, else when it arrived.

    A date in the future, or weeks back, is a wrong clock; one a few seconds back is the way here, and the time of
    arrival then keeps the order in which people really spoke.
    """
    written = written.astimezone(UTC)
    return written if ON_THE_WAY < arrived - written < OLDEST else arrived


def _stored(desk: Desk, attachment: Attachment) -> Attachment:
    if attachment.content is None:
        return attachment
    return replace(attachment, sha256=desk.files.put(attachment.content), content=None)


def _bounce(desk: Desk, arrival_id: int, finish: Callable[[Tx], None] | None, bounce: Bounce) -> Outcome:
    hard = any(r.kind == "hard" for r in bounce.recipients)
    detail = "; ".join(f"{r.address} {r.status} {r.detail}".strip() for r in bounce.recipients) or bounce.detail
    with desk.store.transaction() as tx:
        if finish is not None:
            finish(tx)
        for message_id in bounce.message_ids:
            row = outbound.bounced(tx, message_id, hard=hard, detail=detail)
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
