"""The rail of a page: what is unread and who is here stand in it from the start, and nothing asks for them again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from desk import assigning, notices
from desk.parts import Desk
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
AsRole = Callable[[str], FlaskClient]


def ring(desk: Desk, staff_id: int, times: int) -> None:
    with desk.store.transaction() as tx:
        for number in range(times):
            notices.tell(tx, "rule", [staff_id], detail={"rule_id": number, "name": "Loud"})


def bell(html: str) -> str:
    found = re.search(r"data-bell-count(?: hidden)?>([^<]*)<", html)
    assert found is not None
    return found.group(1)


def test_every_page_brings_along_what_is_unread_and_who_is_here(desk: Desk, as_role: AsRole) -> None:
    client = as_role("agent")
    page = client.get("/knowledge/").text
    assert bell(page) == "" and 'aria-label="Notifications"' in page
    assert 'id="me-dot" class="here-dot offline"' in page
    with client.session_transaction() as session:
        me = int(session["staff_id"])
    ring(desk, me, 3)
    with desk.store.transaction() as tx:
        assigning.sign(tx, me, active=True)
    page = client.get("/knowledge/").text
    assert bell(page) == "3" and 'aria-label="Notifications, 3 unread"' in page
    assert 'id="me-dot" class="here-dot online"' in page
    assert "I am away" in page and "I am here" not in page, "whoever is here can only go"
    for asks in ("hx-get", "hx-trigger"):
        assert asks not in page.split('id="page"')[0], "what is around every page asks for nothing"
    ring(desk, me, notices.CAP)
    assert bell(client.get("/knowledge/").text) == f"{notices.CAP}+"
    assert bell(client.get("/nowhere").text) == f"{notices.CAP}+", "a page that says what is not there as well"


def test_the_frame_of_the_console_is_kept_and_so_says_nothing_of_the_moment(desk: Desk, as_role: AsRole) -> None:
    client = as_role("agent")
    with client.session_transaction() as session:
        ring(desk, int(session["staff_id"]), 3)
    page = client.get("/console/").text
    assert bell(page) == "" and 'id="me-dot" class="here-dot"></span>' in page


@pytest.mark.database("sqlite")
def test_no_page_asks_by_itself_for_what_its_rail_shows(scene: Scene) -> None:
    desk: Desk = scene.app.extensions["loopdesk"]
    ring(desk, scene.ada.id, 2)
    page = scene.chromium.page(scene.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type in ("xhr", "fetch") else None)
    page.goto(f"/try/{scene.ada.id}")
    page.goto("/knowledge/", wait_until="networkidle")
    expect(page.locator("[data-bell-count]")).to_have_text("2")
    assert asked == []
    page.locator("[popovertarget=me-menu]").click()
    expect(page.locator("#presence")).to_contain_text("0 of 10 places taken")
    assert asked == [f"{scene.url}/console/presence"]
    asked.clear()
    page.goto("/console/", wait_until="networkidle")
    expect(page.locator("[data-bell-count]")).to_have_text("2")
    expect(page.locator("#me-dot")).to_have_class("here-dot online")
    assert [url for url in asked if "presence" in url or "notices" in url] == []
    page.locator("[popovertarget=me-menu]").click()
    page.get_by_role("button", name="I am away").click()
    expect(page.locator("#me-dot")).to_have_class("here-dot away")
    page.goto("/knowledge/")
    expect(page.locator("#me-dot")).to_have_text("Away")


@pytest.mark.database("sqlite")
def test_a_screen_that_comes_back_is_told_what_is_unread_since(scene: Scene) -> None:
    desk: Desk = scene.app.extensions["loopdesk"]
    page = scene.screen(scene.ada)
    expect(page.locator("#me-dot")).to_have_class("here-dot online")
    expect(page.locator("[data-bell-count]")).to_be_hidden()
    server = scene.app.extensions["socketio"].server
    for sid, _line in list(server.manager.get_participants("/", None)):
        server.disconnect(sid)
    ring(desk, scene.ada.id, 4)  # nobody hears it
    expect(page.locator("[data-bell-count]")).to_have_text("4")
