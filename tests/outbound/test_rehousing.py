"""A conversation moved to another inbox: answers leave from there, every reply finds it, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk import conversations, inbound, outbound, people, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import NotPossible, NotVisible
from desk.messages import Address, Sender
from desk.parts import Desk
from desk.store import Tx
from desk.surveys.sending import wrote_to
from tests.factories import make_brand, make_inbox, make_team, sends_at_once
from tests.inbound.messages import message
from tests.merging.lives import viewer_of


class Houses:
    """A desk with support@ and billing@, where Marta wrote to support@."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            sends_at_once(tx)
            self.team = make_team(tx)
            self.support = make_inbox(tx, name="Support", config={"transport": "outbox"})
            self.billing = make_inbox(
                tx, name="Billing", address="billing@kiln.example", team_id=self.team.id, config={"transport": "outbox"}
            )
            self.ada, self.lead = viewer_of(tx), viewer_of(tx, "supervisor")
        self.id = self.write("My invoice is wrong") or 0

    def write(self, text: str, inbox_id: int | None = None, **more: Any) -> int | None:
        self.clock.advance(timedelta(minutes=5))
        return inbound.receive(
            self.desk, message(inbox_id or self.support.id, self.clock.now(), text, **more)
        ).conversation_id

    def answer(self, viewer: Viewer | None = None, **more: Any) -> outbound.Delivery:
        self.clock.advance(timedelta(minutes=5))
        with self.desk.store.transaction() as tx:
            entry = outbound.reply(tx, self.id, viewer or self.lead, "We look at it.", **more)
            return tx.get_one(outbound.Delivery, outbound.delivery_of(tx, [entry.id])[entry.id].id)

    def token(self, inbox_id: int) -> str:
        return conversations.reply_token(self.desk.store.keys, inbox_id, self.id)

    def move(self, to: int, viewer: Viewer | None = None) -> None:
        with self.desk.store.transaction() as tx:
            outbound.move_to(tx, self.id, viewer or self.lead, to)

    def row(self) -> conversations.Conversation:
        with self.desk.store.reading() as tx:
            return conversations.get(tx, self.id, None)


@pytest.fixture
def houses(desk: Desk, clock: SetClock) -> Houses:
    return Houses(desk, clock)


def test_answers_leave_from_the_new_inbox_and_replies_to_both_addresses_find_it(houses: Houses) -> None:
    before = houses.answer()
    assert before.inbox_id == houses.support.id and before.message["sender_address"] == houses.support.address
    houses.move(houses.billing.id)
    row = houses.row()
    assert (row.inbox_id, row.team_id) == (houses.billing.id, houses.team.id)
    after = houses.answer()
    assert after.inbox_id == houses.billing.id and after.message["sender_address"] == "billing@kiln.example"
    assert after.message["reply_to"].startswith("billing+r-")
    old, new = houses.support.id, houses.billing.id
    assert houses.write("Here it is", new, reply_token=houses.token(new)) == houses.id
    assert houses.write("To the old address", old, reply_token=houses.token(old)) == houses.id
    assert houses.write("By thread", old, reply_refs=(before.message_id,)) == houses.id
    assert houses.answer().inbox_id == new, "wherever the customer writes, it was moved"
    with houses.desk.store.reading() as tx:
        assert wrote_to(tx, conversations.get(tx, houses.id, None)) == new
        (said,) = timeline.of_conversation(tx, houses.id, kinds=("inbox",))
    assert (said.staff_id, said.detail["from"], said.detail["to"]) == (houses.lead.id, "Support", "Billing")
    houses.move(houses.support.id)
    assert houses.answer().inbox_id == old, "moving back is a move like any other"


def test_an_answer_that_is_posted_again_after_a_move_is_sent_once(houses: Houses) -> None:
    first = houses.answer(request_id="once")
    houses.move(houses.billing.id)
    assert houses.answer(request_id="once").id == first.id


def test_whoever_moved_it_away_from_themselves_can_take_that_back_for_a_while(houses: Houses) -> None:
    houses.move(houses.billing.id, houses.ada)
    with houses.desk.store.transaction() as tx, pytest.raises(NotVisible):
        conversations.get(tx, houses.id, houses.ada)
    other = _viewer(houses)
    with houses.desk.store.transaction() as tx, pytest.raises(NotVisible):
        conversations.move_back(tx, houses.id, other)
    with houses.desk.store.transaction() as tx:
        conversations.move_back(tx, houses.id, houses.ada)
    row = houses.row()
    assert (row.inbox_id, row.team_id, row.moved_at) == (houses.support.id, None, None)
    with houses.desk.store.transaction() as tx, pytest.raises(NotPossible):
        conversations.move_back(tx, houses.id, houses.ada)  # twice is not twice as far
    houses.move(houses.billing.id, houses.ada)
    houses.clock.advance(timedelta(minutes=11))
    with houses.desk.store.transaction() as tx, pytest.raises(NotVisible):
        conversations.move_back(tx, houses.id, houses.ada)


def _viewer(houses: Houses) -> Viewer:
    with houses.desk.store.transaction() as tx:
        return viewer_of(tx)


def offered(tx: Tx, houses: Houses) -> list[str]:
    return [inbox.name for inbox, _to in outbound.homes(tx, conversations.get(tx, houses.id, None))]


def test_only_inboxes_that_the_customer_can_be_written_to_from_are_offered(houses: Houses) -> None:
    with houses.desk.store.transaction() as tx:
        make_inbox(tx, name="Off", active=False)
        make_inbox(tx, name="Other brand", brand_id=make_brand(tx).id)
        text = make_inbox(tx, name="Texts", channel="sms", address="+4915112345678")
        make_inbox(tx, name="Site", channel="chat", address="site")
        assert offered(tx, houses) == ["Billing"]
        with pytest.raises(NotPossible):
            outbound.move_to(tx, houses.id, houses.lead, text.id)
        with pytest.raises(NotPossible):
            outbound.move_to(tx, houses.id, houses.lead, houses.support.id)
        row = conversations.get(tx, houses.id, None)
        phone = people.claim(tx, row.customer_id, "phone", "+491511111111", because="typed", at=tx.now())
        assert offered(tx, houses) == ["Billing", "Texts"]
        outbound.move_to(tx, houses.id, houses.lead, text.id)
        assert (row.channel, row.reply_address, row.reply_identity_id) == ("sms", "+491511111111", phone.id)
    sent = houses.answer()
    assert (sent.channel, sent.inbox_id) == ("sms", text.id)
    with houses.desk.store.transaction() as tx:
        conversations.move_back(tx, houses.id, houses.lead)
        row = conversations.get(tx, houses.id, None)
        assert (row.channel, row.reply_address) == ("email", "marta@lindqvist.example")


def test_a_chat_moves_to_mail_and_back_to_the_site_that_they_wrote_on(houses: Houses) -> None:
    with houses.desk.store.transaction() as tx:
        site = make_inbox(tx, name="Site", channel="chat", address="site")
        make_inbox(tx, name="Other site", channel="chat", address="other")
    browser = Sender(Address("visitor", "browser-1", "Marta"), "verified", "a signed token")
    said = replace(message(site.id, houses.clock.now(), "Hello", channel="chat", subject=""), sender=browser)
    outcome = inbound.receive(houses.desk, said)
    assert outcome.conversation_id is not None and outcome.customer_id is not None
    houses.id = outcome.conversation_id
    with houses.desk.store.transaction() as tx:
        people.claim(tx, outcome.customer_id, "email", "marta@home.example", because="typed", at=tx.now())
        assert sorted(offered(tx, houses)) == ["Billing", "Support"]
    houses.move(houses.billing.id)
    with houses.desk.store.reading() as tx:
        assert sorted(offered(tx, houses)) == ["Site", "Support"]
    assert houses.row().reply_address == "marta@home.example"
