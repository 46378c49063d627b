"""The contract of a channel, held against every one that is there: recorded payloads, any bytes, what sending costs.

`payloads/<channel>/<name>.<form>` is what came in, `<name>.expected.json` beside it how it came and what it becomes. A
new channel brings its file and its payloads; nothing here names one.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.abilities import Checked, Forged, Hook, Hooked, LookedUp
from desk.channels.base import (
    Automatic,
    Bounce,
    Channel,
    ConfigField,
    Cost,
    InboxRef,
    Part,
    Receipt,
    Unreadable,
    discover,
)
from desk.messages import Address, InboundMessage, OutboundMessage

FOLDER = Path(__file__).parent / "payloads"
CHANNELS = discover()
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
ADDRESSES = {"email": "support@shop.example", "phone": "+46705550100", "visitor": "shop.example"}
PEOPLE = {"email": "mara@customer.example", "phone": "+46705550132", "visitor": "v1"}
EXPECTED = ".expected.json"
LEFT_OUT = {"sent_at", "html", "full_text", "raw_sha256", "locale", "trust"}  # long, or tested where it is made

PAYLOADS = sorted(p for p in FOLDER.glob("*/*") if not p.name.endswith(EXPECTED))


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest) -> Channel:
    found: Channel = CHANNELS[request.param]
    return found


def inbox_of(channel: Channel, **config: Any) -> InboxRef:
    return InboxRef(1, ADDRESSES.get(channel.kinds[0], "shop.example"), "a-key", config)


def told(found: Any) -> dict[str, Any]:
    """A translation as JSON, without what is empty."""
    if isinstance(found, Automatic):
        return {"kind": "automatic", "reason": found.reason, "message": told(found.message)}
    if isinstance(found, Bounce):
        recipients = [[r.address, r.status, r.kind] for r in found.recipients]
        return {"kind": "bounce", "recipients": recipients, "message_ids": list(found.message_ids)}
    if isinstance(found, Part):
        return {"kind": "part", "part": [found.key, found.number, found.total], "message": told(found.message)}
    if isinstance(found, Receipt):
        return {"kind": "receipt"} | {f.name: getattr(found, f.name) for f in fields(found) if getattr(found, f.name)}
    assert isinstance(found, InboundMessage)
    out: dict[str, Any] = {"kind": "message"}
    for field in fields(found):
        value = getattr(found, field.name)
        if not value or field.name in LEFT_OUT:
            continue
        if field.name == "sender":
            value = [value.address.kind, value.address.value, value.address.name, value.evidence]
        elif field.name == "participants":
            value = [[a.kind, a.value, a.name] for a in value]
        elif field.name == "attachments":
            value = [[a.filename, a.content_type, a.size, a.sha256[:12], a.url] for a in value]
        elif isinstance(value, tuple):
            value = list(value)
        out[field.name] = value
    return out


def test_every_channel_has_recorded_payloads_and_every_payload_says_what_it_becomes() -> None:
    assert {p.parent.name for p in PAYLOADS} == set(CHANNELS)
    silent = [str(p) for p in PAYLOADS if not p.with_name(p.stem + EXPECTED).exists()]
    assert silent == []
    over = {p.name.removesuffix(EXPECTED) for p in FOLDER.glob(f"*/*{EXPECTED}")} - {p.stem for p in PAYLOADS}
    assert over == set()


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_recorded_payload_becomes_what_is_written_beside_it(payload: Path) -> None:
    channel = CHANNELS[payload.parent.name]
    wanted = json.loads(payload.with_name(payload.stem + EXPECTED).read_text("utf-8"))
    try:
        found = told(channel.translate(payload.read_bytes(), inbox_of(channel), wanted["envelope"], NOON))
    except Unreadable as error:
        found = {"kind": "unreadable", "reason": error.reason}
    assert json.loads(json.dumps(found)) == wanted["found"]


@given(
    raw=st.one_of(
        st.binary(max_size=400),
        st.sampled_from([p.read_bytes() for p in PAYLOADS]).flatmap(
            lambda whole: st.tuples(st.integers(0, len(whole)), st.binary(max_size=6), st.integers(0, 6)).map(
                lambda cut: whole[: cut[0]] + cut[1] + whole[cut[0] + cut[2] :]
            )
        ),
    ),
    kind=st.sampled_from(["message", "status", ""]),
    provider=st.sampled_from(["", "vonage", "generic"]),
)
def test_whatever_comes_it_is_read_or_refused_with_a_reason(raw: bytes, kind: str, provider: str) -> None:
    for channel in CHANNELS.values():
        envelope = {"kind": kind, "signed": True, "query": {"delivery": "x"}, "visitor": "v1", "provider": provider}
        try:
            found = channel.translate(raw, inbox_of(channel), envelope, NOON)
        except Unreadable as error:
            assert error.reason
        else:
            assert isinstance(found, InboundMessage | Automatic | Bounce | Receipt | Part)
            if isinstance(found, InboundMessage):
                assert found.channel == channel.name
                assert found.external_id


def test_the_same_bytes_have_the_same_id(channel: Channel) -> None:
    for payload in (p for p in PAYLOADS if p.parent.name == channel.name):
        envelope = json.loads(payload.with_name(payload.stem + EXPECTED).read_text("utf-8"))["envelope"]
        ids = set()
        for _ in range(2):
            try:
                found = channel.translate(payload.read_bytes(), inbox_of(channel), envelope, NOON)
            except Unreadable:
                continue
            message = found.message if isinstance(found, Automatic | Part) else found
            ids.add(message.external_id if isinstance(message, InboundMessage) else "")
        assert len(ids) < 2


def outgoing(channel: Channel, text: str = "It is on its way. Grüße ✓") -> OutboundMessage:
    kind = channel.kinds[0]
    return OutboundMessage(
        channel=channel.name,
        inbox_id=1,
        message_id="0" * 32 + "@shop.example",
        to=(Address(kind, PEOPLE.get(kind, "somebody"), "Mara"),),
        text=text,
        subject="Re: Where is it?",
        sender_name="Jonas",
        sender_address=ADDRESSES.get(kind, "shop.example"),
        sent_at=NOON,
    )


def test_a_message_is_composed_and_says_the_same_each_time(channel: Channel) -> None:
    assert channel.compose(outgoing(channel)) == channel.compose(outgoing(channel)) != b""


def test_sending_without_any_configuration_raises_nothing_and_says_what_is_wrong(channel: Channel) -> None:
    result = channel.send(outgoing(channel), {})
    assert result.outcome in ("accepted", "retry", "refused", "unknown")
    assert result.detail
    assert channel.direct == (result.outcome == "accepted")


def test_a_channel_says_whom_it_reaches_and_how_much_it_holds(channel: Channel) -> None:
    assert channel.kinds
    assert all(isinstance(kind, str) and len(kind) <= 12 for kind in channel.kinds)
    assert channel.name.isidentifier()
    assert len(channel.name) <= 20
    assert 100 <= channel.longest <= 1_000_000


def test_an_address_has_one_form_and_what_is_none_is_refused_in_a_sentence(channel: Channel) -> None:
    form = channel.address(ADDRESSES.get(channel.kinds[0], "shop.example"))
    assert channel.address(f" {form} ") == form
    for none in ("", "  ", "two words here", "line\nbreak"):
        with pytest.raises(ValueError, match=r"^\S.*\.$"):
            channel.address(none)


@given(text=st.text(max_size=700))
def test_what_a_text_costs_is_counted_whatever_it_is(text: str) -> None:
    for channel in CHANNELS.values():
        cost = channel.cost(text)
        assert isinstance(cost, Cost)
        assert cost.characters >= 0
        assert cost.left >= 0
        assert (cost.parts == 0) == (text == "")
        assert channel.cost(text + "a").parts >= cost.parts


def test_what_an_inbox_is_configured_with_can_be_left_as_it_is(channel: Channel) -> None:
    names = [field.name for field in channel.config_fields]
    assert len(names) == len(set(names))
    for field in channel.config_fields:
        assert isinstance(field, ConfigField)
        assert field.label
        if not field.required and field.default is not None:
            assert field.clean(field.default) == field.default
        if field.secret:
            assert field.default is None


@pytest.mark.parametrize("name", sorted(name for name, channel in CHANNELS.items() if isinstance(channel, Hooked)))
def test_a_channel_that_is_called_refuses_what_nobody_signed(name: str) -> None:
    channel = CHANNELS[name]
    assert isinstance(channel, Hooked)
    secrets = {field.name: "a secret" for field in channel.config_fields if field.secret}
    for config in ({}, secrets):
        for headers in ({}, {"x-twilio-signature": "x"}, {"x-twilio-signature": "é"}):
            hook = Hook("https://desk.example/hooks/x/y", "message", headers, b"Body=x&MessageSid=1", {})
            with pytest.raises(Forged) as error:
                channel.verify(hook, config)
            assert error.value.reason
            assert "a secret" not in error.value.reason
    content_type, body = channel.hook_answer
    assert "/" in content_type
    assert isinstance(body, bytes)


def test_trying_out_and_looking_up_without_a_server_raise_nothing(channel: Channel) -> None:
    if isinstance(channel, Checked):
        steps = channel.check({f.name: f.default for f in channel.config_fields})
        assert all(step.title and step.detail for step in steps)
    if isinstance(channel, LookedUp):
        assert channel.look_up(outgoing(channel), {}).outcome == "unknown"
