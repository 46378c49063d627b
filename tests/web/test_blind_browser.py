"""A blind sample judged in a real browser, by the keyboard, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from desk.store import Store
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.web.test_blind import conversations
from tests.web.test_knowledge_browser import sign_in

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_blind.py runs on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_a_sample_is_judged_press_by_press(
    chromium: Chromium, base_url: str, app: Flask, dark: bool, width: str
) -> None:
    store: Store = app.extensions["loopdesk"].store
    page = chromium.page(base_url, dark=dark, width=width)
    sign_in(page, store, "supervisor")
    page.goto("/bot/frustration")
    expect(page.get_by_text("No sample was drawn yet")).to_be_visible()
    conversations(store, 1, 2)
    page.get_by_role("button", name="Draw one").click()
    expect(page.get_by_role("heading", name="Message 1 of 3")).to_be_visible()
    assert accessibility(page) == []
    calm = page.get_by_role("button", name="Calm", exact=True)
    calm.focus()
    for number in (2, 3):
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"Message {number} of 3")).to_be_visible()
        expect(calm).to_be_focused()  # the next press needs no way back to the button
    page.get_by_role("button", name="Strained or frustrated").click()
    expect(page.get_by_text("All of it is judged")).to_be_visible()
    assert accessibility(page) == []
    page.get_by_role("link", name="To the figures", exact=True).click()
    expect(page.get_by_role("img", name="What the desk said against how many were so")).to_be_visible()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
