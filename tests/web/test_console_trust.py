"""What a colleague sees of whom a mail is from."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents
from desk.parts import Desk
from desk.store import Store
from desk.timeline.tables import Content
from tests import factories
from tests.web.conftest import csrf_of, sign_in


@pytest.fixture
def hers(app: Flask, store: Store) -> FlaskClient:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
    return sign_in(app.test_client(), staff.id)


def marked(store: Store, client: FlaskClient, **detail: object) -> str:
    """The mark beside the sender of a message with this detail; nothing where there is none."""
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        factories.make_entry(tx, conversation, "Where is it?", detail=detail)
    page = client.get(f"/console/c/{conversation.id}").text
    found = re.search(r'<span class="trust .*?</span></span>', page, re.DOTALL)
    return found.group() if found else ""


def test_a_sender_is_marked_with_the_reason_on_hover_and_in_words(hers: FlaskClient, store: Store) -> None:
    told = {"verdict": "failed", "by": "hop", "why": "dmarc_fail", "spf": "pass", "dmarc": "fail"}
    mark = marked(store, hers, trust=told)
    assert mark.startswith(
        '<span class="trust failed" title="Nothing shows that it comes from the domain of its sender'
    )
    assert "SPF pass, DMARC fail." in mark
    assert '<span class="">Sender check failed</span>' in mark  # said in words, for colours are not seen by all
    passed = marked(store, hers, trust={"verdict": "passed", "by": "dkim", "why": "dkim_pass", "dkim": "pass"})
    assert "DKIM only: DKIM pass." in passed
    assert '<span class="sr">Sender checked</span>' in passed
    assert "It is not signed. DKIM only." in marked(
        store, hers, trust={"verdict": "unchecked", "by": "dkim", "why": "unsigned"}
    )


def test_a_message_of_before_or_of_another_channel_has_no_mark(hers: FlaskClient, store: Store) -> None:
    assert marked(store, hers) == ""
    assert marked(store, hers, trust="odd") == ""


@pytest.fixture
def held(store: Store) -> tuple[int, int]:
    """A message with a held program: the entry and the conversation."""
    sha256 = "0" * 64
    file = {"filename": "invoice.exe", "content_type": "image/png", "size": 3, "sha256": sha256, "held": "program"}
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        entry = factories.make_entry(tx, conversation, "See the file", content_attachments=[file])
        return entry.id, conversation.id


def test_a_held_file_is_shown_with_its_reason_and_handed_to_nobody(
    hers: FlaskClient, held: tuple[int, int], desk: Desk
) -> None:
    entry_id, conversation_id = held
    page = hers.get(f"/console/c/{conversation_id}").text
    assert f'href="/console/e/{entry_id}/held/0"' in page
    assert "Held: a program" in page
    assert f"/console/e/{entry_id}/file/0" not in page
    for way in ("", "?inline=1"):
        answer = hers.get(f"/console/e/{entry_id}/file/0{way}")
        assert (answer.status_code, answer.location) == (303, f"/console/e/{entry_id}/held/0")
    said = hers.get(f"/console/e/{entry_id}/held/0").text
    assert "An admin of this desk can release it." in said
    assert "Release the file" not in said
    assert hers.post(f"/console/e/{entry_id}/held/0/release").status_code in (400, 403)
    assert hers.get(f"/console/e/{entry_id}/held/1").status_code == 404


def test_an_admin_releases_a_file_and_the_timeline_says_who(
    app: Flask, store: Store, hers: FlaskClient, held: tuple[int, int], desk: Desk
) -> None:
    entry_id, conversation_id = held
    digest = desk.files.put(b"MZ.")
    with store.transaction() as tx:
        admin = agents.create(tx, email="bea@kiln.example", name="Bea Bee", role="admin")
        content = tx.get_one(Content, entry_id)
        content.attachments = [content.attachments[0] | {"sha256": digest}]
    bea = sign_in(app.test_client(), admin.id)
    token = csrf_of(bea, f"/console/e/{entry_id}/held/0")
    for _ in range(2):  # pressed twice
        bea.post(f"/console/e/{entry_id}/held/0/release", data={"csrf_token": token})
    answer = hers.get(f"/console/e/{entry_id}/file/0?inline=1")
    assert (answer.status_code, answer.data) == (200, b"MZ.")
    assert answer.headers["Content-Disposition"].startswith("attachment")  # released, and still never shown
    page = hers.get(f"/console/c/{conversation_id}").text
    assert page.count("<b>Bea Bee</b> released a held file.") == 1
    assert "· released" in page
    with store.reading() as tx:
        file = tx.get_one(Content, entry_id).attachments[0]
    assert (file["was_held"], file["released_by"]) == ("program", admin.id)
    assert "held" not in file
