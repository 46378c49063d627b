"""A provider posts mails to the desk: taken as they came, once, and only with the inbox's secret."""

from __future__ import annotations

import base64
import io
import json
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from desk import settings, timeline
from desk.channels.abilities import Hook
from desk.channels.base import Unreadable
from desk.channels.email import CHANNEL
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.timeline.tables import Content
from desk.worker import drain
from tests.factories import make_brand

SECRET = "provider-secret-0123456789"
ADDRESS = "support@shop.example"
# Latin-1 without saying so, which is not UTF-8: it must come through byte by byte.
MAIL = (
    b"From: Mara <mara@customer.example>\r\nTo: support@shop.example\r\nSubject: Lamp\r\n"
    b"Message-ID: <lamp-1@customer.example>\r\n\r\nMy lamp is broken. Andr\xe9 saw it.\r\n"
)


@pytest.fixture
def path(desk: Desk) -> str:
    with desk.store.transaction() as tx:
        brand = make_brand(tx)
        inbox = settings.create_inbox(
            tx, channel="email", name="Support", address=ADDRESS, brand_id=brand.id,
            config={"hook_secret": SECRET}, secret_fields=frozenset({"hook_secret"}),
        )  # fmt: skip
        return f"/hooks/email/{inbox.key}"


def bearer(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def arrivals(desk: Desk) -> list[Arrival]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Arrival).order_by(Arrival.id)))


def form(**fields: str | bytes) -> dict[str, Any]:
    """A form with files, byte by byte: test clients write text only."""
    body = b""
    for name, value in fields.items():
        head = f'--frontier\r\nContent-Disposition: form-data; name="{name.replace("_", "-")}"\r\n\r\n'
        body += head.encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return {"data": body + b"--frontier--\r\n", "content_type": 'multipart/form-data; boundary="frontier"'}


def forms() -> dict[str, dict[str, Any]]:
    """One mail, as each kind of provider posts it."""
    envelope = json.dumps({"to": [ADDRESS], "from": "mara@customer.example"})
    return {
        "as it is": {"data": MAIL, "content_type": "message/rfc822"},
        "mailgun": form(sender="mara@customer.example", recipient=ADDRESS, subject="Lamp", body_mime=MAIL),
        "sendgrid": form(envelope=envelope, spf="pass", email=MAIL),
        "as a file": {
            "data": {"mail": (BytesIO(MAIL), "mail.eml", "message/rfc822"), "to": ADDRESS},
            "content_type": "multipart/form-data",
        },
        "in base64": {"json": {"raw": base64.b64encode(MAIL).decode(), "from": "mara@customer.example"}},
    }


@pytest.mark.parametrize("way", sorted(forms()))
def test_a_mail_is_kept_byte_by_byte_and_stands_on_a_timeline(
    client: FlaskClient, desk: Desk, path: str, way: str
) -> None:
    answer = client.post(path, headers=bearer(), **forms()[way])
    assert (answer.status_code, answer.text) == (200, "kept\n")
    drain(desk)
    (arrival,) = arrivals(desk)
    assert arrival.state == "accepted"
    assert desk.files.get(arrival.raw_sha256) == MAIL
    assert SECRET not in str(arrival.envelope)
    with desk.store.reading() as tx:
        assert "My lamp is broken." in tx.scalars(select(Content.text)).one()


def test_postmarks_json_carries_the_mail_as_text(client: FlaskClient, desk: Desk, path: str) -> None:
    text = MAIL.decode("latin-1")
    answer = client.post(
        path, headers=bearer(), json={"From": "mara@customer.example", "RawEmail": text, "TextBody": "x"}
    )
    assert answer.status_code == 200
    drain(desk)
    assert arrivals(desk)[0].state == "accepted"


def test_the_same_mail_twice_is_one_entry(client: FlaskClient, desk: Desk, path: str) -> None:
    for _ in range(2):
        assert client.post(path, headers=bearer(), **forms()["as it is"]).status_code == 200
    assert client.post(path, headers=bearer(), **forms()["mailgun"]).status_code == 200  # by another way
    drain(desk)
    with desk.store.reading() as tx:
        entries = [e for e in timeline.of_conversation(tx, 1) if e.kind == "message"]
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("headers", "query", "sentence"),
    [
        ({}, "", "This call carries no secret (Authorization)."),
        (bearer("provider-secret-012345678"), "", "The secret of this call is not the one of this inbox."),
        (bearer("é" * 20), "", "The secret of this call is not the one of this inbox."),
        ({"Authorization": "Basic !!"}, "", "This call carries no secret (Authorization)."),
        ({}, "?key=wrong", "The secret of this call is not the one of this inbox."),
    ],
)
def test_without_the_secret_nothing_is_read_and_nothing_kept(
    client: FlaskClient, desk: Desk, path: str, headers: dict[str, str], query: str, sentence: str
) -> None:
    answer = client.post(path + query, headers=headers, input_stream=Unread(), content_length=30 << 20,
                         content_type="message/rfc822")  # fmt: skip
    assert answer.status_code == 403
    assert sentence in answer.text
    assert arrivals(desk) == []


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read before anybody knew who is calling")

    readline = readinto = read  # type: ignore[assignment]


def test_the_secret_may_come_as_a_password_or_in_the_address(client: FlaskClient, desk: Desk, path: str) -> None:
    basic = base64.b64encode(f"anybody:{SECRET}".encode()).decode()
    assert client.post(path, headers={"Authorization": f"Basic {basic}"}, **forms()["as it is"]).status_code == 200
    assert client.post(f"{path}?key={SECRET}", **forms()["sendgrid"]).status_code == 200


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ({"data": b"", "content_type": "message/rfc822"}, "This call is empty."),
        ({"data": {"subject": "Lamp"}, "content_type": "multipart/form-data"}, "This call carries no mail as it came"),
        ({"json": {"subject": "Lamp", "text": "Hello"}}, "This call carries no mail as it came"),
        ({"json": ["Lamp"]}, "This call carries no mail."),
        ({"data": b"{", "content_type": "application/json"}, "This call says that it is JSON, and is none."),
        ({"data": b"a=b", "content_type": "application/x-www-form-urlencoded"}, "This call is a form without files"),
        ({"data": b"x", "content_type": "multipart/form-data"}, "This call is a form without a boundary."),
    ],
)
def test_what_carries_no_mail_is_answered_with_a_sentence(
    client: FlaskClient, desk: Desk, path: str, call: dict[str, Any], sentence: str
) -> None:
    answer = client.post(path, headers=bearer(), **call)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert arrivals(desk) == []


@pytest.mark.parametrize("how", ["as it is", "in a form", "in JSON", "by its length", "in a stream"])
def test_a_mail_over_the_limit_is_refused_and_not_kept(client: FlaskClient, desk: Desk, path: str, how: str) -> None:
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.max_megabytes", 1, None)
    big = b"Subject: big\r\n\r\n" + b"x" * (1 << 20)
    endless = io.BytesIO(big * 4)
    calls: dict[str, dict[str, Any]] = {
        "as it is": {"data": big, "content_type": "message/rfc822"},
        "in a form": {
            "data": b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + big + b"\r\n--x--\r\n",
            "content_type": "multipart/form-data; boundary=x",
        },
        "in JSON": {"json": {"RawEmail": big.decode()}},
        "by its length": {"data": big * 4, "content_type": "message/rfc822"},
        "in a stream": {
            "input_stream": endless,
            "content_type": "message/rfc822",
            "environ_overrides": {"wsgi.input_terminated": True},
        },
    }
    answer = client.post(path, headers=bearer(), **calls[how])
    assert answer.status_code == 413
    assert "A mail has 1 MB at most." in answer.text
    assert arrivals(desk) == []
    if how == "in a stream":
        assert endless.tell() < 2 << 20  # it was not read to its end


def test_an_inbox_without_a_secret_takes_no_calls(client: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        brand = make_brand(tx)
        inbox = settings.create_inbox(tx, channel="email", name="Support", address=ADDRESS, brand_id=brand.id)
    answer = client.post(f"/hooks/email/{inbox.key}", headers=bearer(), **forms()["as it is"])
    assert answer.status_code == 403
    assert "no secret for its webhook yet" in answer.text


@given(
    st.binary(max_size=600),
    st.sampled_from(
        ["multipart/form-data; boundary=x", "application/json", "message/rfc822", "multipart/form-data", ""]
    ),
)
def test_any_bytes_are_a_mail_or_a_sentence(body: bytes, kind: str) -> None:
    for whole in (body, b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + body + b"\r\n--x--\r\n"):
        try:
            raw, envelope = CHANNEL.unwrap(Hook("https://desk.example/", "message", {"content-type": kind}, whole))
        except Unreadable as error:
            assert error.reason
        else:
            assert isinstance(raw, bytes)
            assert set(envelope) <= {"mail_from", "rcpt_to"}
