"""Files of answers over HTTP: who may attach, see and take out what, plain forms, and the address in a text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, inbound, outbound, settings, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address, InboundMessage, Sender
from desk.outbound import attaching, uploads
from desk.outbound.tables import Delivery, OutboxMail
from desk.parts import Desk
from desk.visitors import views
from desk.worker import drain
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message
from tests.web.conftest import csrf_of, sign_in

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PART = {"X-Part": "1"}


@pytest.fixture
def talk(desk: Desk, clock: SetClock) -> int:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
    outcome = inbound.receive(desk, message(inbox_id, clock.now(), "Where is it?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    return outcome.conversation_id


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


@pytest.fixture
def his(client: FlaskClient, jonas: Viewer) -> FlaskClient:
    return sign_in(client, jonas.id)


def _file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def _attach(client: FlaskClient, talk: int, content: bytes = PNG, name: str = "kettle.png") -> Any:
    data = {"file": _file(content, name), "csrf_token": csrf_of(client, "/profile")}
    return client.post(f"/console/c/{talk}/files", data=data, headers=PART)


def _reply(client: FlaskClient, talk: int, headers: dict[str, str] | None = None, **data: Any) -> Any:
    token = csrf_of(client, "/profile")
    return client.post(f"/console/c/{talk}/reply", data=data | {"csrf_token": token}, headers=headers or {})


def test_a_file_is_the_colleagues_own_until_it_is_sent(
    desk: Desk, his: FlaskClient, talk: int, as_role: Callable[[str], FlaskClient]
) -> None:
    answer = _attach(his, talk, name="<b>kettle.png")
    assert answer.status_code == 201
    assert 'data-name="bkettle.png"' in answer.text
    assert 'data-mark="[image: bkettle.png]"' in answer.text
    shown = his.get(f"/console/c/{talk}/files/1")
    assert (shown.data, shown.mimetype) == (PNG, "image/png")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert 'data-upload="1"' in his.get(f"/console/c/{talk}?draft=").text
    assert 'data-upload="1"' in his.get(f"/console/c/{talk}/ways").text
    other = as_role("agent")
    assert other.get(f"/console/c/{talk}/files/1").status_code == 404
    assert "data-upload" not in other.get(f"/console/c/{talk}?draft=").text
    gone = other.post(
        f"/console/c/{talk}/files/1/remove", data={"csrf_token": csrf_of(other, "/profile")}, headers=PART
    )
    assert gone.status_code == 204
    assert _reply(other, talk, PART, text="Mine?", file="1").status_code == 422
    assert his.get(f"/console/c/{talk}/files/1").status_code == 200
    assert his.get("/console/c/999/files/1").status_code == 404
    assert _attach(his, 999).status_code == 404
    assert _reply(his, talk, PART, text="Here.", file="1").status_code == 201
    assert his.get(f"/console/c/{talk}/files/1").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.txt", "This file is empty."),
        (b"MZ" + b"\0" * 80, "a.exe", "Programs are not sent: mail systems turn away what carries one."),
    ],
)
def test_what_is_refused_says_so_in_a_sentence(
    desk: Desk, his: FlaskClient, talk: int, content: bytes, name: str, says: str
) -> None:
    answer = _attach(his, talk, content, name)
    assert (answer.status_code, answer.text) == (422, says)
    token = csrf_of(his, "/profile")
    assert his.post(f"/console/c/{talk}/files", data={"csrf_token": token}, headers=PART).status_code == 422


def test_a_form_without_a_script_brings_its_files_along(desk: Desk, his: FlaskClient, talk: int) -> None:
    _attach(his, talk, name="first.png")
    answer = _reply(his, talk, text="Both.", file="1", attach=[_file(PNG, "second.png"), _file(b"", "")])
    assert (answer.status_code, "#e" in answer.headers["Location"]) == (303, True)
    with desk.store.reading() as tx:
        (sent,) = tx.scalars(select(Delivery))
        assert [a["filename"] for a in sent.message["attachments"]] == ["first.png", "second.png"]
    refused = _reply(his, talk, text="And this.", attach=[_file(PNG, "third.png"), _file(b"#!/bin/sh", "a.sh")])
    assert refused.status_code == 303
    page = his.get(refused.headers["Location"]).text
    assert "Scripts are not sent" in page
    assert "And this." in page
    assert 'data-name="third.png"' in page  # what was good is not asked for again
    with desk.store.reading() as tx:
        (kept,) = uploads.waiting(tx, agents.viewer(tx, 1) or pytest.fail("nobody"), talk)
    token = csrf_of(his, "/profile")
    out = his.post(f"/console/c/{talk}/files/{kept.id}/remove", data={"csrf_token": token, "text": "And this."})
    assert out.status_code == 303
    assert "draft=And" in out.headers["Location"]
    assert _reply(his, talk, PART, text="x", file="1,zwei").status_code == 422


def test_a_long_answer_of_a_plain_form_comes_back_whole(his: FlaskClient, talk: int) -> None:
    words = "\nمكتب الدعم " * 900 + "the end"  # six times as long in an address, and no server takes such a one
    refused = _reply(his, talk, text=words, attach=[_file(b"#!/bin/sh", "a.sh")])
    assert (refused.status_code, refused.headers.get("Location")) == (200, None)
    assert "Scripts are not sent" in refused.text
    (field,) = re.findall(r'(?s)<textarea name="text"[^>]*>\n?(.*?)</textarea>', refused.text)
    assert unescape(field) == words
    short = _reply(his, talk, text="Dear <all>", attach=[_file(b"#!/bin/sh", "a.sh")])
    page = his.get(short.headers["Location"]).text
    assert re.search(r'<textarea name="text"[^>]*>\s*Dear &lt;all&gt;</textarea>', page)  # where no script fills it


def test_an_answer_shows_its_picture_where_it_stands(desk: Desk, his: FlaskClient, talk: int) -> None:
    _attach(his, talk)
    line = _reply(his, talk, PART, text="Here:\n[image: kettle.png]\n<b>", file="1").text
    with desk.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, talk, kinds=("reply",))
    url = f"/console/e/{entry.id}/file/0"
    assert f'<a class="in-text" href="{url}" download><img src="{url}?inline=1" alt="kettle.png"' in line
    assert "[image:" not in line
    assert "&lt;b&gt;" in line
    assert his.get(f"{url}?inline=1").mimetype == "image/png"


def test_the_outbox_page_shows_the_files_and_the_picture_in_the_mail(
    desk: Desk, his: FlaskClient, talk: int, as_role: Callable[[str], FlaskClient]
) -> None:
    _attach(his, talk)
    _reply(his, talk, PART, text="Here:\n[image: kettle.png]", file="1")
    drain(desk)
    admin = as_role("admin")
    with desk.store.reading() as tx:
        mail_id = tx.scalars(select(OutboxMail.id)).one()
    assert f'href="/admin/outbox/{mail_id}/file/0"' in admin.get(f"/admin/outbox/{mail_id}").text
    assert 'src="data:image/png;base64,' in admin.get(f"/admin/outbox/{mail_id}/html").text
    file = admin.get(f"/admin/outbox/{mail_id}/file/0")
    assert file.data == PNG
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert admin.get(f"/admin/outbox/{mail_id}/file/1").status_code == 404


def test_the_address_in_a_text_gives_the_file_for_its_time(
    desk: Desk, client: FlaskClient, talk: int, jonas: Viewer, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        row = uploads.keep(
            tx, desk.files, jonas, talk, name="Küche.png", kind="image/png", sha256=desk.files.put(PNG), size=len(PNG)
        )
        entry = outbound.reply(tx, talk, jonas, "Look.", files=[row.id])
        url = attaching.link(tx, entry.id, 0)
    path = url.removeprefix(desk.store.public_url)
    found = client.get(path)
    assert (found.status_code, found.data, found.mimetype) == (200, PNG, "image/png")
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert "noindex" in found.headers["X-Robots-Tag"]
    assert client.head(path).status_code == 200  # a provider looks before it fetches
    assert client.get(path[:-1] + "_").status_code == 404
    clock.advance(timedelta(days=32))
    over = client.get(path, headers={"Accept-Language": "de"})
    assert over.status_code == 410
    assert "abgelaufen" in over.text


def test_a_visitor_gets_the_files_of_an_answer_by_an_address_of_their_own(
    desk: Desk, client: FlaskClient, jonas: Viewer, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, channel="chat", address="kiln.example", key="shop", config={"bot": False})
        other = make_inbox(tx, channel="chat", address="other.example", key="other", config={"bot": False})
        inbox_id, other_key = inbox.id, other.key
    sender = Sender(Address("visitor", "v" * 32), "verified", "the token of this browser")
    begun = inbound.receive(desk, InboundMessage("chat", inbox_id, "v:1", sender, clock.now(), "How do I open it?"))
    assert begun.conversation_id is not None
    with desk.store.transaction() as tx:
        row = uploads.keep(
            tx, desk.files, jonas, begun.conversation_id, name="lid.png", kind="image/png",
            sha256=desk.files.put(PNG), size=len(PNG),
        )  # fmt: skip
        entry = outbound.reply(tx, begun.conversation_id, jonas, "So:\n[image: lid.png]", files=[row.id])
        told = views.message(views.Face.of(tx, settings.inbox(tx, inbox_id), "en"), entry)
    assert told is not None
    assert told["text"] == "So:"
    (file,) = told["files"]
    assert (file["name"], file["image"]) == ("lid.png", True)
    path = file["url"].removeprefix(desk.store.public_url)
    assert client.get(path).data == PNG
    assert client.get(path.replace("/shop/", f"/{other_key}/")).status_code == 404  # of another site
    assert client.get(path[:-2]).status_code == 403
    clock.advance(timedelta(days=3))
    assert client.get(path).status_code == 403
