"""/admin/flows: a flow is written, checked by line, tried without a customer, published, and taken back."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from desk import flows
from desk.flows.tables import FlowSecret
from desk.parts import Desk
from desk.timeline.tables import Entry
from desk.worker import drain
from tests.flows.samples import ORDER
from tests.web.conftest import post

TEXT = ORDER % {"url": "http://127.0.0.1:9"}


def made(admin: FlaskClient) -> str:
    answer = post(admin, "/admin/flows/new", text=TEXT)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_what_is_wrong_is_shown_with_its_line_and_nothing_is_lost(admin: FlaskClient, desk: Desk) -> None:
    broken = TEXT.replace("{{ state }}", "{{ stat }}")
    answer = post(admin, "/admin/flows/new", text=broken)
    assert answer.status_code == 422
    assert "Line 21" in answer.text and "stat" in answer.text and "Which order is it?" in answer.text
    checked = post(admin, "/admin/flows/new", text=TEXT, check="1")
    assert checked.status_code == 200 and "holds good" in checked.text
    with desk.store.reading() as tx:
        assert flows.every(tx) == []


def test_it_is_published_in_versions_once_its_secrets_are_there(admin: FlaskClient, desk: Desk) -> None:
    where = made(admin)
    post(admin, f"{where}/publish")
    assert "has no value yet" in admin.get(where).text
    with desk.store.reading() as tx:
        assert flows.live(tx) == []
    post(admin, f"{where}/secret", name="token", value="hush-hush")
    post(admin, f"{where}/publish")
    page = admin.get(where).text
    assert "Version 1 is published" in page and "hush-hush" not in page
    with desk.store.reading() as tx:
        assert "hush" not in tx.scalars(select(FlowSecret)).one().sealed
        assert flows.buttons(tx, "de") == ["Wo ist meine Bestellung?"]
    post(admin, where, text=TEXT.replace("Which order is it?", "Which one?"))
    assert "the draft differs" in admin.get(where).text
    assert "Which order is it?" in admin.get(f"{where}?version=1").text
    post(admin, f"{where}/unpublish")
    post(admin, f"{where}/remove")
    assert admin.get(where).status_code == 404
    assert post(admin, f"{where}/secret", name="token", value="x").status_code == 404


def test_the_console_walks_a_draft_without_a_customer(admin: FlaskClient, desk: Desk) -> None:
    where = made(admin)
    post(admin, f"{where}/secret", name="token", value="hush-hush")
    trial = post(admin, f"{where}/try", locale="de").headers["Location"].partition("#")[0]
    assert "Which order is it?" in admin.get(trial).text
    post(admin, trial, say="nope")
    assert "asks again" in admin.get(trial).text
    post(admin, trial, say="AB-1234")
    page = admin.get(trial).text
    assert "GET http://127.0.0.1:9/orders/AB-1234?by=AB-1234" in page and "hush" not in page
    post(admin, trial, status="200", body='{"data": [{"state": "unterwegs <b>"}]}')
    assert "Ihre Bestellung ist unterwegs &lt;b&gt;." in admin.get(trial).text
    again = post(admin, f"{where}/try", locale="en").headers["Location"].partition("#")[0]
    post(admin, again, say="AB-1234")
    post(admin, again, call="1")
    assert "Calling" in admin.get(again).text
    drain(desk)
    page = admin.get(again).text
    assert "made for real" in page and "I could not look that up" in page and "Shall I get you a person?" in page
    post(admin, again, say="Yes")
    assert "a person was asked for" in admin.get(again).text
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Entry)) == 0


def test_only_admins_come_here_and_a_try_is_ones_own(app: Flask, as_role: object, admin: FlaskClient) -> None:
    where = made(admin)
    trial = post(admin, f"{where}/try", locale="en").headers["Location"].partition("#")[0]
    other = as_role("admin")  # type: ignore[operator]
    assert other.get(trial).status_code == 404
    agent = as_role("agent")  # type: ignore[operator]
    assert agent.get("/admin/flows").status_code == 403
