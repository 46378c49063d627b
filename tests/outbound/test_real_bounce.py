"""A real mail server is refused by another one, and tells us: the answer says so, and the address is marked."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from desk import agents, inbound, outbound
from desk.channels.email import Receiver
from desk.clock import SetClock
from desk.outbound import Refused
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message
from tests.servers.mail import Postfix
from tests.servers.needs import wait_for

_numbers = count()


@pytest.mark.timeout(120)
def test_a_550_far_away_comes_back_and_stands_on_the_answer(desk: Desk, clock: SetClock, postfix: Postfix) -> None:
    number = next(_numbers)  # domains of its own: the mail server serves the whole test run
    ours, theirs = f"support@shop{number}-bounce.example", f"gone@refusing{number}.example"

    def take(raw: bytes, envelope: dict[str, Any]) -> None:
        inbound.take_raw(desk, raw, channel="email", door="smtp", inbox_id=inbox_id, envelope=envelope)

    refusing = Receiver(take, lambda _address: False)
    receiving = Receiver(take, lambda address: address.startswith("support"))
    with refusing, receiving:
        postfix.route(theirs.rpartition("@")[2], refusing.port)
        postfix.route(ours.rpartition("@")[2], receiving.port)
        with desk.store.transaction() as tx:
            inbox_id = make_inbox(
                tx, address=ours,
                config={
                    "transport": "smtp", "smtp_host": postfix.host, "smtp_port": postfix.port,
                    "smtp_security": "plain",
                },
            ).id  # fmt: skip
            viewer = agents.viewer(tx, make_staff(tx).id)
            assert viewer is not None
        came = inbound.receive(desk, message(inbox_id, clock.now(), "Where is it?", sender=theirs))
        assert came.conversation_id is not None
        with desk.store.transaction() as tx:
            entry_id = outbound.reply(tx, came.conversation_id, viewer, "On its way.").id
        drain(desk)
        with desk.store.reading() as tx:
            assert outbound.delivery_of(tx, [entry_id])[entry_id].state == "sent", "our own server took it"

        def told() -> Delivery | None:
            drain(desk)
            with desk.store.reading() as tx:
                found = outbound.delivery_of(tx, [entry_id])[entry_id]
                return found if found.state == "failed" else None

        failed = wait_for(told, "the report of the mail server on the answer", 60)
    assert theirs in failed.detail
    assert "550" in failed.detail or "5.1" in failed.detail
    with desk.store.transaction() as tx, pytest.raises(Refused, match="came back"):
        outbound.reply(tx, came.conversation_id, viewer, "Are you there?")
