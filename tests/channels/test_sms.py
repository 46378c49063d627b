"""SMS: segments to the letter, signatures and requests as the official client makes them, and what an answer means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client as OfficialClient

from desk.channels.abilities import Forged, Hook
from desk.channels.base import InboxRef, Receipt
from desk.channels.sms import CHANNEL, api, command, count, numbers, signature
from desk.channels.sms.segments import BASIC, EXTENDED
from desk.http import Client
from desk.messages import Address, Attachment, OutboundMessage
from tests.servers import twilio
from tests.servers.browser import Chromium
from tests.servers.twilio import ACCOUNT, TOKEN, Provider

HERE = Path(__file__).parent
CASES = json.loads((HERE / "segments.json").read_text("utf-8"))
URL = "https://desk.example/hooks/sms/k-1"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEAR_GSM = st.text(alphabet=st.sampled_from([*sorted(BASIC | EXTENDED), "ж", "😀", "ç"]), max_size=900)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with twilio.serving() as found:
        yield found


def config_of(provider: Provider, **more: Any) -> dict[str, Any]:
    return {
        "transport": "provider",
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "api_base": provider.url,
        "allow_private": True,
    } | more


def text(body: str = "It is on its way.", **more: Any) -> OutboundMessage:
    fields: dict[str, Any] = {
        "channel": "sms",
        "inbox_id": 1,
        "message_id": "m1@loopdesk.invalid",
        "to": (Address("phone", "+46705550132"),),
        "text": body,
        "sender_address": "+46705550100",
        "sent_at": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    }
    return OutboundMessage(**fields | more)


# Segments


@pytest.mark.parametrize(("written", "encoding", "units", "segments", "left"), CASES)
def test_segments_are_those_of_the_standard(written: str, encoding: str, units: int, segments: int, left: int) -> None:
    found = count(written)
    assert (found.encoding, found.units, found.segments, found.left) == (encoding, units, segments, left)


def cut(written: str) -> list[str]:
    """The segments themselves, letter by letter: the slow twin of `count`."""
    gsm = set(written) <= BASIC | EXTENDED
    wide = {c: len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in written}
    width = {c: (2 if c in EXTENDED else 1) if gsm else wide[c] for c in written}
    alone, among = (160, 153) if gsm else (70, 67)
    if sum(width[c] for c in written) <= alone:
        return [written] if written else []
    parts = [""]
    for c in written:
        if sum(width[x] for x in parts[-1]) + width[c] > among:
            parts.append("")
        parts[-1] += c
    return parts


@given(NEAR_GSM)
def test_segments_are_as_many_as_one_cuts_by_hand(written: str) -> None:
    parts = cut(written)
    assert count(written).segments == len(parts)
    assert "".join(parts) == written


def test_the_composer_counts_as_the_desk_does(chromium: Chromium) -> None:
    script = (HERE.parents[1] / "static" / "js" / "segments.js").read_text("utf-8").replace("export ", "")
    page = chromium.page()
    found = page.evaluate(f"(cases) => {{ {script}; return cases.map((c) => count(c[0])); }}", CASES)
    assert [[f["encoding"], f["units"], f["segments"], f["left"]] for f in found] == [c[1:] for c in CASES]


# Numbers and words


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" +46 70 555 01 32 ", "+46705550132"), ("+1 (415) 555-0132", "+14155550132"), ("72 404", "72404")],
)
def test_a_number_of_an_inbox_has_one_form(typed: str, kept: str) -> None:
    assert CHANNEL.address(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "070 555 01 32", "+46", "+999999999999999999", "call us", "+46 70 555 01 32 ext. 7"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(numbers.NoNumber):
        CHANNEL.address(typed)


@pytest.mark.parametrize(
    ("written", "said", "means"),
    [
        ("STOP", "", "stop"), ("stop.", "", "stop"), (" Unsubscribe!", "", "stop"), ("Stop all", "", "stop"),
        ("START", "", "start"), ("unstop", "", "start"), ("help", "", "help"), ("INFO", "", "help"),
        ("Yes", "", ""), ("Yes", "START", "start"), ("Arrêt", "STOP", "stop"),
        ("STOPP", "", "stop"), ("stopp!", "", "stop"), ("Arrêt", "", "stop"), ("ARRET", "", "stop"),
        ("Alto", "", "stop"), ("¡Baja!", "", "stop"), ("Abmelden.", "", "stop"), ("ＳＴＯＰ", "", "stop"),
        ("désabonner", "", "stop"), ("Ayuda", "", "help"), ("HILFE!", "", "help"), ("aide", "", "help"),
        ("Alta", "", "start"),
        ("Wann kommt es? Stopp", "", ""), ("Hilfe, mein Paket ist weg", "", ""), ("ja", "", ""),
        ("Please stop sending me the wrong size", "", ""), ("non-stop", "", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_words_that_switch_texts_off_and_on(written: str, said: str, means: str) -> None:
    assert command(written, said) == means


# Signatures, as the official validator makes them

PARAMS = st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=30), min_size=1, max_size=8)


def signed(url: str, params: dict[str, str], token: str = TOKEN, **more: Any) -> Hook:
    official = RequestValidator(token).compute_signature(url, params)
    return Hook(url, "message", {"x-twilio-signature": official}, urlencode(params).encode(), **more)


@given(PARAMS)
def test_what_the_official_client_signs_is_believed(params: dict[str, str]) -> None:
    try:
        urlencode(params).encode()
    except UnicodeEncodeError:
        return
    assert signature.verify(signed(URL, params), {"auth_token": TOKEN})


def test_the_port_may_stand_in_the_address_or_not() -> None:
    params = {"MessageSid": "SM1", "Body": "hello"}
    for made, called in (
        (URL, URL.replace(".example", ".example:443")),
        (URL.replace(".example", ".example:443"), URL),
    ):
        hook = signed(made, params)
        assert signature.verify(replace(hook, url=called), {"auth_token": TOKEN}) == "SM1"


def test_a_newer_signature_is_believed_and_an_unknown_one_is_not() -> None:
    params = {"MessageSid": "SM1", "Body": "hello"}
    hook = signed(URL, params)
    newer = RequestValidator("shared").compute_signature(URL, params, "HMAC_SHA256")
    headers = {"x-twilio-signature": newer, "x-twilio-webhooks-signature-settings": "key=k,algorithm=HMAC_SHA256"}
    assert signature.verify(replace(hook, headers=headers), {"auth_token": TOKEN, "webhook_secret": "shared"})
    with pytest.raises(Forged, match="does not know"):
        signature.verify(
            replace(hook, headers=headers | {"x-twilio-webhooks-signature-settings": "algorithm=NONE"}),
            {"webhook_secret": "shared"},
        )


@pytest.mark.parametrize(
    ("change", "token"),
    [
        ({"body": b"MessageSid=SM1&Body=hullo"}, TOKEN),
        ({"body": b"MessageSid=SM1&Body=hello&More=1"}, TOKEN),
        ({"url": URL + "x"}, TOKEN),
        ({"url": URL + "/status"}, TOKEN),
        ({"url": URL.replace("https", "http")}, TOKEN),
        ({"headers": {}}, TOKEN),
        ({"headers": {"x-twilio-signature": "AAAA"}}, TOKEN),
        ({}, "another token"),
        ({}, ""),
    ],
)
def test_what_was_changed_on_the_way_is_forged(change: dict[str, Any], token: str) -> None:
    hook = replace(signed(URL, {"MessageSid": "SM1", "Body": "hello"}), **change)
    with pytest.raises(Forged):
        signature.verify(hook, {"auth_token": token})


def test_a_body_that_is_no_form_is_held_by_its_digest() -> None:
    body = b'{"MessageSid": "SM1"}'
    url = f"{URL}?bodySHA256={__import__('hashlib').sha256(body).hexdigest()}"
    official = RequestValidator(TOKEN).compute_signature(url, {})
    hook = Hook(url, "message", {"x-twilio-signature": official}, body, {"bodySHA256": url.rpartition("=")[2]})
    assert signature.verify(hook, {"auth_token": TOKEN})
    with pytest.raises(Forged, match="body"):
        signature.verify(replace(hook, body=body + b" "), {"auth_token": TOKEN})


def test_a_call_has_a_key_of_its_own_and_its_copy_the_same() -> None:
    one = signed(URL, {"MessageSid": "SM1", "Body": "hello"})
    two = signed(URL, {"MessageSid": "SM2", "Body": "hello"})
    status = signed(URL, {"MessageSid": "SM1", "MessageStatus": "sent"})
    later = signed(URL, {"MessageSid": "SM1", "MessageStatus": "delivered"})
    keys = [signature.verify(h, {"auth_token": TOKEN}) for h in (one, two)]
    keys += [signature.verify(replace(h, kind="status"), {"auth_token": TOKEN}) for h in (status, later)]
    assert len(set(keys)) == 4
    assert signature.verify(one, {"auth_token": TOKEN}) == keys[0]


# Sending


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    """The official client's own transport, pointed at a server of ours."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **more)


def test_our_request_is_the_one_that_the_official_client_makes(provider: Provider) -> None:
    callback = "https://desk.example/hooks/sms/k/status?delivery=m1%40loopdesk.invalid"
    body = "Grüße & 100 % sicher?\nZweite Zeile 😀"
    transport = Redirected(provider.url)
    OfficialClient(ACCOUNT, TOKEN, http_client=transport).messages.create(
        to="+46705550132", from_="+46705550100", body=body, status_callback=callback
    )
    transport.session.close()
    result = CHANNEL.send(text(body), config_of(provider, status_url=callback))
    assert (result.outcome, result.provider_id) == ("accepted", provider.messages[0]["sid"])
    (method, path, headers, _), (our_method, our_path, our_headers, _) = provider.calls
    assert (our_method, our_path) == (method, path)
    for name in ("authorization", "content-type"):
        assert our_headers[name] == headers[name]
    theirs, ours = provider.posts()
    assert ours == theirs


def test_a_messaging_service_and_no_callbacks(provider: Provider) -> None:
    service = "MG" + "0" * 32
    CHANNEL.send(text(), config_of(provider, sender=service, status_callbacks=False, status_url="https://x.example"))
    assert provider.posts() == [{"To": "+46705550132", "MessagingServiceSid": service, "Body": "It is on its way."}]


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        ((400, {"code": 21211, "message": "Invalid 'To'", "status": 400}), "refused", "Invalid 'To' (error 21211)"),
        ((400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"}), "refused", "unsubscribed"),
        ((401, {"code": 20003, "message": "Authenticate"}), "refused", "Authenticate (error 20003)"),
        ((429, {"code": 20429, "message": "Too Many Requests"}), "retry", "Too Many Requests"),
        ((500, {"message": "An internal error has occurred"}), "retry", "internal error"),
        ((503, b"<html>busy</html>"), "retry", "503"),
        ((502, b""), "unknown", "502"),
        ((504, b""), "unknown", "504"),
        ((201, b"not JSON"), "unknown", "without naming"),
        ((200, {"sid": "SM9", "status": "failed", "error_code": 30005, "error_message": "Gone"}), "refused", "Gone"),
        ((302, b""), "refused", "302"),
        ("hang up", "unknown", "did not answer"),
    ],
)  # fmt: skip
def test_what_an_answer_means(provider: Provider, answer: Any, outcome: str, said: str) -> None:
    provider.answers = [answer]
    result = CHANNEL.send(text(), config_of(provider))
    assert result.outcome == outcome
    assert said in result.detail
    assert TOKEN not in result.detail


def test_an_answer_that_comes_too_late_is_unknown(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = Client(allow_private=True, timeout=0.3)
    monkeypatch.setattr(api, "client", lambda allow_private: impatient)
    provider.answers = ["slow"]
    assert CHANNEL.send(text(), config_of(provider)).outcome == "unknown"
    impatient.close()


def test_where_nobody_listens_it_certainly_was_not_sent(provider: Provider) -> None:
    assert CHANNEL.send(text(), config_of(provider) | {"api_base": "http://127.0.0.1:9"}).outcome == "retry"


def test_an_api_in_a_private_network_is_not_called_unless_allowed(provider: Provider) -> None:
    for base in (provider.url, "http://169.254.169.254", "http://[::1]:8080", "ftp://x", "http://[", "no address"):
        result = CHANNEL.send(text(), config_of(provider, allow_private=False, api_base=base))
        assert result.outcome == "refused", base
        assert "cannot be called" in result.detail
    assert provider.calls == []


# Looking up


def test_a_message_whose_answer_was_lost_is_found_by_its_text_and_time(provider: Provider) -> None:
    provider.answers = ["hang up"]
    assert CHANNEL.send(text(), config_of(provider)).outcome == "unknown"
    found = CHANNEL.look_up(text(), config_of(provider))
    assert (found.outcome, found.provider_id) == ("accepted", provider.messages[0]["sid"])
    assert CHANNEL.look_up(text("Another text"), config_of(provider)).outcome == "refused"
    assert CHANNEL.look_up(text(), config_of(provider, known=[found.provider_id])).outcome == "refused"
    long_after = text(sent_at=provider.now + timedelta(hours=1))
    assert CHANNEL.look_up(long_after, config_of(provider)).outcome == "refused"


def test_a_provider_that_cannot_be_asked_leaves_it_unknown(provider: Provider) -> None:
    assert CHANNEL.look_up(text(), config_of(provider, auth_token="wrong")).outcome == "unknown"
    assert CHANNEL.look_up(text(), config_of(provider) | {"api_base": "http://127.0.0.1:9"}).outcome == "unknown"


# Files, and trying an account out


def test_a_file_is_fetched_with_our_name_and_others_are_not_told_it(provider: Provider) -> None:
    with twilio.serving() as elsewhere:
        elsewhere.files["/files/a.png"] = ("image/png", b"\x89PNG")
        provider.files["/media/1"] = ("moved", f"{elsewhere.url}/files/a.png".encode())
        file = Attachment("file-1.png", "image/png", 0, "", url=f"{provider.url}/media/1")
        assert CHANNEL.fetch(file, config_of(provider)) == b"\x89PNG"
        assert "authorization" in provider.calls[0][2]
        assert "authorization" not in elsewhere.calls[0][2]
        assert CHANNEL.fetch(replace(file, url=f"{elsewhere.url}/files/a.png"), config_of(provider)) == b"\x89PNG"
        assert "authorization" not in elsewhere.calls[1][2]
    provider.files["/media/2"] = ("gone", b"")
    with pytest.raises(OSError, match="404"):
        CHANNEL.fetch(replace(file, url=f"{provider.url}/media/2"), config_of(provider))
    with pytest.raises(OSError, match="private"):
        CHANNEL.fetch(replace(file, url="http://10.0.0.1/"), config_of(provider, allow_private=False))


def test_trying_an_account_out(provider: Provider) -> None:
    good = CHANNEL.check(config_of(provider, status_url="https://desk.example/hooks/sms/k/status"))
    assert [step.ok for step in good] == [True, True, True]
    wrong = CHANNEL.check(
        config_of(provider, auth_token="wrong", status_url="http://127.0.0.1:5000/hooks/sms/k/status")
    )
    assert [step.ok for step in wrong] == [True, False, False]
    assert "Authenticate" in wrong[1].detail
    assert "PUBLIC_URL" in wrong[2].detail
    (nobody,) = CHANNEL.check(config_of(provider, api_base="http://127.0.0.1:9"))
    assert not nobody.ok


def test_news_without_our_own_id_is_known_by_the_provider_s() -> None:
    inbox = InboxRef(1, "+46705550100", "k")
    told = CHANNEL.translate(b"MessageSid=SM1&MessageStatus=delivered", inbox, {"kind": "status"}, NOON)
    assert told == Receipt(1, "SM1", "delivered", "delivered")
