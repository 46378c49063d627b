"""Threads and who takes part in them: each mark by which a mail names its conversation, and mails of other people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import conversations, inbound, intake, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.channels.base import known
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.messages import Address
from desk.parts import Desk
from desk.people.tables import Customer, Identity
from tests.factories import make_brand, make_inbox, make_staff

EVE = "eve@other.example"


@pytest.fixture
def marks(desk: Desk, walk: Any, inbox_id: int, jonas: Viewer, clock: SetClock) -> Any:
    """A conversation of Marta's, and every mark by which a mail may name it."""

    def begin(inbox: int | None = None) -> dict[str, Any]:
        inbox = inbox or inbox_id
        first = walk(inbox_id=inbox)
        clock.advance(timedelta(minutes=5))
        with desk.store.transaction() as tx:
            entry = outbound.reply(tx, first.conversation_id, jonas, "I will look.")
            delivery = outbound.delivery_of(tx, [entry.id])[entry.id]
        keys = desk.store.keys
        return {
            "id": first.conversation_id,
            "customer": first.customer_id,
            "address": conversations.reply_token(keys, inbox, first.conversation_id),
            "ours": delivery.message_id,
            "subject": conversations.subject_token(keys, inbox, first.conversation_id),
        }

    return begin


def _row(desk: Desk, conversation_id: int) -> Conversation:
    with desk.store.reading() as tx:
        return tx.get_one(Conversation, conversation_id)


def _said(desk: Desk, conversation_id: int) -> list[timeline.EntryView]:
    with desk.store.reading() as tx:
        return timeline.of_conversation(tx, conversation_id, kinds=("message", "participant"))


@pytest.mark.parametrize("mark", ["address", "ours", "subject"])
def test_each_mark_leads_back_by_itself(marks: Any, walk: Any, mark: str) -> None:
    thread = marks()
    named = {
        "address": {"reply_token": thread["address"]},
        "ours": {"reply_refs": (thread["ours"],)},
        "subject": {"subject_token": thread["subject"]},
    }[mark]
    assert walk("Thanks", subject="Something else", **named).conversation_id == thread["id"]


def test_where_marks_disagree_the_stronger_one_decides(marks: Any, walk: Any) -> None:
    one, two, three = marks(), marks(), marks()
    assert (
        walk("a", reply_token=one["address"], reply_refs=(two["ours"],), subject_token=three["subject"]).conversation_id
        == one["id"]
    )
    assert walk("b", reply_refs=(two["ours"], one["ours"]), subject_token=three["subject"]).conversation_id == two["id"]
    assert walk("c", reply_refs=("no@knows.example",), subject_token=three["subject"]).conversation_id == three["id"]
    assert walk("d", reply_token="1-aaaaaaaaaaaaa", reply_refs=(two["ours"],)).conversation_id == two["id"]


def test_a_subject_token_proves_nothing_and_is_no_reply_address(desk: Desk, marks: Any, walk: Any) -> None:
    thread = marks()
    walk("Thanks", subject_token=thread["subject"])
    with desk.store.reading() as tx:
        assert [i.evidence for i in people.identities(tx, thread["customer"])] == ["inferred"]
    assert walk("again", reply_token=thread["subject"]).conversation_id != thread["id"]
    forged = f"{thread['subject'].split('-')[0]}-aaaaaaaa"
    assert walk("again", subject_token=forged).conversation_id != thread["id"]


def test_tokens_are_good_in_their_inbox_only(desk: Desk, marks: Any, walk: Any) -> None:
    thread = marks()
    with desk.store.transaction() as tx:
        other = make_inbox(tx).id
    assert walk("a", inbox_id=other, reply_token=thread["address"]).conversation_id != thread["id"]
    assert walk("b", inbox_id=other, subject_token=thread["subject"]).conversation_id != thread["id"]


def test_references_hold_within_a_brand_and_not_across_two(desk: Desk, marks: Any, walk: Any, inbox_id: int) -> None:
    thread = marks()
    with desk.store.transaction() as tx:
        sister = make_inbox(tx, brand_id=settings.inbox(tx, inbox_id).brand_id).id
        stranger = make_inbox(tx, brand_id=make_brand(tx, name="Other").id).id
    assert walk("a", inbox_id=sister, reply_refs=(thread["ours"],)).conversation_id == thread["id"]
    assert walk("b", inbox_id=stranger, reply_refs=(thread["ours"],)).conversation_id != thread["id"]


@pytest.mark.parametrize("mark", ["address", "ours", "subject"])
def test_somebody_else_with_the_right_mark_is_a_participant_and_proves_nothing(
    desk: Desk, marks: Any, walk: Any, mark: str
) -> None:
    thread = marks()
    named = {
        "address": {"reply_token": thread["address"]},
        "ours": {"reply_refs": (thread["ours"],)},
        "subject": {"subject_token": thread["subject"]},
    }[mark]
    outcome = walk("This is a scandal! I hate you!", sender=EVE, **named)
    assert (outcome.conversation_id, outcome.customer_id) == (thread["id"], thread["customer"])
    line = _said(desk, thread["id"])[-1]
    assert (line.kind, line.author, line.identity_id) == ("participant", "other", None)
    assert EVE not in str(line.detail)  # no addresses in the skeleton
    with desk.store.reading() as tx:
        (who,) = conversations.participants(tx, thread["id"])
        assert (who.address, who.role, who.kept) == (EVE, "wrote", False)
        assert tx.scalar(select(func.count()).select_from(Identity).where(Identity.value == EVE)) == 0
        assert [i.evidence for i in people.identities(tx, thread["customer"])] == ["inferred"]


def test_a_participant_s_words_count_for_nothing_of_the_customer_s(
    desk: Desk, marks: Any, walk: Any, jonas: Viewer
) -> None:
    thread = marks()
    before = _row(desk, thread["id"])
    with desk.store.transaction() as tx:
        conversations.resolve(tx, thread["id"], jonas)
    walk("This is the third time. Ridiculous! I hate you!", sender=EVE, reply_refs=(thread["ours"],))
    after = _row(desk, thread["id"])
    assert (after.level, after.frustration, after.waiting_since) == ("calm", 0.0, None)
    assert (after.status, after.unread, after.last_author) == ("open", 1, "other")  # somebody has to look at it
    assert (after.reply_address, after.customer_name) == (before.reply_address, before.customer_name)
    with desk.store.reading() as tx:
        assert tx.get_one(Episode, after.episode_id).first_message_at is None


def test_two_mails_of_a_participant_are_one_participant(desk: Desk, marks: Any, walk: Any) -> None:
    thread = marks()
    walk("one", sender=EVE, reply_refs=(thread["ours"],))
    walk("two", sender=EVE.upper(), reply_refs=(thread["ours"],))
    with desk.store.reading() as tx:
        assert len(conversations.participants(tx, thread["id"])) == 1


def test_who_was_copied_by_the_customer_is_kept_and_our_own_addresses_are_not(
    desk: Desk, walk: Any, inbox_id: int
) -> None:
    with desk.store.reading() as tx:
        own = settings.inbox(tx, inbox_id).address
    local, _, domain = own.partition("@")
    first = walk(
        participants=(
            Address("email", "boss@lindqvist.example", "The Boss"),
            Address("email", own.upper()),
            Address("email", f"{local}+r-1-abc@{domain}"),
        ),
        hidden=True,
    )
    with desk.store.reading() as tx:
        (boss,) = conversations.participants(tx, first.conversation_id)
        assert (boss.address, boss.name, boss.role, boss.kept) == (
            "boss@lindqvist.example",
            "The Boss",
            "copied",
            True,
        )
        line = timeline.one(tx, first.entry_id)
        assert line is not None
        assert (line.detail["with"], line.detail["hidden"]) == ([boss.id], True)
        assert boss.entry_id == line.id


def test_whom_a_stranger_copies_is_sent_nothing(desk: Desk, marks: Any, walk: Any) -> None:
    thread = marks()
    walk("me too", sender=EVE, reply_refs=(thread["ours"],), participants=(Address("email", "mallory@other.example"),))
    with desk.store.reading() as tx:
        assert {p.address: p.kept for p in conversations.participants(tx, thread["id"])} == {
            EVE: False,
            "mallory@other.example": False,
        }


def test_a_stranger_who_answers_what_is_long_over_gets_a_conversation_of_their_own(
    desk: Desk, marks: Any, walk: Any, jonas: Viewer, clock: SetClock
) -> None:
    thread = marks()
    with desk.store.transaction() as tx:
        conversations.resolve(tx, thread["id"], jonas)
    clock.advance(timedelta(days=31))
    late = walk("me too", sender=EVE, reply_refs=(thread["ours"],))
    assert late.customer_id != thread["customer"]
    assert _row(desk, late.conversation_id).linked_id == thread["id"]


@pytest.mark.parametrize("what", ["id", "sender", "channel"])
def test_our_own_mail_is_no_customer_s(desk: Desk, marks: Any, walk: Any, what: str) -> None:
    thread = marks()
    with desk.store.transaction() as tx:
        other = make_inbox(tx, address="sales@kiln.example")
    with desk.store.reading() as tx:
        before = tx.scalar(select(func.count()).select_from(Customer))
    outcome = {
        "id": lambda: walk("I will look.", message_id=thread["ours"], sender=EVE),
        "sender": lambda: walk("Hello", sender=other.address, reply_refs=(thread["ours"],)),
        "channel": lambda: walk("Hello", automatic="our own mail came back", reply_refs=(thread["ours"],)),
    }[what]()
    assert (outcome.state, outcome.entry_id) == ("automatic", None)
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Customer)) == before
    assert len(_said(desk, thread["id"])) == 1


def test_what_a_form_writes_in_our_name_waits_where_an_admin_sees_it(desk: Desk, inbox_id: int) -> None:
    raw = b"From: support@kiln.example\r\nTo: support@kiln.example\r\nMessage-ID: <form-1@web>\r\n\r\nHelp me"
    stored = desk.files.put(raw), len(raw)
    with desk.store.transaction() as tx:
        arrival = intake.keep(tx, desk.files, stored, channel="email", door="file", inbox_id=inbox_id, queue=False)
        assert arrival is not None
        arrival_id = arrival.id
    held = inbound.take(desk, arrival_id, known())
    assert (held.state, held.reason) == ("quarantined", inbound.NAMED_OURS)
    with desk.store.transaction() as tx:
        intake.release(tx, arrival_id, inbox_id, make_staff(tx).id)
    assert inbound.take(desk, arrival_id, known()).entry_id is not None
