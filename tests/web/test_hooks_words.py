"""STOP, START and HELP at the door: what was asked for is kept to on every way out, and HELP is told who this is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from desk import agents, conversations, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.channels.sms import count
from desk.clock import SetClock
from desk.outbound import Delivery, Refused
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_brand, make_staff
from tests.servers import twilio
from tests.servers.twilio import ACCOUNT, TOKEN, Provider

PUBLIC = "http://127.0.0.1:5000"
NUMBER, MARTA = "+46705550100", "+46705550132"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with twilio.serving() as found:
        yield found


@pytest.fixture
def inbox(desk: Desk, provider: Provider) -> settings.Inbox:
    desk.config = dict(desk.config) | {"ALLOW_PRIVATE": True}
    config = {"transport": "provider", "account_sid": ACCOUNT, "auth_token": TOKEN, "api_base": provider.url}
    with desk.store.transaction() as tx:
        return settings.create_inbox(
            tx, channel="sms", name="Texts", address=NUMBER, brand_id=make_brand(tx).id, config=config,
            secret_fields=frozenset({"auth_token"}),
        )  # fmt: skip


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


def call(client: FlaskClient, path: str, params: dict[str, str]) -> None:
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(PUBLIC + path, params)}
    answer = client.post(
        path, data=urlencode(params), content_type="application/x-www-form-urlencoded", headers=headers
    )
    assert answer.status_code == 200


def write(client: FlaskClient, desk: Desk, inbox: settings.Inbox, body: str, sid: str, **more: str) -> int:
    call(client, f"/hooks/sms/{inbox.key}", {"MessageSid": sid, "From": MARTA, "To": NUMBER, "Body": body} | more)
    drain(desk)
    with desk.store.reading() as tx:
        return max(tx.scalars(select(conversations.Conversation.id)))


def latest(desk: Desk) -> Delivery:
    with desk.store.reading() as tx:
        return tx.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()


def sent(provider: Provider) -> list[str]:
    return [form["Body"] for form in provider.posts()]


def test_help_is_answered_once_an_hour_marked_automatic_and_also_after_stop(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, clock: SetClock
) -> None:
    write(client, desk, inbox, "STOPP", "SM1")
    number = write(client, desk, inbox, "Hilfe", "SM2")
    (text,) = sent(provider)
    assert text.startswith("Kiln & Clay: ")
    assert "STOP" in text
    assert len(text) <= 160
    with desk.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, number, kinds=("reply",))
        assert (entry.author, entry.staff_id, entry.detail) == ("desk", None, {"automatic": "help"})
    assert (latest(desk).purpose, latest(desk).message["automatic"]) == ("help", True)
    write(client, desk, inbox, "HELP", "SM3")
    clock.advance(timedelta(minutes=59))
    write(client, desk, inbox, "HELP", "SM4")
    assert len(sent(provider)) == 1
    clock.advance(timedelta(minutes=2))
    write(client, desk, inbox, "HELP", "SM5")
    assert len(sent(provider)) == 2


def test_help_goes_in_the_night_in_the_inbox_s_words_and_not_where_the_provider_answers(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, clock: SetClock
) -> None:
    clock.advance(timedelta(hours=14))
    with desk.store.transaction() as tx:
        found = settings.inbox(tx, inbox.id)
        found.config = dict(found.config) | {"help_text": "Kiln. Call 0700."}
    write(client, desk, inbox, "HELP", "SM1", OptOutType="HELP")
    assert sent(provider) == []
    write(client, desk, inbox, "HELP", "SM2")
    assert sent(provider) == ["Kiln. Call 0700."]


@pytest.mark.parametrize(
    ("locale", "begins"),
    [("de", "Nachrichten"), ("es", "mensajes"), ("fr", "SMS sur"), ("pt", "SMS sobre"), ("it", "texts")],
)
def test_help_speaks_the_language_of_the_inbox_in_one_segment(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, locale: str, begins: str
) -> None:
    with desk.store.transaction() as tx:
        settings.inbox(tx, inbox.id).locale = locale
    write(client, desk, inbox, "HELP", "SM1")
    (text,) = sent(provider)
    assert text.startswith(f"Kiln & Clay: {begins}")
    assert count(text).segments == 1


def test_what_waits_when_stop_comes_is_not_sent(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = write(client, desk, inbox, "Where is it?", "SM1")
    provider.answers = [(503, b"")]
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    drain(desk)
    assert latest(desk).state == "queued"
    write(client, desk, inbox, "ARRÊT", "SM2")
    desk.store.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    drain(desk)
    assert latest(desk).state == "failed"
    assert "STOP" in latest(desk).detail
    assert len(sent(provider)) == 1  # the one that was refused before


def every_way(desk: Desk, inbox: settings.Inbox, number: int, jonas: Viewer) -> dict[str, Any]:
    """Each way by which the desk sends a text, tried in its own transaction: what it gave, or that it refused."""

    def survey(tx: Any, who: people.Identity, row: conversations.Conversation) -> Any:
        return outbound.send_survey(
            tx, conversation_id=row.id, subject="", text="How was it?", html="", locale="en", unsubscribe_url="",
            entry_id=None, channel="sms", inbox_id=inbox.id, to=who,
        )  # fmt: skip

    ways: dict[str, Any] = {
        "reply": lambda tx, who, row: outbound.reply(tx, row.id, jonas, "Hello"),
        "notice": lambda tx, who, row: outbound.send_text(tx, who, "Note", channel="sms", inbox_id=inbox.id),
        "code": lambda tx, who, row: outbound.send_code(
            tx, who, inbox=inbox, sender_name="Kiln", subject="", text="123456"
        ),
        "survey": survey,
        "bot": lambda tx, who, row: outbound.bot_said(tx, row, 1, "Hello"),
    }
    out = {}
    for name, way in ways.items():
        try:
            with desk.store.transaction() as tx:
                row = conversations.get(tx, number, None)
                out[name] = way(tx, people.identity(tx, row.reply_identity_id or 0), row)
        except Refused as error:
            out[name] = error
    return out


def test_stop_closes_every_way_out_and_start_opens_them(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = write(client, desk, inbox, "Where is it?", "SM1")
    write(client, desk, inbox, "ALTO", "SM2")
    found = every_way(desk, inbox, number, jonas)
    drain(desk)
    assert sent(provider) == []
    assert {name for name, value in found.items() if isinstance(value, Refused)} == {"reply", "notice", "code"}
    assert found["bot"] is None
    assert (found["survey"].state, "STOP" in found["survey"].detail) == ("failed", True)
    write(client, desk, inbox, "START", "SM3")
    every_way(desk, inbox, number, jonas)
    drain(desk)
    assert sorted(sent(provider)) == ["123456", "Hello", "Hello", "How was it?", "Note"]


@pytest.mark.parametrize("by", ["answer", "receipt"])
def test_a_provider_that_refuses_because_of_stop_closes_the_number(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer, by: str
) -> None:
    number = write(client, desk, inbox, "Where is it?", "SM1")
    if by == "answer":
        provider.answers = [(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"})]
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    drain(desk)
    if by == "receipt":
        told = {"MessageSid": latest(desk).provider_id, "MessageStatus": "undelivered", "ErrorCode": "21610"}
        call(client, f"/hooks/sms/{inbox.key}/status", told)
        drain(desk)
    assert latest(desk).state == "failed"
    with desk.store.reading() as tx:
        (way,) = outbound.ways(tx, number)
        assert not way.usable
        assert "STOP" in way.why_not


def test_receipts_in_any_order_and_words_that_are_new_are_kept(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = write(client, desk, inbox, "Where is it?", "SM1")
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    drain(desk)
    seen = []
    for word in ("parked", "delivered", "sent", "undelivered"):
        told = {"MessageSid": latest(desk).provider_id, "MessageStatus": word}
        call(client, f"/hooks/sms/{inbox.key}/status", told)
        drain(desk)
        seen.append((latest(desk).state, latest(desk).detail.rpartition("; ")[2]))
    assert seen == [
        ("sent", "parked"), ("delivered", "delivered"), ("delivered", "sent"), ("delivered", "undelivered"),
    ]  # fmt: skip
