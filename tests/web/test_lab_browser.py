"""The lab in a real browser: a replay is run and marked, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from desk.clock import SetClock
from desk.parts import Desk
from tests.bot.conftest import Scene
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.web.test_knowledge_browser import sign_in
from tests.web.test_lab import KILN, kiln, work

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_lab.py runs on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.fixture
def desk(app: Flask, clock: SetClock) -> Desk:
    found: Desk = app.extensions["loopdesk"]
    scene = Scene(found, clock)
    for text in ("Where is my order?", KILN):
        scene.write(text)
        scene.work()
    kiln(found)
    return found


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_a_replay_is_run_and_marked(chromium: Chromium, base_url: str, desk: Desk, dark: bool, width: str) -> None:
    page = chromium.page(base_url, dark=dark, width=width)
    sign_in(page, desk.store, "supervisor")
    work(desk)
    page.goto("/bot/")
    page.get_by_label("How hot a kiln gets").check()
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("being gathered")).to_be_visible()
    assert accessibility(page) == []
    work(desk)
    expect(page.get_by_text("2 questions of 30 days")).to_be_visible()  # by itself
    line = page.get_by_role("row").filter(has_text=KILN)
    right = line.get_by_role("button", name="Right", exact=True)
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")
    assert accessibility(page) == []
    for path in ("/bot/", "/bot/sets", "/bot/sets/1"):
        page.goto(path)
        page.locator("h1").wait_for()
        assert accessibility(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
