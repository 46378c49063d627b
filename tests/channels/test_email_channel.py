"""A mail becomes a message for the corridor."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from desk.channels.base import OWN_MAIL, Automatic, Bounce, Unreadable
from desk.channels.email import CHANNEL
from desk.messages import InboundMessage
from tests.channels.mails import INBOX, NOON, made, recorded


def _message(raw: bytes, **envelope: object) -> InboundMessage:
    found = CHANNEL.translate(raw, INBOX, envelope, NOON)
    assert isinstance(found, InboundMessage)
    return found


def test_an_answer_in_a_thread() -> None:
    message = _message(recorded("gmail_reply"))
    assert message.text == "It has just arrived, thank you!"
    assert "it is on its way." in message.full_text
    assert message.subject == "Re: Where is my parcel?"
    assert message.sender.address.value == "mara@customer.example"
    assert message.sender.evidence == "inferred"
    assert message.reply_refs == ("ours-2@shop.example", "plain-1@mail.customer.example")
    assert message.message_id == "gm-1@mail.customer.example"
    assert message.automatic is None


def test_a_first_mail_has_nothing_quoted() -> None:
    assert _message(recorded("plain")).full_text == ""


def test_the_token_is_found_wherever_the_address_stands() -> None:
    address = "support+r-17-abc@shop.example"
    assert _message(recorded("plain"), rcpt_to=[address]).reply_token == "17-abc"
    assert _message(recorded("plain").replace(b"<support@", b"<support+r-17-abc@")).reply_token == "17-abc"
    assert _message(made("x", f"Delivered-To: {address}")).reply_token == "17-abc"
    assert _message(made("x"), rcpt_to=["sales+r-17-abc@shop.example"]).reply_token is None


def test_others_who_were_written_to_take_part() -> None:
    message = _message(recorded("groups_and_comments"))
    assert [(a.value, a.name) for a in message.participants] == [
        ("ann@a.example", "Smith, Ann"),
        ("zoe@b.example", "Zoë, Ltd"),
        ("bob@c.example", ""),
    ]


def test_files_carry_their_bytes_and_digest() -> None:
    (image,) = _message(recorded("inline_image")).attachments
    assert image.content is not None
    assert image.sha256 == hashlib.sha256(image.content).hexdigest()
    assert (image.size, image.content_id, image.inline) == (len(image.content), "shot1@customer.example", True)


def test_the_same_mail_by_two_doors_is_one() -> None:
    raw = recorded("plain")
    by_other_door = b"Return-Path: <mara@customer.example>\r\nReceived: from x by y\r\n" + raw.replace(b"\r\n", b"\n")
    assert _message(raw).external_id == _message(by_other_door, rcpt_to=["support@shop.example"]).external_id


def test_the_same_mail_encoded_anew_on_the_way_is_one() -> None:
    plain = made("Grüße an alle, es passt.\n")
    head, _, body = plain.partition(b"\r\n\r\n")
    encoded = head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(body)
    assert _message(plain).external_id == _message(encoded).external_id


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"4711", b"4712"), (b"Where is", b"What is"), (b"mara@customer", b"nora@customer"), (b"10:15:00", b"10:16:00")],
)
def test_another_mail_under_the_same_message_id_is_another(before: bytes, after: bytes) -> None:
    raw = recorded("plain")
    assert before in raw
    assert _message(raw).external_id != _message(raw.replace(before, after)).external_id


def test_another_file_makes_another_mail() -> None:
    raw = recorded("winmail")
    assert _message(raw).external_id != _message(raw.replace(b"eJ8+", b"eJ9+")).external_id


def test_machines_are_marked_with_the_reason() -> None:
    found = CHANNEL.translate(recorded("absence"), INBOX, {}, NOON)
    assert isinstance(found, Automatic)
    assert found.reason == "Auto-Submitted: auto-replied (vacation)"
    assert found.message.automatic == found.reason
    assert found.message.text == "I am away until Monday."
    assert isinstance(CHANNEL.translate(recorded("newsletter"), INBOX, {}, NOON), Automatic)


def test_our_own_mail_coming_back_is_a_machines() -> None:
    ours = recorded("plain").replace(b"plain-1@mail.customer.example", b"0123456789abcdef0123456789abcdef@shop.example")
    found = CHANNEL.translate(ours, INBOX, {}, NOON)
    assert isinstance(found, Automatic)
    assert "came back" in found.reason
    from_us = recorded("plain").replace(b"<mara@customer.example>", b"<support@shop.example>")
    assert isinstance(CHANNEL.translate(from_us, INBOX, {}, NOON), Automatic)


def test_a_bounce_names_what_it_refuses() -> None:
    found = CHANNEL.translate(recorded("dsn"), INBOX, {"mail_from": ""}, NOON)
    assert isinstance(found, Bounce)
    assert found.message_ids == ("5f3d9a@shop.example",)
    assert found.recipients[0].kind == "hard"
    assert found.received_at == NOON


def test_a_mail_without_a_sender_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unreadable, match="no sender"):
        CHANNEL.translate(recorded("no_sender"), INBOX, {}, NOON)


def test_the_time_of_writing_is_the_mails_own_or_that_of_arrival() -> None:
    assert _message(recorded("plain")).sent_at.isoformat() == "2026-03-03T09:15:00+00:00"
    assert _message(made("x")).sent_at == NOON


@pytest.mark.parametrize(
    ("words", "locale"),
    [
        ("Hallo, meine Bestellung ist immer noch nicht angekommen, und ich bin sauer.", "de"),
        ("Hello, my order has still not arrived and I am getting angry.", "en"),
        ("¿Dónde está mi pedido? Llevo dos semanas esperando.", "es"),
        ("注文した商品がまだ届いていません。", "ja"),
        ("ok", None),
        ("4711", None),
    ],
)
def test_the_language_of_the_words(words: str, locale: str | None) -> None:
    assert _message(made(words)).locale == locale


def test_another_inbox_has_other_addresses() -> None:
    sales = replace(INBOX, address="sales@shop.example")
    found = CHANNEL.translate(recorded("plain"), sales, {}, NOON)
    assert isinstance(found, InboundMessage)
    assert [a.value for a in found.participants] == ["support@shop.example"]


def test_lists_and_our_own_addresses_take_no_part() -> None:
    cc = "Cc: <support+r-1-abc@shop.example>, <users@list.example>, <ann@a.example>"
    raw = made("x", cc, "List-Post: <mailto:users@list.example>")
    found = CHANNEL.translate(raw, INBOX, {}, NOON)
    assert isinstance(found, Automatic)  # a list's mail
    assert [a.value for a in found.message.participants] == ["ann@a.example"]


@pytest.mark.parametrize(
    ("to", "hidden"),
    [
        ("support@shop.example", False),
        ("Us <support+r-1-abc@shop.example>", False),
        ("ann@a.example", True),
        ("undisclosed-recipients:;", True),
    ],
)
def test_whether_we_were_among_those_named(to: str, hidden: bool) -> None:
    raw = made("x").replace(b"To: support@shop.example", f"To: {to}".encode())
    assert _message(raw, rcpt_to=["support@shop.example"]).hidden is hidden


def test_a_token_in_the_subject_is_read_and_taken_off() -> None:
    message = _message(made("x", subject="AW: Kettle [#2x-k3j5m2aa] (fwd)"))
    assert (message.subject, message.subject_token) == ("AW: Kettle (fwd)", "2x-k3j5m2aa")
    assert _message(made("x", subject="[#12] Kettle [urgent]")).subject_token is None


@pytest.mark.parametrize(
    "raw",
    [
        made("x", "X-Loopdesk: support@shop.example"),
        made("x", sender="support+r-1-abc@shop.example"),
        made("x").replace(b"<m1@customer.example>", b"<" + b"a" * 32 + b"@shop.example>"),
    ],
    ids=["header", "sender", "id"],
)
def test_our_own_mail_is_known(raw: bytes) -> None:
    found = CHANNEL.translate(raw, INBOX, {}, NOON)
    assert isinstance(found, Automatic)
    assert found.reason == OWN_MAIL


def test_another_desk_s_mail_is_not_ours() -> None:
    assert _message(made("x", "X-Loopdesk: help@other.example")).automatic is None
