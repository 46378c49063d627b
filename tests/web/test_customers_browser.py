"""A segment made in a real browser: the count follows what is written, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from desk import agents, facts
from desk.store import Store
from desk.worker import run_one
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_customers.py runs on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        agents.create(tx, email="lead@kiln.example", name="Ada Moe", role="supervisor")
        for name, score in (("Maya Lind", 1), ("Otto Berg", 5)):
            customer = factories.make_customer(tx, name=name)
            facts.record(tx, customer.id, "csat", score, occurred_at=tx.now())
    yield app
    store.engine.dispose()


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_a_segment_is_written_counted_saved_and_read(
    chromium: Chromium, base_url: str, app: Flask, look: dict[str, Any]
) -> None:
    page = chromium.page(base_url, **look)
    page.goto("/try/1")
    page.goto("/customers/segments")
    expect(page.get_by_text("No segment yet")).to_be_visible()
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Unhappy")
    page.get_by_label("Who is in").press_sequentially("csta <= 2")
    count = page.locator("#count")
    expect(count).to_contain_text("Did you mean “csat”?")
    page.get_by_label("Who is in").fill("csat <= 2 unless csat is unknown")
    expect(count.locator(".big")).to_contain_text("1 customer")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Unhappy")
    assert accessibility(page) == []
    page.get_by_role("button", name="Save the segment").click()
    expect(page.get_by_role("heading", name="Being counted")).to_be_visible()
    while run_one(app.extensions["loopdesk"], "test", ["segments.count"]):
        pass
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("row").filter(has_text="Maya Lind")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Otto Berg")).to_have_count(0)
    assert accessibility(page) == []
    page.get_by_role("link", name="Maya Lind").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Lind")
    expect(page.get_by_text("because CSAT 1")).to_be_visible()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_a_name_without_an_end_hides_nothing_beside_it(
    chromium: Chromium, base_url: str, app: Flask, width: str
) -> None:
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        long = factories.make_customer(tx, name="Donaudampfschifffahrtsgesellschaftskapitän" * 4).id
    page = chromium.page(base_url, width=width)
    page.goto("/try/1")
    page.goto("/customers/")
    name, stage = page.get_by_role("link", name="Donaudampf"), page.get_by_role("columnheader", name="Stage")
    expect(name).to_be_visible()
    expect(stage).to_be_in_viewport()
    shown, beside = name.bounding_box(), stage.bounding_box()
    assert shown is not None and beside is not None and shown["x"] + shown["width"] <= beside["x"]
    other = page.get_by_role("link", name="Maya Lind").bounding_box()
    assert other is not None and min(shown["width"], other["width"]) > 100  # nor is a name squeezed to its letters
    page.goto(f"/customers/{long}")
    title = page.get_by_role("heading", level=1)
    assert title.evaluate("(it) => it.scrollWidth <= it.clientWidth && it.getBoundingClientRect().right <= innerWidth")
