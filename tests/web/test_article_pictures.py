"""Pictures of articles over HTTP: taken in by writers, handed out to whoever may read the article."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import knowledge
from desk.store import Store
from tests import factories
from tests.files.test_bare import SECRET, exif, jpeg
from tests.web.conftest import csrf_of
from tests.web.test_knowledge import made
from tests.web.test_logos import png

As = Callable[[str], FlaskClient]


def upload(client: FlaskClient, content: bytes, name: str = "kiln.png") -> Any:
    form = {"csrf_token": csrf_of(client, "/profile"), "file": (io.BytesIO(content), name)}
    return client.post("/knowledge/pictures", data=form, content_type="multipart/form-data")


def test_a_picture_goes_from_the_editor_to_readers(store: Store, app: Flask, as_role: As) -> None:
    writer, stranger = as_role("agent"), app.test_client()
    sent = upload(writer, png(300, 200))
    assert sent.status_code == 201 and (sent.json["width"], sent.json["height"]) == (300, 200)
    path = sent.json["path"]
    assert stranger.get(path).status_code == 404
    own = writer.get(path)
    assert (own.status_code, own.mimetype, own.data) == (200, "image/png", png(300, 200))
    assert own.headers["Cache-Control"] == "no-store"
    with store.transaction() as tx:
        factories.make_brand(tx)
        row = made(tx, body=f"Look: ![A kiln]({path})")
    assert f'<img src="{path}" alt="A kiln"' in stranger.get(f"/help/{row.slug}").text
    shown = stranger.get(path)
    assert (shown.status_code, shown.mimetype, shown.data) == (200, "image/png", png(300, 200))
    assert shown.headers["Cache-Control"] == "public, max-age=3600"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in shown.headers
    again = stranger.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with store.transaction() as tx:
        knowledge.update(tx, row.id, None, title=row.title, body=row.body, visibility="internal")
    gone = stranger.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert gone.status_code == 404 and gone.headers["Cache-Control"] == "no-store"
    assert writer.get(path).status_code == 200
    for wrong in (path.replace(".png", ".jpg"), "/help/pictures/x.png", "/help/pictures/" + "0" * 64 + ".png"):
        assert writer.get(wrong).status_code == 404, wrong


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"x" * 301, "A picture of an article has 5 MB at most."),
        (b"<svg onload='alert(1)'/>", "SVG can run scripts and is not taken"),
        (b"<!doctype html><script>alert(1)</script>", "Pictures are PNG, JPEG, WebP or GIF."),
        (png(9000, 1), "A picture of an article has 8,000 pixels at most either way."),
    ],
)
@pytest.mark.database("sqlite")
def test_what_is_no_picture_gets_one_sentence(
    as_role: As, content: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.knowledge.pictures.BIGGEST_PICTURE", 300)
    answer = upload(as_role("agent"), content)
    assert answer.status_code == 422 and answer.text.startswith(sentence)


@pytest.mark.database("sqlite")
def test_only_writers_bring_pictures(app: Flask, as_role: As) -> None:
    assert app.test_client().post("/knowledge/pictures").status_code in (303, 400, 401, 403)
    writer = as_role("agent")
    nothing = writer.post("/knowledge/pictures", data={"csrf_token": csrf_of(writer, "/profile")})
    assert nothing.status_code == 422 and nothing.text == "No file came with this."


@pytest.mark.database("sqlite")
def test_the_preview_shows_the_picture(as_role: As) -> None:
    writer = as_role("agent")
    path = upload(writer, png(300, 200)).json["path"]
    form = {"csrf_token": csrf_of(writer, "/profile"), "body": f"![A kiln]({path})"}
    shown = writer.post("/knowledge/preview", data=form).text
    assert f'<img src="{path}" alt="A kiln"' in shown and 'height="200"' in shown


@pytest.mark.database("sqlite")
def test_readers_are_not_told_where_a_photograph_was_taken(as_role: As) -> None:
    writer = as_role("agent")
    path = upload(writer, jpeg(exif(6)), "kiln.jpg").json["path"]
    kept = writer.get(path)
    assert kept.mimetype == "image/jpeg" and SECRET not in kept.data
    assert upload(writer, jpeg(exif(6, ">")), "again.jpg").json["path"] == path  # the same picture is kept once
    shown = writer.post("/knowledge/preview", data={"csrf_token": csrf_of(writer, "/profile"), "body": f"![A]({path})"})
    assert 'width="32" height="64"' in shown.text  # held upright
