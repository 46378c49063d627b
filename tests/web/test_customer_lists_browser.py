"""A list brought in with a real browser: columns, dry run with progress, run, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from desk import agents
from desk.store import Store
from desk.worker import run_one
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; test_customer_lists.py runs on both
LIST = (
    "Name,Email,Phone,Plan,Seats,Since\n"
    "Maya Lind,maya@kund.example,+46 70 555 01 32,Gold,3,2024-05-01\n"
    "Otto Berg,otto@kund.example,,Free,1,2025-01-15\n"
    "Somebody,not an address,,Free,1,\n"
    "Amira Haddad,amira@kund.example,,Gold,12,2026-02-03\n"
)


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        agents.create(tx, email="lead@kiln.example", name="Ada Moe", role="supervisor")
        factories.make_customer(tx, "otto@kund.example", name="Otto")
    yield app
    store.engine.dispose()


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_a_list_is_looked_at_named_tried_and_brought_in(
    chromium: Chromium, base_url: str, app: Flask, look: dict[str, Any]
) -> None:
    page = chromium.page(base_url, **look)

    def good() -> None:
        assert accessibility(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto("/try/1")
    page.goto("/customers/import")
    expect(page.get_by_text("No list yet")).to_be_visible()
    good()
    file = {"name": "kund.csv", "mimeType": "text/csv", "buffer": LIST.encode("utf-16")}
    page.get_by_label("A list, as CSV or with tabs").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_label("Email becomes")).to_have_value("email")
    expect(page.get_by_label("Type of Seats")).to_have_value("number")
    expect(page.get_by_label("Type of Since")).to_have_value("time")
    for name in ("Plan", "Seats", "Since"):
        page.get_by_label(f"{name} becomes").select_option("new")
    good()
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("0 of 4 rows")).to_be_visible()
    good()
    while run_one(app.extensions["loopdesk"], "test", ["imports.work"]):
        pass
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()  # without being asked
    expect(page.get_by_text("“not an address” is no email address.")).to_be_visible()
    good()
    page.get_by_role("button", name="Bring 3 rows in").click()
    expect(page.get_by_role("heading", name="Bringing it in")).to_be_visible()
    while run_one(app.extensions["loopdesk"], "test", ["imports.work"]):
        pass
    expect(page.get_by_role("heading", name="What it did")).to_be_visible()
    expect(page.get_by_role("link", name="Refused rows as CSV")).to_be_visible()
    good()
    page.goto("/customers/import")
    expect(page.get_by_role("row").filter(has_text="kund.csv")).to_contain_text("done")
    good()
    page.goto("/customers/attributes")
    expect(page.get_by_role("row").filter(has_text="attribute.seats")).to_contain_text("Number")
    good()
