"""Files of articles, from the editor to whoever may read the article, and to nobody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import knowledge, settings
from desk.store import Store
from tests import factories
from tests.files.test_bare import SECRET, exif, jpeg
from tests.web.conftest import csrf_of
from tests.web.test_knowledge import made

As = Callable[[str], FlaskClient]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"


def press(client: FlaskClient, article_id: int, do: str, part: bool = True, **fields: Any) -> Any:
    form = {"csrf_token": csrf_of(client, "/profile"), "do": do} | fields
    headers = {"HX-Request": "true"} if part else {}
    return client.post(f"/knowledge/{article_id}/files", data=form, content_type="multipart/form-data", headers=headers)


def add(client: FlaskClient, article_id: int, content: bytes = PDF, name: str = "Form.pdf", part: bool = True) -> Any:
    return press(client, article_id, "add", part, file=(io.BytesIO(content), name))


def digest(store: Store, article_id: int) -> str:
    with store.reading() as tx:
        return knowledge.files_of(knowledge.article(tx, article_id).files)[0].sha256


def test_a_file_goes_from_the_editor_to_readers(store: Store, app: Flask, as_role: As) -> None:
    writer, admin, stranger = as_role("agent"), as_role("admin"), app.test_client()
    with store.transaction() as tx:
        factories.make_brand(tx)
        row = made(tx, "Returns")
    said = add(writer, row.id, name="..\\..\\Rücksende<form>.pdf")
    assert said.status_code == 200 and "Rücksendeform.pdf" in said.text and "Attached: readers get it once" in said.text
    where = f"/help/{row.slug}/files/{digest(store, row.id)}"
    assert stranger.get(where).status_code == 404 and "Rücksende" not in stranger.get(f"/help/{row.slug}").text
    own = writer.get(f"/knowledge/{row.id}/files/{digest(store, row.id)}")
    assert (own.status_code, own.data) == (200, PDF)
    with store.transaction() as tx:
        knowledge.publish(tx, row.id, None)
    assert f'href="{where}"' in stranger.get(f"/help/{row.slug}").text
    got = stranger.get(where)
    assert (got.status_code, got.data, got.mimetype) == (200, PDF, "application/octet-stream")
    assert got.headers["Content-Disposition"].startswith("attachment;") and "R%C3%BCcksendeform.pdf" in str(got.headers)
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert (got.headers["X-Content-Type-Options"], got.headers["Cache-Control"]) == ("nosniff", "public, max-age=3600")
    assert "Set-Cookie" not in got.headers
    assert "Rücksendeform.pdf" in admin.get("/admin/audit").text
    with store.transaction() as tx:
        knowledge.update(tx, row.id, None, title=row.title, body=row.body, visibility="internal")
    assert stranger.get(where).status_code == 404
    inside = writer.get(where)
    assert inside.status_code == 200 and inside.headers["Cache-Control"] == "no-store"
    with store.transaction() as tx:
        other = made(tx, "Other")
    assert writer.get(f"/help/{other.slug}/files/{digest(store, row.id)}").status_code == 404


def test_renamed_and_taken_out(store: Store, as_role: As) -> None:
    writer = as_role("agent")
    with store.transaction() as tx:
        row = made(tx, "Returns")
    add(writer, row.id)
    sha256 = digest(store, row.id)
    assert "Return form.pdf" in press(writer, row.id, "rename", sha256=sha256, name="Return form").text
    assert "Give the file a name." in press(writer, row.id, "rename", sha256=sha256, name=" . ").text
    plain = press(writer, row.id, "remove", part=False, sha256=sha256)
    assert (plain.status_code, plain.location) == (303, f"/knowledge/{row.id}#files")
    assert "None yet." in writer.get(f"/knowledge/{row.id}").text
    assert press(writer, row.id, "remove", sha256=sha256).status_code == 404
    assert press(writer, row.id, "explode", sha256=sha256).status_code == 400
    assert press(writer, 99_999, "remove", sha256=sha256).status_code == 404


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.pdf", "This file is empty."),
        (b"x" * 301, "a.txt", "A file has 1 MB at most."),
        (b"MZ\x90", "run.exe", "Programs, scripts, web pages, SVG"),
        (b"<svg onload='alert(1)'/>", "a.svg", "Programs, scripts, web pages, SVG"),
        (b"words", "", "Choose a file first."),
    ],
)
def test_what_is_not_handed_out_gets_one_sentence(
    store: Store, as_role: As, content: bytes, name: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.outbound.uploads.MEGABYTE", 300)
    with store.transaction() as tx:
        settings.set(tx, "answer.file_megabytes", 1, None)
        row = made(tx, "Returns")
    answer = add(as_role("agent"), row.id, content, name)
    assert sentence in answer.text and "None yet." in answer.text
    with store.reading() as tx:
        assert knowledge.article(tx, row.id).files == []


@pytest.mark.database("sqlite")
def test_readers_are_not_told_where_a_photograph_was_taken(store: Store, as_role: As) -> None:
    writer = as_role("agent")
    with store.transaction() as tx:
        row = made(tx, "Returns")
    add(writer, row.id, jpeg(exif(6)), "kiln.jpg")
    kept = writer.get(f"/knowledge/{row.id}/files/{digest(store, row.id)}")
    assert kept.status_code == 200 and SECRET not in kept.data


@pytest.mark.database("sqlite")
def test_who_may_not_write_brings_nothing(store: Store, app: Flask, as_role: As) -> None:
    with store.transaction() as tx:
        row = made(tx, "Returns")
    assert app.test_client().post(f"/knowledge/{row.id}/files").status_code in (303, 400, 401, 403)
    assert app.test_client().get(f"/knowledge/{row.id}/files/{'0' * 64}").status_code in (303, 401, 403)
    assert as_role("agent").get(f"/knowledge/{row.id}/files/{'0' * 64}").status_code == 404
