"""What was held back, and what a desk without a mail server would have sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, inbound, intake, jobs, outbound
from desk.parts import Desk
from desk.web.base.words import file_size
from desk.worker import drain
from tests.factories import make_inbox
from tests.web.conftest import csrf_of, post

MAIL = (
    b"From: =?utf-8?q?L=C3=A9a?= <lea@customer.example>\r\nTo: support@kiln.example\r\n"
    b"Subject: =?utf-8?b?S8O8aGw=?=\r\n"
    b"Message-ID: <1@customer.example>\r\nDate: Mon, 02 Mar 2026 08:59:00 +0000\r\n\r\nWhere is my <b>kettle</b>?\r\n"
)


def hand_in(desk: Desk, raw: bytes = MAIL, inbox_id: int | None = None, rcpt_to: str = "nobody@kiln.example") -> int:
    arrival_id = inbound.take_raw(
        desk, raw, channel="email", door="smtp", inbox_id=inbox_id,
        envelope={"mail_from": "lea@customer.example", "rcpt_to": [rcpt_to]},
    )  # fmt: skip
    assert arrival_id is not None
    drain(desk)
    return arrival_id


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, config={"transport": "outbox"}).id


def test_a_mail_to_nobody_waits_is_read_released_and_becomes_a_conversation(
    admin: FlaskClient, desk: Desk, inbox_id: int
) -> None:
    arrival_id = hand_in(desk)
    page = admin.get("/admin/quarantine").text
    assert "Léa &lt;lea@customer.example&gt;" in page
    assert "Kühl" in page
    assert "no inbox of this desk has that address" in page
    one = admin.get(f"/admin/quarantine/{arrival_id}").text
    assert "Where is my &lt;b&gt;kettle&lt;/b&gt;?" in one
    raw = admin.get(f"/admin/quarantine/{arrival_id}/raw")
    assert raw.data == MAIL
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in raw.headers["Content-Security-Policy"]
    answer = post(admin, f"/admin/quarantine/{arrival_id}/release", inbox=str(inbox_id))
    assert answer.status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        assert intake.get(tx, arrival_id).state == "accepted"
    assert "Nothing is held back" in admin.get("/admin/quarantine").text
    again = post(admin, f"/admin/quarantine/{arrival_id}/release", inbox=str(inbox_id))
    assert again.status_code == 409
    assert "no longer in quarantine" in again.text


def test_discarding_takes_it_off_the_list_and_keeps_it_readable(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    arrival_id = hand_in(desk)
    assert post(admin, f"/admin/quarantine/{arrival_id}/discard").status_code == 303
    assert "Nothing is held back" in admin.get("/admin/quarantine").text
    assert "It was discarded." in admin.get(f"/admin/quarantine/{arrival_id}").text
    assert post(admin, f"/admin/quarantine/{arrival_id}/discard").status_code == 409


def test_the_quarantine_is_no_window_onto_mails_that_were_taken_in(
    admin: FlaskClient, desk: Desk, inbox_id: int
) -> None:
    arrival_id = hand_in(desk, inbox_id=inbox_id, rcpt_to="support@kiln.example")
    for part in ("", "/raw"):
        assert admin.get(f"/admin/quarantine/{arrival_id}{part}").status_code == 404
    for what in ("release", "discard"):
        assert post(admin, f"/admin/quarantine/{arrival_id}/{what}", inbox=str(inbox_id)).status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00\x00\x00",
        b"\xff\xfe garbage \r\n\r\n", b"From: =?utf-8?b?!!!?= <a@b>\r\nSubject: =?x?q?=FF?=\r\n\r\nx",
        b"Subject: " + b"x" * 20_000 + b"\r\n\r\n", b"From: <script>alert(1)</script>@x\r\n\r\n" + b"<script>" * 50,
        b"From\r\n\r\n" * 100, b"Subject: =?utf-8?q?=ED=A0=80?=\r\n\r\nlone surrogate",
    ],
)  # fmt: skip
def test_whatever_is_held_back_can_be_looked_at(admin: FlaskClient, desk: Desk, raw: bytes) -> None:
    arrival_id = hand_in(desk, raw)
    pages = [admin.get("/admin/quarantine"), admin.get(f"/admin/quarantine/{arrival_id}")]
    assert [page.status_code for page in pages] == [200, 200]
    assert all("<script>alert" not in page.text for page in pages)
    assert admin.get(f"/admin/quarantine/{arrival_id}/raw").data == raw


def test_a_file_that_is_gone_is_said_to_be_gone(admin: FlaskClient, desk: Desk) -> None:
    arrival_id = hand_in(desk)
    for path in (desk.config["DATA_DIR"] / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert admin.get("/admin/quarantine").status_code == 200
    assert "Its file cannot be read" in admin.get(f"/admin/quarantine/{arrival_id}").text
    assert admin.get(f"/admin/quarantine/{arrival_id}/raw").status_code == 404


def test_a_supervisor_reads_the_quarantine_and_leaves_it_as_it_is(
    app: Flask, as_role: Callable[[str], FlaskClient], desk: Desk, inbox_id: int
) -> None:
    arrival_id = hand_in(desk)
    supervisor = as_role("supervisor")
    page = supervisor.get(f"/admin/quarantine/{arrival_id}").text
    assert "/release" not in page
    assert "An admin of this desk can release" in page
    assert post(supervisor, f"/admin/quarantine/{arrival_id}/release", inbox=str(inbox_id)).status_code == 403


def test_the_quarantine_is_paged(admin: FlaskClient, desk: Desk) -> None:
    stored = desk.files.put(b"x"), 1
    with desk.store.transaction() as tx:
        for n in range(60):
            row = intake.keep(tx, desk.files, stored, channel="email", door="smtp", inbox_id=None, queue=False)
            assert row is not None
            intake.settle(tx, row.id, "quarantined", f"reason {n}")
    first = admin.get("/admin/quarantine").text
    older = re.search(r'href="(/admin/quarantine\?before=\d+)"', first)
    assert older is not None
    second = admin.get(older.group(1)).text
    seen = re.findall(r"reason (\d+)<", first) + re.findall(r"reason (\d+)<", second)
    assert seen == [str(n) for n in range(59, -1, -1)]


def test_the_loop_is_played_without_any_account(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    answer = post(
        admin, "/admin/outbox", inbox=str(inbox_id), subject="Lost kettle", text="It has not come.",
        **{"from": "maya@customer.example"},
    )  # fmt: skip
    assert answer.status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        staff = agents.by_email(tx, "admin0@kiln.example")
        assert staff is not None
        viewer = agents.viewer(tx, staff.id)
        assert viewer is not None
    with desk.store.transaction() as tx:
        row = conversations.queue(tx, viewer, view="all").rows[0]
        outbound.reply(tx, row.id, viewer, "It is on its way.\n\n<b>Promise</b>")
    drain(desk)
    with desk.store.reading() as tx:
        mail = outbound.outbox(tx)[0]
    page = admin.get(f"/admin/outbox/{mail.id}")
    assert "It is on its way." in page.text
    assert "In-Reply-To" in page.text
    answer = post(admin, f"/admin/outbox/{mail.id}/answer", text="Thank you, it is here!")
    assert answer.status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        page_of = conversations.queue(tx, viewer, view="all")
        assert [r.id for r in page_of.rows] == [row.id]  # it threads
        again = conversations.get(tx, row.id, viewer)
        assert again.preview.startswith("Thank you, it is here!")


def test_the_html_of_a_mail_can_do_nothing_but_be_shown(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    with desk.store.transaction() as tx:
        outbound.send_notice(
            tx, to="a@kiln.example", subject="Hi", text="x", html="<p>Hello</p><script>alert(1)</script>"
        )
    drain(desk)
    with desk.store.reading() as tx:
        mail = outbound.outbox(tx, notices=True)[0]
    page = admin.get(f"/admin/outbox/{mail.id}")
    assert "<script>alert" not in page.text
    assert 'sandbox="allow-popups' in page.text
    assert "Answer as" not in page.text  # a notice to a colleague is nobody's conversation
    framed = admin.get(f"/admin/outbox/{mail.id}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in framed.text


def test_a_supervisor_never_sees_the_links_that_were_mailed_to_colleagues(
    app: Flask, as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    client = app.test_client()
    as_role("admin")
    client.post("/reset", data={"email": "admin0@kiln.example", "csrf_token": csrf_of(client)})
    drain(desk)
    with desk.store.reading() as tx:
        mail = outbound.outbox(tx, notices=True)[0]
    supervisor = as_role("supervisor")
    assert "Set a new password" not in supervisor.get("/admin/outbox").text
    for part in ("", "/html", "/raw"):
        assert supervisor.get(f"/admin/outbox/{mail.id}{part}").status_code == 404
    assert as_role("admin").get(f"/admin/outbox/{mail.id}").status_code == 200
    assert post(as_role("admin"), f"/admin/outbox/{mail.id}/answer", text="hello").status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"from": "nobody"}, 422), ({"from": "a@b\r\nBcc: c@d"}, 422), ({"text": "  "}, 422),
        ({"text": "x" * 100_001}, 422), ({"inbox": "99"}, 400), ({"inbox": ""}, 400),
        ({"from": "ä@bücher.example"}, 303),
        ({"subject": "a\r\nBcc: everybody@kiln.example"}, 303), ({"text": "\ud83e"}, 303),
    ],
)  # fmt: skip
def test_what_is_typed_as_a_customer_is_checked(
    admin: FlaskClient, desk: Desk, inbox_id: int, change: dict[str, str], code: int
) -> None:
    data = {"inbox": str(inbox_id), "from": "maya@customer.example", "subject": "Hi", "text": "Hello"} | change
    data = {name: value.encode("utf-8", "replace").decode() for name, value in data.items()}
    assert post(admin, "/admin/outbox", **data).status_code == code
    drain(desk)
    with desk.store.reading() as tx:
        assert jobs.dead_letters(tx) == []
        assert intake.quarantined(tx) == []


def test_a_size_is_said_alike_wherever_one_stands(app: Flask) -> None:
    with app.test_request_context():
        assert [file_size(size) for size in (7, 4009, 1_250_000, 3_000_000_000)] == ["7 B", "4 kB", "1.2 MB", "3 GB"]


def test_of_a_mail_whose_headers_alone_are_here_the_page_promises_no_more(
    admin: FlaskClient, desk: Desk, inbox_id: int
) -> None:
    head = b"From: Hugo <hugo@customer.example>\r\nTo: support@kiln.example\r\nSubject: A film\r\n\r\n"
    arrival_id = inbound.take_raw(
        desk, head, channel="email", door="file", inbox_id=inbox_id, envelope={"too_large": 32 << 20}
    )
    assert arrival_id is not None
    drain(desk)
    page = admin.get(f"/admin/quarantine/{arrival_id}").text
    assert "It has 32.0 MB" in page
    assert "<dt>Size</dt>" not in page  # of what is here: it would say a few hundred bytes
    assert "Download its headers" in page
    assert "without its words and files: only the headers are here" in page
    assert "the limit on size does not count" not in page
