"""To whom an answer goes beside the customer, and addresses that mail came back from."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, people, settings
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient, known
from desk.channels.email.addresses import subject_token_from
from desk.clock import SetClock
from desk.messages import Address
from desk.outbound import Refused
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.parts import Desk
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message

MARTA, BOSS = "marta@lindqvist.example", "boss@lindqvist.example"


class Talk:
    """A mail of Marta's with her boss in Cc, and a colleague who answers."""

    def __init__(self, desk: Desk, clock: SetClock, who: Viewer, inbox_id: int) -> None:
        self.desk, self.clock, self.who, self.inbox_id = desk, clock, who, inbox_id
        first = self.walk("Where is my kettle?", participants=(Address("email", BOSS, "The Boss"),))
        assert first.conversation_id is not None
        self.id = first.conversation_id

    def walk(self, text: str, **more: Any) -> inbound.Outcome:
        self.clock.advance(timedelta(minutes=5))
        return inbound.receive(self.desk, message(self.inbox_id, self.clock.now(), text, **more))

    def reply(self, **more: Any) -> Delivery:
        self.clock.advance(timedelta(minutes=5))
        with self.desk.store.transaction() as tx:
            entry = outbound.reply(tx, self.id, self.who, "I will look.", **more)
        with self.desk.store.reading() as tx:
            found = tx.scalar(select(Delivery).where(Delivery.entry_id == entry.id))
        assert found is not None
        return found

    def kept(self) -> dict[str, bool]:
        with self.desk.store.reading() as tx:
            return {p.address: p.kept for p in conversations.participants(tx, self.id)}

    def bounce(self, delivery: Delivery, *recipients: BouncedRecipient) -> None:
        with self.desk.store.transaction() as tx:
            assert outbound.bounced(tx, delivery.message_id, recipients, "550 no such user") is not None


@pytest.fixture
def talk(desk: Desk, clock: SetClock) -> Talk:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
        who = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert who is not None
    return Talk(desk, clock, who, inbox_id)


def test_who_was_copied_gets_the_answer_and_the_mail_says_so(talk: Talk) -> None:
    sent = unpacked(talk.reply().message)
    assert ([a.value for a in sent.to], [(a.value, a.name) for a in sent.cc]) == ([MARTA], [(BOSS, "The Boss")])
    mail = message_from_bytes(known()["email"].compose(sent), policy=policy.default)
    assert (mail["To"].addresses[0].addr_spec, mail["Cc"].addresses[0].addr_spec) == (MARTA, BOSS)
    assert mail["Bcc"] is None


def test_a_copy_can_be_left_out_and_stays_out(talk: Talk) -> None:
    assert talk.reply(copies=[]).message["cc"] == []
    assert talk.reply().message["cc"] == []
    assert talk.kept() == {BOSS: False}
    talk.walk("And?", reply_refs=(talk.reply().message_id,), participants=(Address("email", BOSS),))
    assert talk.kept() == {BOSS: True}  # the customer wants them to know


def test_a_copy_can_be_added_by_address(talk: Talk) -> None:
    sent = talk.reply(copies=[BOSS, " Zoe@Other.example ", MARTA, ""])
    assert [a["value"] for a in sent.message["cc"]] == [BOSS, "zoe@other.example"]
    assert talk.kept() == {BOSS: True, "zoe@other.example": True}


@pytest.mark.parametrize("wrong", ["no address", "x@", "support@kiln.example", "support+r-1-abc@kiln.example"])
def test_what_is_no_address_of_somebody_else_is_refused(talk: Talk, wrong: str) -> None:
    with pytest.raises(Refused, match="One of the copies"):
        talk.reply(copies=[wrong])
    assert talk.kept() == {BOSS: True}


def test_too_many_copies_are_refused(talk: Talk) -> None:
    with pytest.raises(Refused, match="20 copies"):
        talk.reply(copies=[f"p{n}@other.example" for n in range(21)])


def test_a_machine_writes_to_the_customer_alone(talk: Talk) -> None:
    with talk.desk.store.transaction() as tx:
        sent = outbound.bot_said(tx, conversations.get(tx, talk.id, None), 1, "Hello")
        assert sent is not None and not sent.message["cc"]


def test_a_hard_bounce_marks_the_address_until_mail_comes_from_it(talk: Talk) -> None:
    delivery = talk.reply()
    talk.bounce(delivery, BouncedRecipient(MARTA, "5.1.1", "hard", "no such user"))
    with talk.desk.store.reading() as tx:
        (way,) = outbound.ways(tx, talk.id)
        assert "no such user" in way.bounced and way.usable
        assert tx.get_one(Delivery, delivery.id).state == "failed"
    with pytest.raises(Refused, match="came back"):
        talk.reply()
    with talk.desk.store.transaction() as tx:  # and no machine tries
        assert outbound.bot_said(tx, conversations.get(tx, talk.id, None), 1, "Hello") is None
    assert talk.reply(anyway=True).state == "queued"
    talk.walk("I am back", reply_refs=(delivery.message_id,))
    assert talk.reply().state == "queued"


@pytest.mark.parametrize(("status", "kind"), [("5.2.2", "hard"), ("5.7.1", "hard"), ("4.4.1", "soft")])
def test_a_full_box_or_a_policy_is_no_dead_address(talk: Talk, status: str, kind: Any) -> None:
    talk.bounce(talk.reply(), BouncedRecipient(MARTA, status, kind, "not now"))
    assert talk.reply().state == "queued"


def test_a_copy_that_comes_back_is_dropped_and_says_nothing_of_the_customer(talk: Talk) -> None:
    talk.bounce(talk.reply(), BouncedRecipient(BOSS, "5.1.1", "hard", "no such user"))
    assert talk.kept() == {BOSS: False}
    assert talk.reply().state == "queued"


def test_an_answer_that_its_customer_has_did_not_fail_by_a_copy(talk: Talk) -> None:
    sent = talk.reply()
    with talk.desk.store.transaction() as tx:
        tx.get_one(Delivery, sent.id).state = "sent"
    talk.bounce(sent, BouncedRecipient(BOSS, "5.1.1", "hard", "no such user"))
    with talk.desk.store.reading() as tx:
        row = tx.get_one(Delivery, sent.id)
        assert (row.state, row.detail) == ("sent", f"no copy to {BOSS}: 5.1.1 no such user")
        entry_id = row.entry_id
    with talk.desk.store.transaction() as tx, pytest.raises(Refused, match="not known to have failed"):
        outbound.send_again(tx, entry_id or 0, talk.who)  # else the customer would have it twice
    talk.bounce(sent, BouncedRecipient(MARTA, "5.1.1", "hard", "no such user"))
    with talk.desk.store.reading() as tx:
        assert tx.get_one(Delivery, sent.id).state == "failed"


def test_a_report_of_a_mail_server_finds_its_answer(talk: Talk) -> None:
    """RFC 3464, as Postfix writes it, from the raw bytes to the mark on the address."""
    delivery = talk.reply()
    report = f"""From: MAILER-DAEMON@mx.example
To: support@kiln.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is the mail system. I could not deliver your message.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {MARTA}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

--b
Content-Type: text/rfc822-headers

Message-ID: <{delivery.message_id}>

--b--
"""
    arrival = inbound.take_raw(
        talk.desk,
        report.encode(),
        channel="email",
        door="smtp",
        inbox_id=talk.inbox_id,
        envelope={"mail_from": "", "rcpt_to": ["support@kiln.example"]},
    )
    assert arrival is not None
    outcome = inbound.take(talk.desk, arrival, known())
    assert (outcome.state, outcome.entry_id) == ("bounce", delivery.entry_id)
    with talk.desk.store.reading() as tx:
        row = tx.get_one(Delivery, delivery.id)
        assert (row.state, "no such user here" in row.detail) == ("failed", True)
        owner = people.speaks_for(tx, "email", MARTA)
        assert owner is not None and "no such user here" in people.bounced(owner)


def test_the_subject_carries_a_token_where_the_desk_is_set_so(talk: Talk) -> None:
    assert talk.reply().message["subject"] == "Re: Kettle"
    with talk.desk.store.transaction() as tx:
        settings.set(tx, "mail.subject_token", True, None)
    token = conversations.subject_token(talk.desk.store.keys, talk.inbox_id, talk.id)
    assert talk.reply().message["subject"] == f"Re: Kettle [#{token}]"
    assert subject_token_from(f"AW: Re: Kettle [#{token.upper()}]") == token
