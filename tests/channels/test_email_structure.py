"""How mails are put together, and put together wrongly: what is the text, what are files, and nothing is lost."""

from __future__ import annotations

import time

import pytest

from desk.channels.base import Automatic, Bounce
from desk.channels.email import parse, translate
from desk.channels.email.mime import MAX_DEPTH
from desk.messages import InboundMessage
from tests.channels.mails import INBOX, NOON

HEAD = "From: Mara <mara@customer.example>\nTo: support@shop.example\nSubject: Hi\n"
INNER = "From: Bo <bo@elsewhere.example>\nSubject: Inner {n}\nDate: Mon, 2 Mar 2026 09:00:00 +0000\n\nInner words {n}\n"


def raw(text: str) -> bytes:
    return (HEAD + text).replace("\n", "\r\n").encode()


def plain(words: str) -> str:
    return f"Content-Type: text/plain\n\n{words}\n"


def multi(kind: str, *parts: str, boundary: str = "b", more: str = "") -> str:
    body = "".join(f"--{boundary}\n{part}" for part in parts)
    return f'Content-Type: multipart/{kind}{more}; boundary="{boundary}"\n\n{body}--{boundary}--\n'


def names(mail: str) -> list[str]:
    return [a.filename for a in parse(raw(mail)).attachments]


def test_a_digest_is_mails_each_a_file_by_its_subject_and_none_of_it_text() -> None:
    mail = multi(
        "mixed", plain("Two of them."), multi("digest", *("\n" + INNER.format(n=n) for n in (1, 2)), boundary="d")
    )
    found = parse(raw(mail))
    assert found.text.strip() == "Two of them."
    assert [(a.filename, a.content_type) for a in found.attachments] == [
        ("Inner 1.eml", "message/rfc822"),
        ("Inner 2.eml", "message/rfc822"),
    ]
    assert found.attachments[0].content.startswith(b"From: Bo")


def test_a_digest_alone_has_no_words_of_its_sender() -> None:
    found = parse(raw(multi("digest", *("\n" + INNER.format(n=n) for n in (1, 2)))))
    assert (found.text.strip(), [a.filename for a in found.attachments]) == ("", ["Inner 1.eml", "Inner 2.eml"])


def test_a_report_that_is_no_bounce_keeps_its_parts() -> None:
    """A read receipt (RFC 8098), and a complaint (RFC 5965): words for people, and a part for machines."""
    receipt = multi(
        "report",
        plain("The message was displayed."),
        "Content-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n",
        "Content-Type: message/rfc822\n\n" + INNER.format(n=1),
        more="; report-type=disposition-notification",
    )
    found = parse(raw(receipt))
    assert found.text.strip() == "The message was displayed."
    assert [a.content_type for a in found.attachments] == ["message/disposition-notification", "message/rfc822"]
    assert not isinstance(translate(raw(receipt), INBOX, {}, NOON), Bounce)
    complaint = receipt.replace("disposition-notification", "feedback-report").replace(
        "message/feedback", "message/feedback"
    )
    told = translate(raw(complaint), INBOX, {}, NOON)
    assert not isinstance(told, Bounce)


def test_an_attached_mail_is_a_file_wherever_it_lies_and_its_words_are_nobody_s() -> None:
    mail = multi("mixed", plain("See below."), "Content-Type: message/rfc822\n\n" + INNER.format(n=1))
    message = translate(raw(mail), INBOX, {}, NOON)
    assert isinstance(message, InboundMessage)
    assert message.text.strip() == "See below."
    assert "Inner words" not in message.full_text + message.html
    (file,) = message.attachments
    assert (file.filename, file.content_type) == ("Inner 1.eml", "message/rfc822")
    nameless = multi("mixed", plain("x"), "Content-Type: message/rfc822\n\nSubject: \n\nwords\n")
    assert names(nameless) == ["mail-1.eml"]
    inline = mail.replace("message/rfc822\n", "message/rfc822\nContent-Disposition: inline\n")
    assert names(inline) == ["Inner 1.eml"]
    alone = parse(raw("Content-Type: message/rfc822\n\n" + INNER.format(n=1)))
    assert (alone.text.strip(), [a.filename for a in alone.attachments]) == ("", ["Inner 1.eml"])


def test_an_attached_machine_s_mail_makes_nobody_a_machine() -> None:
    inner = "From: a@b.example\nAuto-Submitted: auto-replied\nList-Id: <x>\nSubject: Out of office\n\nAway\n"
    mail = multi("mixed", plain("Why did I get this?"), "Content-Type: message/rfc822\n\n" + inner)
    assert not isinstance(translate(raw(mail), INBOX, {}, NOON), Automatic)


def test_alternatives_inside_of_related_inside_of_mixed() -> None:
    words = multi(
        "alternative", plain("Hello plain"), "Content-Type: text/html\n\n<p>Hello <b>rich</b></p>\n", boundary="a"
    )
    image = "Content-Type: image/png\nContent-ID: <i@x>\nContent-Disposition: inline; filename=i.png\n\nPNG\n"
    related = multi("related", words, image, boundary="r")
    found = parse(raw(multi("mixed", related, "Content-Type: application/pdf; name=a.pdf\n\n%PDF-\n")))
    assert found.text.strip() == "Hello plain"
    assert "<b>rich</b>" in found.html
    assert [(a.filename, a.inline) for a in found.attachments] == [("i.png", True), ("a.pdf", False)]
    turned = multi(
        "alternative",
        plain("Hello plain"),
        multi("related", "Content-Type: text/html\n\n<i>x</i>\n", image, boundary="r"),
    )
    found = parse(raw(turned))
    assert (found.text.strip(), found.html, [a.filename for a in found.attachments]) == (
        "Hello plain",
        "<i>x</i>",
        ["i.png"],
    )


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(f"Content-Type: multipart/mixed\n\n--x\n{plain('Hello')}--x--\n", id="no boundary named"),
        pytest.param(f'Content-Type: multipart/mixed; boundary=""\n\n--x\n{plain("Hello")}--x--\n', id="an empty one"),
        pytest.param(f"Content-Type: multipart/mixed; boundary=y\n\n--x\n{plain('Hello')}--x--\n", id="another one"),
        pytest.param("Content-Type: multipart/mixed\n\nHello\n", id="nothing inside"),
        pytest.param("Content-Type: multipart/mixed; boundary=x\n\nHello\n", id="named and never there"),
        pytest.param(f"Content-Type: multipart/mixed; boundary=x\n\n--x\n{plain('Hello')}", id="never closed"),
        pytest.param(
            f"Content-Type: multipart/unheard-of; boundary=x\n\n--x\n{plain('Hello')}--x--\n", id="a new kind"
        ),
        pytest.param(f"Content-Type: multipart/signed; boundary=x\n\n--x\n{plain('Hello')}--x--\n", id="signed"),
        pytest.param(
            "Content-Type: multipart/mixed; boundary=x\n\nfor old programs\n--x\n\nHello\n--x--\nend\n", id="pre"
        ),
    ],
)
def test_the_words_are_found_whatever_is_wrong_with_the_boundary(mail: str) -> None:
    assert parse(raw(mail)).text.strip() == "Hello"


@pytest.mark.parametrize("depth", [5, MAX_DEPTH - 1, 200, 5000])
def test_nesting_costs_no_time_and_loses_nothing(depth: int) -> None:
    mail = plain("at the bottom")
    for n in range(depth):
        mail = multi("mixed", mail, boundary=f"b{n}x")
    began = time.perf_counter()
    found = parse(raw(mail))
    assert time.perf_counter() - began < 3
    assert "at the bottom" in found.text + "".join(a.content.decode("latin-1") for a in found.attachments)
    if depth < MAX_DEPTH:
        assert found.text.strip() == "at the bottom"


def test_mails_inside_of_mails_200_deep_are_one_file() -> None:
    mail = "Subject: bottom\n\nwords\n"
    for _ in range(200):
        mail = f"From: a@b.example\nSubject: s\nContent-Type: message/rfc822\n\n{mail}"
    assert len(parse(raw("Content-Type: message/rfc822\n\n" + mail)).attachments) == 1


@pytest.mark.parametrize(
    ("before", "subject"),
    [
        pytest.param("From mara@customer.example Tue Mar  3 10:00:00 2026\n", "Hi", id="mbox"),
        pytest.param(">From mara@customer.example Tue Mar  3 10:00:00 2026\n", "Hi", id="mbox, quoted"),
        pytest.param("\n\nFrom mara@customer.example Tue Mar  3 2026\n", "Hi", id="blank lines and mbox"),
        pytest.param("*** This mail was scanned ***\n\n", "Hi", id="a gateway's banner"),
        pytest.param("\ufeff", "Hi", id="a byte-order mark"),
        pytest.param("X-Empty:\nX-Long: a\n b\n\tc\n", "Hi", id="empty and folded"),
    ],
)
def test_what_stands_before_the_headers_hides_none(before: str, subject: str) -> None:
    found = parse((before + HEAD + "\nHello\n").replace("\n", "\r\n").encode())
    assert found.sender is not None
    assert (found.sender.email, found.subject, found.text.strip()) == ("mara@customer.example", subject, "Hello")


@pytest.mark.parametrize(
    "folded", ["Subject: one\n two\n\tthree\n", "Subject:\n one two three\n", "sUbJeCt : one two three\n"]
)
def test_folded_headers_are_whole(folded: str) -> None:
    assert parse(f"From: a@b.example\n{folded}\nHello\n".encode()).subject == "one two three"


def test_missing_headers_are_missing() -> None:
    found = parse(b"Subject: only\r\n\r\nHello\r\n")
    assert (found.sender, found.date, found.message_id, found.to, found.text.strip()) == (None, None, "", (), "Hello")
    assert parse(b"Hello, no header at all\r\n").text.strip() == "Hello, no header at all"
