"""Sending what is queued, one attempt at a time, and saying truthfully what is known of each.

Between the server's yes and our commit the process may die. The delivery then still says `sending`, nobody knows
whether the mail went out, and the next attempt says so: it counts the uncertainty and sends the mail again with the
same Message-ID, so that the receiving side can tell that both are one. Anything that is known to be sent is never
sent again.
"""

from __future__ import annotations

import logging
from typing import Any

from desk import settings, timeline
from desk.channels.base import Channel
from desk.jobs import Leased, fail, finish
from desk.messages import OutboundMessage, SendResult
from desk.outbound.service import unpacked
from desk.outbound.tables import Delivery, OutboxMail
from desk.parts import Desk
from desk.signals import DeliverySettled
from desk.store import Tx

log = logging.getLogger(__name__)


def deliver(desk: Desk, job: Leased, channels: dict[str, Channel]) -> None:
    """The task `outbound.deliver`: one attempt to send one delivery."""
    with desk.store.transaction() as tx:
        row = tx.get(Delivery, job.args["delivery_id"])
        if row is None or row.state in ("sent", "delivered", "failed"):
            finish(tx, job)
            return
        if row.state == "sending":  # an attempt began and nobody knows how it ended
            row.uncertain_times += 1
        row.state = "sending"
        row.attempts += 1
        message = unpacked(row.message)
        config = settings.opened(tx, settings.inbox(tx, row.inbox_id)) if row.inbox_id else {"transport": "outbox"}
        _shown(tx, row)
    result = _attempt(desk, message, config, channels)
    with desk.store.transaction() as tx:
        row = tx.get_one(Delivery, job.args["delivery_id"])
        row.detail, row.provider_id = result.detail[:2000], result.provider_id[:255]
        if result.outcome == "accepted":
            row.state, row.sent_at = "sent", tx.now()
            if config.get("transport", "outbox") == "outbox":
                _into_outbox(desk, tx, row, message, channels)
            finish(tx, job)
            _settled(tx, row, True)
        elif result.outcome == "refused":
            row.state = "failed"
            finish(tx, job)
            _settled(tx, row, False)
        else:
            if result.outcome == "unknown":
                row.state = "uncertain"
                row.uncertain_times += 1
            else:
                row.state = "queued"
            if fail(tx, job, result.detail or result.outcome):
                row.state = "failed"
                _settled(tx, row, False)
        _shown(tx, row)


def _attempt(desk: Desk, message: OutboundMessage, config: dict[str, Any], channels: dict[str, Channel]) -> SendResult:
    if message.channel == "email" and config.get("transport", "outbox") == "outbox":
        return SendResult("accepted", detail="kept in the outbox of this desk")
    try:
        return channels[message.channel].send(message, config)
    except Exception as error:  # a channel promises to raise nothing; a broken promise must not lose the mail
        log.exception("the channel %s raised while sending", message.channel)
        return SendResult("unknown", detail=f"{type(error).__name__}: {error}")


def _into_outbox(desk: Desk, tx: Tx, row: Delivery, message: OutboundMessage, channels: dict[str, Channel]) -> None:
    raw = channels[message.channel].compose(message)
    sha256 = desk.files.put(raw)
    desk.files.refer(tx, sha256, len(raw))
    tx.add(
        OutboxMail(
            message_id=row.message_id,
            inbox_id=row.inbox_id,
            recipient=row.recipient,
            subject=message.subject,
            raw_sha256=sha256,
            sent_at=tx.now(),
        )
    )


def _settled(tx: Tx, row: Delivery, ok: bool) -> None:
    row.settled_at = tx.now()
    tx.flush()
    tx.announce(DeliverySettled(row.id, row.purpose, ok))


def _shown(tx: Tx, row: Delivery) -> None:
    tx.flush()
    if row.entry_id is not None:
        timeline.changed(tx, row.entry_id)


def bounced(tx: Tx, message_id: str, *, hard: bool, detail: str) -> Delivery | None:
    """A mail server told that one of ours did not arrive. None where it is not one of ours."""
    row = tx.query(Delivery).filter(Delivery.message_id == message_id[:255]).one_or_none()
    if row is None:
        return None
    row.detail = detail[:2000]
    if hard:
        row.state = "failed"
        _settled(tx, row, False)
    _shown(tx, row)
    return row
