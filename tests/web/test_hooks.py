"""What a provider calls: kept once, only where its signature fits, and answered on the channel it came by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from twilio.request_validator import RequestValidator

from desk import agents, conversations, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.channels.sms import SmsChannel, api
from desk.clock import SetClock
from desk.intake.tables import Arrival
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.people.tables import Identity
from desk.timeline.tables import Entry
from desk.worker import drain
from tests.factories import make_brand, make_inbox, make_staff
from tests.servers import twilio
from tests.servers.twilio import ACCOUNT, TOKEN, Provider

PUBLIC = "http://127.0.0.1:5000"
NUMBER, MARTA = "+46705550100", "+46705550132"
SECRETS = frozenset({"auth_token"})
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with twilio.serving() as found:
        yield found


@pytest.fixture
def inbox(desk: Desk, provider: Provider) -> settings.Inbox:
    desk.config = dict(desk.config) | {"ALLOW_PRIVATE": True}
    with desk.store.transaction() as tx:
        brand = make_brand(tx)
        return settings.create_inbox(
            tx,
            channel="sms",
            name="Texts",
            address=NUMBER,
            brand_id=brand.id,
            config={
                "transport": "provider",
                "account_sid": ACCOUNT,
                "auth_token": TOKEN,
                "api_base": provider.url,
                "status_callbacks": True,
            },
            secret_fields=SECRETS,
        )


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


def message(body: str = "Where is my parcel?", sid: str = "SM1", **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": MARTA, "To": NUMBER, "Body": body, "NumMedia": "0"} | more


def call(client: FlaskClient, path: str, params: dict[str, str], token: str = TOKEN, **more: Any) -> Any:
    """A call as the official client would sign it."""
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(PUBLIC + path, params)}
    return client.post(path, data=urlencode(params), content_type="application/x-www-form-urlencoded",
                       headers=headers | more.pop("headers", {}), **more)  # fmt: skip


def rows(desk: Desk, table: Any) -> int:
    with desk.store.reading() as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def conversation(desk: Desk) -> conversations.Conversation:
    with desk.store.reading() as tx:
        return tx.scalars(select(conversations.Conversation)).one()


def delivery(desk: Desk) -> Delivery:
    with desk.store.reading() as tx:
        return tx.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()


def test_a_text_is_kept_answered_yes_and_taken_in(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    answer = call(client, f"/hooks/sms/{inbox.key}", message())
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.data.endswith(b"<Response/>")
    with desk.store.reading() as tx:
        (arrival,) = tx.scalars(select(Arrival))
        assert (arrival.state, arrival.channel, arrival.door) == ("waiting", "sms", "hook")
        assert desk.files.get(arrival.raw_sha256) == urlencode(message()).encode()
    drain(desk)
    found = conversation(desk)
    assert (found.channel, found.reply_address, found.preview) == ("sms", MARTA, "Where is my parcel?")
    with desk.store.reading() as tx:
        identity = people.identity(tx, found.reply_identity_id or 0)
        assert (identity.kind, identity.value, identity.evidence) == ("phone", MARTA, "verified")
        assert "provider signed" in identity.because


def test_a_replayed_call_is_one_entry(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    for _ in range(3):
        assert call(client, f"/hooks/sms/{inbox.key}", message()).status_code == 200
        drain(desk)
    assert (rows(desk, Arrival), rows(desk, Entry)) == (1, 1)


def test_calls_at_the_same_instant_are_one_entry(app: Flask, desk: Desk, inbox: settings.Inbox) -> None:
    gate, seen = threading.Barrier(6), []

    def post() -> None:
        client = app.test_client()
        gate.wait()
        seen.append(call(client, f"/hooks/sms/{inbox.key}", message()).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain(desk)
    assert seen == [200] * 6
    assert (rows(desk, Arrival), rows(desk, Entry)) == (1, 1)


@pytest.mark.parametrize("wrong", ["token", "body", "nothing", "key", "garbage"])
def test_what_nobody_signed_is_refused_and_leaves_nothing(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, wrong: str
) -> None:
    path = f"/hooks/sms/{inbox.key}"
    with desk.store.transaction() as tx:
        other = settings.create_inbox(
            tx, channel="sms", name="Other", address="+46705550101", brand_id=inbox.brand_id,
            config={"auth_token": TOKEN}, secret_fields=SECRETS,
        )  # fmt: skip
    good = RequestValidator(TOKEN).compute_signature(PUBLIC + path, message())
    body = urlencode(message())
    headers = {"X-Twilio-Signature": good}
    match wrong:
        case "token":
            headers = {"X-Twilio-Signature": RequestValidator("x").compute_signature(PUBLIC + path, message())}
        case "body":
            body = urlencode(message("Send me money"))
        case "nothing":
            headers = {}
        case "key":  # signed for one inbox, handed in at another
            path = f"/hooks/sms/{other.key}"
        case "garbage":
            headers = {"X-Twilio-Signature": "\xe9" * 40}
    answer = client.post(path, data=body, content_type="application/x-www-form-urlencoded", headers=headers)
    assert answer.status_code == 403
    told = answer.json["error"]["message"]
    assert told.endswith(".")
    assert TOKEN not in told
    assert rows(desk, Arrival) == 0


@pytest.mark.parametrize(
    "path", ["sms/nobody", "chat/{email}", "email/{sms}", "sms/{email}", "fax/{sms}", "sms/{sms}x", "sms/" + "k" * 500]
)
def test_an_address_that_is_nobody_s_is_told_so(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, path: str
) -> None:
    with desk.store.transaction() as tx:
        mail = make_inbox(tx)
    path = f"/hooks/{path.format(email=mail.key, sms=inbox.key)}"
    answer = call(client, path, message())
    assert answer.status_code == 404
    assert "inbox" in answer.json["error"]["message"]
    assert rows(desk, Arrival) == 0


def test_a_switched_off_inbox_takes_nothing(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    with desk.store.transaction() as tx:
        settings.inbox(tx, inbox.id).active = False
    assert call(client, f"/hooks/sms/{inbox.key}", message()).status_code == 404
    assert rows(desk, Arrival) == 0


def test_what_is_too_large_or_empty_or_no_post(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    path = f"/hooks/sms/{inbox.key}"
    assert call(client, path, message("x" * 70_000)).status_code == 413
    assert client.post(path, data=b"").status_code == 400
    assert client.get(path).status_code == 405
    assert rows(desk, Arrival) == 0


def test_guessing_is_slowed_down_and_the_provider_is_not(app: Flask, desk: Desk, inbox: settings.Inbox) -> None:
    client, path = app.test_client(), f"/hooks/sms/{inbox.key}"
    codes = [call(client, path, message(), token="x").status_code for _ in range(61)]
    assert set(codes[:60]) == {403}
    assert codes[60] == 429
    elsewhere = {"environ_base": {"REMOTE_ADDR": "127.0.0.9"}}
    assert {call(client, path, message(sid=f"SM{n}"), **elsewhere).status_code for n in range(100)} == {200}


def test_strange_letters_come_in_whole(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    for n, body in enumerate(["😡" * 30, "\x00nul", "x" * 1600, "", "<script>alert(1)</script>", "\u202eabc"]):
        assert call(client, f"/hooks/sms/{inbox.key}", message(body, sid=f"SM{n}")).status_code == 200
    drain(desk)
    with desk.store.reading() as tx:
        said = [e.text for e in timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))]
    assert said == ["😡" * 30, "nul", "x" * 1600, "", "<script>alert(1)</script>", "\u202eabc"]
    assert rows(desk, Entry) >= 6


def taken_in(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, body: str = "Where is it?", sid: str = "SM1"
) -> int:
    assert call(client, f"/hooks/sms/{inbox.key}", message(body, sid)).status_code == 200
    drain(desk)
    return conversation(desk).id


def test_an_answer_goes_out_and_its_receipts_come_back(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, number, jonas, "It comes tomorrow.")
    assert (entry.channel, entry.inbox_id) == ("sms", inbox.id)
    drain(desk)
    (form,) = provider.posts()
    assert (form["To"], form["From"], form["Body"]) == (MARTA, NUMBER, "It comes tomorrow.")
    sid = provider.messages[0]["sid"]
    assert (delivery(desk).state, delivery(desk).provider_id) == ("sent", sid)
    path = form["StatusCallback"].removeprefix(PUBLIC)
    for word in ("sent", "delivered", "sent"):  # the last one comes out of order
        told = {"MessageSid": sid, "MessageStatus": word, "To": MARTA}
        assert call(client, path, told).status_code == 200
        drain(desk)
    assert delivery(desk).state == "delivered"
    with desk.store.reading() as tx:
        states = tx.scalars(select(Arrival.state).where(Arrival.door == "status")).all()
    assert states == ["receipt", "receipt"]  # the third is the first once more


def test_what_did_not_arrive_is_told_in_words(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    drain(desk)
    told = {"MessageSid": provider.messages[0]["sid"], "MessageStatus": "undelivered", "ErrorCode": "30003"}
    call(client, provider.posts()[0]["StatusCallback"].removeprefix(PUBLIC), told)
    drain(desk)
    assert delivery(desk).state == "failed"
    assert "switched off" in delivery(desk).detail


def test_a_receipt_that_is_quicker_than_our_own_commit_is_not_overwritten(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")

    def send(self: SmsChannel, *told: Any) -> Any:
        result = api.send(*told)
        word = {"MessageSid": result.provider_id, "MessageStatus": "delivered"}
        call(client, provider.posts()[0]["StatusCallback"].removeprefix(PUBLIC), word)
        drain(desk)  # the receipt is taken in while the answer to our request is still in our hands
        assert delivery(desk).state == "delivered"
        return result

    monkeypatch.setattr(SmsChannel, "send", send)
    drain(desk)
    assert (delivery(desk).state, delivery(desk).provider_id) == ("delivered", provider.messages[0]["sid"])


def test_a_receipt_settles_what_nobody_knew(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    provider.answers = ["hang up"]
    drain(desk)
    assert delivery(desk).state == "uncertain"
    told = {"MessageSid": provider.messages[0]["sid"], "MessageStatus": "sent"}
    call(client, provider.posts()[0]["StatusCallback"].removeprefix(PUBLIC), told)
    drain(desk)
    assert (delivery(desk).state, delivery(desk).provider_id) == ("sent", provider.messages[0]["sid"])
    assert len(provider.posts()) == 1


def test_a_lost_answer_is_looked_up_and_not_sent_again(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer, clock: SetClock
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    provider.answers = ["hang up"]
    drain(desk)
    clock.advance(timedelta(seconds=10))
    drain(desk)
    assert (delivery(desk).state, delivery(desk).provider_id) == ("sent", provider.messages[0]["sid"])
    assert (delivery(desk).attempts, delivery(desk).uncertain_times) == (1, 1)
    assert len(provider.posts()) == 1


def test_what_the_provider_never_had_is_sent_again_once_that_is_sure(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer, clock: SetClock
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
        # what a kill just before the request leaves behind
        tx.execute(update(Delivery).values(state="sending", attempts=1, tried_at=clock.now()))
    for seconds in (1, 20, 30):
        drain(desk)
        assert delivery(desk).state == "uncertain"
        assert provider.posts() == []
        clock.advance(timedelta(seconds=seconds))
    clock.advance(timedelta(seconds=10))
    drain(desk)
    assert delivery(desk).state == "sent"
    assert len(provider.posts()) == 1


def test_a_provider_that_cannot_be_asked_leaves_it_to_a_colleague(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer, clock: SetClock
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, number, jonas, "It comes tomorrow.")
        change = dict(settings.inbox(tx, inbox.id).config) | {"api_base": "http://127.0.0.1:9"}
        tx.execute(update(Delivery).values(state="sending", attempts=1, tried_at=clock.now()))
        settings.inbox(tx, inbox.id).config = change
    for _ in range(14):
        drain(desk)
        clock.advance(timedelta(hours=9))
    assert delivery(desk).state == "uncertain"
    with desk.store.transaction() as tx:
        outbound.decide(tx, entry.id, jonas, arrived=True)
    assert delivery(desk).state == "sent"
    assert "Jonas Weber" in delivery(desk).detail
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused):
        outbound.decide(tx, entry.id, jonas, arrived=False)


def test_news_of_somebody_else_s_message_changes_nothing(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, clock: SetClock
) -> None:
    path = f"/hooks/sms/{inbox.key}/status"
    assert call(client, path, {"MessageSid": "SM404", "MessageStatus": "delivered"}).status_code == 200
    drain(desk)
    clock.advance(timedelta(minutes=2))
    drain(desk)
    with desk.store.reading() as tx:
        (arrival,) = tx.scalars(select(Arrival))
    assert (arrival.state, arrival.entry_id) == ("receipt", None)
    assert "did not send" in arrival.reason


def test_stop_closes_the_way_and_start_opens_it(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, jonas: Viewer
) -> None:
    number = taken_in(client, desk, inbox)
    taken_in(client, desk, inbox, "STOP", "SM2")
    with desk.store.reading() as tx:
        (way,) = outbound.ways(tx, number)
        assert (way.usable, way.address) == (False, MARTA)
        assert "STOP" in way.why_not
        last = timeline.of_conversation(tx, number, kinds=("message",))[-1]
        assert last.detail == {"command": "stop"}
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="STOP"):
        outbound.reply(tx, number, jonas, "But listen!")
    with desk.store.transaction() as tx:  # nobody texts that number because somebody typed it into a form
        claim = Identity(
            customer_id=conversation(desk).customer_id, origin_customer_id=conversation(desk).customer_id, kind="phone",
            value=MARTA, value_folded=MARTA, evidence="claimed", first_seen_at=tx.now(),
        )  # fmt: skip
        tx.add(claim)
        tx.flush()
        assert people.stopped(tx, claim)
    taken_in(client, desk, inbox, "Unstop", "SM3")
    with desk.store.reading() as tx:
        (way,) = outbound.ways(tx, number)
        assert way.usable
    assert provider.posts() == []


def test_stop_after_all_is_done_wakes_nobody(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        conversations.resolve(tx, number, jonas)
    taken_in(client, desk, inbox, "STOP", "SM2")
    assert conversation(desk).status == "resolved"


def test_an_answer_to_our_text_joins_the_conversation_that_the_text_was_of(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer, provider: Provider
) -> None:
    number = taken_in(client, desk, inbox)
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Tomorrow.")
        conversations.resolve(tx, number, jonas)
    taken_in(client, desk, inbox, "Thanks, and the lid?", "SM2")
    assert (conversation(desk).status, conversation(desk).unread) == ("open", 1)


def test_a_picture_is_fetched_and_one_that_is_gone_does_not_hold_the_text_back(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, clock: SetClock
) -> None:
    provider.files = {"/media/1": ("image/png", PNG), "/media/2": ("gone", b"")}
    picture = {"NumMedia": "1", "MediaUrl0": f"{provider.url}/media/1", "MediaContentType0": "image/png"}
    assert call(client, f"/hooks/sms/{inbox.key}", message("Look", "SM1") | picture).status_code == 200
    drain(desk)
    gone = {"NumMedia": "1", "MediaUrl0": f"{provider.url}/media/2", "MediaContentType0": "image/png"}
    assert call(client, f"/hooks/sms/{inbox.key}", message("And this", "SM2") | gone).status_code == 200
    for _ in range(6):
        drain(desk)
        clock.advance(timedelta(seconds=20))
    with desk.store.reading() as tx:
        first, second = timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))
    (file,) = first.attachments
    assert (file["filename"], file["content_type"], file["size"]) == ("file-1.png", "image/png", 8)
    assert desk.files.get(file["sha256"]) == PNG
    assert (second.text, second.attachments, second.detail) == ("And this", [], {"missing": 1})


def test_what_cannot_be_read_waits_in_quarantine(
    client: FlaskClient, admin: FlaskClient, desk: Desk, inbox: settings.Inbox
) -> None:
    assert call(client, f"/hooks/sms/{inbox.key}", {"From": MARTA, "Body": "Hi"}).status_code == 200
    drain(desk)
    with desk.store.reading() as tx:
        (arrival,) = tx.scalars(select(Arrival))
    assert (arrival.state, "MessageSid" in arrival.reason) == ("quarantined", True)
    listed = admin.get("/admin/quarantine").text
    assert MARTA in listed
    assert "Hi" in listed
    assert (
        f"arrival-{arrival.id}.txt" in admin.get(f"/admin/quarantine/{arrival.id}/raw").headers["Content-Disposition"]
    )
