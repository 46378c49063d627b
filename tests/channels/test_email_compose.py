"""What we compose is a mail that arrives as it was meant, and carries nothing that its parts smuggle in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.channels.email import CannotCompose, compose, new_message_id, parse, reply_address, token_from
from desk.channels.email.addresses import ascii_domain, is_same_mailbox
from desk.messages import Address, Attachment, OutboundMessage

MESSAGE = OutboundMessage(
    channel="email",
    inbox_id=1,
    message_id="0123@shop.example",
    to=(Address("email", "mara@customer.example", "Mara Lindqvist"),),
    text="Hello Mara,\n\nit is on its way – 漢字.\n",
    subject="Re: Wo ist mein Paket? ✓",
    sender_name="Shop Süd",
    sender_address="support@shop.example",
    sent_at=datetime(2026, 3, 3, 10, 15, tzinfo=UTC),
)


def test_a_plain_answer() -> None:
    mail = parse(compose(MESSAGE))
    assert mail.subject == MESSAGE.subject
    assert mail.text.strip() == MESSAGE.text.strip()
    assert [(b.email, b.name) for b in mail.to] == [("mara@customer.example", "Mara Lindqvist")]
    assert mail.sender is not None
    assert (mail.sender.email, mail.sender.name) == ("support@shop.example", "Shop Süd")
    assert mail.message_id == "0123@shop.example"
    assert mail.date == MESSAGE.sent_at


def test_text_and_html_are_two_versions_of_one_mail() -> None:
    raw = compose(replace(MESSAGE, html="<p>Hello <b>Mara</b> – 漢字</p>"))
    read = message_from_bytes(raw, policy=policy.default)
    assert read.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in read.iter_parts()] == ["text/plain", "text/html"]
    assert "Hello <b>Mara</b> – 漢字" in parse(raw).html


def test_threading_headers_name_the_thread_oldest_first() -> None:
    raw = compose(replace(MESSAGE, in_reply_to="<c@x>", references=("a@x", "<c@x>", "b@x", "a@x", "broken id")))
    mail = parse(raw)
    assert mail.in_reply_to == ("c@x",)
    assert mail.references == ("a@x", "b@x", "c@x")


def test_a_long_thread_keeps_its_first_and_its_newest() -> None:
    mail = parse(compose(replace(MESSAGE, references=tuple(f"{i}@x" for i in range(100)))))
    assert mail.references[0] == "0@x"
    assert mail.references[-1] == "99@x"
    assert len(mail.references) == 20


def test_what_a_machine_sends_says_so() -> None:
    mail = parse(compose(replace(MESSAGE, automatic=True, unsubscribe_url="https://desk.example/s/t?x=1")))
    assert mail.header("auto-submitted") == "auto-generated"
    assert mail.header("list-unsubscribe") == "<https://desk.example/s/t?x=1>"
    assert mail.header("list-unsubscribe-post") == "List-Unsubscribe=One-Click"
    assert parse(compose(MESSAGE)).header("auto-submitted") == ""


def test_images_of_the_html_and_files() -> None:
    image, pdf = b"\x89PNG" + bytes(range(256)), b"%PDF-1.7"
    attachments = (
        Attachment("ünï.png", "image/png", len(image), hashlib.sha256(image).hexdigest(), image, "shot@x", True),
        Attachment("a/../b.pdf", "application/pdf", len(pdf), "", pdf),
        Attachment("n.txt", "text/plain", 4, "", b"a\r\nb"),
        Attachment("m.eml", "message/rfc822", 9, "", b"From: x\n\n"),
    )
    mail = parse(compose(replace(MESSAGE, html='<img src="cid:shot@x">', attachments=attachments)))
    found = {a.filename: a for a in mail.attachments}
    assert found["ünï.png"].content == image
    assert found["ünï.png"].content_id == "shot@x"
    assert found["a_.._b.pdf"].content == pdf
    assert found["n.txt"].content == b"a\r\nb"
    assert found["m.eml"].content == b"From: x\n\n"


def test_lines_are_short_and_end_with_cr_lf() -> None:
    raw = compose(replace(MESSAGE, text="x" * 10_000, html=f"<p>{'ä' * 10_000}</p>"))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "line", ["\r\nBcc: evil@x.example", "\nX: y", "\rX: y", "\x00", "\u2028X: y", "\x85X: y", "\x0bX: y"]
)
def test_nothing_begins_a_header_of_its_own(line: str) -> None:
    raw = compose(
        replace(
            MESSAGE,
            subject=f"a{line}",
            sender_name=f"b{line}",
            to=(Address("email", "mara@customer.example", f"c{line}"),),
            in_reply_to=f"d@x{line}",
            references=(f"e@x{line}",),
        )
    )
    names = [name.casefold() for name, _ in message_from_bytes(raw).items()]
    assert sorted(names) == sorted(
        [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "x-loopdesk",
            "content-type",
            "content-transfer-encoding",
            "mime-version",
        ]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"to": ()},
        {"to": (Address("email", "mara@customer.example\r\nBcc: x@y.example"),)},
        {"to": (Address("email", "mara@customer.example, x@y.example"),)},
        {"to": (Address("email", "nobody"),)},
        {"message_id": "no-id"},
        {"message_id": "a@b\r\nX: y"},
        {"sent_at": None},
        {"sender_address": ""},
        {"unsubscribe_url": "https://x.example\r\nX: y"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"attachments": (Attachment("a.pdf", "application/pdf", 3, "abc"),)},
    ],
)
def test_what_cannot_be_sent_is_said(change: dict[str, object]) -> None:
    with pytest.raises(CannotCompose):
        compose(replace(MESSAGE, **change))  # type: ignore[arg-type]


def test_names_of_other_scripts_in_domains() -> None:
    assert ascii_domain("ann@bücher.example") == "ann@xn--bcher-kva.example"
    assert ascii_domain("ann@straße.example") == "ann@xn--strae-oqa.example", "not strasse: that is somebody else"
    to = (Address("email", "ann@bücher.example"),)
    assert parse(compose(replace(MESSAGE, to=to))).to[0].email == "ann@xn--bcher-kva.example"


def test_reply_addresses() -> None:
    address = reply_address("support@shop.example", "17-abc234")
    assert address == "support+r-17-abc234@shop.example"
    assert token_from(["mara@x.example", address.upper()], "Support@shop.example") == "17-abc234"
    assert token_from([address], "sales@shop.example") is None, "a token of another inbox says nothing here"
    assert token_from(["support+news@shop.example"], "support@shop.example") is None
    assert is_same_mailbox(address, "support@shop.example")
    assert not is_same_mailbox("supporter@shop.example", "support@shop.example")
    for bad in ("", "a b", "A", "x@y", "ä"):
        with pytest.raises(ValueError, match="token"):
            reply_address("support@shop.example", bad)


def test_message_ids() -> None:
    assert new_message_id("shop.example", "0123 <>@") == "0123@shop.example"
    assert new_message_id("bücher.example.", "x") == "x@xn--bcher-kva.example"


_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=200)
_BODY = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1, max_size=2000)


def test_no_space_of_a_long_subject_is_lost_where_it_is_folded() -> None:
    for n in range(60):  # wherever the fold comes
        subject = "क" * n + " मेरा पार्सल कहाँ है और कब आएगा कृपया बताइए धन्यवाद"
        assert parse(compose(replace(MESSAGE, subject=subject))).subject == subject.strip()


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(subject=_WORDS, name=_WORDS, body=_BODY, content=st.binary(max_size=500), filename=_WORDS)
def test_what_is_composed_is_read_back(subject: str, name: str, body: str, content: bytes, filename: str) -> None:
    message = replace(
        MESSAGE,
        subject=subject,
        to=(Address("email", "mara@customer.example", name),),
        text=body,
        attachments=(Attachment(filename, "application/pdf", len(content), "", content),),
    )
    mail = parse(compose(message))
    assert mail.subject == " ".join(subject.replace("\ufeff", "").split())[:900]
    assert [b.email for b in mail.to] == ["mara@customer.example"]
    assert "".join(mail.text.split()) == "".join(body.replace("\ufeff", "").split())
    assert [a.content for a in mail.attachments] == [content]


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(files=st.lists(st.tuples(st.booleans(), st.binary(max_size=300), _WORDS), max_size=5))
def test_pictures_in_the_text_and_files_are_told_apart_when_read_back(files: list[tuple[bool, bytes, str]]) -> None:
    made = tuple(
        Attachment(name, "image/png", len(content), "", content, content_id=f"p{n}@loopdesk", inline=inline)
        if inline
        else Attachment(name, "application/pdf", len(content), "", content)
        for n, (inline, content, name) in enumerate(files)
    )
    html = "".join(f'<img src="cid:{a.content_id}">' for a in made if a.inline) or "<p>none</p>"
    mail = parse(compose(replace(MESSAGE, html=html, attachments=made)))
    inline = [(a.content_id, a.content) for a in mail.attachments if a.inline]
    assert inline == [(a.content_id, a.content) for a in made if a.inline]
    assert [a.content for a in mail.attachments if not a.inline] == [a.content for a in made if not a.inline]


@pytest.mark.parametrize(
    ("automatic", "answers", "said"),
    [(False, False, ""), (True, False, "auto-generated"), (True, True, "auto-replied")],
)
def test_a_machine_s_mail_says_whether_it_answers(automatic: bool, answers: bool, said: str) -> None:
    mail = parse(compose(replace(MESSAGE, automatic=automatic, answers=answers)))
    assert mail.header("auto-submitted") == said
