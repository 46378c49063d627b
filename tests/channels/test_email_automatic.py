"""Machines are told from people, and what did not arrive is found."""
# ruff: noqa: E501 - mails are quoted as they are

from __future__ import annotations

import pytest

from desk.channels.email import parse
from desk.channels.email.automatic import reason
from desk.channels.email.bounces import bounce
from tests.channels.mails import NAMES, made, recorded


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (["Auto-Submitted: auto-replied"], "Auto-Submitted"),
        (["Auto-Submitted: auto-generated (by a machine)"], "Auto-Submitted"),
        (["Precedence: bulk"], "Precedence"),
        (["Precedence: auto_reply"], "Precedence"),
        (["List-Id: News <news.other.example>"], "mailing list"),
        (["List-Unsubscribe: <https://other.example>"], "mass mail"),
        (["X-Autoreply: yes"], "x-autoreply"),
        (["X-Auto-Response-Suppress: DR, OOF, AutoReply"], "X-Auto-Response-Suppress"),
        (["Return-Path: <>"], "null"),
    ],
)
def test_headers_of_machines(headers: list[str], said: str) -> None:
    found = reason(parse(made("Hello", *headers)))
    assert found is not None
    assert said in found


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Auto-Submitted: no"],
        ["Precedence: normal"],
        ["X-Autoreply: no"],
        ["Return-Path: <mara@customer.example>"],
        ["X-Auto-Response-Suppress: All", "In-Reply-To: <ours@shop.example>"],  # some companies set it on every mail
        ["X-Auto-Response-Suppress: RN"],
    ],
)
def test_headers_of_people(headers: list[str]) -> None:
    assert reason(parse(made("Hello", *headers))) is None


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: Your order", "Out of office: back on Monday", "Abwesenheitsnotiz: Urlaub", "Réponse automatique : x",
     "Respuesta automática: x", "Automatisch antwoord: x", "Automatyczna odpowiedź".replace("Automatyczna odpowiedź", "Odpowiedź automatyczna: x"),
     "Автоответ: x", "自动回复: x", "자동 회신: x", "自動返信: x"],
)  # fmt: skip
def test_absence_notes_without_a_header(subject: str) -> None:
    assert reason(parse(made("I am away.", subject=subject))) is not None


def test_the_envelope_speaks_before_the_headers() -> None:
    mail = parse(made("Hello", "Return-Path: <mara@customer.example>"))
    assert reason(mail, {"mail_from": ""}) is not None
    assert reason(mail, {"mail_from": "mara@customer.example"}) is None


def test_our_own_mail_coming_back() -> None:
    assert reason(parse(made("Hello")), own_domains=["customer.example"]) == "our own mail came back"


def test_a_report_in_the_form_of_the_standard() -> None:
    found = bounce(parse(recorded("dsn")))
    assert found is not None
    assert [(r.address, r.status, r.kind) for r in found.recipients] == [
        ("gone@customer.example", "5.1.1", "hard"),
        ("full@customer.example", "4.2.2", "soft"),
    ]
    assert found.message_ids == ("5f3d9a@shop.example",)
    assert "No such user" in found.detail


def test_a_report_in_words() -> None:
    found = bounce(parse(recorded("qmail_bounce")))
    assert found is not None
    assert [(r.address, r.status, r.kind) for r in found.recipients] == [("nobody@old.example", "5.1.1", "hard")]
    assert found.message_ids == ("77aa@shop.example",)


def test_a_report_of_success_is_no_bounce() -> None:
    good = (
        recorded("dsn").replace(b"Action: failed", b"Action: delivered").replace(b"Action: delayed", b"Action: relayed")
    )
    assert bounce(parse(good)) is None


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("dsn", "qmail_bounce")])
def test_other_mails_are_no_bounces(name: str) -> None:
    assert bounce(parse(recorded(name))) is None


@pytest.mark.parametrize(
    "body",
    [
        "My parcel was returned to sender! 550 euros lost. Write to mara@customer.example or boss@customer.example.",
        "Delivery failed again, user unknown they said: ann@a.example 5.1.1",
    ],
)
def test_a_person_who_writes_about_deliveries_is_no_bounce(body: str) -> None:
    assert bounce(parse(made(body, subject="Delivery failure"))) is None
    away = made(body, "Auto-Submitted: auto-replied", "Return-Path: <>", subject="Out of office")
    assert reason(parse(away)) is not None
