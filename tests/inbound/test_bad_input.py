"""Awkward mails at the door: each gets a clear answer or waits in quarantine whole; nothing is lost or half."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from desk import inbound, intake, jobs, reactions, settings, timeline
from desk.channels.base import discover
from desk.conversations.tables import Conversation, Episode
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.people.tables import Customer, Identity
from desk.timeline.tables import Content, Entry, EntryKey
from desk.worker import drain, run_one
from desk.worker.doors import Doors
from tests.factories import make_inbox, make_staff
from tests.servers.needs import free_port, wait_for

CHANNELS = discover()


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        return make_inbox(tx).id


def _take(desk: Desk, inbox_id: int | None, raw: bytes) -> inbound.Outcome:
    arrival_id = inbound.take_raw(desk, raw, channel="email", door="file", inbox_id=inbox_id)
    assert arrival_id is not None
    outcome = inbound.take(desk, arrival_id, CHANNELS)
    with desk.store.reading() as tx:
        arrival = intake.get(tx, arrival_id)
        assert arrival.state == outcome.state
        assert desk.files.get(arrival.raw_sha256) == raw  # whatever becomes of it, every byte is there
        _whole(tx)
    return outcome


def _whole(tx) -> None:  # type: ignore[no-untyped-def]
    """No half-written rows: each message has its words, its key, its conversation with an episode, its identity."""
    messages = tx.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "message"))
    joined = (
        select(func.count())
        .select_from(Entry)
        .join(Content, Content.id == Entry.content_id)
        .join(EntryKey, EntryKey.entry_id == Entry.id)
        .join(Conversation, Conversation.id == Entry.conversation_id)
        .join(Episode, Episode.id == Entry.episode_id)
        .join(Identity, Identity.id == Entry.identity_id)
        .where(Entry.kind == "message")
    )
    assert tx.scalar(joined) == messages
    assert tx.scalar(select(func.count()).select_from(Customer)) == len(set(tx.scalars(select(Identity.customer_id))))


def _mail(text: str = "Hello", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    defaults = {
        "From": "Marta <marta@lindqvist.example>",
        "To": "support@kiln.example",
        "Subject": "Kettle",
        "Message-ID": "<1@lindqvist.example>",
    }
    for name, value in (defaults | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def _said(desk: Desk, outcome: inbound.Outcome) -> timeline.EntryView:
    assert outcome.entry_id is not None
    with desk.store.reading() as tx:
        view = timeline.one(tx, outcome.entry_id)
    assert view is not None
    return view


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff" * 500, b"no headers at all, just words\n", b"Subject: nobody\n\nfrom nowhere\n", b"From: \n\nx"],
    ids=["nothing", "noise", "words", "no sender", "empty sender"],
)
def test_what_names_no_sender_waits_in_quarantine_and_can_be_released(desk: Desk, inbox_id: int, raw: bytes) -> None:
    outcome = _take(desk, inbox_id, raw)
    assert outcome.state == "quarantined"
    assert len(outcome.reason) > 10
    with desk.store.transaction() as tx:
        (held,) = intake.quarantined(tx)
        staff = make_staff(tx, role="admin")
        intake.release(tx, held.id, inbox_id, staff.id)
    drain(desk)
    with desk.store.reading() as tx:
        assert intake.get(tx, held.id).state in ("accepted", "quarantined")  # a person tried; nothing is lost
        assert desk.files.get(held.raw_sha256) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@x.example\nContent-Type: multipart/mixed; boundary=zz\n\n--zz\nContent-Type: text/plain\n\ncut off",
        b"From: a@x.example\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe\xc3(\x80 invalid",
        b"From: a@x.example\nContent-Type: text/plain; charset=klingon-8\n\nnuqneH",
        b"From: a@x.example\nContent-Transfer-Encoding: base64\n\n!!!not base64!!!",
        b"From: a@x.example\nSubject: =?utf-8?b?////?= =?bogus?q?x?=\nDate: yesterday\n\nhello",
        b"From a@x.example Mon Mar  2 09:00:00 2026\nFrom: a@x.example\n\nmbox banner\n",
        b"From: a@x.example\r\nSubject: a\rb\r\n\r\nlone returns\rhere",
    ],
    ids=["cut multipart", "invalid utf-8", "unknown charset", "bad base64", "bad words", "mbox", "lone CR"],
)
def test_malformed_mails_are_taken_in_as_far_as_they_can_be_read(desk: Desk, inbox_id: int, raw: bytes) -> None:
    outcome = _take(desk, inbox_id, raw)
    assert outcome.state == "accepted"
    assert _said(desk, outcome).raw_sha256 is not None  # the original is one click away


def test_an_empty_message_is_a_line_all_the_same(desk: Desk, inbox_id: int) -> None:
    outcome = _take(desk, inbox_id, _mail("").as_bytes())
    assert outcome.state == "accepted"
    assert _said(desk, outcome).text.strip() == ""


def test_ten_thousand_characters_of_one_word_are_kept(desk: Desk, inbox_id: int) -> None:
    outcome = _take(desk, inbox_id, _mail("a" * 10_000).as_bytes())
    assert _said(desk, outcome).text.count("a") == 10_000


def test_scripts_and_remote_images_never_reach_a_screen(desk: Desk, inbox_id: int) -> None:
    mail = _mail("plain")
    mail.add_alternative(
        '<p onclick="x()">Hi <script>alert(1)</script><img src="https://spy.example/x.png">'
        '<a href="javascript:x()">a</a>'
        "<iframe src=x></iframe><style>p{display:none}</style></p>",
        subtype="html",
    )
    outcome = _take(desk, inbox_id, mail.as_bytes())
    with desk.store.reading() as tx:
        html = timeline.html_of(tx, outcome.entry_id or 0) or ""
    assert "Hi" in html
    for bad in ("<script", "onclick", "javascript:", "<iframe", "<style", ' src="https://spy'):
        assert bad not in html


def test_a_mail_over_the_limit_waits_with_the_reason_and_passes_when_released(desk: Desk, inbox_id: int) -> None:
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.max_megabytes", 1, None)
    mail = _mail("see attachment")
    mail.add_attachment(b"\x00" * 1_200_000, maintype="application", subtype="octet-stream", filename="big.bin")
    outcome = _take(desk, inbox_id, mail.as_bytes())
    assert outcome.state == "quarantined"
    assert "1 MB" in outcome.reason
    with desk.store.transaction() as tx:
        (held,) = intake.quarantined(tx)
        intake.release(tx, held.id, inbox_id, make_staff(tx).id)
    drain(desk)
    with desk.store.reading() as tx:
        assert intake.get(tx, held.id).state == "accepted"
        content = tx.scalars(select(Content)).one()
        (file,) = content.attachments
        assert (file["filename"], file["size"]) == ("big.bin", 1_200_000)
        assert len(desk.files.get(file["sha256"])) == 1_200_000


def test_a_mail_for_nobody_waits_where_an_admin_sees_it(desk: Desk, inbox_id: int) -> None:
    outcome = _take(desk, None, _mail().as_bytes())
    assert outcome.state == "quarantined"
    assert "no inbox" in outcome.reason


def test_the_same_mail_by_two_doors_is_one_line(desk: Desk, inbox_id: int) -> None:
    raw = _mail().as_bytes()
    first = _take(desk, inbox_id, raw)
    again = _take(desk, inbox_id, b"Received: from elsewhere by us; Mon, 02 Mar 2026 09:00:00 +0000\n" + raw)
    assert (first.state, again.state) == ("accepted", "duplicate")
    assert again.entry_id == first.entry_id


def test_another_mail_under_a_used_message_id_is_not_lost(desk: Desk, inbox_id: int) -> None:
    _take(desk, inbox_id, _mail("one").as_bytes())
    assert _take(desk, inbox_id, _mail("two, by a program that repeats its ids").as_bytes()).state == "accepted"


def test_what_the_corridor_fails_on_ends_in_quarantine_whole(
    desk: Desk, inbox_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("desk.inbound.receive", broken)
    inbound.take_raw(desk, _mail().as_bytes(), channel="email", door="file", inbox_id=inbox_id)
    for _ in range(20):
        with desk.store.reading() as tx:
            due = jobs.next_due(tx)
        if due is None:
            break
        desk.store.clock.set(due)  # type: ignore[attr-defined]
        run_one(desk, "w")
    with desk.store.reading() as tx:
        (held,) = intake.quarantined(tx)
        assert "RuntimeError" in held.reason
        assert jobs.dead_letters(tx) == []
    monkeypatch.undo()
    with desk.store.transaction() as tx:
        intake.release(tx, held.id, inbox_id, make_staff(tx).id)
    drain(desk)
    with desk.store.reading() as tx:
        assert intake.get(tx, held.id).state == "accepted"


@pytest.fixture
def doors(desk: Desk, inbox_id: int) -> Iterator[int]:
    port = free_port()
    desk.config["SMTP_PORT"] = port  # type: ignore[index]
    desk.config["MAIL_MAX_BYTES"] = 2 << 20  # type: ignore[index]
    doors = Doors(desk)
    doors.start()
    yield port
    doors.stop()


def test_the_receiver_says_yes_only_to_what_is_safe(desk: Desk, inbox_id: int, doors: int) -> None:
    with smtplib.SMTP("127.0.0.1", doors, timeout=20) as smtp:
        smtp.send_message(_mail())
        with desk.store.reading() as tx:
            arrival = tx.scalars(select(Arrival)).one()
            assert (arrival.state, arrival.door, arrival.inbox_id) == ("waiting", "smtp", inbox_id)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("a@x.example", ["nobody@kiln.example"], b"From: a@x.example\n\nx")
        assert next(iter(refused.value.recipients.values()))[0] == 550
    with smtplib.SMTP("127.0.0.1", doors, timeout=20) as smtp:
        with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as too_big:
            smtp.sendmail("a@x.example", ["support@kiln.example"], b"From: a@x.example\n\n" + b"x" * (3 << 20))
        assert too_big.value.smtp_code == 552
    drain(desk)
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "message")) == 1


def test_the_receiver_announces_what_an_admin_sets(desk: Desk, inbox_id: int, doors: int) -> None:
    def announced() -> str:
        with smtplib.SMTP("127.0.0.1", doors, timeout=20) as smtp:
            smtp.ehlo()
            return smtp.esmtp_features["size"]

    assert announced() == str(2 << 20)  # the machine bears no more
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.max_megabytes", 1, None)
    wait_for(lambda: announced() == str(1 << 20), "the new limit")


def test_a_mail_that_a_mailbox_told_of_waits_with_its_headers_and_a_sentence(desk: Desk, inbox_id: int) -> None:
    raw = b"From: Mara <mara@x.example>\r\nSubject: Big\r\n\r\n"
    for _ in range(2):  # fetched again after a crash, it is the same
        arrival_id = inbound.take_raw(
            desk, raw, channel="email", door="imap", inbox_id=inbox_id, envelope={"too_large": 90 << 20}, door_key="i:1"
        )
        if arrival_id is not None:
            outcome = inbound.take(desk, arrival_id, discover())
    assert outcome.state == "quarantined"
    assert outcome.reason == (
        "It has 90.0 MB, and this desk takes 25 MB. Only its headers are here; the mail itself is where it came from."
    )
    with desk.store.reading() as tx:
        (held,) = intake.quarantined(tx)
        assert desk.files.get(held.raw_sha256) == raw


def test_a_plus_address_reaches_its_inbox_and_two_recipients_of_one_inbox_are_one_mail(
    desk: Desk, inbox_id: int, doors: int
) -> None:
    with smtplib.SMTP("127.0.0.1", doors, timeout=20) as smtp:
        smtp.sendmail("a@x.example", ["Support@Kiln.Example", "support+r-1-abc@kiln.example"], _mail().as_bytes())
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Arrival)) == 1
