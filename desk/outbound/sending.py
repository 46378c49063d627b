"""Sending what is queued, one attempt at a time, and saying truthfully what is known of each.

Between the other side's yes and our commit the process may die, or the connection may break. Nobody knows then whether
the message went out. Where a second copy can be told from a second message (a mail, by its Message-ID), the next
attempt counts the uncertainty and sends it again. Where it cannot (an SMS), it is `uncertain` until somebody knows: the
provider is asked, its receipt comes in, or a colleague says so; it is sent again only after the provider has said that
it has no such message. Anything that is known to be sent is never sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from desk import people, settings, timeline
from desk.channels.abilities import LookedUp
from desk.channels.base import Channel
from desk.files import FilesUnreachable, MissingBlob
from desk.jobs import FILES_AGAIN, Leased, fail, finish, put_off
from desk.messages import OutboundMessage, SendResult
from desk.outbound import undoing
from desk.outbound.keywords import HELP
from desk.outbound.loading import loaded
from desk.outbound.queueing import delivery_of, unpacked
from desk.outbound.quiet import ASKED_FOR, quiet_until, waits
from desk.outbound.receipts import refused, settled, shown, without
from desk.outbound.tables import Delivery, OutboxMail
from desk.outbound.ways import STOPPED
from desk.parts import Desk
from desk.store import Tx

log = logging.getLogger(__name__)

ENDED = frozenset({"sent", "delivered", "seen", "failed", "withdrawn"})
# So long after an attempt a provider's list shows what it accepted. Sooner, "no such message" may only mean "not yet".
SURE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Try:
    """What one attempt is made with. `asks`: the outcome of the last one is unknown; the provider is asked first."""

    message: OutboundMessage
    config: dict[str, Any]
    channel: Channel
    kept: bool  # in the outbox of this desk
    asks: bool
    sure: bool  # the provider's "no such message" counts


def deliver(desk: Desk, job: Leased, channels: dict[str, Channel]) -> None:
    """The task `outbound.deliver`: one attempt to send one delivery."""
    with desk.store.transaction() as tx:
        attempt = _begin(desk, tx, job, channels)
    if attempt is None:
        return
    try:
        attempt = replace(attempt, message=loaded(desk.files, attempt.message))
    except MissingBlob:
        _end(desk, job, attempt, SendResult("refused", detail="a file of this message is no longer there"))
        return
    except FilesUnreachable as error:
        _put_off(desk, job, attempt, f"a file of this message could not be read: {error}")
        return
    if attempt.asks:
        found = _asked(attempt)
        if found.outcome == "refused" and attempt.sure:  # the provider has none such: it never was accepted
            with desk.store.transaction() as tx:
                row = _row(tx, job)
                if row is not None:
                    _fails_where_stopped(tx, row, attempt.message)
                begun = _sending(tx, row)
                if not begun:
                    finish(tx, job)
            if begun:
                _end(desk, job, attempt, _attempted(attempt))
        elif found.outcome == "accepted":
            _end(desk, job, attempt, found)
        else:
            _wait(desk, job, attempt, found)
        return
    _end(desk, job, attempt, _attempted(attempt))


def _row(tx: Tx, job: Leased) -> Delivery | None:
    return tx.get(Delivery, job.args["delivery_id"], with_for_update=True)


def _begin(desk: Desk, tx: Tx, job: Leased, channels: dict[str, Channel]) -> Try | None:
    row = _row(tx, job)
    if row is None or row.state in ENDED:
        finish(tx, job)
        return None
    undoing.goes(tx, row)
    message = unpacked(row.message)
    if row.state == "queued" and _held(tx, job, row, message):
        return None
    config = _config(desk, tx, row)
    channel = channels[row.channel]
    kept = config.get("transport", "outbox") == "outbox"
    lost = row.state == "sending"  # an attempt began and nobody knows how it ended
    if lost:
        row.uncertain_times += 1
    asks = (lost or row.state == "uncertain") and not (channel.repeatable or kept)
    if asks:
        row.state = "uncertain"
        config["known"] = _provider_ids(tx, row)
        shown(tx, row)
    else:
        _sending(tx, row)
    sure = row.tried_at is not None and tx.now() - row.tried_at >= SURE_AFTER
    return Try(message, config, channel, kept, asks, sure)


def _held(tx: Tx, job: Leased, row: Delivery, message: OutboundMessage) -> bool:
    """Whether a message must not go now: its number wants none since, or sleeps. Asked at the very last moment, so that
    no way of making a message gets past it."""
    if _fails_where_stopped(tx, row, message):
        finish(tx, job)
        return True
    if message.automatic and row.purpose not in ASKED_FOR:
        until = quiet_until(tx, row.channel, row.inbox_id, row.customer_id)
        if until is not None:
            row.detail = waits(tx, until, row.inbox_id, row.customer_id)
            fail(tx, job, row.detail, retry_at=until)
            shown(tx, row)
            return True
    return False


def _fails_where_stopped(tx: Tx, row: Delivery, message: OutboundMessage) -> bool:
    """Ends a delivery whose number wants no messages. Only HELP is answered there, because it was asked for."""
    phone = message.to[0].kind == "phone" and row.purpose != HELP
    if not phone or not people.stopped_address(tx, "phone", row.recipient):
        return False
    row.state, row.detail = "failed", STOPPED
    settled(tx, row, False)
    shown(tx, row)
    return True


def _sending(tx: Tx, row: Delivery | None) -> bool:
    if row is None or row.state in ENDED:
        return False
    row.state, row.tried_at = "sending", tx.now()
    row.attempts += 1
    shown(tx, row)
    return True


def _config(desk: Desk, tx: Tx, row: Delivery) -> dict[str, Any]:
    """What the channel is told: the inbox's configuration, where to call back, and whether private networks count."""
    if not row.inbox_id:
        return {"transport": "outbox"}
    inbox = settings.inbox(tx, row.inbox_id)
    called = f"{desk.store.public_url}/hooks/{row.channel}/{inbox.key}/status?delivery={quote(row.message_id)}"
    allowed = bool(desk.config.get("ALLOW_PRIVATE"))
    config = settings.opened(tx, inbox) | {"status_url": called, "allow_private": allowed}
    return config | {"dkim": settings.signer(tx, inbox)} if inbox.channel == "email" else config


def _provider_ids(tx: Tx, row: Delivery) -> list[str]:
    """What the provider calls other messages of this conversation: they are not the one that is looked for."""
    if row.conversation_id is None:
        return []
    recent = [e.id for e in timeline.of_conversation(tx, row.conversation_id, limit=100)]
    return [d.provider_id for d in delivery_of(tx, recent).values() if d.provider_id and d.id != row.id]


def _attempted(attempt: Try) -> SendResult:
    if attempt.kept:
        return SendResult("accepted", detail="kept in the outbox of this desk")
    try:
        return attempt.channel.send(attempt.message, attempt.config)
    except Exception as error:  # a channel promises to raise nothing; a broken promise must not lose the message
        log.exception("the channel %s raised while sending", attempt.message.channel)
        return SendResult("unknown", detail=f"{type(error).__name__}: {error}")


def _asked(attempt: Try) -> SendResult:
    if not isinstance(attempt.channel, LookedUp):
        return SendResult("unknown", detail="nobody can be asked what became of it")
    try:
        return attempt.channel.look_up(attempt.message, attempt.config)
    except Exception as error:  # see above
        log.exception("the channel %s raised while looking a message up", attempt.message.channel)
        return SendResult("unknown", detail=f"{type(error).__name__}: {error}")


def _end(desk: Desk, job: Leased, attempt: Try, result: SendResult) -> None:
    kept: tuple[str, int] | None = None
    if attempt.kept and result.outcome == "accepted":
        raw = attempt.channel.compose(attempt.message)
        try:  # before the transaction: the store of files may be at the other end of a network
            kept = desk.files.put(raw), len(raw)
        except FilesUnreachable as error:
            _put_off(desk, job, attempt, f"it could not be kept: {error}")
            return
    with desk.store.transaction() as tx:
        row = _row(tx, job)
        if row is None or row.state in ENDED:  # a receipt was quicker than the answer to our request
            if row is not None and result.provider_id and not row.provider_id:
                row.provider_id = result.provider_id[:255]
            finish(tx, job)
            return
        if result.stopped:
            people.stop_address(tx, attempt.message.to[0].kind, row.recipient, tx.now())
        row.detail, row.provider_id = result.detail[:2000], result.provider_id[:255] or row.provider_id
        if result.outcome == "accepted":
            row.state, row.sent_at = "sent", tx.now()
            without(tx, row, result.missed)
            if kept is not None:
                _into_outbox(desk, tx, row, attempt, *kept)
            finish(tx, job)
            settled(tx, row, True)
        elif result.outcome == "refused":
            row.state = "failed"
            finish(tx, job)
            refused(tx, row)
            settled(tx, row, False)
        elif result.outcome == "unknown":
            row.state = "uncertain"
            row.uncertain_times += 1
            # Where it may be sent again, giving up is the end; where it may not, its receipt can still come.
            if fail(tx, job, result.detail or result.outcome) and attempt.channel.repeatable:
                row.state = "failed"
                settled(tx, row, False)
        else:
            row.state = "queued"
            if fail(tx, job, result.detail or result.outcome):
                row.state = "failed"
                settled(tx, row, False)
        shown(tx, row)


def _put_off(desk: Desk, job: Leased, attempt: Try, why: str) -> None:
    """The store of files is away, which says nothing about this message: it waits however long that lasts, and goes
    soon after. What was not tried is not counted."""
    with desk.store.transaction() as tx:
        row = _row(tx, job)
        if row is None or row.state in ENDED:
            finish(tx, job)
            return
        if not attempt.asks:
            row.state = "queued"
            row.attempts -= 1
        row.detail = why[:2000]
        put_off(tx, job, why, tx.now() + FILES_AGAIN)
        shown(tx, row)


def give_up(desk: Desk, job: Leased, reason: str) -> None:
    """Ends a delivery that this desk itself stumbles over each time: somebody is told, and it can be sent again."""
    with desk.store.transaction() as tx:
        row = _row(tx, job)
        fail(tx, job, reason, final=True)
        if row is None or row.state in ENDED:
            return
        undoing.goes(tx, row)
        if row.state == "sending":
            row.uncertain_times += 1  # it may have stumbled over the answer
        row.state, row.detail = "failed", reason[:2000]
        settled(tx, row, False)
        shown(tx, row)


def _wait(desk: Desk, job: Leased, attempt: Try, found: SendResult) -> None:
    """Nobody knows yet: the provider is asked again later, and it or a colleague may tell by themselves."""
    with desk.store.transaction() as tx:
        row = _row(tx, job)
        if row is None or row.state in ENDED or not isinstance(attempt.channel, LookedUp):
            finish(tx, job)
            return
        row.detail = found.detail[:2000]
        soon = row.tried_at + SURE_AFTER if row.tried_at is not None and not attempt.sure else None
        fail(tx, job, found.detail or found.outcome, retry_at=soon)
        shown(tx, row)


def _into_outbox(desk: Desk, tx: Tx, row: Delivery, attempt: Try, sha256: str, size: int) -> None:
    desk.files.refer(tx, sha256, size)
    tx.add(
        OutboxMail(
            message_id=row.message_id,
            inbox_id=row.inbox_id,
            channel=row.channel,
            recipient=row.recipient,
            subject=attempt.message.subject or " ".join(attempt.message.text.split())[:120],
            raw_sha256=sha256,
            sent_at=tx.now(),
        )
    )
