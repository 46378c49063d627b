"""Beginning a conversation from the desk: whom it reaches by which way, what it promises, and the answer to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound, people, sla, starting, timeline, visitors
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import NotVisible
from desk.conversations.tables import Conversation
from desk.facts.tables import Fact
from desk.messages import Address, InboundMessage, OutboundMessage, Sender
from desk.outbound import Refused, uploads
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.outbound.ways import NO_ADDRESS, STOPPED
from desk.parts import Desk
from desk.people.tables import Customer
from desk.reactions import react
from desk.settings.tables import Setting
from desk.sla import Wanted
from desk.sla.tables import Clock
from desk.starting import File, Wish
from tests.factories import (
    identity_of,
    make_brand,
    make_conversation,
    make_customer,
    make_identity,
    make_inbox,
    make_staff,
    make_team,
    sends_at_once,
)
from tests.inbound.messages import message

PHONE, NUMBER = "+46705550132", "+46705550100"


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    desk.store.react_with(react)
    with desk.store.transaction() as tx:
        sends_at_once(tx)
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


@pytest.fixture
def inboxes(desk: Desk) -> dict[str, int]:
    with desk.store.transaction() as tx:
        brand = make_brand(tx).id
        return {
            "email": make_inbox(tx, brand_id=brand, config={"transport": "outbox"}).id,
            "sms": make_inbox(tx, brand_id=brand, channel="sms", address=NUMBER, config={"transport": "outbox"}).id,
            "chat": make_inbox(tx, brand_id=brand, channel="chat", address="shop.example").id,
        }


def known(desk: Desk) -> int:
    """Marta, with whom everybody here has spoken, by mail and a number."""
    with desk.store.transaction() as tx:
        marta = make_customer(tx, "marta@lindqvist.example", name="Marta Lindqvist")
        make_identity(tx, marta, PHONE, kind="phone", evidence="verified")
        make_conversation(tx, marta, status="resolved")
        return marta.id


def begun(desk: Desk, viewer: Viewer, wish: Wish, **more: Any) -> timeline.EntryView:
    return desk.store.attempt(lambda tx: starting.begin(tx, desk.files, viewer, wish, **more))


def mail_to(desk: Desk, inbox_id: int, customer_id: int, **more: Any) -> Wish:
    with desk.store.reading() as tx:
        one = identity_of(tx, customer_id)
    wish = Wish(inbox_id, "The glaze you asked about is back.", "Your celadon bowl", one.id)
    return replace(wish, **more)


def sent(desk: Desk) -> OutboundMessage:
    with desk.store.reading() as tx:
        return unpacked(tx.scalars(select(Delivery).order_by(Delivery.id.desc())).first().message)


def row(desk: Desk, entry: timeline.EntryView) -> Conversation:
    with desk.store.reading() as tx:
        return conversations.get(tx, entry.conversation_id or 0, None)


def test_the_first_line_is_the_agents_and_the_mail_begins_a_thread(
    desk: Desk, jonas: Viewer, inboxes: dict[str, int]
) -> None:
    entry = begun(desk, jonas, mail_to(desk, inboxes["email"], known(desk), then="pending"))
    found, mail = row(desk, entry), sent(desk)
    assert (entry.kind, entry.text) == ("reply", "The glaze you asked about is back.")
    assert (found.subject, found.status, found.assignee_id) == ("Your celadon bowl", "pending", jonas.id)
    assert (found.waiting_since, found.last_author) == (None, "staff")
    assert (mail.subject, mail.in_reply_to, mail.references) == ("Your celadon bowl", "", ())
    assert mail.to[0].value == "marta@lindqvist.example"
    assert "wrote:" not in mail.text


def test_their_answer_comes_into_it_and_only_then_an_answer_is_owed(
    desk: Desk, jonas: Viewer, inboxes: dict[str, int], clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        wanted = Wanted(name="An hour", first_minutes=60, next_minutes=60, resolution_minutes=600, hours="always")
        sla.save(tx, None, wanted)
    entry = begun(desk, jonas, mail_to(desk, inboxes["email"], known(desk)))
    with desk.store.reading() as tx:
        assert tx.scalars(select(Clock)).all() == []
    clock.advance(timedelta(days=3))
    answer = message(inboxes["email"], clock.now(), "Wonderful, how much?", reply_refs=(sent(desk).message_id,))
    outcome = inbound.receive(desk, answer)
    assert outcome.conversation_id == entry.conversation_id
    assert row(desk, entry).waiting_since == clock.now()
    with desk.store.reading() as tx:
        running = {c.kind: c.due_at for c in tx.scalars(select(Clock))}
    assert running == {"first": clock.now() + timedelta(hours=1), "resolution": clock.now() + timedelta(hours=10)}
    clock.advance(timedelta(minutes=5))
    with desk.store.transaction() as tx:
        outbound.reply(tx, entry.conversation_id or 0, jonas, "Forty euros.")
    with desk.store.reading() as tx:
        episode = conversations.current_episode(tx, conversations.get(tx, entry.conversation_id or 0, None))
        minutes = [f.number for f in tx.scalars(select(Fact).where(Fact.name == "first_response_minutes"))]
        assert {c.kind: c.outcome for c in tx.scalars(select(Clock))} == {"first": "met", "resolution": ""}
    assert (episode.first_reply_at, minutes) == (clock.now(), [5.0])
    assert sent(desk).subject == "Re: Your celadon bowl"


def test_an_address_that_nobody_knows_becomes_a_claim_which_its_answer_proves(
    desk: Desk, jonas: Viewer, inboxes: dict[str, int], clock: SetClock
) -> None:
    wish = Wish(inboxes["email"], "We met at the fair.", "The fair", address=" Petra@Hof.example ", name="Petra Hof")
    entry = begun(desk, jonas, wish)
    with desk.store.reading() as tx:
        one = identity_of(tx, entry.customer_id)
        assert (one.value, one.evidence, one.because) == ("petra@hof.example", "claimed", starting.BECAUSE)
        assert people.customer(tx, entry.customer_id).name == "Petra Hof"
    assert (sent(desk).subject, sent(desk).to[0].value) == ("The fair", "petra@hof.example")
    again = begun(desk, jonas, replace(wish, text="Did you see it?", address="petra@hof.example"))
    assert again.customer_id == entry.customer_id  # we have written there before: no second person
    with desk.store.transaction() as tx:  # a second word before any answer goes on in the same thread
        outbound.reply(tx, entry.conversation_id or 0, jonas, "One more thing.")
    assert (sent(desk).subject, len(sent(desk).references)) == ("Re: The fair", 1)
    clock.advance(timedelta(hours=1))
    with desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, inboxes["email"], entry.conversation_id or 0)
    answer = message(inboxes["email"], clock.now(), "We did!", sender="petra@hof.example", reply_token=token)
    assert inbound.receive(desk, answer).conversation_id == entry.conversation_id
    with desk.store.reading() as tx:
        assert identity_of(tx, entry.customer_id).evidence == "verified"


def test_nobody_learns_by_typing_an_address_whose_it_is(desk: Desk, inboxes: dict[str, int], jonas: Viewer) -> None:
    with desk.store.transaction() as tx:
        team = make_team(tx)
        secret = make_customer(tx, "ceo@rival.example")
        make_conversation(tx, secret, team_id=team.id)
        boss = agents.viewer(tx, make_staff(tx, "supervisor").id)
    assert boss is not None
    wish = Wish(inboxes["email"], "Hello.", "Hello", address="ceo@rival.example")
    assert begun(desk, jonas, wish).customer_id != secret.id
    with desk.store.reading() as tx:
        one = identity_of(tx, secret.id)
    with pytest.raises(NotVisible):
        begun(desk, jonas, Wish(inboxes["email"], "Hello.", "Hello", one.id))
    with desk.store.reading() as tx, pytest.raises(NotVisible):
        starting.offers(tx, jonas, secret.id)
    assert begun(desk, boss, wish).customer_id == secret.id


def test_each_way_says_why_it_is_closed(desk: Desk, jonas: Viewer, inboxes: dict[str, int]) -> None:
    marta = known(desk)
    with desk.store.transaction() as tx:
        mail, phone = people.identities(tx, marta)
        mail.details = {"bounced": "no such mailbox"}
        people.stop(tx, phone, tx.now())
        nobody = make_customer(tx)
        make_conversation(tx, nobody)
    with desk.store.reading() as tx:
        offers = {o.inbox.channel: o for o in starting.offers(tx, jonas, marta)}
        bare = {o.inbox.channel: o.why_not for o in starting.offers(tx, jonas, nobody.id)}
    assert {name: o.why_not for name, o in offers.items()} == {"email": "", "sms": STOPPED, "chat": NO_ADDRESS}
    assert offers["email"].bounced == "no such mailbox"
    assert bare == {"email": "", "sms": NO_ADDRESS, "chat": NO_ADDRESS}
    with pytest.raises(Refused, match="came back"):
        begun(desk, jonas, mail_to(desk, inboxes["email"], marta))
    begun(desk, jonas, mail_to(desk, inboxes["email"], marta, anyway=True))
    with pytest.raises(Refused, match="STOP"):
        begun(desk, jonas, Wish(inboxes["sms"], "Hello", identity_id=phone.id))
    with pytest.raises(Refused, match="cannot be written to"):
        begun(desk, jonas, Wish(inboxes["sms"], "Hello", identity_id=mail.id))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"subject": " "}, "needs a subject"),
        ({"identity_id": None}, "to whom"),
        ({"identity_id": None, "address": "nobody at all"}, "not a mail address"),
        ({"identity_id": None, "address": "support@kiln.example"}, "address of this desk"),
        ({"text": "  "}, "nothing to send"),
    ],
)
def test_what_cannot_go_leaves_nothing_behind(
    desk: Desk, jonas: Viewer, inboxes: dict[str, int], fields: dict[str, Any], why: str
) -> None:
    wish = mail_to(desk, inboxes["email"], known(desk), **fields)
    with desk.store.reading() as tx:
        before = [len(tx.scalars(select(table)).all()) for table in (Conversation, Customer, Delivery)]
    with pytest.raises(Refused, match=why):
        begun(desk, jonas, wish)
    with desk.store.reading() as tx:
        assert [len(tx.scalars(select(table)).all()) for table in (Conversation, Customer, Delivery)] == before


def test_the_same_request_begins_one(desk: Desk, jonas: Viewer, inboxes: dict[str, int]) -> None:
    wish = mail_to(desk, inboxes["email"], known(desk))
    first = begun(desk, jonas, wish, request_id="r1")
    assert begun(desk, jonas, wish, request_id="r1").id == first.id
    assert begun(desk, jonas, wish, request_id="r2").id != first.id


def test_an_inbox_of_another_team_is_none_to_write_from(desk: Desk, jonas: Viewer, inboxes: dict[str, int]) -> None:
    marta = known(desk)
    with desk.store.transaction() as tx:
        other = make_inbox(tx, team_id=make_team(tx).id).id
        off = make_inbox(tx, active=False).id
    for inbox_id in (other, off):
        with pytest.raises(NotVisible):
            begun(desk, jonas, mail_to(desk, inbox_id, marta))


def test_files_go_along_and_come_back_with_the_words(desk: Desk, jonas: Viewer, inboxes: dict[str, int]) -> None:
    marta = known(desk)
    with desk.store.transaction() as tx:
        tx.get_one(Setting, "mail.undo_seconds").value = [10]
    sheet = File("prices.pdf", "application/pdf", desk.files.put(b"%PDF-1.4 x"), 10)
    entry = begun(desk, jonas, mail_to(desk, inboxes["email"], marta, files=[sheet]))
    assert [file.filename for file in sent(desk).attachments] == ["prices.pdf"]
    assert timeline.waits(entry)
    with desk.store.transaction() as tx:
        back = outbound.take_back(tx, entry.id, jonas)
    assert (back.text, back.conversation_id) == (entry.text, entry.conversation_id)
    with desk.store.transaction() as tx:  # sent again from there, it still is the first mail
        kept = [u.id for u in uploads.waiting(tx, jonas, back.conversation_id)]
        outbound.reply(tx, back.conversation_id, jonas, back.text, files=kept)
    assert (sent(desk).subject, sent(desk).references) == ("Your celadon bowl", ())
    assert [file.filename for file in sent(desk).attachments] == ["prices.pdf"]


def test_a_text_is_answered_into_the_conversation_it_began(
    desk: Desk, jonas: Viewer, inboxes: dict[str, int], clock: SetClock
) -> None:
    known(desk)
    with desk.store.reading() as tx:
        phone = people.speaks_for(tx, "phone", PHONE)
    assert phone is not None
    entry = begun(desk, jonas, Wish(inboxes["sms"], "Your kiln slot is at nine.", identity_id=phone.id))
    assert (sent(desk).channel, sent(desk).text) == ("sms", "Your kiln slot is at nine.")
    assert row(desk, entry).subject == "Your kiln slot is at nine."
    clock.advance(timedelta(minutes=9))
    sender = Sender(Address("phone", PHONE), "verified", "a text came from this number")
    came = InboundMessage("sms", inboxes["sms"], "t1", sender, clock.now(), "Thanks!")
    assert inbound.receive(desk, came).conversation_id == entry.conversation_id


def test_a_chat_begins_where_the_visitor_was_seen(desk: Desk, jonas: Viewer, inboxes: dict[str, int]) -> None:
    with desk.store.transaction() as tx:
        noor = make_customer(tx, name="Noor")
        one = make_identity(tx, noor, "visitor-1", kind="visitor", evidence="verified")
        gone = make_identity(tx, noor, "visitor-2", kind="visitor", evidence="verified")
        make_conversation(tx, noor, status="resolved")
        visitors.keep(tx, "visitor-1", inboxes["chat"], identity_id=one.id)
    entry = begun(desk, jonas, Wish(inboxes["chat"], "Your bowl is ready.", identity_id=one.id))
    with desk.store.reading() as tx:
        [thread] = visitors.threads(tx, "visitor:visitor-1", inboxes["chat"])
        assert thread.conversation_id == entry.conversation_id
        assert [e.text for e in visitors.newest(tx, thread.conversation_id)[0] if e.kind == "reply"] == [entry.text]
    with pytest.raises(Refused, match="no chat open"):
        begun(desk, jonas, Wish(inboxes["chat"], "Hello", identity_id=gone.id))
