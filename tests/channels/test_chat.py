"""Chat as a channel: what a widget may send, and the sites that may show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.base import Channel, InboxRef, Unreadable, discover
from desk.channels.chat import CHANNEL, LONGEST, Refused, clean_text, origin_allowed
from desk.messages import InboundMessage

INBOX = InboxRef(3, "shop.kiln.example", "key")
NOW = datetime(2026, 11, 20, 10, 41, tzinfo=UTC)  # a Friday
PROVED: dict[str, Any] = {"visitor": "abcd", "user": None, "files": [], "locale": "de"}


def translated(said: Any, **known: Any) -> InboundMessage:
    found = CHANNEL.translate(json.dumps(said).encode(), INBOX, PROVED | known, NOW)
    assert isinstance(found, InboundMessage)
    return found


def said(**more: Any) -> dict[str, Any]:
    return {"client_id": "abcdefgh", "text": "Hello", **more}


def test_it_is_found_and_our_own_screens_carry_it() -> None:
    assert discover()["chat"] is CHANNEL
    assert isinstance(CHANNEL, Channel)
    assert CHANNEL.direct


def test_what_a_widget_sends_is_a_message_of_whoever_its_socket_proved() -> None:
    found = translated(said(visitor="somebody else", conversation="17", external_id="x"))
    assert (found.sender.address.kind, found.sender.address.value) == ("visitor", "abcd")
    assert (found.sender.evidence, found.external_id, found.client_id) == ("verified", "abcd:abcdefgh", "abcdefgh")
    assert (found.text, found.reply_token, found.locale, found.sent_at) == ("Hello", None, "de", NOW)
    user = translated(said(), user={"sub": "4711", "name": "Noor"}).sender.address
    assert (user.kind, user.value, user.name) == ("user", "4711@shop.kiln.example", "Noor")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([], "shape"), ("text", "shape"), (None, "shape"), ({}, "client_id"),
        (said(client_id="a b c d e"), "client_id"),
        (said(client_id="x" * 65), "client_id"), (said(text=None), "shape"), (said(text=["a"]), "shape"),
        (said(text=""), "text"), (said(text="\x00\x01 \u2028"), "text"), (said(text="x" * (LONGEST + 1)), "long"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_with_a_code(sent: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        CHANNEL.translate(json.dumps(sent).encode(), INBOX, PROVED, NOW)
    assert refused.value.code == code
    assert refused.value.reason.endswith(".")


@given(raw=st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)).map(lambda v: json.dumps(v).encode()))  # fmt: skip # noqa: E501
def test_no_bytes_break_it(raw: bytes) -> None:
    try:
        found = CHANNEL.translate(raw, INBOX, PROVED, NOW)
    except Unreadable:
        return
    assert isinstance(found, InboundMessage)


@given(text=st.text())
def test_what_people_type_stays_and_what_nobody_types_goes(text: str) -> None:
    clean = clean_text(text)
    assert clean == clean_text(clean)
    assert "\x00" not in clean and "\r" not in clean
    clean.encode()
    assert clean_text("👩‍👩‍👧‍👦 \u202eabc\u202c أ") == "👩‍👩‍👧‍👦 \u202eabc\u202c أ"


def test_an_inbox_names_its_sites_or_none() -> None:
    own = "https://desk.example"
    assert origin_allowed({}, "https://any.example", own)
    named = {"origins": "https://a.example https://b.example:8443"}
    assert origin_allowed(named, "https://b.example:8443", own)
    assert origin_allowed(named, own, own), "the demo stands on the desk itself"
    assert not origin_allowed(named, "https://a.example.evil.example", own)
    assert not origin_allowed(named, "null", own)
