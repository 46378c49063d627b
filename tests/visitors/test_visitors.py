"""Visitors of the widget below the sockets: what they are told, what goes after them, what proves an address."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, text

from desk import conversations, inbound, outbound, people, reactions, timeline, visitors
from desk.agents import Viewer
from desk.channels.base import InboxRef
from desk.channels.chat import CHANNEL
from desk.clock import SetClock
from desk.conversations.line import answer_minutes, place_in_line
from desk.jobs.tables import Job
from desk.messages import InboundMessage
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.settings.tables import Inbox
from desk.store import Store, Tx
from desk.visitors import views
from desk.visitors.service import SHOWN
from desk.visitors.tables import Thread
from tests import factories
from tests.inbound.messages import message

_number = count(1)


@pytest.fixture(autouse=True)
def reacting(store: Store) -> None:
    store.react_with(reactions.react)


def chat(tx: Tx, **config: Any) -> Inbox:
    return factories.make_inbox(tx, channel="chat", address="shop.kiln.example", config={"bot": False} | config)


def writes(desk: Desk, inbox: Inbox, words: str, visitor: str = "noor", **known: Any) -> inbound.Outcome:
    """A visitor writes as the socket does it: one walk, with their row and their thread in the same transaction."""
    sent = CHANNEL.translate(
        json.dumps({"client_id": f"message-{next(_number)}", "text": words}).encode(),
        InboxRef(inbox.id, inbox.address, inbox.key),
        {"visitor": visitor, **known},
        desk.store.clock.now(),
    )
    assert isinstance(sent, InboundMessage)

    def finish(tx: Tx) -> None:
        entry = timeline.one(tx, timeline.knows(tx, inbox.id, sent.external_id) or 0)
        assert entry is not None and entry.conversation_id is not None
        visitors.keep(tx, visitor, inbox.id, identity_id=entry.identity_id)
        visitors.begin(tx, visitors.owner_of(visitor, ""), inbox.id, entry.conversation_id, entry.occurred_at)

    return inbound.receive(desk, sent, finish=finish)


def agent(tx: Tx, name: str = "Mara Oliveira") -> Viewer:
    staff = factories.make_staff(tx, name=name)
    return Viewer(staff.id, staff.role, frozenset(), staff.name, staff.email, "en", "UTC")


def claims(tx: Tx, conversation_id: int, address: str = "noor@home.example") -> people.Identity:
    found = conversations.get(tx, conversation_id, None)
    mine = people.identity(tx, found.reply_identity_id or 0)
    given = people.claim(tx, found.customer_id, "email", address, because="typed", at=tx.now(), by=mine)
    visitors.known(tx, "noor").email_id = given.id  # type: ignore[union-attr]
    tx.flush()
    return given


def answered(desk: Desk, conversation_id: int, viewer: Viewer, words: str) -> timeline.EntryView:
    with desk.store.transaction() as tx:
        return outbound.reply(tx, conversation_id, viewer, words)


def look(desk: Desk, conversation_id: int) -> Any:
    with desk.store.transaction() as tx:
        return visitors.mail_unseen(tx, conversation_id)


def mails(desk: Desk) -> list[Delivery]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Delivery).where(Delivery.purpose == "copy").order_by(Delivery.id)))


def test_one_mail_for_all_that_was_not_seen(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        factories.make_inbox(tx)
        inbox, mara = chat(tx, mail_minutes=5), agent(tx)
    number = writes(desk, inbox, "Secret words of the chat").conversation_id or 0
    with desk.store.transaction() as tx:
        claims(tx, number)
    answered(desk, number, mara, "First answer.")
    clock.advance(timedelta(minutes=4))
    answered(desk, number, mara, "Second answer.")
    with desk.store.reading() as tx:
        job = tx.scalars(select(Job).where(Job.task == "visitors.mail_unseen")).one()
        assert job.run_at == clock.now() + timedelta(minutes=1)
    clock.advance(timedelta(minutes=1))
    due = look(desk, number)
    assert due == clock.now() + timedelta(minutes=4), "the second answer is a minute old: wait for what follows it"
    assert mails(desk) == []
    clock.set(due)
    assert look(desk, number) is None
    [mail] = mails(desk)
    assert mail.recipient == "noor@home.example"
    words = mail.message["text"]
    assert words.index("First answer.") < words.index("Second answer.")
    assert "Secret words" not in json.dumps(mail.message), "nobody knows yet whose address this is"
    assert look(desk, number) is None
    assert len(mails(desk)) == 1
    with desk.store.reading() as tx:
        face, _found = views.face_for(tx, number)
        told = views.messages(face, visitors.newest(tx, number)[0])
    assert told[-1]["event"] == "by_email"
    assert told[-1]["detail"] == {"name": "Mara", "address": "noor@home.example"}


def test_who_saw_it_or_left_no_address_gets_no_mail(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        factories.make_inbox(tx)
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    answer = answered(desk, number, mara, "Hi.")
    clock.advance(timedelta(hours=1))
    assert look(desk, number) is None
    assert mails(desk) == []
    with desk.store.transaction() as tx:
        claims(tx, number)
        visitors.seen(tx, visitors.thread(tx, "visitor:noor", number), answer.id)
    assert look(desk, number) is None
    assert mails(desk) == []
    answered(desk, number, mara, "Are you there?")
    clock.advance(timedelta(hours=1))
    look(desk, number)
    assert ["Hi." in m.message["text"] for m in mails(desk)] == [False]


def test_answering_that_mail_proves_the_address_and_stays_in_the_conversation(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        mailbox = factories.make_inbox(tx)
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    with desk.store.transaction() as tx:
        given = claims(tx, number)
    answered(desk, number, mara, "Hi.")
    clock.advance(timedelta(hours=1))
    look(desk, number)
    [mail] = mails(desk)
    token = mail.message["reply_to"].partition("+r-")[2].partition("@")[0]
    forwarded = message(mailbox.id, clock.now(), "I was sent this.", sender="eve@else.example", reply_token=token)
    outcome = inbound.receive(desk, forwarded)
    assert outcome.conversation_id == number
    with desk.store.reading() as tx:  # a mail that was passed on proves nothing of who got it first
        assert views.me(tx, visitors.known(tx, "noor"), "")["email"]["state"] != "verified"
    back = message(mailbox.id, clock.now(), "Thank you!", sender="Noor@home.example", reply_token=token)
    outcome = inbound.receive(desk, back)
    assert outcome.conversation_id == number
    with desk.store.reading() as tx:
        me = views.me(tx, visitors.known(tx, "noor"), "")
        assert me["email"] == {"id": str(given.id), "address": "noor@home.example", "state": "verified"}
        told = views.messages(views.face_for(tx, number)[0], visitors.newest(tx, number)[0])
    assert [(m["text"], m["channel"]) for m in told if m["who"] == "me"] == [("Hello", "chat"), ("Thank you!", "email")]


def test_a_claimed_address_leads_nobody_into_a_conversation_without_our_mail(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        mailbox, inbox = factories.make_inbox(tx), chat(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    with desk.store.transaction() as tx:
        claims(tx, number)
    for token in ("", f"{number}-aaaaaaaaaaaaa"):
        sent = message(mailbox.id, clock.now(), "It is me", sender="noor@home.example", reply_token=token or None)
        assert inbound.receive(desk, sent).conversation_id != number


def test_a_chat_goes_on_until_it_is_old_or_asked_to_be_new(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        inbox, mara = chat(tx), agent(tx)
    first = writes(desk, inbox, "One").conversation_id or 0
    assert writes(desk, inbox, "Two").conversation_id == first
    assert writes(desk, inbox, "Of somebody else", visitor="eve").conversation_id != first
    second = writes(desk, inbox, "Another matter", fresh=True).conversation_id or 0
    assert second != first
    with desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, inbox.id, first)
    assert writes(desk, inbox, "About the first", conversation=token).conversation_id == first
    with desk.store.transaction() as tx:
        conversations.resolve(tx, first, mara)
    clock.advance(timedelta(days=3))
    assert writes(desk, inbox, "Not yet over", conversation=token).conversation_id == first
    with desk.store.transaction() as tx:
        assert conversations.get(tx, first, None).status == "open"
        conversations.resolve(tx, first, mara)
    clock.advance(timedelta(days=30))
    late = writes(desk, inbox, "Weeks later", conversation=token).conversation_id or 0
    with desk.store.reading() as tx:
        assert late not in (first, second)
        assert conversations.get(tx, late, None).linked_id == first


def test_whatever_stands_on_a_timeline_only_what_is_meant_for_them_is_told(desk: Desk, clock: SetClock) -> None:
    """Entries of every kind there is, and of kinds that nobody has thought of yet, each with a word that must stay."""
    with desk.store.transaction() as tx:
        inbox = chat(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    kinds = (
        "note", "sentiment", "stage", "label", "priority", "survey_asked", "survey_withheld", "merge", "order", "usage",
        "sla", "whisper", "draft", "NOTE", "message ", "reply_draft",
    )  # fmt: skip
    with desk.store.transaction() as tx:
        found = conversations.get(tx, number, None)
        for kind in kinds:
            factories.make_entry(tx, found, "LEAK", kind, detail={"before": "LEAK", "why": "LEAK"}, staff_id=None)
        factories.make_entry(tx, found, "LEAK", "message", detail={"automatic": "absence"})
        factories.make_entry(tx, found, None, "status", detail={"before": "open", "after": "snoozed", "x": "LEAK"})
        factories.make_entry(tx, found, None, "assigned", detail={"before": 1, "after": None, "x": "LEAK"})
        factories.make_entry(tx, found, None, "handover", detail={"why": "bot", "tried": ["LEAK"], "felt": "LEAK"})
    with desk.store.reading() as tx:
        face, found = views.face_for(tx, number)
        entries = timeline.of_conversation(tx, number, 100)
        assert len(entries) > len(kinds)
        told = views.messages(face, entries)
        row = visitors.threads_of(tx, [number])[number]
        everything = json.dumps([told, views.conversation(face, row, found), views.state(face, found)])
    assert "LEAK" not in everything
    assert {m["who"] for m in told} == {"me", "event"}
    assert set(SHOWN).isdisjoint(kinds)


@pytest.mark.parametrize("machines", [0, 1, 5])
def test_the_list_shows_what_was_said_last(desk: Desk, clock: SetClock, machines: int) -> None:
    """However many lines of machines and notes, and answers that can still be taken back, stand below it."""
    with desk.store.transaction() as tx:
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Where is\n my lid?").conversation_id or 0

    def told() -> Any:
        with desk.store.transaction() as tx:
            found = conversations.get(tx, number, None)
            for _ in range(machines):
                clock.advance(timedelta(seconds=1))
                factories.make_entry(tx, found, "Out of office", "reply", detail={"automatic": True})
                factories.make_entry(tx, found, "She is right", "note")
                factories.make_entry(tx, found, "Wait", "reply", detail={"went": None})
            row = visitors.threads_of(tx, [number])[number]
            return views.conversation(views.Face.of(tx, inbox, "en"), row)["preview"]

    assert told() == {"who": "me", "name": "", "text": "Where is my lid?"}
    clock.advance(timedelta(minutes=1))
    answered(desk, number, mara, "It went today.")
    assert told() == {"who": "agent", "name": "Mara Oliveira", "text": "It went today."}


def test_nobody_has_seen_what_is_not_written_yet(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    with desk.store.transaction() as tx:
        row = visitors.thread(tx, "visitor:noor", number)
        visitors.seen(tx, row, 2**62)
        assert row.seen_id < 2**62
    answered(desk, number, mara, "Hi.")
    with desk.store.reading() as tx:
        assert visitors.unread(tx, visitors.thread(tx, "visitor:noor", number)) == 1


def test_who_answers_first_has_come_before_they_spoke(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    clock.advance(timedelta(seconds=5))
    answered(desk, number, mara, "Hi.")
    with desk.store.reading() as tx:
        told = views.messages(views.face_for(tx, number)[0], visitors.newest(tx, number)[0])
    assert [m.get("event", m["who"]) for m in told] == ["me", "joined", "agent"]
    assert sorted(told, key=lambda m: datetime.fromisoformat(m["at"])) == told


def test_how_far_an_answer_came_only_ever_grows(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox, mara = chat(tx), agent(tx)
    number = writes(desk, inbox, "Hello").conversation_id or 0
    answer = answered(desk, number, mara, "Hi.")

    def state() -> str:
        with desk.store.reading() as tx:
            return str(outbound.delivery_of(tx, [answer.id])[answer.id].state)

    assert state() == "sent"
    for step, expected in (("got", "delivered"), ("seen", "seen"), ("got", "seen")):
        with desk.store.transaction() as tx:
            getattr(visitors, step)(tx, visitors.thread(tx, "visitor:noor", number), answer.id)
        assert state() == expected


def test_the_place_in_line_counts_who_comes_before_and_reads_little(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        inbox = chat(tx)
        for n in range(5):
            factories.make_conversation(tx, inbox=inbox, waiting_since=clock.now(), urgency=float(10 - n))
        snoozed = factories.make_conversation(tx, inbox=inbox, status="snoozed", urgency=99.0)
        last = factories.make_conversation(tx, inbox=inbox, urgency=1.0)
        assert place_in_line(tx, last) == 6
        assert place_in_line(tx, snoozed) is None
        for _ in range(120):
            factories.make_conversation(tx, inbox=inbox, urgency=50.0)
        assert place_in_line(tx, last) == 100
        if tx.dialect_name == "sqlite":
            plan = " ".join(
                str(r[3])
                for r in tx.execute(
                    text(
                        "EXPLAIN QUERY PLAN SELECT id FROM conversations WHERE status = 'open' AND team_id IS NULL "
                        "AND waiting_since IS NOT NULL AND urgency > 1 LIMIT 99"
                    )
                )
            )
            assert "ix_conversations_queue (status=? AND team_id=? AND urgency>?)" in plan


def test_minutes_come_from_the_inboxes_own_answers_once_there_are_enough(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        inbox, other = chat(tx), factories.make_inbox(tx)
        for minutes in (2, 3, 4, 5):
            found = factories.make_conversation(tx, inbox=inbox)
            conversations.current_episode(tx, found).first_reply_at = clock.now() + timedelta(minutes=minutes)
        tx.flush()
        assert answer_minutes(tx, inbox.id) is None
        found = factories.make_conversation(tx, inbox=inbox)
        conversations.current_episode(tx, found).first_reply_at = clock.now() + timedelta(days=2)
        slow = factories.make_conversation(tx, inbox=other)
        conversations.current_episode(tx, slow).first_reply_at = clock.now() + timedelta(days=9)
        tx.flush()
        assert answer_minutes(tx, inbox.id) == 4


def test_a_browser_is_called_something_that_can_be_read(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox = chat(tx)
    number = writes(desk, inbox, "Hello", visitor="k7qzabcd").conversation_id or 0
    with desk.store.transaction() as tx:
        found = conversations.get(tx, number, None)
        assert found.customer_name == "Visitor K7QZ"
        assert tx.get(Thread, number) is not None
