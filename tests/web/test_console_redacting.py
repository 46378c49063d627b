"""Redacting in the console: who may, what the page asks, and what stands on the timeline afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from desk.parts import Desk
from tests.factories import make_conversation, make_customer, make_entry
from tests.web.conftest import post

AsRole = Callable[[str], FlaskClient]


@dataclass(frozen=True)
class Said:
    conversation_id: int
    entry_id: int


@pytest.fixture
def said(desk: Desk) -> Said:
    sha256 = desk.files.put(b"a passport")
    file = {"filename": "passport.png", "content_type": "image/png", "size": 10, "sha256": sha256}
    with desk.store.transaction() as tx:
        desk.files.refer(tx, sha256, 10)
        talk = make_conversation(tx, make_customer(tx, name="Maya Lind"))
        entry = make_entry(tx, talk, "The number is 4242 4242", content_attachments=[file])
        return Said(talk.id, entry.id)


def test_a_lead_redacts_and_the_timeline_says_who_and_why(as_role: AsRole, said: Said) -> None:
    client = as_role("supervisor")
    path = f"/console/e/{said.entry_id}/redact"
    assert path in client.get(f"/console/c/{said.conversation_id}?view=all").text
    page = client.get(path).text
    assert "4242 4242" in page and "passport.png" in page
    silent = post(client, path, what="all", reason="")
    assert silent.status_code == 422 and "Say why" in silent.text
    assert post(client, path, what="all", reason="A card's number").status_code == 303
    shown = client.get(f"/console/c/{said.conversation_id}?view=all").text
    assert "These words were erased." in shown and "redacted a message: A card&#39;s number" in shown
    assert "4242" not in shown and path not in shown
    assert post(client, path, what="all", reason="Twice").status_code == 422


def test_one_file_goes_alone(as_role: AsRole, said: Said) -> None:
    client = as_role("admin")
    path = f"/console/e/{said.entry_id}/redact"
    assert post(client, path, what="0", reason="A passport").status_code == 303
    shown = client.get(f"/console/c/{said.conversation_id}?view=all").text
    assert "A file was redacted here." in shown and "4242 4242" in shown and "passport.png" not in shown
    assert client.get(f"/console/e/{said.entry_id}/file/0").status_code == 404
    assert post(client, path, what="0", reason="Again").status_code == 422
    assert post(client, path, what="-1", reason="x").status_code == 400


def test_an_agent_learns_who_can(as_role: AsRole, said: Said) -> None:
    client = as_role("agent")
    path = f"/console/e/{said.entry_id}/redact"
    assert "A supervisor of this desk can redact it." in client.get(path).text
    assert post(client, path, what="all", reason="x").status_code == 403
