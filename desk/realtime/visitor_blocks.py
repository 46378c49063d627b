"""Messages of blocked visitors: kept with all that the corridor would need, counted, and answered in one sentence."""

from __future__ import annotations

import json
from typing import Any

from desk import blocking, intake, people
from desk.messages import InboundMessage
from desk.parts import Desk
from desk.realtime.visitor_seats import Refusal, Seat


def keep_aside(desk: Desk, seat: Seat, said: dict[str, Any], envelope: dict[str, Any], message: InboundMessage) -> None:
    """Raises Refusal where the visitor, their user or their network is blocked; what they wrote then lies beside the
    mails that are kept aside, and goes on from there when somebody releases it."""
    sender = message.sender.address
    with desk.store.reading() as tx:
        senders = [(sender.kind, people.fold(sender.value)), ("visitor", people.fold(seat.visitor_id))]
        met = blocking.one_of(tx, senders, seat.address)
    if met is None:
        return
    raw = json.dumps(said).encode()
    stored = desk.files.put(raw), len(raw)
    with desk.store.transaction() as tx:
        row = intake.keep(
            tx,
            desk.files,
            stored,
            channel="chat",
            door="widget",
            inbox_id=seat.inbox_id,
            envelope=envelope | {"owner": seat.owner, "mail_from": sender.name or sender.value},
            door_key=f"chat:{seat.inbox_id}:{message.external_id}"[:255],
            queue=False,
        )
        if row is not None:  # the same message sent again is one
            for file in message.attachments:
                if file.sha256:
                    desk.files.refer(tx, file.sha256, file.size)
            block = blocking.get(tx, met.id)
            blocking.kept_aside(tx, block)
            intake.settle(tx, row.id, "blocked", f"Its sender is blocked: {block.value}.", block_id=block.id)
    raise Refusal("blocked")
