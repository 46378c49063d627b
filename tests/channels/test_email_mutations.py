"""Whatever bytes come in, the parser gives a mail or says why not; it never fails otherwise and never takes long."""
# ruff: noqa: E501 - mails are quoted as they are

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.channels.base import Automatic, Bounce, Unreadable
from desk.channels.email import CHANNEL, parse, parsed_as_json
from desk.channels.email.headers import addresses, date, message_ids, parameters, text
from desk.channels.email.strip import strip_reply
from desk.messages import InboundMessage
from tests.channels.mails import INBOX, NAMES, NOON, recorded

pytestmark = pytest.mark.property

_PIECES = st.sampled_from(
    [
        b"=?utf-8?B?", b"?=", b"=?iso-2022-jp?Q?=1B$B", b"=?x?q?", b"--", b"\n\n", b"\r", b"\x00", b"\xff\xfe", b'"', b"<", b">",
        b"Content-Type: multipart/mixed; boundary=", b"Content-Type: multipart/alternative; boundary=b\n",
        b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"; charset=utf-7",
        b"; charset=utf-16", b"; filename*0*=''%", b"Subject: ", b"From: ", b"(", b"\\", b"begin 644 x\n", b"<div><blockquote>",
        b"\n> ", b"On Mon, 1 Jan 2024 at 10:00 x <a@b> wrote:\n", b"From: a\nSent: b\nTo: c\nSubject: d\n",
    ]
)  # fmt: skip
_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["put", "cut", "copy", "flip", "end", "piece"]),
        st.floats(0, 1),
        st.integers(1, 300),
        st.binary(min_size=1, max_size=30),
        _PIECES,
    ),
    max_size=10,
)


def _mutated(raw: bytes, edits: list[tuple[str, float, int, bytes, bytes]]) -> bytes:
    for kind, where, length, junk, piece in edits:
        at = int(where * len(raw))
        if kind == "put":
            raw = raw[:at] + junk + raw[at:]
        elif kind == "piece":
            raw = raw[:at] + piece + raw[at:]
        elif kind == "cut":
            raw = raw[:at] + raw[at + length :]
        elif kind == "copy":
            raw = raw[:at] + raw[at : at + length] * 2 + raw[at + length :]
        elif kind == "flip":
            raw = raw[:at] + bytes(b ^ 0x80 for b in raw[at : at + length]) + raw[at + length :]
        else:
            raw = raw[:at]
    return raw


def _read(raw: bytes) -> None:
    try:
        found = parsed_as_json(raw)
    except Unreadable as error:
        assert error.reason
        assert "could not be read" not in error.reason, "a failure of ours, hidden"
        return
    for words in (found["text"], found["subject"], found["html"], found["reply"], found["from"]["email"]):
        assert "\x00" not in words
        words.encode("utf-8")
    try:
        translated = CHANNEL.translate(raw, INBOX, {"rcpt_to": ["support@shop.example"]}, NOON)
    except Unreadable as error:
        assert "sender" in error.reason
    else:
        assert isinstance(translated, InboundMessage | Automatic | Bounce)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NAMES), _EDITS)
def test_damaged_mails(name: str, edits: list[tuple[str, float, int, bytes, bytes]]) -> None:
    _read(_mutated(recorded(name), edits))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(raw: bytes) -> None:
    _read(raw)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_header_value(raw: bytes) -> None:
    assert "\n" not in text(raw)
    parameters(raw, "text/plain")
    date(raw)
    message_ids([raw])
    for name, address in addresses([raw]):
        assert "\n" not in name
        assert address == "" or "@" in address


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=2000) | st.lists(st.sampled_from(["> a", "On 1.1.2024 10:00 x <a@b.de> wrote:", "", "text", "-- ", "From: a@b.de", "To: x", "Subject: y", "---------- Forwarded message ----------", "Sent from my iPhone"]), max_size=20).map("\n".join))  # fmt: skip
def test_any_text_parts_into_new_and_quoted(body: str) -> None:
    new, _ = strip_reply(body)
    mine = [line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")]
    assert all(line in mine or not line for line in new.split("\n")), "what is called new was written so"


@pytest.mark.parametrize(
    "attack",
    [
        b"From: a@b.c\n\n" + b"<" * 300_000,
        b"From: a@b.c\nContent-Type: text/html\n\n" + b"<div>" * 100_000,
        b"From: a@b.c\nContent-Type: text/html\n\n" + b"<script>" * 50_000,
        b"From: a@b.c\nContent-Type: text/html\n\n" + b"<blockquote>" * 3_000 + b"x",
        b"From: a@b.c\nSubject: " + b"=?utf-8?q?" * 30_000 + b"\n\nx",
        b"From: " + b"(" * 60_000 + b"\n\nx",
        b"From: " + b'"' * 60_001 + b"a@b.c\n\nx",
        b"From: " + b"a@b.c, " * 20_000 + b"\n\nx",
        b"From: " + b"a" * 64_000 + b"@b.c\n\nx",
        b"From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 50_000,
        b"From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b--\n" * 50_000,
        b"From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 5_000,
        b"From: a@b.c\nContent-Disposition: attachment; " + b"filename*9*=x; " * 4_000 + b"\n\nx",
        b"From: a@b.c\n" + b"X-A: b\n" * 100_000 + b"\nx",
        b"From: a@b.c\n\n" + b"> x\ny\n" * 50_000,
        b"From: a@b.c\n\n" + b"On 1.1.2024 10:00 x <a@b.de>\n" * 9_000,
        b"From: a@b.c\n\n" + b"From: x\n" * 9_000,
        b"From: a@b.c\n\n" + b"- " * 100_000,
        b"From: a@b.c\n\n" + b"--\n" * 9_000,
        b"From: a@b.c\n\n" + b" " * 300_000 + b"x",
        b"From: a@b.c\nContent-Transfer-Encoding: quoted-printable\n\n" + b" " * 300_000 + b"x",
        b"From: a@b.c\nContent-Type: text/html\n\n<p>" + b" " * 300_000 + b"x",
        b"From: a@b.c\n\n" + (b" " * 230 + b"x\n") * 2_000,
        b"From: a@b.c\nX: " + b" " * 300_000 + b"x\n\nx",
        b"From: a@b.c\n\n" + b"\n" * 300_000 + b"x",
        b"From: MAILER-DAEMON@b.c\nSubject: failure\n\n" + b"a@b.c 550 " * 20_000,
    ],
    ids=lambda raw: repr(raw[:60]),
)
def test_mails_built_to_be_slow(attack: bytes) -> None:
    began = time.process_time()
    try:
        parsed_as_json(attack)
    except Unreadable as error:
        assert "could not be read" not in error.reason
    assert time.process_time() - began < 4


def test_a_thirty_megabyte_attachment() -> None:
    content = b"A" * 76 + b"\r\n"
    raw = (
        b"From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee the file\r\n"
        b"--b\r\nContent-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + content * (30 * 1024 * 1024 // 78)
        + b"--b--\r\n"
    )
    began = time.process_time()
    mail = parse(raw)
    assert mail.text.strip() == "see the file"
    assert mail.attachments[0].size > 22_000_000
    assert time.process_time() - began < 5
