"""Mails as people and their programs really write them, read."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from desk.channels.base import Unreadable
from desk.channels.email import parse, parsed_as_json
from tests.channels.mails import html, made, recorded


def test_a_plain_mail() -> None:
    mail = parse(recorded("plain"))
    assert mail.sender is not None
    assert (mail.sender.email, mail.sender.name) == ("mara@customer.example", "Mara Lindqvist")
    assert [b.email for b in mail.to] == ["support@shop.example"]
    assert mail.subject == "Where is my parcel?"
    assert mail.date == datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
    assert mail.message_id == "plain-1@mail.customer.example"
    assert "4711 has not arrived – it is" in mail.text
    assert mail.html == ""


def test_a_character_cut_between_two_encoded_words_is_whole_again() -> None:
    mail = parse(recorded("german_base64"))
    assert mail.subject == "Rückgabe der Größe 42"
    assert mail.sender is not None
    assert mail.sender.name == "Jörg Müßig"
    assert "möchte die Schuhe zurückgeben" in mail.text


def test_raw_bytes_in_headers_without_any_label_are_read() -> None:
    mail = parse(recorded("latin1_undeclared"))
    assert mail.sender is not None
    assert (mail.sender.name, mail.subject) == ("Jörg Müßig", "Größe falsch")
    assert mail.text.startswith("Die Hose ist zu groß, schöne Grüße")


def test_japanese_mail_keeps_the_characters_that_vendors_added() -> None:
    mail = parse(recorded("japanese"))
    assert mail.subject == "注文について"
    assert mail.sender is not None
    assert mail.sender.name == "髙橋"
    assert "商品がまだ届きません。" in mail.text
    assert "①" in mail.text


def test_mbox_line_banner_and_a_header_without_a_colon() -> None:
    mail = parse(recorded("mbox_banner"))
    assert mail.sender is not None
    assert mail.sender.email == "mara@customer.example"
    assert mail.subject == "a subject that goes on without being folded"
    assert mail.text.strip() == "The text."


def test_groups_comments_broken_addresses_and_ids() -> None:
    mail = parse(recorded("groups_and_comments"))
    assert mail.sender is not None
    assert (mail.sender.email, mail.sender.name) == ("mara@customer.example", "Mara Lindqvist")
    assert [(b.email, b.name) for b in mail.to] == [
        ("ann@a.example", "Smith, Ann"),
        ("zoe@b.example", "Zoë, Ltd"),
        ("support@shop.example", ""),
    ]
    assert [b.email for b in mail.cc] == ["bob@c.example"]
    assert mail.subject == "Wirklich? ja und 中文"
    assert mail.date == datetime(2026, 3, 3, 15, 15, 59, tzinfo=UTC)
    assert mail.references == ("a@x.example", "b@x.example", "c@x.example")
    assert mail.in_reply_to == ("c@x.example",)


def test_an_attached_mail_is_kept_as_it_was_sent() -> None:
    mail = parse(recorded("attached_mail"))
    assert mail.text.strip() == "Look at this."
    (attached,) = mail.attachments
    assert attached.filename == "Inner ✓.eml"
    assert attached.content_type == "message/rfc822"
    start = recorded("attached_mail").index(b"From: Someone")
    assert attached.content == recorded("attached_mail")[start : start + attached.size]
    assert b"JVBERi0=" in attached.content


def test_an_image_inside_the_text_keeps_its_place_and_is_a_file_too() -> None:
    mail = parse(recorded("inline_image"))
    (image,) = mail.attachments
    assert (image.filename, image.content_type, image.inline) == ("screen.png", "image/png", True)
    assert image.content_id == "shot1@customer.example"
    assert image.content.startswith(b"\x89PNG")
    assert 'src="cid:shot1@customer.example"' in mail.html


def test_html_is_safe_to_show() -> None:
    mail = parse(recorded("inline_image"))
    for bad in ("script", "evil.example", "onclick", "steal"):
        assert bad not in mail.html
    assert ' src="https://tracker.example' not in mail.html
    assert 'data-remote-src="https://tracker.example/p.gif?id=7"' in mail.html
    assert 'rel="noopener noreferrer' in mail.html


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" &#106;avascript:alert(1)">x</a>',
        '<div style="background:url(https://t.example/x)">x</div>',
        '<div style="position:fixed;top:0;left:0;width:100%">x</div>',
        "<style>@import 'https://t.example'</style>x",
        '<form action="https://t.example"><input name=p></form>x',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>x',
        '<meta http-equiv="refresh" content="0;url=https://t.example">x',
        '<img alt="a>b" src="https://t.example/p.gif">',
        '<img src="//t.example/p.gif">',
        '<img data-remote-src="javascript:alert(1)" src="cid:a">',
        '<input type="image" src="https://t.example/p.gif">',
        '<table background="https://t.example/p.gif"><tr><td>x</td></tr></table>',
        '<img srcset="https://t.example/p.gif 2x">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<object data='https://t.example/x'></object><embed src='https://t.example/x'>",
    ],
)
def test_nothing_in_html_runs_or_loads_by_itself(attack: str) -> None:
    shown = parse(html(f"<p>before</p>{attack}<p>after</p>")).html
    assert "before" in shown
    assert "after" in shown
    lowered = shown.lower()
    for bad in (
        "javascript:",
        "onerror",
        "<script",
        "<form",
        "<iframe",
        "<style",
        "<meta",
        "url(",
        "position:",
        "<svg",
    ):
        assert bad not in lowered
    assert ' src="http' not in lowered
    assert ' src="//' not in lowered
    assert "background=" not in lowered
    assert "srcset" not in lowered


def test_text_is_made_of_html_where_there_is_no_plain_part() -> None:
    mail = parse(html("<p>First<br>second</p><ul><li>one</li><li>two</li></ul><script>no</script>"))
    assert mail.text == "First\nsecond\n\n  * one\n  * two"


def test_a_calendar_part_is_a_file_and_the_words_are_the_text() -> None:
    mail = parse(recorded("calendar"))
    assert mail.text.strip() == "Can we talk on Friday?"
    assert [(a.filename, a.content_type) for a in mail.attachments] == [("text-1.ics", "text/calendar")]


def test_winmail_is_a_file() -> None:
    assert [a.filename for a in parse(recorded("winmail")).attachments] == ["winmail.dat"]


def test_file_names_in_pieces_in_words_and_with_folders() -> None:
    first, second = parse(recorded("filename_2231")).attachments
    assert first.filename == "Rechnung für März.pdf"
    assert second.filename == "passwd"
    assert second.content == b"%PDF-", "letters of base64 are read in spite of rubbish between them"


def test_a_wrong_and_never_closed_boundary() -> None:
    mail = parse(recorded("unclosed"))
    assert mail.text.strip() == "Café and a soft break, a bad =ZZ escape"
    assert [a.filename for a in mail.attachments] == ["dot.gif"]


def test_nesting_beyond_reason_is_kept_as_a_file() -> None:
    mail = parse(recorded("deep"))
    (whole,) = mail.attachments
    assert b"at the bottom" in whole.content


def test_a_mail_without_words() -> None:
    mail = parse(recorded("empty_body"))
    assert (mail.subject, mail.text, mail.html, mail.attachments) == ("", "", "", ())


@pytest.mark.parametrize("nothing", [b"", b"\r\n\r\n", b"   \n"])
def test_nothing_at_all_is_said_to_be_nothing(nothing: bytes) -> None:
    with pytest.raises(Unreadable, match="empty"):
        parse(nothing)


def test_ten_thousand_characters_of_one_word() -> None:
    began = time.perf_counter()
    assert parse(made("x" * 10_000)).text.strip() == "x" * 10_000
    assert "x" * 10_000 in parse(html(f"<p>{'x' * 10_000}</p>")).text
    assert time.perf_counter() - began < 1


def test_invalid_utf8_shows_a_hole_and_keeps_the_rest() -> None:
    mail = parse(made("Grüße aus Köln, sehr schön, Übung, Äpfel, Öl!").replace("Köln".encode(), b"K\xc3ln"))
    assert "Grüße aus K" in mail.text
    assert "Äpfel" in mail.text


def test_a_wrong_charset_label_gives_way() -> None:
    raw = made("naïve café", "Content-Type: text/plain; charset=iso-8859-1")
    assert "naïve café" in parse(raw).text
    raw = made("naïve café", "Content-Type: text/plain; charset=x-unknown-9")
    assert "naïve café" in parse(raw).text


@pytest.mark.parametrize(
    ("label", "codec", "words"),
    [
        ("koi8-r", "koi8-r", "Где мой заказ?"),
        ("windows-1251", "cp1251", "Где мой заказ?"),
        ("gb2312", "gb18030", "我的订单在哪里?"),
        ("big5", "big5", "我的訂單在哪裡?"),
        ("shift_jis", "cp932", "注文①はどこですか"),
        ("euc-kr", "cp949", "제 주문은 어디에 있나요?"),
        ("ks_c_5601-1987", "cp949", "똠방각하 펲시"),
        ("iso-8859-2", "iso-8859-2", "Zażółć gęślą jaźń"),
        ("iso-8859-9", "cp1254", "Siparişim nerede?"),
        ("windows-1253", "cp1253", "Πού είναι η παραγγελία μου;"),
        ("utf-7", "utf-7", "Grüße & mehr"),
        ("utf-16", "utf-16", "Grüße"),
        ("macintosh", "mac_roman", "Größe"),
        ("us-ascii", "utf-8", "Größe"),
    ],
)
def test_charsets_by_the_names_that_mail_gives_them(label: str, codec: str, words: str) -> None:
    head = f"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset={label}\r\n".encode()
    head += b"Content-Transfer-Encoding: base64\r\n\r\n"
    assert parse(head + base64.encodebytes(words.encode(codec))).text.strip() == words


def test_lines_that_end_like_nowhere_else() -> None:
    plain = recorded("gmail_reply")
    for ends in (b"\n", b"\r", b"\r\r\n"):
        mail = parse(plain.replace(b"\r\n", ends))
        assert mail.subject == "Re: Where is my parcel?"
        assert mail.text.startswith("It has just arrived")


def test_well_formed_mails_are_read_as_the_standard_library_means_them() -> None:
    made_by = EmailMessage()
    made_by["From"] = "Zoë Ångström <zoe@customer.example>"
    made_by["To"] = "support@shop.example"
    made_by["Subject"] = "Ünïcödé " * 20
    made_by.set_content("Hallo\n\n–– Grüße ✓\n" * 30)
    made_by.add_alternative("<p>Hallo <b>✓</b></p>", subtype="html")
    made_by.add_attachment(bytes(range(256)) * 9, maintype="application", subtype="octet-stream", filename="dä ta.bin")
    mail = parse(made_by.as_bytes())
    assert mail.subject == ("Ünïcödé " * 20).strip()
    assert mail.text.strip() == ("Hallo\n\n–– Grüße ✓\n" * 30).strip()
    assert mail.html == "<p>Hallo <b>✓</b></p>"
    assert [(a.filename, a.content) for a in mail.attachments] == [("dä ta.bin", bytes(range(256)) * 9)]


def test_the_shape_that_scripts_rely_on() -> None:
    found = parsed_as_json(recorded("gmail_reply"))
    assert found["from"] == {"email": "mara@customer.example", "name": "Mara Lindqvist"}
    assert found["to"] == [{"email": "support@shop.example", "name": "Support"}]
    assert found["reply"] == "It has just arrived, thank you!"
    assert found["message_id"] == "gm-1@mail.customer.example"
    assert found["in_reply_to"] == "ours-2@shop.example"
    assert found["references"] == ["plain-1@mail.customer.example", "ours-2@shop.example"]
    assert found["automatic"] is None
    assert found["bounce"] is None
    bounce = parsed_as_json(recorded("dsn"))
    assert bounce["bounce"] == {
        "recipients": [
            {"email": "gone@customer.example", "status": "5.1.1", "kind": "hard"},
            {"email": "full@customer.example", "status": "4.2.2", "kind": "soft"},
        ]
    }
    (image,) = parsed_as_json(recorded("inline_image"))["attachments"]
    assert set(image) == {"filename", "content_type", "size", "sha256"}
