"""winmail.dat: the files and the words that Outlook packs away come out; a broken one stays what it is."""

from __future__ import annotations

import base64
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.channels.email import parse, rtf, tnef
from desk.channels.email.parse import ParsedMail
from tests.channels import winmails as build
from tests.channels.mails import recorded

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3


def mail(packed: bytes, text: str = "The contract is attached.") -> bytes:
    lines = [
        "From: Mara <mara@customer.example>",
        "Subject: Contract",
        'Content-Type: multipart/mixed; boundary="w"',
        "",
        *(("--w", "Content-Type: text/plain", "", text) if text else ()),
        "--w",
        'Content-Type: application/ms-tnef; name="winmail.dat"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(packed).decode(),
        "--w--",
        "",
    ]
    return "\r\n".join(lines).encode()


def taken(packed: bytes, text: str = "The contract is attached.") -> ParsedMail:
    return parse(mail(packed, text))


def test_the_files_come_out_with_their_names_types_and_bytes() -> None:
    found = taken(
        build.winmail(
            build.file("Vertrag März.pdf", PDF, build.named("brew"), build.prop(0x370E, 0x1E, b"application/pdf\0")),
            build.file("photo.png", b"\x89PNG\r\n\x1a\n", build.prop(0x3712, 0x1F, build.wide("logo@x"))),
        )
    )
    assert found.text.strip() == "The contract is attached."
    assert [(a.filename, a.content_type, a.content) for a in found.attachments] == [
        ("Vertrag März.pdf", "application/pdf", PDF),
        ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ]
    assert found.attachments[1].content_id == "logo@x"


def test_an_old_one_has_only_the_short_name_in_the_letters_of_its_country() -> None:
    packed = build.winmail(
        build.attribute(2, 0x00069002, bytes(14))
        + build.attribute(2, 0x00018010, "Счёт.doc\0".encode("cp1251"))
        + build.attribute(2, 0x0006800F, b"x"),
        codepage=1251,
    )
    assert [a.filename for a in taken(packed).attachments] == ["Счёт.doc"]


@pytest.mark.parametrize(
    ("message", "text", "html"),
    [
        pytest.param(build.prop(0x1000, 0x1F, build.wide("Grüße, Mara")), "Grüße, Mara", "", id="plain"),
        pytest.param(build.prop(0x1013, 0x102, "<p>Grüße</p>".encode()), "Grüße", "<p>Grüße</p>", id="html"),
        pytest.param(
            build.prop(0x1009, 0x102, build.rtf(rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe,\par \u8364? 20\par}")),
            "Grüße,\n€ 20",
            "",
            id="rich text",
        ),
        pytest.param(
            build.prop(
                0x1009,
                0x102,
                build.rtf(
                    rb"{\rtf1\ansi\fromhtml1{\fonttbl{\f0 Arial;}}{\*\htmltag19 <b>}\htmlrtf {\b\htmlrtf0 "
                    rb"Hello\htmlrtf }\htmlrtf0{\*\htmltag27 </b>}}"
                ),
            ),
            "Hello",
            "<b>Hello</b>",
            id="HTML inside of rich text",
        ),
    ],
)
def test_its_words_are_the_text_where_the_mail_has_none(message: bytes, text: str, html: str) -> None:
    found = taken(build.winmail(message=[message], codepage=65001), text="")
    assert found.text.strip() == text
    assert found.html == html
    assert found.attachments == ()
    other = taken(build.winmail(message=[message]))
    assert other.text.strip() == "The contract is attached."  # where it has some, they stay
    assert [a.filename for a in other.attachments] == ["winmail.dat"]  # and nothing came out of it


def test_a_message_inside_gives_its_words_and_files() -> None:
    inner = build.winmail(
        build.file("list.csv", b"a,b"),
        message=[build.prop(0x0037, 0x1F, build.wide("Inner")), build.prop(0x1000, 0x1F, build.wide("Look"))],
    )
    found = taken(build.winmail(build.embedded(inner)))
    assert [(a.filename, a.content) for a in found.attachments] == [("Inner.txt", b"Look"), ("list.csv", b"a,b")]


def test_a_file_with_a_dangerous_name_is_seen_as_one() -> None:
    (found,) = taken(build.winmail(build.file("..\\..\\fdp.\u202etxt.exe", b"MZ"))).attachments
    assert found.turned
    assert "/" not in found.filename
    assert "\\" not in found.filename


def nested(depth: int) -> bytes:
    packed = build.winmail(build.file("bottom.txt", b"x"))
    for _ in range(depth):
        packed = build.winmail(build.embedded(packed))
    return packed


GOOD = build.winmail(build.file("contract.pdf", PDF), message=[build.prop(0x1000, 0x1F, build.wide("Hello"))])


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD.replace(b"%PDF", b"%PDX"), id="a byte was changed"),
        pytest.param(GOOD[:6] + b"\x07" + GOOD[7:], id="no such level"),
        pytest.param(GOOD[:11] + b"\xff\xff\xff\x7f" + GOOD[15:], id="longer than itself"),
        pytest.param(b"".join(build.file("a", b"") for _ in range(300)).join([build.winmail(), b""]), id="300 files"),
        pytest.param(nested(6), id="nested without end"),
        pytest.param(
            build.winmail(build.attribute(1, 0x00069003, struct.pack("<I", 0xFFFFFFFF))), id="4 billion properties"
        ),
        pytest.param(
            build.winmail(build.attribute(1, 0x00069003, struct.pack("<IHHI", 1, 0x1102, 0x1000, 0xFFFFFFFF))),
            id="a property of 4 billion values",
        ),
        pytest.param(
            build.winmail(build.attribute(1, 0x00069003, struct.pack("<IHHI", 1, 0x1001, 0x1000, 9))), id="of nothing"
        ),
    ],
)
def test_a_broken_one_stays_a_file_as_it_came(broken: bytes) -> None:
    found = taken(broken)
    assert [(a.filename, a.content) for a in found.attachments] == [("winmail.dat", broken)]
    assert found.text.strip() == "The contract is attached."


def test_the_recorded_stump_stays_a_file() -> None:
    assert [a.filename for a in parse(recorded("winmail")).attachments] == ["winmail.dat"]


def test_rich_text_unpacks_by_its_window() -> None:
    # The example of MS-OXRTFCP 4.1: what it says of "hello world" stands in the dictionary that all share.
    sample = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert rtf.unpacked(sample) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    # The second one (4.2) repeats what it writes itself.
    again = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert rtf.unpacked(again) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_rich_text_that_is_built_to_grow_is_cut() -> None:
    # Each pair of bytes repeats the last byte 17 times; the head claims four gigabytes.
    body = bytearray(b"\x00{\\rtf1 A")
    at = 207 + 8
    for _ in range(60_000):
        body += b"\xff"
        for _ in range(8):
            body += struct.pack(">H", ((at - 1) & 0xFFF) << 4 | 15)
            at += 17
    began = time.perf_counter()
    out = rtf.unpacked(struct.pack("<II", len(body) + 12, 0xFFFFFFFF) + b"LZFu" + bytes(4) + bytes(body))
    assert len(out) == rtf.MAX_UNPACKED
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "hostile", [b"{" * 2_000_000, b"{\\*\\htmltag" * 200_000, b"\\u-1" * 400_000, b"\\'zz" * 99_999]
)
def test_hostile_rich_text_takes_linear_time(hostile: bytes) -> None:
    began = time.perf_counter()
    rtf.read(b"{\\rtf1\\fromhtml1 " + hostile)
    assert time.perf_counter() - began < 8


@given(st.binary(max_size=400), st.integers(0, len(GOOD)), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_whatever_the_bytes_are_it_is_read_or_it_is_not(some: bytes, at: int, gone: int) -> None:
    for packed in (tnef.SIGNATURE + some, GOOD[:at] + some + GOOD[at + gone :]):
        found = tnef.read(packed)
        assert found is None or sum(len(f.content) for f in found.files) <= len(packed)
        assert taken(packed).text.strip() == "The contract is attached."
    said = rtf.read(rtf.unpacked(b"\0" * 8 + b"LZFu" + some) + b"{\\rtf1" + some)
    assert all(isinstance(text, str) for text in said)


@given(
    st.lists(st.tuples(st.sampled_from([0x1000, 0x1009, 0x1013, 0x3701, 0x3705]), st.binary(max_size=40)), max_size=5)
)
@settings(max_examples=100, deadline=None)
def test_whatever_properties_it_has_it_is_never_an_error(some: list[tuple[int, bytes]]) -> None:
    for kind in (0x1E, 0x1F, 0x102, 0x0D):
        message = [build.prop(number, kind, value) for number, value in some]
        tnef.read(build.winmail(build.file("a", b"b", *message), message=message))
