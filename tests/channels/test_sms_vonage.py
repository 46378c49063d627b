"""Vonage: what it signs is believed and nothing else, its two interfaces are asked as they want, its answers mean what
they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from desk.channels.abilities import Forged, Hook
from desk.channels.sms import CHANNEL, vonage
from desk.messages import Address, Attachment, OutboundMessage
from tests.servers import texts
from tests.servers.texts import Texts

SECRET = "the signature secret"
KEY = {"provider": "vonage", "vonage_key": "abcd1234", "vonage_secret": "hidden one", "vonage_signature": SECRET}
URL = "https://desk.example/hooks/sms/k-1"
BODY = json.dumps({"message_uuid": "u-1", "from": "46705550132", "text": "Hej"}).encode()


@pytest.fixture
def provider() -> Iterator[Texts]:
    with texts.serving() as found:
        yield found


def config_of(provider: Texts, **more: Any) -> dict[str, Any]:
    return KEY | {"transport": "provider", "vonage_base": provider.url, "allow_private": True} | more


def text(body: str = "It is on its way.") -> OutboundMessage:
    return OutboundMessage(
        channel="sms", inbox_id=1, message_id="m1@loopdesk.invalid", to=(Address("phone", "+46705550132"),), text=body,
        sender_address="+46705550100", sent_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    )  # fmt: skip


def token(body: bytes, secret: str = SECRET, *, alg: str = "HS256", **claims: Any) -> str:
    def packed(found: Any) -> str:
        raw = found if isinstance(found, bytes) else json.dumps(found).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    told = {"iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest(), "api_key": "abcd1234"} | claims
    front = f"{packed({'alg': alg, 'typ': 'JWT'})}.{packed(told)}"
    return f"{front}.{packed(hmac.new(secret.encode(), front.encode(), hashlib.sha256).digest())}"


def hook(body: bytes = BODY, authorization: str = "", kind: Any = "message") -> Hook:
    return Hook(URL, kind, {"authorization": authorization} if authorization else {}, body)


def test_a_call_with_its_token_is_believed_and_its_copy_has_the_same_key() -> None:
    keys = [CHANNEL.verify(hook(authorization=f"Bearer {token(BODY, jti=n)}"), KEY) for n in ("a", "b")]
    assert keys == ["u-1", "u-1"]
    news = [json.dumps({"message_uuid": "u-1", "status": word}).encode() for word in ("submitted", "delivered")]
    told = {CHANNEL.verify(hook(body, f"Bearer {token(body)}", "status"), KEY) for body in news}
    assert told == {"u-1:submitted", "u-1:delivered"}


@pytest.mark.parametrize(
    ("authorization", "body"),
    [
        ("", BODY),
        ("Basic eDp5", BODY),
        ("Bearer x.y.z", BODY),
        ("Bearer é.é.é", BODY),
        (f"Bearer {token(BODY, 'another secret')}", BODY),
        (f"Bearer {token(BODY, alg='none')}", BODY),
        (f"Bearer {token(BODY).rpartition('.')[0]}.", BODY),
        (f"Bearer {token(BODY, payload_hash='')}", BODY),
        (f"Bearer {token(BODY, api_key='somebody')}", BODY),
        (f"Bearer {token(BODY)}", BODY.replace(b"Hej", b"Nej")),
    ],
)
def test_what_the_token_does_not_cover_is_forged(authorization: str, body: bytes) -> None:
    with pytest.raises(Forged) as error:
        CHANNEL.verify(hook(body, authorization), KEY)
    assert SECRET not in error.value.reason


def test_nothing_is_believed_without_a_signature_secret() -> None:
    with pytest.raises(Forged, match="no signature secret"):
        CHANNEL.verify(hook(authorization=f"Bearer {token(BODY, '')}"), KEY | {"vonage_signature": ""})


# The text that is signed, written out by hand: names in order, & and = in values as _.
SIGNED = {"msisdn": "46705550132", "text": "a=b & c", "messageId": "0A1", "timestamp": "1772442000", "nonce": "n"}
PLAIN = "&messageId=0A1&msisdn=46705550132&nonce=n&text=a_b _ c&timestamp=1772442000"


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_older_signature_is_that_of_the_sorted_parameters(method: str, as_json: bool) -> None:
    sig = (
        hashlib.md5((PLAIN + SECRET).encode()).hexdigest()
        if method == "md5hash"
        else hmac.new(SECRET.encode(), PLAIN.encode(), method).hexdigest().upper()
    )
    found = SIGNED | {"sig": sig}
    body = json.dumps(found).encode() if as_json else urlencode(found).encode()
    config = KEY | {"vonage_sig": method}
    assert CHANNEL.verify(hook(body), config) == "0A1"
    for other in (body.replace(b"0A1", b"0A2"), body.replace(b"sig", b"sog")):
        with pytest.raises(Forged):
            CHANNEL.verify(hook(other), config)
    with pytest.raises(Forged):  # a signature of this kind is none where tokens are expected, and the other way
        CHANNEL.verify(hook(body), KEY)
    with pytest.raises(Forged):
        CHANNEL.verify(hook(BODY, f"Bearer {token(BODY)}"), config)


def test_the_messages_api_is_asked_and_named_our_id(provider: Texts) -> None:
    provider.answers = [(202, b'{"message_uuid": "u-9"}')]
    called = "https://desk.example/hooks/sms/k/status?delivery=m1%40loopdesk.invalid"
    result = CHANNEL.send(text("Grüße 😀"), config_of(provider, status_url=called))
    assert (result.outcome, result.provider_id) == ("accepted", "u-9")
    ((method, path, headers, body),) = provider.calls
    assert (method, path) == ("POST", "/v1/messages")
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"abcd1234:hidden one"
    assert json.loads(body) == {
        "channel": "sms", "message_type": "text", "to": "46705550132", "from": "46705550100", "text": "Grüße 😀",
        "client_ref": "m1@loopdesk.invalid", "webhook_url": called, "webhook_version": "v1",
    }  # fmt: skip


def test_a_picture_goes_as_mms_with_the_words_as_its_caption(provider: Texts) -> None:
    picture = Attachment("kettle.png", "image/png", 9, "a" * 64, url="https://desk.example/f/abc")
    provider.answers = [(202, b'{"message_uuid": "u-9"}'), (202, b'{"message_uuid": "u-8"}')]
    for body in ("Look.", ""):
        CHANNEL.send(replace(text(body), attachments=(picture,)), config_of(provider))
    with_words, alone = (json.loads(body) for _method, _path, _headers, body in provider.calls)
    assert (with_words["channel"], with_words["message_type"]) == ("mms", "image")
    assert with_words["image"] == {"url": "https://desk.example/f/abc", "caption": "Look."}
    assert alone["image"] == {"url": "https://desk.example/f/abc"}
    assert "text" not in with_words
    assert "text" not in alone
    assert CHANNEL.carriage(KEY | {"media": "mms"}).most == 1
    assert CHANNEL.carriage(KEY).how == "link"
    assert CHANNEL.carriage(KEY | {"media": "mms", "vonage_api": "sms"}).how == "link"


def test_the_sms_api_is_told_the_alphabet_and_counts_its_segments(provider: Texts) -> None:
    row = {"to": "46705550132", "message-id": "0C1", "status": "0"}
    answer = json.dumps({"message-count": "2", "messages": [row, row | {"message-id": "0C2"}]}).encode()
    provider.answers = [(200, answer), (200, answer)]
    config = config_of(provider, vonage_api="sms", status_callbacks=False)
    result = CHANNEL.send(text("Grüße 😀"), config)
    assert (result.outcome, result.provider_id, result.detail) == ("accepted", "0C1", "accepted, 2 segments")
    CHANNEL.send(text("plain"), config)
    kinds = [parse_qs(body.decode())["type"] for _, path, _, body in provider.calls if path == "/sms/json"]
    assert kinds == [["unicode"], ["text"]]


def rows(status: str, said: str = "No") -> tuple[int, bytes]:
    return 200, json.dumps({"messages": [{"status": status, "error-text": said}]}).encode()


@pytest.mark.parametrize(
    ("interface", "answer", "outcome", "stopped"),
    [
        ("messages", "hang up", "unknown", False),
        ("messages", (202, b"{}"), "unknown", False),
        ("messages", (401, b'{"title": "Unauthorized", "detail": "hidden one is wrong"}'), "refused", False),
        ("messages", (422, b'{"type": "x#1050", "title": "1050", "detail": "Barred"}'), "refused", True),
        ("messages", (429, b'{"title": "Throttled"}'), "retry", False),
        ("messages", (500, b""), "retry", False),
        ("messages", (502, b""), "unknown", False),
        ("messages", (504, b""), "unknown", False),
        ("sms", "hang up", "unknown", False),
        ("sms", rows("1"), "retry", False),
        ("sms", rows("4"), "refused", False),
        ("sms", rows("5"), "retry", False),
        ("sms", rows("7"), "refused", True),
        ("sms", (200, b"<html>"), "unknown", False),
        ("sms", (200, b'{"messages": [{"status": "0"}]}'), "unknown", False),
        ("sms", (200, b'{"messages": ["x"]}'), "unknown", False),
    ],
)  # fmt: skip
def test_what_an_answer_means(provider: Texts, interface: str, answer: Any, outcome: str, stopped: bool) -> None:
    provider.answers = [answer]
    result = CHANNEL.send(text(), config_of(provider, vonage_api=interface))
    assert (result.outcome, result.stopped) == (outcome, stopped)
    assert "hidden one" not in result.detail
    assert CHANNEL.look_up(text(), config_of(provider)).outcome == "unknown"


def test_trying_an_account_out(provider: Texts) -> None:
    provider.answers = [(200, b'{"value": 3.1}'), (401, b"{}")]
    good = CHANNEL.check(config_of(provider, status_url="https://desk.example/hooks/sms/k/status"))
    assert [step.ok for step in good] == [True, True]
    assert [step.ok for step in CHANNEL.check(config_of(provider, status_url="http://localhost/x"))] == [False, False]
    assert "hidden one" not in str(good)


def test_an_inbox_needs_the_account_and_the_secret() -> None:
    assert set(CHANNEL.problems({"provider": "vonage", "transport": "provider"})) == {
        "vonage_key", "vonage_secret", "vonage_signature",
    }  # fmt: skip
    assert CHANNEL.problems(KEY | {"transport": "provider"}) == {}
    assert vonage.Vonage().problems(KEY | {"vonage_sig": "rot13"}).keys() == {"vonage_sig"}
