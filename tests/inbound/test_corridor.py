"""The corridor: identity, thread, duplicates, clocks and frustration of one message after another."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from desk import conversations, inbound, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.facts.tables import Fact
from desk.jobs.tables import Job
from desk.keys import KeyRing
from desk.messages import Address, Sender, happened_at
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.people.tables import Customer, Identity
from desk.timeline.tables import Content, Entry, EntryKey
from tests.factories import make_inbox
from tests.inbound.messages import message


def _conversation(desk: Desk, outcome: inbound.Outcome) -> Conversation:
    with desk.store.reading() as tx:
        return tx.get_one(Conversation, outcome.conversation_id)


def _lines(desk: Desk, outcome: inbound.Outcome) -> list[timeline.EntryView]:
    assert outcome.customer_id is not None
    with desk.store.reading() as tx:
        return timeline.page(tx, outcome.customer_id)


def _reply(desk: Desk, clock: SetClock, who: Viewer, conversation_id: int, text: str = "I will look.") -> Delivery:
    clock.advance(timedelta(minutes=5))
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, conversation_id, who, text)
        return outbound.delivery_of(tx, [entry.id])[entry.id]


def test_a_first_mail_makes_a_customer_a_conversation_and_a_line(desk: Desk, walk: Any, clock: SetClock) -> None:
    outcome = walk("Where is my kettle?")
    assert outcome.state == "accepted"
    conversation = _conversation(desk, outcome)
    assert (conversation.status, conversation.subject, conversation.customer_name) == (
        "open",
        "Kettle",
        "Marta Lindqvist",
    )
    assert conversation.waiting_since == clock.now()
    assert conversation.unread == 1
    (line,) = _lines(desk, outcome)
    assert (line.kind, line.author, line.text, line.episode_id) == (
        "message",
        "customer",
        "Where is my kettle?",
        conversation.episode_id,
    )
    with desk.store.reading() as tx:
        assert set(tx.scalars(select(Fact.name))) == {"conversation.opened", "message.received"}
        assert tx.scalar(select(Job.unique_key)) == f"lifecycle:{outcome.customer_id}"  # in the same transaction


def test_the_same_mail_twice_is_one_line(desk: Desk, walk: Any) -> None:
    first, second = walk(external_id="same"), walk(external_id="same")
    assert (second.state, second.entry_id) == ("duplicate", first.entry_id)
    assert len(_lines(desk, first)) == 1


def test_two_copies_at_the_same_instant_are_one_line(desk: Desk, inbox_id: int, clock: SetClock) -> None:
    found: list[inbound.Outcome] = []
    gate = threading.Barrier(4)

    def receive() -> None:
        gate.wait()
        found.append(inbound.receive(desk, message(inbox_id, clock.now(), external_id="same")))

    threads = [threading.Thread(target=receive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.state for o in found) == ["accepted", "duplicate", "duplicate", "duplicate"]
    with desk.store.reading() as tx:
        for table in (Entry, EntryKey, Content, Customer, Identity, Conversation, Episode):
            assert tx.scalar(select(func.count()).select_from(table)) == 1, table


def test_two_mails_of_one_thread_at_the_same_instant_both_count(
    desk: Desk, walk: Any, inbox_id: int, clock: SetClock
) -> None:
    first = walk(message_id="one@lindqvist.example")
    gate = threading.Barrier(5)

    def receive() -> None:
        gate.wait()
        inbound.receive(desk, message(inbox_id, clock.now(), "more", reply_refs=("one@lindqvist.example",)))

    threads = [threading.Thread(target=receive) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conversation = _conversation(desk, first)
    assert conversation.unread == 6
    assert len([line for line in _lines(desk, first) if line.kind == "message"]) == 6


def test_two_people_at_the_same_instant_are_two_customers(desk: Desk, inbox_id: int, clock: SetClock) -> None:
    found: list[inbound.Outcome] = []
    gate = threading.Barrier(6)

    def receive(n: int) -> None:
        gate.wait()
        found.append(inbound.receive(desk, message(inbox_id, clock.now(), sender=f"p{n % 3}@x.example")))

    threads = [threading.Thread(target=receive, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [o.state for o in found] == ["accepted"] * 6
    assert len({o.customer_id for o in found}) == 3


def test_the_answer_s_message_id_leads_the_reply_back_and_proves_the_address(
    desk: Desk, walk: Any, jonas: Viewer, clock: SetClock
) -> None:
    first = walk()
    with desk.store.reading() as tx:
        assert people.identities(tx, first.customer_id)[0].evidence == "inferred"
    delivery = _reply(desk, clock, jonas, first.conversation_id)
    second = walk("Thanks", subject="Re: Kettle", reply_refs=(delivery.message_id,))
    assert second.conversation_id == first.conversation_id
    with desk.store.reading() as tx:
        (identity,) = people.identities(tx, first.customer_id)
        assert identity.evidence == "verified"
        assert "only this address" in identity.because


def test_their_own_message_id_leads_back_but_proves_nothing(desk: Desk, walk: Any) -> None:
    first = walk(message_id="one@lindqvist.example")
    second = walk("Hello?", reply_refs=("one@lindqvist.example",))
    assert second.conversation_id == first.conversation_id
    with desk.store.reading() as tx:
        assert people.identities(tx, first.customer_id)[0].evidence == "inferred"


def test_the_same_subject_is_no_thread(walk: Any) -> None:
    assert walk(subject="Kettle").conversation_id != walk(subject="Re: Kettle").conversation_id


def test_the_reply_address_is_good_for_its_inbox_and_conversation_only(
    desk: Desk, walk: Any, inbox_id: int, jonas: Viewer, clock: SetClock
) -> None:
    first, other = walk(), walk()
    with desk.store.transaction() as tx:
        elsewhere = make_inbox(tx).id
        token = conversations.reply_token(tx.keys, inbox_id, first.conversation_id)
    assert walk("a", reply_token=token).conversation_id == first.conversation_id
    assert walk("b", reply_token=token.upper()).conversation_id == first.conversation_id  # some servers fold case
    assert walk("c", reply_token=token, inbox_id=elsewhere).conversation_id != first.conversation_id
    forged = conversations.reply_token(desk.store.keys, inbox_id, other.conversation_id).split("-")[0]
    assert walk("d", reply_token=f"{forged}-{token.split('-')[1]}").conversation_id not in (
        first.conversation_id,
        other.conversation_id,
    )


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    assert conversations.read_token(KeyRing([b"x" * 32]), 1, text) is None


def test_a_claimed_address_never_joins_whoever_holds_it(desk: Desk, walk: Any) -> None:
    first = walk()
    claim = Sender(Address("email", "MARTA@lindqvist.example"), "claimed", "typed in a form")
    assert walk("it is me", sender="x@x.example").customer_id != first.customer_id
    with desk.store.transaction() as tx:
        identity = people.resolve(tx, claim, at=tx.now())
        assert identity.customer_id != first.customer_id


def test_the_address_is_found_whatever_its_case(walk: Any) -> None:
    assert walk(sender="Marta@Lindqvist.example").customer_id == walk(sender="marta@lindqvist.EXAMPLE").customer_id


def test_a_reply_reopens_and_begins_a_second_episode(desk: Desk, walk: Any, jonas: Viewer, clock: SetClock) -> None:
    first = walk(message_id="one@lindqvist.example")
    _reply(desk, clock, jonas, first.conversation_id)
    with desk.store.transaction() as tx:
        conversations.resolve(tx, first.conversation_id, jonas)
    again = walk("It is back", reply_refs=("one@lindqvist.example",))
    assert again.conversation_id == first.conversation_id
    conversation = _conversation(desk, again)
    assert conversation.status == "open"
    with desk.store.reading() as tx:
        episodes = tx.scalars(select(Episode).order_by(Episode.number)).all()
        assert [(e.number, e.resolved_at is None) for e in episodes] == [(1, False), (2, True)]
        assert episodes[0].first_reply_by == jonas.id
    assert [line.kind for line in _lines(desk, again)] == [
        "message",
        "reply",
        "assigned",
        "status",
        "status",
        "message",
    ]
    assert _lines(desk, again)[-1].episode_id == conversation.episode_id


def test_a_reply_long_after_begins_a_new_linked_conversation(
    desk: Desk, walk: Any, jonas: Viewer, clock: SetClock
) -> None:
    first = walk(message_id="one@lindqvist.example")
    with desk.store.transaction() as tx:
        conversations.resolve(tx, first.conversation_id, jonas)
    clock.advance(timedelta(days=31))
    boss = Address("email", "boss@lindqvist.example", "The Boss")
    late = walk("It broke again", reply_refs=("one@lindqvist.example",), participants=(boss,), hidden=True)
    assert late.conversation_id != first.conversation_id
    assert _conversation(desk, late).linked_id == first.conversation_id
    assert late.customer_id == first.customer_id
    with desk.store.reading() as tx:  # whom it was written to goes along, and that we were in neither To nor Cc
        (copied,) = conversations.participants(tx, late.conversation_id)
        assert (copied.address, copied.role, copied.kept) == (boss.value, "copied", True)
        line = timeline.one(tx, late.entry_id)
        assert line is not None
        assert (line.detail["with"], line.detail["hidden"]) == ([copied.id], True)
        assert line.detail["linked"] == {"conversation": first.conversation_id, "because": "old"}
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.reopen_days", 90, None)
    back = walk("And here again", reply_refs=("one@lindqvist.example",))
    assert back.conversation_id == first.conversation_id  # the days are a setting


def test_an_angry_third_mail_flags_the_customer_and_lifts_them_in_the_queue(
    desk: Desk, walk: Any, jonas: Viewer
) -> None:
    earlier = walk("Do you sell teapots?", sender="calm@x.example")
    first = walk("My kettle has not arrived.", message_id="one@lindqvist.example")
    walk("Any news?", reply_refs=("one@lindqvist.example",))

    def order() -> list[int]:
        with desk.store.reading() as tx:
            return [row.id for row in conversations.queue(tx, jonas, "unassigned").rows]

    assert order() == [earlier.conversation_id, first.conversation_id]
    walk("This is the third time I am asking. Still no kettle. Ridiculous!", reply_refs=("one@lindqvist.example",))
    assert order() == [first.conversation_id, earlier.conversation_id]
    conversation = _conversation(desk, first)
    assert conversation.level == "frustrated"
    shift = next(line for line in _lines(desk, first) if line.kind == "sentiment")
    said = next(line for line in _lines(desk, first) if str(line.id) == shift.detail["message_entry_id"])
    words = [said.text[start:end] for start, end, _ in shift.detail["spans"]]
    assert "third time" in words
    assert "Ridiculous" in words
    assert "third time" not in str(shift.detail)  # no personal words in the skeleton


def test_a_machine_s_mail_is_shown_but_nobody_waits_for_it(desk: Desk, walk: Any, jonas: Viewer) -> None:
    first = walk(message_id="one@lindqvist.example")
    with desk.store.transaction() as tx:
        conversations.resolve(tx, first.conversation_id, jonas)
    away = walk("I am away", reply_refs=("one@lindqvist.example",), automatic="Auto-Submitted: auto-replied")
    assert away.state == "automatic"
    assert away.conversation_id == first.conversation_id
    conversation = _conversation(desk, first)
    assert (conversation.status, conversation.waiting_since) == ("resolved", None)
    assert _lines(desk, first)[-1].detail["automatic"] == "Auto-Submitted: auto-replied"


@pytest.mark.parametrize(
    "text",
    ["", "a" * 10_000, "\U0001f621" * 500, "x\u202ey", "<script>alert(1)</script>", "\u0000".replace("\u0000", " ")],
)
def test_awkward_texts_are_taken_in_whole(desk: Desk, walk: Any, text: str) -> None:
    outcome = walk(text, subject="")
    assert outcome.state == "accepted"
    assert _lines(desk, outcome)[0].text == text


def test_erasing_takes_the_words_and_leaves_the_line(desk: Desk, walk: Any) -> None:
    outcome = walk("my secret")
    with desk.store.reading() as tx:
        assert timeline.genuine(tx, outcome.entry_id) is True
    with desk.store.transaction() as tx:
        timeline.erase_words(tx, [outcome.entry_id])
    (line,) = _lines(desk, outcome)
    assert (line.erased, line.text, line.kind) == (True, "", "message")
    with desk.store.reading() as tx:
        assert timeline.genuine(tx, outcome.entry_id) is None
        entry = tx.scalar(select(Entry))
        assert entry is not None
        assert entry.digest is not None


def test_changed_words_do_not_fit_their_digest(desk: Desk, walk: Any) -> None:
    outcome = walk("pay 10")
    with desk.store.transaction() as tx:
        tx.get_one(Content, outcome.entry_id).text = "pay 100"
    with desk.store.reading() as tx:
        assert timeline.genuine(tx, outcome.entry_id) is False


@given(st.integers(-60, 60 * 24 * 40))
def test_when_a_message_counts_as_written(minutes: int) -> None:
    arrived = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    written = arrived - timedelta(minutes=minutes)
    at = happened_at(written, arrived)
    assert at in (written, arrived)
    assert at <= arrived  # never in the future
    assert (at == written) == (2 < minutes < 14 * 24 * 60) or minutes == 0
