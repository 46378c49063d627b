"""The widget's doors over HTTP: boot, files, the script, the shop; open to every site, and to nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from desk import conversations, timeline, visitors
from desk.clock import SetClock
from desk.parts import Desk
from desk.settings.tables import Inbox
from desk.visitors import views
from desk.web import base
from tests import factories
from tests.visitors.test_visitors import agent, answered, chat, writes
from tests.web.conftest import make_app

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60


@pytest.fixture
def inbox(desk: Desk) -> Inbox:
    with desk.store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.", colour="#b3431f")
        return chat(tx, welcome="How can we help?") if brand else chat(tx)


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> Any:
    base.limiter.enabled = False
    yield
    base.limiter.enabled = True


def token(desk: Desk, inbox: Inbox, visitor: str = "noor") -> str:
    return visitors.visitor_token(desk.store.keys, inbox.id, visitor, desk.store.clock.now())


def upload(client: FlaskClient, inbox: Inbox, visitor: str, content: bytes, name: str) -> TestResponse:
    body = b"".join(
        (
            b'--line\r\nContent-Disposition: form-data; name="visitor"\r\n\r\n', visitor.encode(), b"\r\n",
            b'--line\r\nContent-Disposition: form-data; name="file"; filename="', name.encode(), b'"\r\n\r\n',
            content, b"\r\n--line--\r\n",
        )
    )  # fmt: skip
    return client.post(
        f"/widget/{inbox.key}/files",
        data=body,
        content_type="multipart/form-data; boundary=line",
        headers={"Origin": "https://shop.example"},
    )


def test_boot_says_all_that_the_launcher_and_the_home_need(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    answer = client.get(f"/widget/{inbox.key}/boot?locale=de-AT", headers={"Origin": "https://shop.example"})
    told = answer.get_json()
    assert (told["on"], told["locale"], told["locales"]) == (True, "de", ["en", "de", "es"])
    assert told["brand"] == {"name": "Kiln & Co.", "colour": "#b3431f"}
    assert (told["welcome"], told["bot"], told["reply_minutes"]) == ("How can we help?", False, None)
    assert told["hours"] == {"open": True, "until": None, "opens": None}
    assert told["limits"]["file_bytes"] == 10 << 20
    assert ".png" in told["limits"]["extensions"]
    assert told["socket"]["path"] == "/widget/socket.io"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=60" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert client.get(f"/widget/{inbox.key}/boot?locale=fr").get_json()["locale"] == "en"


def test_boot_of_an_inbox_that_is_off_and_of_none(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    with desk.store.transaction() as tx:
        tx.get_one(Inbox, inbox.id).active = False
        mail = factories.make_inbox(tx)
    assert client.get(f"/widget/{inbox.key}/boot").get_json() == {"on": False}
    for key in ("no-such-key", mail.key, "x" * 300):
        answer = client.get(f"/widget/{key}/boot", headers={"Origin": "https://shop.example"})
        assert answer.status_code == 404
        assert answer.get_json() == {"error": "inbox", "text": "This chat is not available."}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_file_goes_up_into_a_message_and_comes_back_by_a_signed_address(
    client: FlaskClient, desk: Desk, inbox: Inbox, clock: SetClock
) -> None:
    answer = upload(client, inbox, token(desk, inbox), PNG, "photos/chipped rim.png")
    assert answer.status_code == 201, answer.text
    told = answer.get_json()
    assert (told["name"], told["type"], told["size"], told["image"]) == ("chipped rim.png", "image/png", len(PNG), True)
    kept = visitors.read_signed(desk.store.keys, visitors.UPLOAD, told["file"], clock.now())
    file = {"name": kept["n"], "type": kept["t"], "size": kept["s"], "sha256": kept["h"]}
    number = writes(desk, inbox, "", files=[file]).conversation_id or 0
    with desk.store.reading() as tx:
        face, found = views.face_for(tx, number)
        assert found.subject == "chipped rim.png"
        shown = views.messages(face, visitors.newest(tx, number)[0])[-1]["files"][0]
    path = shown["url"].split("5000", 1)[1]
    back = client.get(path)
    assert (back.data, back.content_type, back.headers["Cross-Origin-Resource-Policy"]) == (
        PNG,
        "image/png",
        "cross-origin",
    )
    assert "sandbox" in back.headers["Content-Security-Policy"]
    assert client.get(path[:-2] + "aa").status_code == 403
    with desk.store.transaction() as tx:
        other = factories.make_inbox(tx, channel="chat", address="other.example")
    assert client.get(path.replace(inbox.key, other.key)).status_code == 404
    clock.advance(timedelta(days=3))
    assert client.get(path).status_code == 403


def test_a_note_with_a_file_has_no_address(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    number = writes(desk, inbox, "Hello").conversation_id or 0
    sha256 = desk.files.put(b"internal")
    with desk.store.transaction() as tx:
        found = conversations.get(tx, number, None)
        note = factories.make_entry(
            tx, found, "Look", "note",
            content_attachments=[{"filename": "x", "size": 8, "content_type": "text/plain", "sha256": sha256}],
        )  # fmt: skip
        forged = visitors.sign_for_a_day(tx.keys, visitors.DOWNLOAD, {"e": note.id, "n": 0, "i": inbox.id}, tx.now())
    assert client.get(f"/widget/{inbox.key}/files/{forged}").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"MZ\x90\0" + b"\0" * 90, "photo.png", 415, "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", 415, "type"),
        (b"<html><script>alert(1)</script>", "a.txt", 415, "type"),
        (b"", "a.txt", 422, "empty"),
        (b"x" * (2 << 20), "a.txt", 413, "too_big"),
    ],
)
def test_files_that_are_not_taken_get_a_sentence(
    app: Flask, client: FlaskClient, desk: Desk, content: bytes, name: str, status: int, code: str
) -> None:
    with desk.store.transaction() as tx:
        inbox = chat(tx, file_megabytes=1)
    answer = upload(client, inbox, token(desk, inbox), content, name)
    assert (answer.status_code, answer.get_json()["error"]) == (status, code)
    assert answer.get_json()["text"].endswith(".")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not list((desk.config["DATA_DIR"] / "files").rglob("*.*"))


def test_only_a_visitor_of_this_inbox_uploads(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    with desk.store.transaction() as tx:
        other = factories.make_inbox(tx, channel="chat", address="other.example")
    for visitor in ("", "nonsense", token(desk, other), token(desk, inbox)[:-1] + "0", "é"):
        assert upload(client, inbox, visitor, PNG, "a.png").status_code in (400, 403), visitor
    assert client.post(f"/widget/{inbox.key}/files", data={"visitor": token(desk, inbox)}).status_code == 422
    assert client.get(f"/widget/{inbox.key}/files").status_code == 405


def test_uploads_are_counted(app: Flask, client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    base.limiter.enabled = True
    answers = [upload(client, inbox, token(desk, inbox), PNG, "a.png") for _ in range(11)]
    assert [a.status_code for a in answers] == [201] * 10 + [429]
    told = answers[-1].get_json()
    assert (told["error"], told["retry_after"]) == ("slow_down", 60)
    assert "60" in told["text"]
    assert answers[-1].headers["Access-Control-Allow-Origin"] == "*"
    assert int(answers[-1].headers["Retry-After"]) <= 60


def test_a_transcript_is_what_the_visitor_saw(client: FlaskClient, desk: Desk, inbox: Inbox) -> None:
    number = writes(desk, inbox, "Where is my lid?").conversation_id or 0
    with desk.store.transaction() as tx:
        mara = agent(tx)
        factories.make_entry(tx, conversations.get(tx, number, None), "SECRET", "note")
    answered(desk, number, mara, "On its way.")
    with desk.store.reading() as tx:
        face, found = views.face_for(tx, number)
        url = views.conversation(face, visitors.threads_of(tx, [number])[number], found)["transcript"]
    path = url.split("5000", 1)[1]
    text = client.get(f"{path}?locale=de").text
    assert "Sie\nWhere is my lid?" in text
    assert "Mara Oliveira\nOn its way." in text
    assert "SECRET" not in text
    assert client.get(path.rsplit("/", 1)[0] + "/nonsense").status_code == 403


def test_the_script_is_kept_by_what_it_is(desk: Desk, tmp_path: Path) -> None:
    dist = tmp_path / "widget" / "dist"
    dist.mkdir(parents=True)
    (dist / "widget.js").write_text("one")
    (dist / "app-abc.js").write_text("app")
    (dist / "app-abc.js.gz").write_bytes(b"packed")
    app = make_app(desk)
    app.static_folder = str(tmp_path)
    client = app.test_client()
    first = client.get("/widget.js", headers={"Origin": "https://shop.example"})
    assert (first.text, first.mimetype) == ("one", "text/javascript")
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=600" in first.headers["Cache-Control"]
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    app_file = client.get("/widget/assets/app-abc.js", headers={"Accept-Encoding": "gzip"})
    assert (app_file.data, app_file.headers["Content-Encoding"]) == (b"packed", "gzip")
    assert "immutable" in app_file.headers["Cache-Control"]
    assert client.get("/widget/assets/app-abc.js").data == b"app"
    for name in ("..%2f..%2fwsgi.py", "none.js", ".hidden", "app-abc.py", "a" * 300 + ".js"):
        assert client.get(f"/widget/assets/{name}").status_code == 404


def test_the_shop_carries_the_widget_by_one_tag_under_a_strict_policy(
    client: FlaskClient, desk: Desk, inbox: Inbox
) -> None:
    answer = client.get("/demo")
    assert answer.text.count("<script") == 1
    assert f'data-inbox="{inbox.key}"' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    with desk.store.transaction() as tx:
        tx.get_one(Inbox, inbox.id).active = False
    empty = client.get("/demo")
    assert empty.status_code == 200
    assert "<script" not in empty.text
    assert "There is no chat inbox that is switched on." in empty.text


def test_what_is_told_is_json_all_through(desk: Desk, inbox: Inbox) -> None:
    number = writes(desk, inbox, "Hello").conversation_id or 0
    with desk.store.reading() as tx:
        face, found = views.face_for(tx, number)
        row = visitors.threads_of(tx, [number])[number]
        told = [views.conversation(face, row, found), views.state(face, found), views.seen(face, row)]
        assert json.loads(json.dumps(told)) == told
        entry = timeline.of_conversation(tx, number, 1)[0]
        assert views.read_place(views.place_of(entry)) == (entry.occurred_at, entry.id)
        for wrong in (None, 7, "", "x", "2026~1", "2026-01-01T00:00:00~1", "2026-01-01T00:00:00+00:00~x", "~" * 90):
            with pytest.raises(ValueError, match=r".*"):
                views.read_place(wrong)


def test_a_colleague_sees_on_which_page_the_visitor_is(
    as_role: Callable[[str], FlaskClient], desk: Desk, inbox: Inbox
) -> None:
    number = writes(desk, inbox, "Hello").conversation_id or 0
    with desk.store.transaction() as tx:
        visitors.looked(
            tx, "noor", locale="en", zone="Europe/Lisbon", url="https://shop.example/pot", title="The <b>pot</b>"
        )
    page = as_role("agent").get(f"/console/c/{number}/customer").text
    assert "The &lt;b&gt;pot&lt;/b&gt;" in page
    assert "Europe/Lisbon" in page
