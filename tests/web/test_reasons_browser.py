"""Contact reasons in a real browser: from a suggestion to the report and the conversation, by key, night and phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from desk import reasons
from desk.clock import SetClock
from tests.reasons.conftest import World
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.web.test_knowledge_browser import sign_in

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_reasons.py runs on both
TEXTS = ("Where is my parcel?", "My parcel is late", "When does the parcel come?", "No parcel yet", "Parcel, please?")
Open = Callable[..., Page]


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.fixture
def world(app: Flask, clock: SetClock) -> World:
    return World(app.extensions["loopdesk"], clock)


@pytest.fixture
def opened(chromium: Chromium, base_url: str, world: World) -> Open:
    def make(role: str = "supervisor", path: str = "/knowledge/reasons", **options: Any) -> Page:
        page = chromium.page(base_url, **options)
        sign_in(page, world.desk.store, role)
        page.goto(path)
        return page

    return make


def filled(world: World) -> int:
    """A group that was asked about ten times; gives one of its conversations."""
    with world.desk.store.transaction() as tx:
        group = world.group(tx, "A parcel that is so late that its name would not stand in one line of a phone at all")
        talks = [world.ask(tx, group, text) for text in TEXTS * 2]
        return talks[-1].id


def test_a_suggestion_becomes_a_reason_that_the_report_counts(opened: Open, world: World) -> None:
    filled(world)
    page = opened()
    page.get_by_role("textbox", name="Name of the reason").fill("Late parcel")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Late parcel is a reason now")).to_be_visible()
    page.get_by_role("textbox", name="Name", exact=True).fill("Delivery")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Up: Delivery").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Reasons", exact=True).get_by_role("link").first).to_have_text("Delivery")
    page.get_by_role("link", name="Late parcel").click()
    page.get_by_label("Part of").select_option("Delivery")
    page.get_by_role("button", name="Put there").click()
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("rowheader", name="Delivery").first).to_be_visible()
    page.get_by_role("link", name="Rows: Delivery › Late parcel, 10").click()
    expect(page.get_by_text("by its question").first).to_be_visible()
    assert accessibility(page) == []


def test_an_agent_chooses_a_reason_beside_the_conversation(opened: Open, world: World) -> None:
    number = filled(world)
    with world.desk.store.transaction() as tx:
        reasons.add(tx, "Money", None)
    page = opened("agent", f"/console/c/{number}")
    about = page.get_by_role("region", name="Contact reason")
    about.get_by_label("Another contact reason").select_option("Money")
    about.get_by_role("button", name="Choose").click()
    expect(about.get_by_text("by you")).to_be_visible()
    expect(about.get_by_role("combobox")).to_have_value("1")
    assert accessibility(page) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_everybody_can_use_the_reasons(opened: Open, world: World, dark: bool, width: str) -> None:
    page = opened(dark=dark, width=width)
    expect(page.get_by_role("heading", name="No reason yet")).to_be_visible()
    assert accessibility(page) == []
    filled(world)
    with world.desk.store.transaction() as tx:
        top = reasons.add(tx, "Delivery", None, None, "What is under way, and what did not come")
        part = reasons.add(tx, "Damaged", None, top.id)
        reasons.archive(tx, reasons.add(tx, "Fax", None).id)
        group = world.group(tx, "Parcels in pieces")
        for _n in range(12):
            world.ask(tx, group)
        reasons.say_what(tx, group, part.id, world.lead)
        paths = (
            "/knowledge/reasons", f"/knowledge/reasons/{top.id}", f"/knowledge/reasons/{part.id}", "/reports/reasons",
            "/reports/reasons/rows", "/reports/reasons?period=7d",
        )  # fmt: skip
    for path in paths:
        page.goto(path)
        assert accessibility(page) == [], path
        for direction in ("ltr", "rtl"):
            page.evaluate("d => document.documentElement.dir = d", direction)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, direction)
