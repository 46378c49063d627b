"""Answers that a colleague formatted: what each channel makes of them, and what stays as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, automation, conversations, inbound, outbound, people, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address, InboundMessage, OutboundMessage, Sender
from desk.outbound import Refused, forwarding, scheduling, undoing
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.visitors import views
from desk.web.console.lines import Context, line
from desk.web.console.look import look
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message
from tests.visitors.test_visitors import chat, writes

Case = tuple[int, Viewer]
WRITTEN = "Dear **Marta**,\n\n- *one*\n- [the page](https://kiln.example/a_b)\n\nBye"
WORDS = "Dear Marta,\n\n- one\n- the page (https://kiln.example/a_b)\n\nBye"


@pytest.fixture
def viewer(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber", role="supervisor").id)
    assert found is not None
    return found


@pytest.fixture
def case(desk: Desk, clock: SetClock, viewer: Viewer) -> Case:
    """Marta has written, with stars of her own."""
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx)
    outcome = inbound.receive(desk, message(inbox.id, clock.now(), "Where *is* **it**?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    return outcome.conversation_id, viewer


def sent(desk: Desk, entry_id: int) -> OutboundMessage:
    with desk.store.reading() as tx:
        return unpacked(tx.scalars(select(Delivery).where(Delivery.entry_id == entry_id)).one().message)


def html_of(desk: Desk, entry_id: int) -> str:
    """The line as the console shows it."""
    with desk.store.reading() as tx:
        entry = timeline.one(tx, entry_id)
        assert entry is not None
        return str(line(entry, Context(look("en", "UTC"), tx.now(), "Marta")).body)


def test_a_mail_has_the_marks_in_its_html_and_the_words_in_its_text(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, *case, WRITTEN)
    assert (entry.text, entry.source) == (WORDS, WRITTEN)
    mail = sent(desk, entry.id)
    assert mail.text.startswith(WORDS + "\n\n-- \nJonas Weber")
    assert "<strong>Marta</strong>" in mail.html
    assert '<a href="https://kiln.example/a_b"' in mail.html
    assert "<em>one</em></li>" in mail.html
    assert "**" not in mail.html.replace("Where *is* **it**?", "")
    assert "Where *is* **it**?" in mail.html  # what the customer wrote is theirs
    with desk.store.reading() as tx:
        assert timeline.genuine(tx, entry.id)
        assert conversations.get(tx, case[0], None).preview.startswith("Dear Marta, - one")


def test_what_is_not_formatted_is_kept_and_sent_to_the_letter(desk: Desk, case: Case) -> None:
    written = "Dear Marta,\n\n\n  2*3*4 <b> https://kiln.example/*x*"
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, *case, written)
    assert (entry.text, entry.source) == (written, None)
    assert sent(desk, entry.id).text.startswith(written)


def test_the_timeline_formats_what_was_written_so_and_nothing_else(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, *case, WRITTEN)
        conversation = conversations.get(tx, case[0], None)
        older = timeline.record(
            tx, customer_id=conversation.customer_id, conversation_id=case[0], kind="reply", author="staff",
            occurred_at=tx.now(), words=timeline.Words("**as it was**"),
        ).id  # fmt: skip
        theirs = timeline.of_conversation(tx, case[0], kinds=("message",))[0].id
    assert html_of(desk, entry.id).startswith("<p>Dear <strong>Marta</strong>,</p><ul><li><em>one</em></li>")
    assert html_of(desk, older) == "<p>**as it was**</p>"
    assert html_of(desk, theirs) == "<p>Where *is* **it**?</p>"


def test_a_note_is_formatted_and_names_stay_names(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        ada = make_staff(tx, name="Ada Ant")
        note = outbound.note(tx, *case, "**@Ada Ant**: `@Ada Ant` in [@Ada Ant](https://kiln.example)")
        assert [one[2] for one in note.detail["mentions"]] == [ada.id] * 3
    shown = html_of(desk, note.id)
    assert shown.startswith('<p><strong><span class="mention">@Ada Ant</span></strong>: <code>@Ada Ant</code>')
    assert shown.count("mention") == 1


def test_a_long_answer_is_folded_between_two_paragraphs(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, *case, "\n\n".join(f"**{n}** " + "word " * 200 for n in range(5)))
    with desk.store.reading() as tx:
        found = timeline.one(tx, entry.id)
        assert found is not None
        shown = line(found, Context(look("en", "UTC"), tx.now(), "Marta"))
    assert shown.body.count("<p>") == 2
    assert shown.rest.count("<p>") == 3
    assert shown.rest_size > 2000


def test_a_text_goes_without_marks_and_is_measured_so(desk: Desk, clock: SetClock, viewer: Viewer) -> None:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, channel="sms", name="Texts", address="+46705550100")
    outcome = inbound.receive(
        desk,
        InboundMessage(
            channel="sms",
            inbox_id=inbox.id,
            external_id="one",
            sender=Sender(Address("phone", "+46705550132"), "verified", "an SMS came from it"),
            sent_at=clock.now(),
            text="Where is it?",
        ),
    )
    assert outcome.conversation_id is not None
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, outcome.conversation_id, viewer, WRITTEN)
    assert sent(desk, entry.id).text == WORDS
    with desk.store.transaction() as tx:
        long = "**" + "a" * 1598 + "**"  # 1602 as it was typed
        assert outbound.reply(tx, outcome.conversation_id, viewer, long).text == "a" * 1598
        with pytest.raises(Refused, match="1,601 characters"):
            outbound.reply(tx, outcome.conversation_id, viewer, "**" + "a" * 1601 + "**")


def test_what_was_typed_returns_into_the_composer(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        held = outbound.reply(tx, *case, WRITTEN, undoable=True)
    with desk.store.transaction() as tx:
        assert undoing.take_back(tx, held.id, case[1]).text == WRITTEN
    with desk.store.transaction() as tx:
        later = scheduling.schedule(tx, *case, WRITTEN, at=tx.now() + timedelta(hours=1))
        assert (later.text, later.source) == (WORDS, WRITTEN)
    with desk.store.transaction() as tx:
        assert scheduling.take_for_editing(tx, later.id, case[1]).text == WRITTEN


def test_what_goes_later_goes_formatted(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        later = scheduling.schedule(tx, *case, WRITTEN, at=tx.now() + timedelta(hours=1))
    with desk.store.transaction() as tx:
        went = scheduling.send_now(tx, later.id, case[1])
    assert (went.text, went.source) == (WORDS, WRITTEN)
    assert "<strong>Marta</strong>" in sent(desk, went.id).html


def test_the_note_of_a_forward_is_formatted(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        lines = tuple(e.id for e in timeline.of_conversation(tx, case[0], kinds=("message",)))
        wish = forwarding.Wish(to=("supplier@elsewhere.example",), lines=lines, note="**Urgent**: see below")
        entry = forwarding.send_forward(tx, desk.files, *case, wish)
    mail = sent(desk, entry.id)
    assert mail.text.startswith("Urgent: see below\n")
    assert "<strong>Urgent</strong>" in mail.html
    assert "Where *is* **it**?" in mail.html
    assert html_of(desk, entry.id) == "<p><strong>Urgent</strong>: see below</p>"


def test_the_widget_gets_a_tree_and_the_mail_after_it_the_same(desk: Desk, clock: SetClock, viewer: Viewer) -> None:
    with desk.store.transaction() as tx:
        inbox = chat(tx)
        make_inbox(tx)
    number = writes(desk, inbox, "Hello **there**").conversation_id
    assert number is not None
    with desk.store.transaction() as tx:
        plain = outbound.reply(tx, number, viewer, "Hello 2*3*4")
        entry = outbound.reply(tx, number, viewer, "It is **here**")
    with desk.store.reading() as tx:
        face = views.Face.of(tx, inbox, "en")
        said = views.messages(face, timeline.of_conversation(tx, number, kinds=("message", "reply")))
    assert [one.get("rich") for one in said] == [None, None, [["p", ["It is ", ["strong", ["here"]]]]]]
    assert [one["text"] for one in said] == ["Hello **there**", "Hello 2*3*4", "It is here"]
    with desk.store.transaction() as tx:
        customer = people.customer(tx, conversations.get(tx, number, None).customer_id)
        people.claim(tx, customer.id, "email", "noor@customer.example", because="typed", at=tx.now())
        copy = outbound.mail_copy(tx, number, [plain, entry])
        assert copy is not None
        mail = unpacked(tx.get_one(Delivery, copy.id).message)
    assert "Hello 2*3*4" in mail.html
    assert "It is <strong>here</strong>" in mail.html
    assert "Hello 2*3*4\n\nIt is here\n" in mail.text


def test_a_customers_name_with_stars_stays_so_in_a_canned_reply(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        conversation = conversations.get(tx, case[0], None)
        people.customer(tx, conversation.customer_id).name = "*Marta*"
        given = {"name": "Hi", "shortcut": "hi", "texts": [{"locale": "en", "text": "**Hello** {customer.name}"}]}
        row = automation.save_canned(tx, case[1], given | {"whose": "everybody"})
        filled = automation.fill(tx, conversation, row, case[1])
        entry = outbound.reply(tx, *case, filled.text)
    assert entry.text == "Hello *Marta*"
    assert html_of(desk, entry.id) == "<p><strong>Hello</strong> *Marta*</p>"
