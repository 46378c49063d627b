"""An answer with twenty copies by real servers: who has it, how often, and what is said of one that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from desk import agents, conversations, inbound, outbound
from desk.agents import Viewer
from desk.channels.email import Receiver, parse
from desk.clock import SetClock
from desk.messages import Address
from desk.outbound.receipts import missed
from desk.parts import Desk
from desk.web.console import said
from desk.web.console.look import Look
from desk.worker import drain
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message
from tests.servers.mail import Postfix
from tests.servers.needs import wait_for

pytestmark = pytest.mark.timeout(180)
_numbers = count()


class Talk:
    """A customer who copied twenty others; `port` is that of the server that takes the desk's mail."""

    def __init__(self, desk: Desk, clock: SetClock, port: int, customer: str, others: list[str], ours: str) -> None:
        self.desk = desk
        config = {
            "transport": "smtp", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "plain", "timeout": 20
        }  # fmt: skip
        with desk.store.transaction() as tx:
            self.inbox_id = make_inbox(tx, address=ours, config=config).id
            viewer = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
        assert viewer is not None
        self.viewer: Viewer = viewer
        copied = tuple(Address("email", one) for one in others)
        first = message(self.inbox_id, clock.now(), "Where is it?", sender=customer, participants=copied)
        came = inbound.receive(desk, first)
        assert came.conversation_id is not None
        self.id = came.conversation_id

    def answer(self) -> int:
        with self.desk.store.transaction() as tx:
            return outbound.reply(tx, self.id, self.viewer, "On its way.").id

    def delivery(self, entry_id: int) -> Any:
        drain(self.desk)
        with self.desk.store.reading() as tx:
            return outbound.delivery_of(tx, [entry_id])[entry_id]

    def shown(self, entry_id: int) -> tuple[str, str]:
        row = self.delivery(entry_id)
        told = said.delivery(row, Look("en", "UTC"), self.desk.store.clock.now())
        assert told is not None
        return told.text, told.title

    def kept(self) -> set[str]:
        with self.desk.store.reading() as tx:
            return {p.address for p in conversations.participants(tx, self.id) if p.kept}


def people(domain: str, n: int = 20) -> list[str]:
    return [f"copy{i:02}@{domain}" for i in range(n)]


def test_twenty_copies_arrive_once_each_and_one_that_is_refused_far_away_is_named(
    desk: Desk, clock: SetClock, postfix: Postfix
) -> None:
    number = next(_numbers)
    domain, ours = f"many{number}-copies.example", f"support@desk{number}-copies.example"
    customer, gone = f"marta@{domain}", f"gone@away{number}-copies.example"
    others = [*people(domain, 19), gone]

    def take(raw: bytes, envelope: dict[str, Any]) -> None:
        inbound.take_raw(desk, raw, channel="email", door="smtp", inbox_id=talk.inbox_id, envelope=envelope)

    talk = Talk(desk, clock, postfix.port, customer, others, ours)
    with Receiver(take, lambda _: False) as refusing, Receiver(take, lambda a: a.startswith("support")) as receiving:
        postfix.route(gone.rpartition("@")[2], refusing.port)
        postfix.route(ours.rpartition("@")[2], receiving.port)
        entry_id = talk.answer()
        assert talk.delivery(entry_id).state == "sent"
        row = wait_for(lambda: r if missed((r := talk.delivery(entry_id)).detail) else None, "the report of it", 60)
    ids = set()
    for one in [customer, *others[:-1]]:
        (mail,) = postfix.dovecot.wait(one)
        ids.add(mail["Message-ID"])
        assert [a.addr_spec for a in mail["To"].addresses] == [customer]
        assert [a.addr_spec for a in mail["Cc"].addresses] == others
        assert mail["Bcc"] is None
    assert len(ids) == 1
    assert row.state == "sent", "nineteen and the customer have it"
    text, title = talk.shown(entry_id)
    assert text == "Sent, without 1 copy"
    assert gone in title
    assert "550" in title or "5.1" in title
    assert talk.kept() == set(others) - {gone}
    second = talk.answer()
    assert talk.delivery(second).state == "sent"
    for one in [customer, *others[:-1]]:
        assert len(postfix.dovecot.wait(one, 2)) == 2
    assert "On its way." in str(postfix.dovecot.mails(others[0])[1].get_body(("plain",)))


@pytest.fixture
def taken() -> Iterator[tuple[int, list[tuple[bytes, dict[str, Any]]], set[str]]]:
    """A mail server that refuses those in the set with 550, and what it took."""
    mails: list[tuple[bytes, dict[str, Any]]] = []
    nobody: set[str] = set()
    with Receiver(lambda raw, envelope: mails.append((raw, envelope)), lambda one: one not in nobody) as receiver:
        yield receiver.port, mails, nobody


def test_a_copy_that_our_own_server_refuses_keeps_nobody_from_the_answer(
    desk: Desk, clock: SetClock, taken: Any
) -> None:
    port, mails, nobody = taken
    others = people("other.example")
    nobody.add(others[7])
    talk = Talk(desk, clock, port, "marta@lindqvist.example", others, "support@kiln.example")
    entry_id = talk.answer()
    assert talk.delivery(entry_id).state == "sent"
    ((raw, envelope),) = mails
    assert set(envelope["rcpt_to"]) == {"marta@lindqvist.example", *others} - {others[7]}
    assert len(envelope["rcpt_to"]) == 20
    text, title = talk.shown(entry_id)
    assert text == "Sent, without 1 copy"
    assert title.startswith(f"No copy to {others[7]}: 550")
    assert talk.kept() == set(others) - {others[7]}
    assert parse(raw).message_id
    talk.answer()
    drain(desk)
    assert len(mails) == 2
    assert set(mails[1][1]["rcpt_to"]) == {"marta@lindqvist.example", *others} - {others[7]}


def test_where_the_customer_is_refused_nobody_gets_it(desk: Desk, clock: SetClock, taken: Any) -> None:
    """A colleague corrects the address first; else the copies would have an answer that its customer never saw."""
    port, mails, nobody = taken
    nobody.add("marta@lindqvist.example")
    talk = Talk(desk, clock, port, "marta@lindqvist.example", people("other.example"), "support@kiln.example")
    entry_id = talk.answer()
    assert talk.delivery(entry_id).state == "failed"
    assert mails == []
    assert talk.shown(entry_id)[0] == "Not delivered"
