"""Files of answers: kept while one writes, sent with the words in mails, texts and chats, let go when forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import func, select

from desk import agents, conversations, files, inbound, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.channels.email import parse
from desk.clock import SetClock
from desk.files import FilesUnreachable, MissingBlob
from desk.files.tables import Blob
from desk.messages import Address, Attachment, InboundMessage, Sender
from desk.outbound import attaching, pictures, recording, uploads
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery, OutboxMail, Upload
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_identity, make_inbox, make_staff
from tests.inbound.messages import message

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
PDF = b"%PDF-1.7\n" + bytes(range(255, -1, -1)) * 8
NUMBER, PHONE = "+46705550100", "+46705550132"


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


@pytest.fixture
def mailed(desk: Desk, clock: SetClock) -> int:
    """A conversation that began with a mail, in an inbox that keeps its mails here."""
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
    return _begun(desk, message(inbox_id, clock.now(), "Where is it?", message_id="one@x.example"))


def _texted(desk: Desk, clock: SetClock, **config: str) -> int:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, channel="sms", address=NUMBER, config={"transport": "outbox"} | config).id
    sender = Sender(Address("phone", PHONE), "verified", "an SMS came from it")
    return _begun(desk, InboundMessage("sms", inbox_id, "SM1", sender, clock.now(), "Where is it?"))


def _begun(desk: Desk, first: InboundMessage) -> int:
    outcome = inbound.receive(desk, first)
    assert outcome.conversation_id is not None
    return outcome.conversation_id


def _attached(desk: Desk, viewer: Viewer, number: int, name: str, content: bytes, declared: str = "") -> int:
    kind = uploads.looked_at(name, content, declared, 1 << 20)
    sha256 = desk.files.put(content)
    with desk.store.transaction() as tx:
        return uploads.keep(tx, desk.files, viewer, number, name=name, kind=kind, sha256=sha256, size=len(content)).id


def _refs(desk: Desk) -> dict[str, int]:
    with desk.store.reading() as tx:
        return {row.sha256: row.refs for row in tx.scalars(select(Blob))}


def _kept(desk: Desk) -> bytes:
    with desk.store.reading() as tx:
        found = tx.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
        assert found is not None
        return desk.files.get(found.raw_sha256)


def test_a_mail_has_its_file_and_its_picture_in_the_text_as_a_mail_program_reads_them(
    desk: Desk, jonas: Viewer, mailed: int
) -> None:
    ids = [
        _attached(desk, jonas, mailed, "Rechnung März.pdf", PDF),
        _attached(desk, jonas, mailed, "kettle.png", PNG, "image/png"),
    ]
    text = "Press here:\n\n[image: kettle.png]\n\nand it opens."
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, mailed, jonas, text, files=ids)
        delivery = tx.scalars(select(Delivery)).one()
        assert all(a["sha256"] and "content" not in a for a in delivery.message["attachments"])
        assert tx.scalar(select(func.count()).select_from(Upload)) == 0
    drain(desk)
    read = parse(_kept(desk))
    assert read.text.startswith("Press here:\n\n[image: kettle.png]\n\nand it opens.")
    pdf, png = sorted(read.attachments, key=lambda a: a.filename)
    assert (pdf.filename, pdf.content, pdf.content_type) == ("Rechnung März.pdf", PDF, "application/pdf")
    assert (png.filename, png.content, png.inline) == ("kettle.png", PNG, True)
    assert f'src="cid:{png.content_id}"' in read.html
    assert "[image:" not in read.html
    with desk.store.reading() as tx:
        shown = timeline.one(tx, entry.id)
    assert shown is not None
    assert [(a["filename"], a["inline"]) for a in shown.attachments] == [
        ("Rechnung März.pdf", False),
        ("kettle.png", True),
    ]


def test_an_answer_may_be_a_file_alone_but_not_nothing(desk: Desk, jonas: Viewer, mailed: int) -> None:
    upload = _attached(desk, jonas, mailed, "invoice.pdf", PDF)
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="nothing to send"):
        outbound.reply(tx, mailed, jonas, " ")
    with desk.store.transaction() as tx:
        outbound.reply(tx, mailed, jonas, "", files=[upload])
        assert conversations.get(tx, mailed, jonas).preview == "invoice.pdf"


def test_a_file_is_held_by_the_draft_then_by_the_answer_and_by_nobody_once_it_is_taken_out(
    desk: Desk, jonas: Viewer, mailed: int
) -> None:
    stays, goes = (_attached(desk, jonas, mailed, name, PDF + name.encode()) for name in ("a.pdf", "b.pdf"))
    with desk.store.transaction() as tx:
        digests = {row.id: row.sha256 for row in uploads.waiting(tx, jonas, mailed)}
        assert {_refs(desk)[digest] for digest in digests.values()} == {1}
        assert uploads.drop(tx, desk.files, jonas, mailed, goes)
        assert not uploads.drop(tx, desk.files, jonas, mailed, goes)
    with desk.store.transaction() as tx:
        outbound.reply(tx, mailed, jonas, "Here it is.", files=[stays])
    refs = _refs(desk)
    assert (refs[digests[stays]], refs[digests[goes]]) == (1, 0)


def test_files_of_another_colleague_or_of_another_answer_are_nobodys_to_send(
    desk: Desk, jonas: Viewer, mailed: int
) -> None:
    with desk.store.transaction() as tx:
        other = agents.viewer(tx, make_staff(tx).id)
    assert other is not None
    upload = _attached(desk, other, mailed, "invoice.pdf", PDF)
    for viewer, ids in ((jonas, [upload]), (other, [upload, 999_999])):
        with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="no longer there"):
            outbound.reply(tx, mailed, viewer, "Here it is.", files=ids)
    with desk.store.transaction() as tx:
        outbound.reply(tx, mailed, other, "Here it is.", files=[upload], request_id="once")
    with desk.store.transaction() as tx:  # posted again, because its answer was lost
        outbound.reply(tx, mailed, other, "Here it is.", files=[upload], request_id="once")
        assert tx.scalar(select(func.count()).select_from(Delivery)) == 1
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="no longer there"):
        outbound.reply(tx, mailed, other, "And again.", files=[upload], request_id="twice")


def test_an_answer_that_two_tabs_post_at_once_is_one_answer(
    desk: Desk, jonas: Viewer, mailed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = _attached(desk, jonas, mailed, "invoice.pdf", PDF)
    with desk.store.transaction() as tx:
        first = outbound.reply(tx, mailed, jonas, "Here.", files=[upload], request_id="once")
    known, asked = recording.known, []

    def late(*args: Any) -> Any:  # the other tab's answer is there only after this one has looked for it
        asked.append(args)
        return known(*args) if len(asked) > 1 else None

    monkeypatch.setattr(recording, "known", late)
    with desk.store.transaction() as tx:
        assert outbound.reply(tx, mailed, jonas, "Here.", files=[upload], request_id="once").id == first.id


def test_a_mail_of_more_than_servers_take_is_refused_before_it_is_written(
    desk: Desk, jonas: Viewer, mailed: int
) -> None:
    with desk.store.transaction() as tx:
        ids = [
            uploads.keep(
                tx, desk.files, jonas, mailed, name=f"{n}.pdf", kind="application/pdf", sha256="0" * 64, size=10_000_000
            ).id
            for n in range(2)
        ]
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match=r"18 MB of files .* 20\.0 MB"):
        outbound.reply(tx, mailed, jonas, "Both.", files=ids)


def test_there_is_an_end_to_the_files_of_one_answer(desk: Desk, jonas: Viewer, mailed: int) -> None:
    def keep(size: int) -> None:
        with desk.store.transaction() as tx:
            uploads.keep(tx, desk.files, jonas, mailed, name="a.pdf", kind="x/y", sha256="0" * 64, size=size)

    with desk.store.transaction() as tx:
        settings.set(tx, "answer.message_megabytes", 3, None)
    keep(2 << 20)
    with pytest.raises(outbound.Refused, match="3 MB at most"):
        keep((1 << 20) + 1)
    for _ in range(uploads.MOST - 1):
        keep(1)
    with pytest.raises(outbound.Refused, match="20 files at most"):
        keep(1)
    with desk.store.reading() as tx:  # each has a name of its own, so that its mark means one of them
        assert len({row.name for row in uploads.waiting(tx, jonas, mailed)}) == uploads.MOST


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"%PDF-" + b"x" * (1 << 20), "1 MB at most"),
        ("invoice.exe", b"MZ" + b"\0" * 60, "Programs"),
        ("picture.png", b"#!/bin/sh\nrm", "Scripts"),
        ("page.html", b"<html>", "Web pages"),
        ("list.docm", b"PK\x03\x04", "macros"),
        ("box.7z", b"7z\xbc\xaf\x27\x1c", "archive"),
        ("invoice.pdf.exe", b"x", "misread"),
    ],
)
def test_what_mail_systems_fear_is_not_sent(name: str, content: bytes, says: str) -> None:
    with pytest.raises(outbound.Refused, match=says):
        uploads.looked_at(name, content, "", 1 << 20)


def test_a_type_is_what_the_bytes_say() -> None:
    assert uploads.looked_at("a.txt", PNG, "text/plain", 1 << 20) == "image/png"
    assert uploads.looked_at("a.png", b"hello", "image/png", 1 << 20) == "application/octet-stream"
    assert uploads.looked_at("a.csv", b"a;b", "text/csv; charset=utf-8", 1 << 20) == "text/csv"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\fotos\\kettle.png", "kettle.png"),
        ("../../etc/passwd", "passwd"),
        ("a[1]<b>.png", "a1b.png"),
        ("  .png ", "png"),
        ("", "file"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
    ],
)
def test_names_lead_nowhere_and_break_out_of_nothing(sent: str, kept: str) -> None:
    assert uploads.clean_name(sent) == kept


def test_a_file_that_nobody_sent_is_let_go_after_a_month(
    desk: Desk, jonas: Viewer, mailed: int, clock: SetClock
) -> None:
    old = _attached(desk, jonas, mailed, "old.pdf", PDF)
    clock.advance(timedelta(days=29))
    young = _attached(desk, jonas, mailed, "young.pdf", PDF + b"2")
    clock.advance(timedelta(days=2))
    with desk.store.transaction() as tx:
        digest = uploads.waiting(tx, jonas, mailed)[0].sha256
        assert uploads.sweep(tx, desk.files) == 1
    with desk.store.reading() as tx:
        assert [row.id for row in uploads.waiting(tx, jonas, mailed)] == [young] != [old]
    assert _refs(desk)[digest] == 0


def test_a_draft_keeps_its_bytes_as_long_as_its_file_and_no_longer(
    desk: Desk, jonas: Viewer, mailed: int, clock: SetClock
) -> None:
    now = datetime.now(UTC)  # stores date what they keep by clocks of their own
    clock.set(now)
    _attached(desk, jonas, mailed, "bill.pdf", PDF)

    def swept(days: int) -> bool:
        """Whether the bytes are there after all that the desk does of a day, and of the next one."""
        clock.set(now + timedelta(days=days))
        with desk.store.transaction() as tx:
            uploads.sweep(tx, desk.files)
        for _ in range(2):
            assert files.sweep(desk.store, desk.files.store) is None
        try:
            return desk.files.get(hashlib.sha256(PDF).hexdigest()) == PDF
        except MissingBlob:
            return False

    assert swept(5)
    with desk.store.reading() as tx:
        assert [row.name for row in uploads.waiting(tx, jonas, mailed)] == ["bill.pdf"]
    assert not swept(31)


def test_a_text_has_a_short_address_that_ends(desk: Desk, jonas: Viewer, clock: SetClock) -> None:
    number = _texted(desk, clock)
    upload = _attached(desk, jonas, number, "kettle.png", PNG)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, number, jonas, "Look: [image: kettle.png]", files=[upload])
        (sent,) = tx.scalars(select(Delivery))
    carried = unpacked(sent.message)
    words, _, url = carried.text.partition("\n")
    assert (words, carried.attachments) == ("Look:", ())
    assert url.startswith(f"{desk.store.public_url}/f/")
    assert len(url.rpartition("/")[2]) < 45
    with desk.store.reading() as tx:
        assert attaching.link_length(tx) == len(url) + 1  # as the composer says
    token = url.rpartition("/")[2]
    with desk.store.reading() as tx:
        found = attaching.linked(tx, token)
        assert found.file is not None
        assert found.file["filename"] == "kettle.png"
        for wrong in (
            "",
            "x",
            token[:-1] + ("a" if token[-1] != "a" else "b"),
            token.replace("-0-", "-1-", 1),
            "é" * 9,
        ):
            assert attaching.linked(tx, wrong).file is None
    clock.advance(timedelta(days=32))
    with desk.store.reading() as tx:
        assert attaching.linked(tx, token) == attaching.Linked(None, over=True)
    with desk.store.transaction() as tx:
        assert timeline.erase_words(tx, [entry.id]) == [desk.files.put(PNG)]


def test_a_text_carries_pictures_as_mms_and_all_else_as_addresses(desk: Desk, jonas: Viewer, clock: SetClock) -> None:
    number = _texted(desk, clock, media="mms")
    first = _attached(desk, jonas, number, "kettle.png", PNG)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Look.", files=[first])
    drain(desk)
    form = parse_qsl(_kept(desk).decode())
    assert [value for name, value in form if name == "Body"] == ["Look."]
    (url,) = [value for name, value in form if name == "MediaUrl"]
    with desk.store.reading() as tx:
        assert attaching.linked(tx, url.rpartition("/")[2]).file is not None
    second = [_attached(desk, jonas, number, "kettle.png", PNG), _attached(desk, jonas, number, "bill.pdf", PDF)]
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Both.", files=second)
    drain(desk)
    form = parse_qsl(_kept(desk).decode())
    assert not [value for name, value in form if name == "MediaUrl"]
    assert dict(form)["Body"].count("/f/") == 2


def test_a_desk_that_nobody_can_reach_says_so_before_it_sends_an_address_of_itself(
    desk: Desk, jonas: Viewer, clock: SetClock
) -> None:
    number = _texted(desk, clock, transport="provider")
    upload = _attached(desk, jonas, number, "kettle.png", PNG)
    desk.store.public_url = "http://127.0.0.1:5000"
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="PUBLIC_URL"):
        outbound.reply(tx, number, jonas, "Look.", files=[upload])


def _raise(error: Exception) -> Any:
    raise error


def test_a_mail_whose_file_is_gone_fails_and_says_why(
    desk: Desk, jonas: Viewer, mailed: int, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = _attached(desk, jonas, mailed, "bill.pdf", PDF)
    with desk.store.transaction() as tx:
        outbound.reply(tx, mailed, jonas, "Here.", files=[upload])
    monkeypatch.setattr(type(desk.files), "get", lambda _self, _sha256: _raise(FilesUnreachable("the disk is away")))
    drain(desk)
    with desk.store.reading() as tx:  # it is tried again: a disk comes back
        (row,) = tx.scalars(select(Delivery))
        assert (row.state, row.detail) == ("queued", "a file of this message could not be read: the disk is away")
    monkeypatch.setattr(type(desk.files), "get", lambda _self, _sha256: _raise(MissingBlob("no file")))
    clock.advance(timedelta(hours=1))
    drain(desk)
    with desk.store.reading() as tx:
        (row,) = tx.scalars(select(Delivery))
        assert (row.state, row.detail) == ("failed", "a file of this message is no longer there")


@pytest.mark.parametrize("missing", ["get", "put"])
def test_an_answer_outlasts_a_store_of_files_that_is_away_for_a_day(
    desk: Desk, jonas: Viewer, mailed: int, clock: SetClock, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """However often it was looked for, nothing is given up, and the answer goes half a minute after it is back."""
    upload = _attached(desk, jonas, mailed, "bill.pdf", PDF)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, mailed, jonas, "Here.", files=[upload])
    with monkeypatch.context() as away:
        away.setattr(type(desk.files), missing, lambda *_: _raise(FilesUnreachable("the disk is away")))
        for _ in range(40):
            clock.advance(timedelta(minutes=36))
            drain(desk)
    with desk.store.reading() as tx:
        waiting = outbound.delivery_of(tx, [entry.id])[entry.id]
        assert (waiting.state, waiting.attempts, waiting.uncertain_times) == ("queued", 0, 0)
        assert "the disk is away" in waiting.detail
    clock.advance(timedelta(seconds=31))
    drain(desk)
    with desk.store.reading() as tx:
        sent = outbound.delivery_of(tx, [entry.id])[entry.id]
        assert (sent.state, sent.attempts, sent.uncertain_times) == ("sent", 1, 0)


def test_a_note_keeps_its_files_among_colleagues(desk: Desk, jonas: Viewer, mailed: int) -> None:
    upload = _attached(desk, jonas, mailed, "draft.pdf", PDF)
    with desk.store.transaction() as tx:
        entry = outbound.note(tx, mailed, jonas, "", files=[upload])
        assert [a["filename"] for a in entry.attachments] == ["draft.pdf"]
        assert tx.scalar(select(func.count()).select_from(Delivery)) == 0
        token = attaching.link(tx, entry.id, 0).rpartition("/")[2]
        assert attaching.linked(tx, token).file is None  # no address of ours leads into a note


def test_answers_that_nobody_saw_in_the_chat_are_mailed_with_their_files(
    desk: Desk, jonas: Viewer, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        make_inbox(tx, config={"transport": "outbox"})
        inbox_id = make_inbox(tx, channel="chat", address="kiln.example", config={"bot": False}).id
    sender = Sender(Address("visitor", "v" * 32), "verified", "the token of this browser")
    number = _begun(desk, InboundMessage("chat", inbox_id, "v:1", sender, clock.now(), "How do I open it?"))
    with desk.store.transaction() as tx:
        customer = people.customer(tx, conversations.get(tx, number, None).customer_id)
        make_identity(tx, customer, "noor@customer.example", evidence="verified")
    answers: list[timeline.EntryView] = []
    for name in ("lid.png", "lid.png"):  # two answers, each with a picture of the same name
        upload = _attached(desk, jonas, number, name, PNG + bytes([len(answers)]))
        with desk.store.transaction() as tx:
            answers.append(outbound.reply(tx, number, jonas, f"So: [image: {name}]", files=[upload]))
    with desk.store.transaction() as tx:
        assert outbound.mail_copy(tx, number, answers) is not None
    drain(desk)
    read = parse(_kept(desk))
    assert [(a.content, a.inline) for a in read.attachments] == [(PNG + b"\0", True), (PNG + b"\1", False)]
    assert read.html.count("<img") == 1


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("a\n\n[image: k.png]\n\nb", ["k.png"], "a\n\nb"),
        ("[image: k.png]", ["k.png"], ""),
        ("[image: other.png] stays", ["k.png"], "[image: other.png] stays"),
        ("a  \n\n\n\nb", [], "a  \n\n\n\nb"),
    ],
)
def test_a_screen_that_shows_pictures_below_has_no_marks_in_its_text(text: str, names: list[str], left: str) -> None:
    assert pictures.without(text, names) == left


def test_only_pictures_that_are_marked_stand_in_the_text() -> None:
    files = [Attachment("k.png", "image/png", 1, "a" * 64), Attachment("k.pdf", "application/pdf", 1, "b" * 64)]
    made: Callable[[str], list[bool]] = lambda text: [one.inline for one in pictures.placed(text, files)]  # noqa: E731
    assert made("[image: k.png] [image: k.pdf]") == [True, False]
    assert made("k.png") == [False, False]
