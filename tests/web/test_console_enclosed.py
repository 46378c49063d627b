"""A mail that was attached to a mail, read in the console."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, inbound
from desk.channels.base import discover
from desk.parts import Desk
from desk.store import Store
from tests import factories
from tests.web.conftest import sign_in

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
INNER = (
    b"""From: =?utf-8?q?J=C3=BCrgen?= <juergen@elsewhere.example>\r
To: mara@customer.example\r
Subject: <script>alert(1)</script> refund\r
Date: Mon, 2 Mar 2026 09:00:00 +0100\r
Content-Type: multipart/related; boundary=i\r
\r
--i\r
Content-Type: text/html; charset=utf-8\r
\r
<p>I am <b>furious</b><script>alert(2)</script><img src="cid:logo@x"><img src="https://track.example/x.gif"></p>\r
--i\r
Content-Type: image/png; name=logo.png\r
Content-ID: <logo@x>\r
Content-Transfer-Encoding: base64\r
\r
"""
    + base64.b64encode(PNG)
    + b"\r\n--i--\r\n"
)


def outer(inner: bytes, encoding: bytes = b"8bit", *, says: bytes = b"Look below.", line: bytes = b"o") -> bytes:
    return (
        b"From: Mara <mara@customer.example>\r\nTo: support@kiln.example\r\nSubject: See this\r\n"
        b"Content-Type: multipart/mixed; boundary=%(line)s\r\n\r\n"
        b"--%(line)s\r\nContent-Type: text/plain\r\n\r\n%(says)s\r\n--%(line)s\r\n"
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: %(encoding)s\r\n\r\n%(inner)s\r\n--%(line)s--\r\n"
    ) % {b"line": line, b"says": says, b"encoding": encoding, b"inner": inner}


@pytest.fixture
def hers(app: Flask, store: Store) -> FlaskClient:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
    return sign_in(app.test_client(), staff.id)


def taken(desk: Desk, raw: bytes) -> inbound.Outcome:
    with desk.store.transaction() as tx:
        inbox_id = factories.make_inbox(tx).id
    arrival_id = inbound.take_raw(desk, raw, channel="email", door="file", inbox_id=inbox_id)
    assert arrival_id is not None
    return inbound.take(desk, arrival_id, discover())


@pytest.mark.parametrize("encoding", [b"8bit", b"base64"])
def test_it_is_read_by_a_click_and_is_nobody_s_own_words(hers: FlaskClient, desk: Desk, encoding: bytes) -> None:
    inner = INNER if encoding == b"8bit" else base64.encodebytes(INNER)
    found = taken(desk, outer(inner, encoding))
    timeline = hers.get(f"/console/c/{found.conversation_id}").text
    assert "Look below." in timeline
    assert "furious" not in timeline
    path = f"/console/e/{found.entry_id}/mail/0"
    assert f'href="{path}"' in timeline
    assert "refund.eml" in timeline
    page = hers.get(path)
    assert page.status_code == 200
    assert "Jürgen &lt;juergen@elsewhere.example&gt;" in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; refund" in page.text
    assert "I am furious" in page.text
    assert "2 March 2026" in page.text
    assert "logo.png" in page.text
    assert "<script>alert" not in page.text
    framed = hers.get(f"{path}/html")
    assert framed.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "data:image/png;base64," in framed.text
    assert "<script" not in framed.text
    assert ' src="https://track.example' not in framed.text  # until somebody asks
    assert ' src="https://track.example' in hers.get(f"{path}/html?images=1").text
    assert hers.get(f"/console/e/{found.entry_id}/file/0").data.strip() == INNER.strip()


def test_what_is_no_mail_is_not_read_as_one(hers: FlaskClient, desk: Desk) -> None:
    found = taken(desk, outer(b""))
    path = f"/console/e/{found.entry_id}/mail"
    page = hers.get(f"{path}/0")
    assert page.status_code == 200
    assert "cannot be read" in page.text
    assert hers.get(f"{path}/0/html").status_code == 404
    assert hers.get(f"{path}/1").status_code == 404
    plain = taken(desk, outer(b"x").replace(b"message/rfc822", b"text/csv"))
    assert hers.get(f"/console/e/{plain.entry_id}/mail/0").status_code == 404


def test_who_may_not_see_the_conversation_may_not_read_it(app: Flask, desk: Desk) -> None:
    found = taken(desk, outer(INNER))
    path = f"/console/e/{found.entry_id}/mail/0"
    assert app.test_client().get(path).status_code in (302, 303)
    with desk.store.transaction() as tx:
        team = factories.make_team(tx)
        other = agents.create(tx, email="bo@kiln.example", name="Bo", role="agent")
        conversation = conversations.get(tx, found.conversation_id or 0, None)
        conversation.team_id = team.id
    for address in (path, f"{path}/html"):
        assert sign_in(app.test_client(), other.id).get(address).status_code == 404


def test_a_mail_inside_of_the_attached_one_is_read_too(hers: FlaskClient, desk: Desk) -> None:
    deepest = outer(INNER, says=b"The deepest words.", line=b"third")
    found = taken(desk, outer(outer(deepest, says=b"The middle words.", line=b"second")))
    path = f"/console/e/{found.entry_id}/mail/0"
    page = hers.get(path).text
    assert "The middle words." in page
    assert "The deepest words." not in page
    assert f'href="{path}?in=0"' in page
    deep = hers.get(f"{path}?in=0").text
    assert "The deepest words." in deep
    assert f'href="{path}"' in deep
    assert f'href="{path}?in=0.0"' in deep
    assert "I am furious" in hers.get(f"{path}?in=0.0").text
    assert "data:image/png;base64," in hers.get(f"{path}/html?in=0.0").text
    for wrong in ("0.1", "9", "x", "-1", "0." * 30 + "0", "0.0.0"):
        assert hers.get(f"{path}?in={wrong}").status_code == 404
