"""The provider that is told by templates: no text breaks out of its place, no call without its proof is believed, and a
template that cannot work is refused in a sentence."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.abilities import Forged, Hook
from desk.channels.sms import CHANNEL, generic
from desk.messages import Address, Attachment, OutboundMessage
from tests.servers import texts
from tests.servers.texts import Texts

BASE = {"provider": "generic", "transport": "provider", "generic_secret": "shared", "generic_key": "hidden one"}
VALUES = {"to": "+46705550132", "from": "+46705550100", "id": "m1", "key": "k", "status_url": "https://d.example/s"}


@pytest.fixture
def provider() -> Iterator[Texts]:
    with texts.serving() as found:
        yield found


def text(body: str = "It is on its way.") -> OutboundMessage:
    return OutboundMessage(
        channel="sms", inbox_id=1, message_id="m1@loopdesk.invalid", to=(Address("phone", "+46705550132"),), text=body,
        sender_address="+46705550100", sent_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    )  # fmt: skip


def config_of(provider: Texts, **more: Any) -> dict[str, Any]:
    return BASE | {"generic_url": f"{provider.url}/send", "allow_private": True} | more


# XML 1.0 has no letter for control characters, and a lone surrogate has no bytes.
WRITTEN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@given(WRITTEN)
def test_a_text_stays_in_its_place_whatever_it_is(written: str) -> None:
    values = VALUES | {"text": written}
    made = generic.body_of({"generic_body": '{"a": {"t": "{text}", "n": 1}, "to": "{to}"}'}, values)
    assert json.loads(made or b"") == {"a": {"t": written, "n": 1}, "to": "+46705550132"}
    made = generic.body_of({"generic_format": "form", "generic_body": "t={text}&to={to}&x="}, values)
    assert parse_qsl((made or b"").decode(), keep_blank_values=True) == [
        ("t", written),
        ("to", "+46705550132"),
        ("x", ""),
    ]
    made = generic.body_of({"generic_format": "xml", "generic_body": '<m to="{to}">{text}</m>'}, values)
    assert (ElementTree.fromstring(made or b"").text or "") == written
    url = generic.url_of({"generic_url": "https://x.example/send?t={text}&to={to}"}, values)
    assert dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == {"t": written, "to": "+46705550132"}


def test_each_file_has_a_place_of_its_own_and_none_without_files() -> None:
    body = '{"to": "{to}", "text": "{text}", "media": ["{media}"], "more": [{"url": "{to}"}]}'
    urls = ("https://desk.example/f/a", "https://desk.example/f/b")
    for files in ((), urls):
        attachments = tuple(Attachment("k.png", "image/png", 1, "a" * 64, url=url) for url in files)
        values = generic.values_of(replace(text(), attachments=attachments), {})
        made = json.loads(generic.body_of({"generic_body": body}, values) or b"")
        assert made["media"] == list(files)
        assert made["more"] == [{"url": "+46705550132"}]
        form = generic.body_of({"generic_format": "form", "generic_body": "t={text}&m={media}"}, values) or b""
        assert [value for name, value in parse_qsl(form.decode()) if name == "m"] == list(files)
    assert CHANNEL.carriage(BASE | {"media": "mms", "generic_body": body}).how == "media"
    assert CHANNEL.carriage(BASE | {"media": "mms"}).how == "link"
    assert "{media}" in CHANNEL.problems(BASE | {"media": "mms"})["media"]


def test_a_message_goes_as_the_templates_say(provider: Texts) -> None:
    provider.answers = [(201, b'{"messages": [{"uid": 77}]}')]
    config = config_of(
        provider, generic_headers="Authorization: Bearer {key}\n\nX-Ref: {id}", generic_id="messages.0.uid"
    )
    result = CHANNEL.send(text('say "hi" {to}'), config)
    assert (result.outcome, result.provider_id) == ("accepted", "77")
    ((method, path, headers, body),) = provider.calls
    assert (method, path, headers["authorization"]) == ("POST", "/send", "Bearer hidden one")
    assert (headers["x-ref"], headers["content-type"]) == ("m1@loopdesk.invalid", "application/json")
    assert json.loads(body) == {
        "to": "+46705550132", "from": "+46705550100", "text": 'say "hi" {to}', "ref": "m1@loopdesk.invalid",
    }  # fmt: skip
    CHANNEL.send(
        text("a&b"), config_of(provider, generic_method="GET", generic_url=f"{provider.url}/s?t={{text}}&to={{to}}")
    )
    assert provider.calls[1][:2] == ("GET", "/s?t=a%26b&to=%2B46705550132")
    assert provider.calls[1][3] == b""


@pytest.mark.parametrize(
    ("answer", "outcome", "stopped"),
    [
        ((200, b""), "accepted", False),
        ((400, b'{"error": "OPTED_OUT hidden one"}'), "refused", True),
        ((400, b'{"error": "bad number"}'), "refused", False),
        ((302, b""), "refused", False),
        ((429, b""), "retry", False),
        ((503, b""), "retry", False),
        ((504, b""), "unknown", False),
        ("hang up", "unknown", False),
    ],
)
def test_what_an_answer_means(provider: Texts, answer: Any, outcome: str, stopped: bool) -> None:
    provider.answers = [answer]
    result = CHANNEL.send(text(), config_of(provider, generic_stop_words="opted_out, 21610"))
    assert (result.outcome, result.stopped) == (outcome, stopped)
    assert "hidden one" not in result.detail


def test_only_one_that_takes_an_id_once_is_sent_the_same_again(provider: Texts) -> None:
    assert CHANNEL.look_up(text(), config_of(provider)).outcome == "unknown"
    assert CHANNEL.look_up(text(), config_of(provider, generic_once=True)).outcome == "refused"


@pytest.mark.parametrize("way", ["hex", "prefixed", "base64", "header"])
def test_a_call_with_its_proof_is_believed_and_no_other(way: str) -> None:
    body = b'{"id": "x-1", "from": "+46705550132", "text": "Hi"}'
    digest = hmac.new(b"shared", body, hashlib.sha256)
    proof = {
        "hex": digest.hexdigest().upper(), "prefixed": f"sha256={digest.hexdigest()}",
        "base64": base64.b64encode(digest.digest()).decode(), "header": "shared",
    }[way]  # fmt: skip
    config = BASE | {"generic_auth": "header" if way == "header" else "hmac", "generic_auth_header": "X-Proof"}
    url = "https://desk.example/hooks/sms/k"
    assert CHANNEL.verify(Hook(url, "message", {"x-proof": proof}, body), config) == "x-1"
    wrong = [{}, {"x-proof": "é"}, {"x-proof": proof[:-1]}, {"x-signature": proof}]
    for headers in wrong:
        with pytest.raises(Forged):
            CHANNEL.verify(Hook(url, "message", headers, body), config)
    if way != "header":
        with pytest.raises(Forged, match="another secret"):
            CHANNEL.verify(Hook(url, "message", {"x-proof": proof}, body + b" "), config)
    with pytest.raises(Forged, match="no shared secret"):
        CHANNEL.verify(Hook(url, "message", {"x-proof": proof}, body), config | {"generic_secret": ""})


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({}, "", ""),
        ({"generic_url": ""}, "generic_url", "Type the address"),
        ({"generic_url": "send.example/{to}"}, "generic_url", "https://"),
        ({"generic_url": "https://{to}.example/"}, "generic_url", "without a place"),
        ({"generic_url": "https://x.example/{phone}"}, "generic_url", "{phone} is none of the places"),
        ({"generic_body": '{"to": {to}, "t": "{text}"}'}, "generic_body", "This is not JSON"),
        ({"generic_body": '{"to": "{to}"}'}, "generic_body", "{text} is missing"),
        ({"generic_format": "form", "generic_body": "to"}, "generic_body", "This is not a form"),
        ({"generic_headers": "Authorization Bearer"}, "generic_headers", "is no header"),
        ({"generic_headers": "X-Brand: Käse"}, "generic_headers", "plain letters"),
        ({"generic_once": True, "generic_body": '{"t": "{to}{text}"}'}, "generic_once", "{id} must stand"),
        ({"generic_secret": ""}, "generic_secret", "shared secret"),
        ({"generic_auth_header": "X Sig"}, "generic_auth_header", "name of a header"),
        ({"generic_in_from": " "}, "generic_in_from", "name of the field"),
        ({"generic_st_id": " "}, "generic_st_id", "must name its message"),
    ],
)
def test_a_template_that_cannot_work_is_refused_in_a_sentence(change: dict[str, Any], field: str, says: str) -> None:
    found = CHANNEL.problems(BASE | {"generic_url": "https://send.example/v1"} | change)
    assert list(found) == ([field] if field else [])
    assert says in found.get(field, "")
    assert all(sentence.endswith(".") for sentence in found.values())


@given(st.dictionaries(st.sampled_from([f.name for f in generic.FIELDS if f.kind != "flag"]), st.text(max_size=40)))
def test_whatever_was_typed_it_is_judged_and_sending_raises_nothing(typed: dict[str, str]) -> None:
    config = BASE | typed
    if typed.get("generic_format") not in (None, "json", "form", "xml"):
        config["generic_format"] = "json"  # a choice is checked by its field
    assert isinstance(CHANNEL.problems(config), dict)
    config["generic_url"] = "http://[" + typed.get("generic_url", "")
    assert CHANNEL.send(text(), config).outcome in ("refused", "retry")
