"""A long text that came in several calls becomes one message, once all of them are there or time has run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from desk import inbound, intake, settings
from desk.channels.base import Channel, InboxRef, Part
from desk.messages import storable
from desk.parts import Desk
from desk.store import Tx

MISSING = "[…]"  # stands where a piece never came


def join(
    desk: Desk, inbox_id: int, key: str, channels: Mapping[str, Channel], finish: Callable[[Tx], None]
) -> inbound.Outcome | None:
    """Takes in the message that these pieces are, in one transaction with their settling. None while pieces miss."""
    with desk.store.transaction() as tx:
        rows = intake.held(tx, inbox_id, key)
        if not intake.ready(tx, rows):
            finish(tx)
            return None
        inbox = settings.inbox(tx, inbox_id)
        ref = InboxRef(inbox.id, inbox.address, inbox.key, {})
        found = [(row.id, row.raw_sha256, row.channel, dict(row.envelope), row.arrived_at) for row in rows]
    parts = []
    for _, digest, channel, envelope, arrived_at in found:
        part = channels[channel].translate(desk.files.get(digest), ref, envelope, arrived_at)
        if not isinstance(part, Part):
            raise ValueError("what was a piece of a message is none any more")
        parts.append(part)
    there = {part.number: part.message.text for part in parts}
    texts = [there.get(number, MISSING) for number in range(1, parts[0].total + 1)]
    message = replace(
        parts[0].message,
        text=storable("".join(texts)),
        command="",  # a word by which texts are stopped never takes two
        raw_sha256=found[0][1],
        sent_at=min(arrived_at for *_, arrived_at in found),
    )
    first = found[0][0]

    def settled(tx: Tx) -> None:
        whole = intake.get(tx, first)
        blocked = whole.state == "blocked"  # then its pieces wait with it, and are released with it
        for arrival_id, *_ in found[1:]:
            if blocked:
                intake.settle(tx, arrival_id, whole.state, whole.reason, block_id=whole.block_id)
            else:
                intake.settle(tx, arrival_id, "accepted", f"a piece of arrival {first}")
        finish(tx)

    released = any(envelope.get("released") for *_, envelope, _at in found)
    return inbound.receive(desk, message, first, settled, released)
