"""Files lie in object storage that does not answer: every face says so in a sentence, and works again by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import inbound, outbound
from desk.clock import SetClock
from desk.files import open_store
from desk.intake.tables import Arrival
from desk.outbound.tables import OutboxMail
from desk.parts import Desk
from desk.web import base
from desk.worker import drain
from desk.worker.loop import beat_all
from tests import factories
from tests.servers.s3 import KEY, SECRET, Between, Storage
from tests.visitors.test_visitors import chat
from tests.web import test_mail_hook as mail_hook
from tests.web.test_admin_mail import MAIL, hand_in
from tests.web.test_widget import PNG, token, upload

DOWN = (500, b"")
SENTENCE = "Files cannot be read or stored right now."


@pytest.fixture
def desk(desk: Desk, storage: Storage, between: Between) -> Desk:
    access = {"BLOBS_ACCESS": storage.access(endpoint=between.url), "BLOBS_TIMEOUT": 3}
    desk.files.store = open_store(storage.bucket(), access)
    return desk


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> Any:
    base.limiter.enabled = False
    yield
    base.limiter.enabled = True


path = mail_hook.path


def test_a_provider_is_asked_to_call_again_and_nothing_of_the_call_is_left(
    client: FlaskClient, desk: Desk, path: str, between: Between
) -> None:
    between.answers = DOWN
    call = mail_hook.forms()["as it is"]
    answer = client.post(path, headers=mail_hook.bearer(), **call)
    assert answer.status_code == 503
    with desk.store.reading() as tx:
        assert tx.scalar(select(Arrival.id)) is None
    between.answers = None
    assert client.post(path, headers=mail_hook.bearer(), **call).status_code == 200


def test_an_attachment_is_out_of_reach_and_then_it_is_there(admin: FlaskClient, desk: Desk, between: Between) -> None:
    sha256 = desk.files.put(PNG)
    file = {"filename": "a.png", "content_type": "image/png", "size": len(PNG), "sha256": sha256, "content_id": "a@x"}
    with desk.store.transaction() as tx:
        html = '<p>Look at this</p><img src="cid:a@x">'
        entry = factories.make_entry(tx, content_attachments=[file], content_html=html)
    between.answers = DOWN
    page = admin.get(f"/console/e/{entry.id}/file/0")
    assert page.status_code == 503
    assert SENTENCE in page.text
    part = admin.get(f"/console/e/{entry.id}/file/0", headers={"HX-Request": "true"})
    assert (part.status_code, SENTENCE in part.text) == (503, True)
    before = between.seen
    mail = admin.get(f"/console/e/{entry.id}/html")
    assert mail.status_code == 200
    assert "Look at this" in mail.text
    assert "data:image" not in mail.text
    assert between.seen - before <= 3
    between.answers = None
    assert admin.get(f"/console/e/{entry.id}/file/0").data == PNG
    assert "data:image" in admin.get(f"/console/e/{entry.id}/html").text


def test_quarantine_is_listed_without_subjects_and_asks_once(admin: FlaskClient, desk: Desk, between: Between) -> None:
    arrivals = [hand_in(desk, MAIL + b"%d" % n) for n in range(4)]
    between.answers, before = DOWN, between.seen
    page = admin.get("/admin/quarantine")
    assert page.status_code == 200
    assert "Files cannot be read right now" in page.text
    assert "lea@customer.example" in page.text
    assert "Kühl" not in page.text
    assert between.seen - before <= 3
    for address in (f"/admin/quarantine/{arrivals[0]}", f"/admin/quarantine/{arrivals[0]}/raw"):
        answer = admin.get(address)
        assert answer.status_code == 503
        assert SENTENCE in answer.text
    between.answers = None
    assert "Kühl" in admin.get("/admin/quarantine").text


def test_the_outbox_says_so_for_mails_and_texts(admin: FlaskClient, desk: Desk, between: Between) -> None:
    with desk.store.transaction() as tx:
        outbound.send_notice(tx, to="mara@kiln.example", subject="Hello", text="A notice.")
    drain(desk)
    with desk.store.transaction() as tx:
        mail_id = tx.scalars(select(OutboxMail.id)).one()
    for channel in ("email", "sms"):
        with desk.store.transaction() as tx:
            tx.get_one(OutboxMail, mail_id).channel = channel
        between.answers = DOWN
        answer = admin.get(f"/admin/outbox/{mail_id}")
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        between.answers = None
        assert admin.get(f"/admin/outbox/{mail_id}").status_code == 200


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "That could not be kept"), ("de", "ließ sich gerade nicht annehmen"), ("es", "no se pudo guardar")],
)
def test_a_visitor_s_file_is_asked_for_again(
    client: FlaskClient, desk: Desk, between: Between, locale: str, said: str
) -> None:
    with desk.store.transaction() as tx:
        factories.make_brand(tx)
        inbox = chat(tx)
    visitor = token(desk, inbox)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = locale
    between.answers = DOWN
    answer = upload(client, inbox, visitor, PNG, "a.png")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "busy")
    assert said in answer.get_json()["text"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    between.answers = None
    assert upload(client, inbox, visitor, PNG, "a.png").status_code == 201


def test_the_page_of_loops_names_the_place_and_no_key(admin: FlaskClient, desk: Desk, between: Between) -> None:
    before = between.seen
    page = admin.get("/admin/jobs").text
    assert re.search(r"Files are kept in the bucket bucket-\d+/of/this/desk at 127\.0\.0\.1:", page)
    assert KEY not in page
    assert SECRET not in page
    assert between.seen == before  # a page tries nothing


def test_the_home_of_admins_says_that_files_are_away_and_what_waits(
    admin: FlaskClient, desk: Desk, between: Between, clock: SetClock, path: str
) -> None:
    def said(page: str = "/admin/") -> str:
        found = re.search(
            r'<section class="inset bad" role="alert" id="away">(.*?)</section>', admin.get(page).text, re.S
        )
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""

    assert said() == said("/admin/jobs") == ""
    for n in range(3):
        inbound.take_raw(desk, MAIL + b"%d" % n, channel="email", door="hook", inbox_id=1)
    with desk.store.transaction() as tx:
        outbound.send_notice(tx, to="mara@kiln.example", subject="Hello", text="A notice.")
    between.answers = DOWN
    drain(desk)
    assert "3 messages that came in wait for it. 1 message on its way out waits for it." in said()
    beat_all(desk)
    drain(desk)
    before = between.seen
    assert said() == said("/admin/jobs")
    assert "answers with status 500" in said()
    assert "Last tried" in said()
    assert SECRET not in said()
    assert between.seen == before  # a page tries nothing
    metrics = admin.get("/metrics").text
    assert "loopdesk_files_answer 0.0" in metrics
    assert 'loopdesk_waiting_for_files{task="inbound.take"} 3.0' in metrics
    between.answers = None
    clock.advance(timedelta(seconds=31))  # not at the next look in five minutes: whoever waits has gone on by then
    drain(desk)
    assert said() == ""
    assert "loopdesk_files_answer 1.0" in admin.get("/metrics").text


def test_an_answer_written_for_the_customer_is_not_taken_for_handed_in(
    admin: FlaskClient, desk: Desk, between: Between
) -> None:
    between.answers = DOWN
    with pytest.raises(Exception, match="status 500"):
        inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=None)
    with desk.store.reading() as tx:
        assert tx.scalar(select(Arrival.id)) is None
