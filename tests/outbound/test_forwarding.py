"""Messages passed on to somebody outside: what goes, who may get it, what comes back, and who never hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import agents, conversations, inbound, jobs, outbound, people, settings, surveys, timeline, visitors
from desk.channels.base import BouncedRecipient, InboxRef, known
from desk.channels.email import parse, strip_mail, translate
from desk.clock import SetClock
from desk.facts.tables import Fact
from desk.jobs.tables import Job
from desk.messages import Address, Attachment, InboundMessage
from desk.outbound import Refused, Wish, WrongPeople, forwarding
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.visitors import views
from tests.factories import make_brand, make_inbox, make_staff
from tests.inbound.messages import message
from tests.visitors.test_visitors import chat, writes

MARTA, SUPPLIER = "marta@lindqvist.example", "supply@potter.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


class Talk:
    """A conversation with Marta, a colleague, and a supplier outside."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            self.inbox = make_inbox(tx)
            who = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
        assert who is not None
        self.who = who
        self.first = self.walk("Where is my kettle?", subject="Kettle")
        self.id = int(self.first.conversation_id or 0)

    def walk(self, text: str, **more: Any) -> inbound.Outcome:
        self.clock.advance(timedelta(minutes=5))
        return inbound.receive(self.desk, message(self.inbox.id, self.clock.now(), text, **more))

    def file(self, name: str, content: bytes, kind: str, **more: Any) -> Attachment:
        return Attachment(name, kind, len(content), self.desk.files.put(content), **more)

    def forward(self, *lines: int, to: Any = (SUPPLIER,), **more: Any) -> timeline.EntryView:
        request_id = more.pop("request_id", None)
        self.clock.advance(timedelta(minutes=5))
        wish = Wish(to=to, lines=() if more.pop("bare", False) else lines or (self.first.entry_id or 0,), **more)
        with self.desk.store.transaction() as tx:
            return outbound.send_forward(tx, self.desk.files, self.id, self.who, wish, request_id=request_id)

    def delivery(self, entry_id: int) -> Delivery:
        with self.desk.store.reading() as tx:
            found = tx.scalar(select(Delivery).where(Delivery.entry_id == entry_id))
        assert found is not None
        return found

    def sent(self, entry_id: int) -> Any:
        """The mail as it would go over the wire."""
        message = unpacked(self.delivery(entry_id).message)
        raw = known()["email"].compose(outbound.loaded(self.desk.files, message))
        return raw, message_from_bytes(raw, _class=EmailMessage, policy=policy.default)  # type: ignore[type-var]

    def answer(self, entry_id: int, text: str = "We send a new one.", **more: Any) -> inbound.Outcome:
        token = str(self.delivery(entry_id).message["reply_to"]).partition("+r-")[2].partition("@")[0]
        return self.walk(text, **({"sender": SUPPLIER, "reply_token": token} | more))

    def reply(self, text: str = "It comes soon.", **more: Any) -> Delivery:
        self.clock.advance(timedelta(minutes=5))
        with self.desk.store.transaction() as tx:
            entry = outbound.reply(tx, self.id, self.who, text, **more)
        return self.delivery(entry.id)

    def lines(self, *kinds: str) -> list[timeline.EntryView]:
        with self.desk.store.reading() as tx:
            return timeline.of_conversation(tx, self.id, limit=100, kinds=kinds)

    def row(self) -> conversations.Conversation:
        with self.desk.store.reading() as tx:
            return conversations.get(tx, self.id, None)


@pytest.fixture
def talk(desk: Desk, clock: SetClock) -> Talk:
    return Talk(desk, clock)


def refusal(do: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        do()
    return str(error.value)


# What goes.


def test_a_forward_says_who_wrote_when_and_what_and_any_mail_program_knows_it(talk: Talk) -> None:
    entry = talk.forward(note="Can you send another one?")
    raw, mail = talk.sent(entry.id)
    assert (mail["Subject"], mail["To"], mail["Cc"]) == ("Fwd: Kettle", SUPPLIER, None)
    assert mail["From"].addresses[0].display_name == "Jonas (Kiln & Clay)"
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for form in (text, html):
        assert "Can you send another one?" in form
        assert "Forwarded message" in form
        assert "Subject: Kettle" in form
        assert "To: support@kiln.example" in form
        assert "Where is my kettle?" in form
    assert f"From: Marta Lindqvist <{MARTA}>" in text
    assert "Date: March 2, 2026" in text
    # Our own reading keeps it whole below the writer's words, by its text and by its HTML.
    for one in (raw, raw.replace(b"text/html", b"text/x-other")):
        new, _ = strip_mail(parse(one))
        places = [
            new.index(words) for words in ("Can you send another one?", "Forwarded message", "Where is my kettle?")
        ]
        assert places == sorted(places)


@pytest.mark.parametrize(("locale", "words"), [("de", ("Weitergeleitete Nachricht", "Von: Marta", "Betreff: Kettle")),
                                           ("es", ("Mensaje reenviado", "De: Marta", "Asunto: Kettle"))])  # fmt: skip
def test_it_speaks_the_language_of_the_inbox_and_is_known_in_it(talk: Talk, locale: str, words: Any) -> None:
    with talk.desk.store.transaction() as tx:
        settings.inbox(tx, talk.inbox.id).locale = locale
    raw, mail = talk.sent(talk.forward(note="Please look.").id)
    text = mail.get_body(("plain",)).get_content()
    assert all(word in text for word in words)
    new, _ = strip_mail(parse(raw))
    assert all(word in new for word in words)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Fwd: FW: Kettle", "Fwd: Kettle"),
        ("WG: Kessel", "Fwd: Kessel"),
        ("Re: Kettle", "Fwd: Re: Kettle"),
        ("", "Fwd: …"),
    ],
)
def test_a_subject_says_once_that_it_is_forwarded(subject: str, told: str) -> None:
    assert forwarding.forward_subject(subject) == told
    assert forwarding.forward_subject(f"{subject} [#2f-abcdefgh]") == told  # what names our conversation stays here


def test_a_mail_goes_formatted_with_its_own_pictures_and_without_those_of_others(talk: Talk) -> None:
    html = (
        '<p>See <b>this</b>: <img alt="crack" src="cid:crack@x"><img data-remote-src="https://spy.example/p.gif">'
        '<img src="cid:gone@x"> or write to support+r-2f-abcdefghabcde@kiln.example</p>'
    )
    picture = talk.file("crack.png", PNG, "image/png", inline=True, content_id="crack@x")
    sheet = talk.file("sheet.pdf", b"%PDF-1.4", "application/pdf")
    found = talk.walk("See this", html=html, attachments=(picture, sheet), reply_refs=("none@x",))
    talk.id = int(found.conversation_id or 0)
    _, mail = talk.sent(talk.forward(found.entry_id or 0).id)
    shown = mail.get_body(("html",)).get_content()
    assert "<b>this</b>" in shown
    assert "cid:crack@x" in shown
    assert "spy.example" not in shown
    assert "gone@x" not in shown
    assert "support@kiln.example" in shown
    assert "+r-" not in shown
    parts = {p.get_filename(): (p.get_content(), p["Content-ID"]) for p in mail.walk() if p.get_filename()}
    assert parts == {"crack.png": (PNG, "<crack@x>"), "sheet.pdf": (b"%PDF-1.4", None)}


def test_which_files_go_is_chosen_and_several_messages_carry_pictures_as_files(talk: Talk) -> None:
    files = (
        talk.file("a.png", PNG, "image/png", inline=True, content_id="a@x"),
        talk.file("b.pdf", b"%PDF-1.4 b", "application/pdf"),
    )
    more = talk.walk("See", html='<img src="cid:a@x">', attachments=files, reply_refs=(_id(talk),))
    entry = talk.forward(talk.first.entry_id or 0, more.entry_id or 0, files={(more.entry_id or 0, 0)})
    _, mail = talk.sent(entry.id)
    assert [(p.get_filename(), p.get_content_disposition()) for p in mail.iter_attachments()] == [
        ("a.png", "attachment")
    ]
    assert [f["filename"] for f in entry.attachments] == ["a.png"]
    assert mail.get_body(("plain",)).get_content().count("Forwarded message") == 2


def _id(talk: Talk) -> str:
    with talk.desk.store.reading() as tx:
        return timeline.message_id_of(tx, talk.first.entry_id or 0)


def test_a_mail_goes_as_it_came_where_that_is_wanted(talk: Talk) -> None:
    raw = b"From: Marta <marta@lindqvist.example>\r\nSubject: Caf=E9\r\nMIME-Version: 1.0\r\n\r\nAs it came.\r\n"
    found = talk.walk("Whole", raw_sha256=talk.desk.files.put(raw), subject="Whole: a/b", reply_refs=(_id(talk),))
    entry = talk.forward(found.entry_id or 0, whole=True, note="As it came.")
    sent, mail = talk.sent(entry.id)
    (file,) = mail.iter_attachments()
    assert (file.get_content_type(), file.get_filename()) == ("message/rfc822", "Whole_ a_b.eml")
    assert raw in sent
    assert "Forwarded message" not in mail.get_body(("plain",)).get_content()
    assert [(a.filename, a.content) for a in parse(sent).attachments] == [("Whole_ a_b.eml", raw)]
    assert refusal(lambda: talk.forward(whole=True)) == forwarding.NOT_KEPT


@pytest.mark.parametrize("body", ["Größe\r\n".encode("latin-1"), b"bare\nline feeds\n", b"x" * 1200, b"\x00"])
def test_bytes_that_cannot_stand_bare_in_a_mail_go_as_a_file(talk: Talk, body: bytes) -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\n" + body
    found = talk.walk("Whole", raw_sha256=talk.desk.files.put(raw), reply_refs=(_id(talk),))
    _, mail = talk.sent(talk.forward(found.entry_id or 0, whole=True).id)
    (file,) = mail.iter_attachments()
    assert (file.get_content_type(), file.get_content()) == ("application/octet-stream", raw)


def test_a_note_goes_only_where_that_note_was_ticked(talk: Talk) -> None:
    with talk.desk.store.transaction() as tx:
        note = outbound.note(tx, talk.id, talk.who, "Marta is always late with paying.")
    _, mail = talk.sent(talk.forward().id)
    assert "always late" not in mail.as_string()
    _, mail = talk.sent(talk.forward(note.id).id)
    assert "From: Jonas Weber (Kiln & Clay) (internal note)" in mail.get_body(("plain",)).get_content()


# Who may get it.


def test_each_wrong_address_is_told_of_by_itself_and_nothing_is_sent(talk: Talk) -> None:
    with talk.desk.store.transaction() as tx:
        other = make_inbox(tx, address="help@kiln.example").address
    wrong = ["no address", "support@kiln.example", "Support+r-2f-abcdefgh@kiln.example", other, MARTA]
    with pytest.raises(WrongPeople) as error:
        talk.forward(to=[*wrong, SUPPLIER])
    ours = forwarding.OURS
    assert list(error.value.told.values()) == [forwarding.NOT_AN_ADDRESS, ours, ours, ours, forwarding.CUSTOMER]
    assert list(error.value.told) == wrong
    assert refusal(lambda: talk.forward(to=[" "])) == forwarding.NOBODY
    assert refusal(lambda: talk.forward(to=[f"a{n}@b.example" for n in range(21)])) == forwarding.TOO_MANY
    assert refusal(lambda: talk.forward(note=" ", bare=True)) == forwarding.NOTHING
    assert talk.lines("forward") == []


def test_only_messages_of_this_conversation_and_files_that_nobody_holds_back(talk: Talk) -> None:
    other = talk.walk("Another matter", sender="noor@amin.example")
    assert refusal(lambda: talk.forward(other.entry_id or 0)) == forwarding.NOT_HERE
    held = talk.file("run.exe", b"MZ", "application/x-msdownload", held="program")
    found = talk.walk("See", attachments=(held,), reply_refs=(_id(talk),), raw_sha256=talk.desk.files.put(b"MZ mail"))
    line = found.entry_id or 0
    assert talk.forward(line).attachments == []
    assert refusal(lambda: talk.forward(line, files={(line, 0)})) == forwarding.HELD
    assert refusal(lambda: talk.forward(line, whole=True)) == forwarding.HELD_INSIDE


def test_what_is_larger_than_a_mail_is_refused(talk: Talk) -> None:
    big = Attachment("film.mp4", "video/mp4", 20_000_000, talk.desk.files.put(b"film"))
    found = talk.walk("See", attachments=(big,), reply_refs=(_id(talk),))
    with pytest.raises(forwarding.TooLarge) as error:
        talk.forward(found.entry_id or 0)
    assert error.value.size > error.value.most == 25 * 1024 * 1024
    assert talk.forward(found.entry_id or 0, files=set()).attachments == []


def test_a_colleague_who_may_not_see_it_forwards_nothing(talk: Talk) -> None:
    with talk.desk.store.transaction() as tx:
        team = agents.create_team(tx, "Others")
        conversations.get(tx, talk.id, None).team_id = team.id
    with pytest.raises(conversations.NotVisible):
        talk.forward()


def test_the_same_request_forwards_once(talk: Talk) -> None:
    first = talk.forward(request_id="r1")
    assert talk.forward(request_id="r1").id == first.id
    assert len(talk.lines("forward")) == 1


# On its way, and what becomes of it.


def test_it_is_sent_by_a_job_with_the_bytes_of_its_files(talk: Talk) -> None:
    found = talk.walk(
        "See", attachments=(talk.file("b.pdf", b"%PDF-1.4 b", "application/pdf"),), reply_refs=(_id(talk),)
    )
    entry = talk.forward(found.entry_id or 0)
    _work(talk)
    assert talk.delivery(entry.id).state == "sent"
    with talk.desk.store.reading() as tx:
        kept = tx.scalar(select(outbound.OutboxMail).where(outbound.OutboxMail.recipient == SUPPLIER))
    assert kept is not None
    assert b"JVBERi0xLjQgYg==" in talk.desk.files.get(kept.raw_sha256)


def test_a_file_that_is_gone_fails_the_mail_and_says_so(talk: Talk) -> None:
    gone = Attachment("b.pdf", "application/pdf", 3, "ab" * 32)
    found = talk.walk("See", attachments=(gone,), reply_refs=(_id(talk),))
    entry = talk.forward(found.entry_id or 0)
    _work(talk)
    delivery = talk.delivery(entry.id)
    assert (delivery.state, "no longer there" in delivery.detail) == ("failed", True)


def _work(talk: Talk) -> None:
    with talk.desk.store.transaction() as tx:
        leased = jobs.lease(tx, "test", tasks=["outbound.deliver"])
    for job in leased:
        outbound.deliver(talk.desk, job, known())
    with talk.desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Job).where(Job.state == "waiting")) == 0


def test_a_bounce_is_matched_and_marks_the_address_that_refused(talk: Talk) -> None:
    talk.walk("I am here too", sender="second@potter.example")
    entry = talk.forward(to=[SUPPLIER, "second@potter.example"])
    with talk.desk.store.transaction() as tx:
        gone = BouncedRecipient("second@potter.example", "5.1.1", "hard", "no such user")
        assert outbound.bounced(tx, talk.delivery(entry.id).message_id, (gone,), "550 no such user") is not None
    assert talk.delivery(entry.id).state == "failed"
    with talk.desk.store.reading() as tx:
        identity = people.speaks_for(tx, "email", "second@potter.example")
        assert identity is not None
        assert "no such user" in people.bounced(identity)


# What comes back.


def test_the_answer_of_a_third_party_comes_aside_and_counts_for_nothing_of_the_customer_s(talk: Talk) -> None:
    talk.reply()
    before = talk.row()
    outcome = talk.answer(talk.forward().id, "You are terrible! I hate you! 5")
    assert (outcome.state, outcome.conversation_id) == ("accepted", talk.id)
    (line,) = talk.lines("third_party")
    assert (line.author, line.identity_id, line.text) == ("other", None, "You are terrible! I hate you! 5")
    after = talk.row()
    assert (after.waiting_since, after.level, after.preview) == (None, before.level, before.preview)
    assert (after.reply_address, after.unread, after.last_author) == (MARTA, 1, "staff")
    with talk.desk.store.reading() as tx:
        assert conversations.current_episode(tx, after).replies == 1
        (who,) = conversations.participants(tx, talk.id)
        assert (who.address, who.role, who.kept) == (SUPPLIER, "outside", False)
        assert people.speaks_for(tx, "email", SUPPLIER) is None


def test_its_reference_alone_leads_there_too(talk: Talk) -> None:
    mail = talk.delivery(talk.forward().id)
    assert talk.walk("Yes", sender="clerk@potter.example", reply_refs=(mail.message_id,)).conversation_id == talk.id
    second = talk.walk("And", sender="boss@potter.example", reply_refs=(_last_id(talk),))
    assert second.conversation_id == talk.id
    assert [e.text for e in talk.lines("third_party")] == ["Yes", "And"]


def _last_id(talk: Talk) -> str:
    with talk.desk.store.reading() as tx:
        return timeline.message_id_of(tx, talk.lines("third_party")[-1].id)


def test_the_next_answer_to_the_customer_goes_to_them_alone_and_tells_them_nothing(talk: Talk) -> None:
    forward = talk.forward(note="SECRET asked")
    talk.answer(forward.id, "SECRET answered", message_id="secret@potter.example")
    for delivery in (talk.reply(), talk.reply("And one more.")):
        message = unpacked(delivery.message)
        assert ([a.value for a in message.to], message.cc) == ([MARTA], ())
        raw = known()["email"].compose(message).decode()
        assert "SECRET" not in raw
        assert "potter.example" not in raw
        assert talk.delivery(forward.id).message_id not in raw
        assert talk.delivery(forward.id).message["reply_to"] not in raw
    assert [e.id for e in talk.lines("forward")] == [forward.id]  # and nothing goes to the supplier by itself


def test_who_copies_the_third_party_is_the_customer_and_not_the_third_party(talk: Talk) -> None:
    boss = Address("email", "boss@potter.example", "Boss")
    talk.answer(talk.forward().id, "Yes", participants=(boss, Address("email", MARTA)))
    assert unpacked(talk.reply().message).cc == ()


def test_a_third_party_proves_no_address_that_somebody_claimed(talk: Talk) -> None:
    """A visitor types the supplier's address; that the supplier answers a forward makes it nobody's."""
    with talk.desk.store.transaction() as tx:
        customer_id = conversations.get(tx, talk.id, None).customer_id
        people.claim(tx, customer_id, "email", SUPPLIER, because="typed in the chat", at=tx.now())
    forward = talk.forward()
    talk.answer(forward.id, "By the address")
    talk.walk("By the reference", sender=SUPPLIER, reply_refs=(talk.delivery(forward.id).message_id,))
    assert len(talk.lines("third_party")) == 2
    with talk.desk.store.reading() as tx:
        (claim,) = (i for i in people.identities(tx, customer_id) if i.value == SUPPLIER)
        assert claim.evidence == "claimed"


def test_the_customer_s_own_mail_to_that_address_is_the_customer_s_and_proves_nothing(talk: Talk) -> None:
    talk.answer(talk.forward().id, "It was passed on to me", sender=MARTA)
    assert talk.lines("message")[-1].text == "It was passed on to me"
    assert talk.row().waiting_since is not None
    with talk.desk.store.reading() as tx:
        assert {i.evidence for i in people.identities(tx, talk.row().customer_id)} == {"inferred"}


def test_an_answer_to_what_is_done_opens_it_for_us_and_the_customer_is_still_asked(talk: Talk) -> None:
    talk.reply()
    forward = talk.forward()
    with talk.desk.store.transaction() as tx:
        episode = conversations.resolve(tx, talk.id, talk.who).episode_id or 0
    talk.clock.advance(timedelta(days=100))
    assert talk.answer(forward.id, "At last").conversation_id == talk.id  # however late: it is no new customer's
    assert (talk.row().status, talk.row().waiting_since) == ("open", None)
    with talk.desk.store.transaction() as tx:
        assert surveys.consider(tx, episode).asked
        recorded = tx.scalars(select(Fact.name).where(Fact.customer_id == talk.row().customer_id)).all()
        assert "conversation.resolved" in recorded
        assert "conversation.reopened" not in recorded
    with talk.desk.store.transaction() as tx:
        conversations.resolve(tx, talk.id, talk.who)


def test_a_customer_who_comes_back_after_that_is_not_asked_about_what_was_before(talk: Talk) -> None:
    talk.reply()
    forward = talk.forward()
    with talk.desk.store.transaction() as tx:
        episode = conversations.resolve(tx, talk.id, talk.who).episode_id or 0
    talk.answer(forward.id, "At last")
    talk.walk("And now it leaks", reply_refs=(_id(talk),))
    with talk.desk.store.transaction() as tx:
        assert surveys.consider(tx, episode).reason == "reopened"


def test_an_answer_to_the_third_party_goes_to_them_in_their_thread(talk: Talk) -> None:
    talk.answer(talk.forward().id, "Which colour?", message_id="q@potter.example", subject="Re: Fwd: Kettle")
    (line,) = talk.lines("third_party")
    entry = talk.forward(note="Blue.", answers=line.id, bare=True)
    _, mail = talk.sent(entry.id)
    assert (mail["To"], mail["Subject"], mail["In-Reply-To"]) == (SUPPLIER, "Re: Fwd: Kettle", "<q@potter.example>")
    text = mail.get_body(("plain",)).get_content()
    assert "> Which colour?" in text
    assert "kettle?" not in text  # nothing of the customer's that nobody ticked
    assert refusal(lambda: talk.forward(note="x", answers=talk.first.entry_id)) == forwarding.NOT_HERE


def test_our_forward_that_comes_back_by_a_loop_is_nobody_s_message(talk: Talk) -> None:
    entry = talk.forward()
    raw, _ = talk.sent(entry.id)
    looped = raw.replace(b"From: ", b"X-From: ", 1).replace(b"X-Loopdesk: ", b"X-Other: ", 1)
    ref = InboxRef(talk.inbox.id, talk.inbox.address, talk.inbox.key)
    for one in (raw, looped.replace(b"X-From: ", b"From: List <list@other.example>\r\nX-From: ", 1)):
        found: Any = translate(one, ref, {}, talk.clock.now())
        found = found if isinstance(found, InboundMessage) else found.message
        outcome = inbound.receive(talk.desk, found)
        assert (outcome.state, outcome.entry_id) == ("automatic", None)


# The customer never sees it.


def test_the_chat_shows_neither_the_forward_nor_what_came_back(desk: Desk, clock: SetClock) -> None:
    talk = Talk(desk, clock)
    with desk.store.transaction() as tx:
        widget = chat(tx)
        settings.inbox(tx, widget.id).brand_id = talk.inbox.brand_id
    outcome = writes(desk, widget, "Hello")
    talk.id = outcome.conversation_id or 0
    forward = talk.forward(outcome.entry_id or 0, note="LEAK", to=["leak@potter.example"])
    with desk.store.transaction() as tx:
        conversations.resolve(tx, talk.id, talk.who)
    talk.answer(forward.id, "LEAK", sender="leak@potter.example")
    assert [e.text for e in talk.lines("third_party")] == ["LEAK"]
    with desk.store.reading() as tx:
        face, found = views.face_for(tx, talk.id)
        told = views.messages(face, timeline.of_conversation(tx, talk.id, 100))
        row = visitors.threads_of(tx, [talk.id])[talk.id]
        everything = json.dumps([told, views.conversation(face, row, found), views.state(face, found)]).casefold()
    assert "leak" not in everything
    assert [m.get("event") for m in told if m["who"] == "event"] == ["resolved"]  # nor that somebody set it open
    with desk.store.transaction() as tx:  # nor the mail that follows an answer which nobody saw
        people.claim(tx, found.customer_id, "email", "noor@home.example", because="typed", at=tx.now())
        entry = outbound.reply(tx, talk.id, talk.who, "Here it is.", channel="chat")
        copy = outbound.mail_copy(tx, talk.id, [entry])
        assert copy is not None
        assert "leak" not in json.dumps(copy.message).casefold()


def test_a_chat_goes_out_by_the_mail_inbox_of_its_brand_or_not_at_all(desk: Desk, clock: SetClock) -> None:
    talk = Talk(desk, clock)
    with desk.store.transaction() as tx:
        widget = chat(tx)
        settings.inbox(tx, widget.id).brand_id = make_brand(tx, name="Other").id
    outcome = writes(desk, widget, "Hello")
    talk.id = outcome.conversation_id or 0
    assert refusal(lambda: talk.forward(outcome.entry_id or 0)) == forwarding.NO_INBOX
    with desk.store.transaction() as tx:
        settings.inbox(tx, widget.id).brand_id = talk.inbox.brand_id
    assert talk.delivery(talk.forward(outcome.entry_id or 0).id).inbox_id == talk.inbox.id


def test_earlier_recipients_are_offered_to_those_who_may_see_where(talk: Talk) -> None:
    talk.forward()
    talk.forward(to=["zoe@potter.example"])
    with talk.desk.store.transaction() as tx:
        assert conversations.forwarded_before(tx, talk.who) == ["zoe@potter.example", SUPPLIER]
        conversations.get(tx, talk.id, None).team_id = agents.create_team(tx, "Others").id
        tx.flush()
        assert conversations.forwarded_before(tx, talk.who) == []
