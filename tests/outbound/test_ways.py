"""By which channels a customer is reached: which address, from which inbox, why not; and answers that go there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address, InboundMessage, Sender
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.outbound.ways import NO_ADDRESS, NO_INBOX, NOT_HERE, OFF
from desk.parts import Desk
from desk.store import Store
from tests.factories import (
    make_brand,
    make_conversation,
    make_customer,
    make_entry,
    make_identity,
    make_inbox,
    make_staff,
)
from tests.inbound.messages import message

PHONE, NUMBER = "+46705550132", "+46705550100"


@pytest.fixture
def jonas(store: Store) -> Viewer:
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


@pytest.fixture
def inboxes(store: Store) -> dict[str, int]:
    """One inbox a channel, of one brand."""
    with store.transaction() as tx:
        brand = make_brand(tx).id
        return {
            "email": make_inbox(tx, brand_id=brand, config={"transport": "outbox"}).id,
            "sms": make_inbox(tx, brand_id=brand, channel="sms", address=NUMBER, config={"transport": "outbox"}).id,
            "chat": make_inbox(tx, brand_id=brand, channel="chat", address="shop.example").id,
        }


def mailed(desk: Desk, inboxes: dict[str, int], clock: SetClock) -> int:
    outcome = inbound.receive(desk, message(inboxes["email"], clock.now(), "Where is it?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    clock.advance(timedelta(minutes=5))
    return outcome.conversation_id


def texted(desk: Desk, inboxes: dict[str, int], clock: SetClock, body: str, sid: str, phone: str = PHONE) -> int:
    sender = Sender(Address("phone", phone), "verified", "an SMS came from it")
    outcome = inbound.receive(desk, InboundMessage("sms", inboxes["sms"], sid, sender, clock.now(), body))
    assert outcome.conversation_id is not None
    clock.advance(timedelta(minutes=5))
    return outcome.conversation_id


def chatted(desk: Desk, inboxes: dict[str, int], clock: SetClock, body: str, sid: str) -> int:
    sender = Sender(Address("visitor", "v-1"), "verified", "the signed token of this browser")
    outcome = inbound.receive(desk, InboundMessage("chat", inboxes["chat"], sid, sender, clock.now(), body))
    assert outcome.conversation_id is not None
    clock.advance(timedelta(minutes=5))
    return outcome.conversation_id


def customer_of(store: Store, number: int) -> int:
    with store.reading() as tx:
        return conversations.get(tx, number, None).customer_id


def add(store: Store, number: int, kind: str, value: str, **fields: Any) -> int:
    with store.transaction() as tx:
        person = people.customer(tx, conversations.get(tx, number, None).customer_id)
        return make_identity(tx, person, value, kind=kind, **fields).id


def ways(store: Store, number: int) -> dict[str, outbound.Way]:
    with store.reading() as tx:
        return {way.channel: way for way in outbound.ways(tx, number)}


def newest(store: Store) -> Delivery:
    with store.reading() as tx:
        return tx.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()


def test_each_channel_says_whom_it_reaches_or_why_not(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock
) -> None:
    found = ways(store, mailed(desk, inboxes, clock))
    assert list(found) == ["chat", "email", "sms"]
    assert found["email"].usable
    assert (found["email"].address, found["email"].evidence) == ("marta@lindqvist.example", "inferred")
    assert found["email"].inbox_id == inboxes["email"]
    for channel in ("chat", "sms"):
        assert (found[channel].usable, found[channel].why_not) == (False, NO_ADDRESS)


def test_the_best_address_is_the_verified_one(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock
) -> None:
    number = mailed(desk, inboxes, clock)
    add(store, number, "phone", "+46705550001", evidence="claimed")
    assert ways(store, number)["sms"].address == "+46705550001"
    add(store, number, "phone", "+46705550009", evidence="inferred", details={"refused_at": "2026-03-01T00:00:00Z"})
    assert ways(store, number)["sms"].address == "+46705550001"
    seen = add(store, number, "phone", "+46705550002", evidence="inferred")
    assert ways(store, number)["sms"].identity_id == seen
    proved = add(store, number, "phone", "+46705550003", evidence="verified")
    add(store, number, "phone", "+46705550004", evidence="verified")
    way = ways(store, number)["sms"]
    assert (way.identity_id, way.evidence, way.inbox_id) == (proved, "verified", inboxes["sms"])


def test_inside_a_conversation_the_address_that_wrote_last_stays(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = mailed(desk, inboxes, clock)
    add(store, number, "email", "better@lindqvist.example", evidence="verified")
    assert ways(store, number)["email"].address == "marta@lindqvist.example"
    add(store, number, "phone", PHONE, evidence="verified")
    with store.transaction() as tx:
        outbound.reply(tx, number, jonas, "By text.", channel="sms")
    assert texted(desk, inboxes, clock, "Thanks", "SM1") == number  # an answer to that text is of this conversation
    with store.reading() as tx:
        assert conversations.get(tx, number, None).channel == "sms"
    assert ways(store, number)["email"].address == "marta@lindqvist.example"


def test_an_answer_by_another_channel_carries_it_and_nothing_of_a_mail(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = mailed(desk, inboxes, clock)
    phone = add(store, number, "phone", PHONE, evidence="verified")
    with store.transaction() as tx:
        entry = outbound.reply(tx, number, jonas, "By text.", channel="sms")
    assert (entry.channel, entry.identity_id, entry.inbox_id) == ("sms", phone, inboxes["sms"])
    row = newest(store)
    sent = unpacked(row.message)
    assert (row.channel, row.recipient, row.state) == ("sms", PHONE, "queued")
    assert (sent.text, sent.html, sent.subject, sent.references, sent.reply_to) == ("By text.", "", "", (), "")
    assert (sent.sender_address, sent.to[0].kind) == (NUMBER, "phone")
    with store.reading() as tx:
        found = conversations.get(tx, number, None)
    assert (found.channel, found.waiting_since, found.last_author) == ("email", None, "staff")


def test_a_text_is_answered_by_mail_in_a_thread_of_its_own_conversation(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = texted(desk, inboxes, clock, "Where is my kettle?", "SM1")
    add(store, number, "email", "marta@lindqvist.example", evidence="inferred")
    with store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Here is the form.", channel="email")
    sent = unpacked(newest(store).message)
    assert sent.to[0].value == "marta@lindqvist.example"
    assert sent.subject == "Re: Where is my kettle?"
    assert "> Where is my kettle?" in sent.text
    token = sent.reply_to.partition("+r-")[2].partition("@")[0]
    back = replace(message(inboxes["email"], clock.now(), "Filled in."), reply_token=token)
    assert inbound.receive(desk, back).conversation_id == number


def test_an_address_that_was_only_typed_gets_the_answer_and_nothing_from_before(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = texted(desk, inboxes, clock, "My pin is 4711", "SM1")
    add(store, number, "email", "maybe@somebody.example", evidence="claimed")
    with store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Please call us.", channel="email")
    sent = unpacked(newest(store).message)
    assert "Please call us." in sent.text
    assert "4711" not in sent.text + sent.html + sent.subject
    assert sent.subject == "Your message to Kiln & Clay"


def test_a_chat_is_sent_with_the_commit_and_only_where_the_customer_wrote(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = chatted(desk, inboxes, clock, "Hello?", "v-1:c-1")
    with store.transaction() as tx:
        entry = outbound.reply(tx, number, jonas, "Hello!")
    row = newest(store)
    assert (row.channel, row.state, row.entry_id, row.sent_at) == ("chat", "sent", entry.id, clock.now())
    other = mailed(desk, inboxes, clock)
    add(store, other, "visitor", "v-2", evidence="verified")
    way = ways(store, other)["chat"]
    assert (way.usable, way.why_not) == (False, NOT_HERE)
    with store.transaction() as tx, pytest.raises(outbound.Refused, match="screen"):
        outbound.reply(tx, other, jonas, "Hello!", channel="chat")


def test_an_inbox_that_is_off_or_of_another_brand_sends_nothing(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = mailed(desk, inboxes, clock)
    add(store, number, "phone", PHONE, evidence="verified")
    with store.transaction() as tx:
        settings.inbox(tx, inboxes["sms"]).active = False
        make_inbox(tx, brand_id=make_brand(tx).id, channel="sms", address="+46705550199")
    assert "sms" not in ways(store, number)
    with store.transaction() as tx, pytest.raises(outbound.Refused, match="no such channel"):
        outbound.reply(tx, number, jonas, "x", channel="sms")
    with store.transaction() as tx:
        settings.inbox(tx, inboxes["email"]).active = False
    assert ways(store, number)["email"].why_not == OFF
    with store.transaction() as tx, pytest.raises(outbound.Refused, match="switched off"):
        outbound.reply(tx, number, jonas, "x")
    text = texted(desk, inboxes, clock, "Hi", "SM9", "+46705550777")
    assert ways(store, text)["sms"].why_not in (OFF, NO_INBOX)


def test_a_double_click_is_one_answer_even_where_the_channel_was_switched_between(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer
) -> None:
    number = mailed(desk, inboxes, clock)
    add(store, number, "phone", PHONE, evidence="verified")
    with store.transaction() as tx:
        first = outbound.reply(tx, number, jonas, "Once.", channel="sms", request_id="r1")
        again = outbound.reply(tx, number, jonas, "Once.", channel="email", request_id="r1")
    assert first.id == again.id


@pytest.mark.parametrize("text", ["x" * 1601, "", " \n"])
def test_a_text_that_does_not_fit_its_channel_is_refused(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock, jonas: Viewer, text: str
) -> None:
    number = texted(desk, inboxes, clock, "Hi", "SM1")
    with store.transaction() as tx, pytest.raises(outbound.Refused):
        outbound.reply(tx, number, jonas, text)
    with store.reading() as tx:
        assert tx.scalars(select(Delivery)).all() == []


def test_what_the_bot_said_goes_the_way_that_the_customer_came(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock
) -> None:
    for number, channel in (
        (texted(desk, inboxes, clock, "Hi", "SM1"), "sms"),
        (mailed(desk, inboxes, clock), "email"),
    ):
        with store.transaction() as tx:
            found = conversations.get(tx, number, None)
            entry = timeline.record(
                tx, customer_id=found.customer_id, kind="bot", author="bot", occurred_at=clock.now(),
                conversation_id=number, words=timeline.Words("Have you tried the help page?"),
            )  # fmt: skip
            row = outbound.bot_said(tx, found, entry.id, "Have you tried the help page?")
        assert row is not None
        sent = unpacked(row.message)
        assert (row.channel, row.purpose, row.entry_id, sent.automatic) == (channel, "bot", entry.id, True)
        assert sent.text.startswith("Have you tried the help page?")
    with store.transaction() as tx:
        people.stop(tx, people.identities(tx, customer_of(store, 1))[0], clock.now())
        assert outbound.bot_said(tx, conversations.get(tx, 1, None), entry.id, "Hello?") is None


def test_the_desk_s_own_texts_respect_a_stop(
    desk: Desk, store: Store, inboxes: dict[str, int], clock: SetClock
) -> None:
    number = texted(desk, inboxes, clock, "Hi", "SM1")
    with store.transaction() as tx:
        (identity,) = people.identities(tx, customer_of(store, number))
        row = outbound.send_text(tx, identity, "Your code is 123456", channel="sms", inbox_id=inboxes["sms"])
        assert (row.recipient, row.purpose, row.conversation_id) == (PHONE, "notice", None)
        people.stop(tx, identity, clock.now())
        with pytest.raises(outbound.Refused):
            outbound.send_text(tx, identity, "Your code is 123456", channel="sms", inbox_id=inboxes["sms"])


def test_another_team_s_conversation_tells_no_ways(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx, make_customer(tx), make_inbox(tx))
        conversation.team_id = None
        make_entry(tx, conversation)
        with pytest.raises(conversations.NotVisible):
            outbound.ways(tx, conversation.id + 1)
