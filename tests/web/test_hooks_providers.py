"""The door of an SMS inbox whose provider is Vonage or one told by templates, and long texts that come in pieces."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import settings, timeline
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.worker import drain
from tests.channels.test_sms_vonage import SECRET, token
from tests.factories import make_brand

NUMBER = "+46705550100"
VONAGE = {"provider": "vonage", "vonage_key": "abcd1234", "vonage_signature": SECRET, "transport": "provider"}


def made(desk: Desk, config: dict[str, Any]) -> settings.Inbox:
    with desk.store.transaction() as tx:
        return settings.create_inbox(
            tx, channel="sms", name="Texts", address=NUMBER, brand_id=make_brand(tx).id, config=config,
            secret_fields=frozenset({"vonage_signature", "vonage_secret", "generic_secret"}),
        )  # fmt: skip


@pytest.fixture
def inbox(desk: Desk) -> settings.Inbox:
    return made(desk, VONAGE)


def call(client: FlaskClient, inbox: settings.Inbox, found: dict[str, Any], **more: Any) -> int:
    body = json.dumps(found).encode()
    headers = {"Authorization": f"Bearer {token(body, **more)}"}
    answer = client.post(f"/hooks/sms/{inbox.key}", data=body, content_type="application/json", headers=headers)
    return answer.status_code


def part(number: int, total: int = 3, ref: str = "108", sender: str = "46705550132") -> dict[str, Any]:
    return {
        "msisdn": sender, "to": "46705550100", "messageId": f"P{ref}{number}{sender}", "text": f"<{number}>",
        "concat": "true", "concat-ref": ref, "concat-total": str(total), "concat-part": str(number),
    }  # fmt: skip


def said(desk: Desk) -> list[str]:
    with desk.store.reading() as tx:
        return [
            e.text
            for row in tx.scalars(select(Conversation).order_by(Conversation.id))
            for e in timeline.of_conversation(tx, row.id, kinds=("message",))
        ]


def states(desk: Desk) -> list[str]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Arrival.state).order_by(Arrival.id)))


def test_a_signed_text_is_taken_in_and_an_unsigned_one_leaves_nothing(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox
) -> None:
    found = {"message_uuid": "u-1", "from": "46705550132", "to": "46705550100", "text": "Hej", "channel": "sms"}
    assert call(client, inbox, found, secret="another") == 403
    assert states(desk) == []
    assert [call(client, inbox, found) for _ in range(2)] == [200, 200]
    drain(desk)
    assert (said(desk), states(desk)) == (["Hej"], ["accepted"])


def test_pieces_in_any_order_become_one_message(client: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    for number in (3, 1):
        assert call(client, inbox, part(number)) == 200
    assert call(client, inbox, part(1, 2, sender="46705550199")) == 200  # somebody else's, by the same reference
    drain(desk)
    assert said(desk) == []
    assert states(desk) == ["part", "part", "part"]
    assert call(client, inbox, part(2)) == 200
    drain(desk)
    assert said(desk) == ["<1><2><3>"]
    assert states(desk) == ["accepted", "accepted", "part", "accepted"]


def test_what_never_comes_does_not_hold_the_rest_back(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, clock: SetClock
) -> None:
    for number in (1, 3):
        call(client, inbox, part(number))
    drain(desk)
    clock.advance(timedelta(minutes=9))
    drain(desk)
    assert said(desk) == []
    clock.advance(timedelta(minutes=2))
    drain(desk)
    assert said(desk) == ["<1>[…]<3>"]
    assert states(desk) == ["accepted", "accepted"]


def test_a_provider_told_by_templates_is_read_by_the_names_of_the_time(client: FlaskClient, desk: Desk) -> None:
    config = {"provider": "generic", "transport": "provider", "generic_secret": "shared", "generic_in_text": "body"}
    inbox = made(desk, config)
    body = json.dumps({"id": 7, "from": "+46705550132", "body": "Hallo"}).encode()
    proof = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    path = f"/hooks/sms/{inbox.key}"
    assert client.post(path, data=body, headers={"X-Signature": proof[:-1] + "0"}).status_code == 403
    assert client.post(path, data=body, headers={"X-Signature": proof}).status_code == 200
    with desk.store.transaction() as tx:  # changed while it waits
        settings.inbox(tx, inbox.id).config = dict(inbox.config) | {"generic_in_text": "other"}
    drain(desk)
    assert said(desk) == ["Hallo"]
