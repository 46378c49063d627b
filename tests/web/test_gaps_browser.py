"""The gaps in a real browser: one press to a draft, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from desk.clock import SetClock
from desk.parts import Desk
from tests.questions.conftest import KILN, VAT, Shop
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.web.test_knowledge_browser import sign_in

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_gaps.py runs on both
ANSWER = "You can rent a small kiln for a weekend, it costs 60 euros. Bring it back on Monday before ten."
Open = Callable[..., Page]


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.fixture
def shop(app: Flask, clock: SetClock) -> Shop:
    desk: Desk = app.extensions["loopdesk"]
    return Shop(desk, clock)


@pytest.fixture
def opened(chromium: Chromium, base_url: str, shop: Shop) -> Open:
    def make(role: str = "supervisor", **options: Any) -> Page:
        page = chromium.page(base_url, **options)
        sign_in(page, shop.desk.store, role)
        page.goto("/knowledge/gaps")
        return page

    return make


def filled(shop: Shop) -> None:
    for text in (*KILN, *VAT):
        shop.ask(text, [ANSWER])
    shop.work()


def test_one_press_leads_from_a_gap_to_a_draft_and_its_sources(opened: Open, shop: Shop) -> None:
    filled(shop)
    page = opened()
    line = page.get_by_role("listitem").filter(has_text="kiln").first
    line.get_by_role("button", name="Draft an article").click()
    expect(page.get_by_text("The draft is being written")).to_be_visible()
    shop.work()
    page.get_by_role("link", name="Open the draft").click()
    expect(page.get_by_label("Text, Markdown")).to_have_value(ANSWER.replace(". ", ".\n\n"))
    sources = page.get_by_role("region", name="What it was drafted from")
    expect(sources.get_by_role("link", name="You can rent a small kiln")).to_have_count(1)
    assert accessibility(page) == []
    sources.get_by_role("link", name="The gap").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("kiln")


def test_a_group_is_named_and_put_aside_by_keyboard(opened: Open, shop: Shop) -> None:
    filled(shop)
    page = opened()
    page.get_by_role("link", name="VAT number").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("VAT on invoices")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("VAT on invoices")
    page.get_by_role("button", name="Not our subject").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Gaps").first.click()
    expect(page.get_by_text("VAT on invoices")).to_have_count(0)
    page.get_by_label("Which").select_option("Dismissed")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="VAT on invoices")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_everybody_can_use_the_gaps(opened: Open, shop: Shop, dark: bool, width: str) -> None:
    page = opened(dark=dark, width=width)
    expect(page.get_by_role("heading", name="No gaps")).to_be_visible()
    assert accessibility(page) == []
    shop.ask(VAT[0])
    page.reload()
    expect(page.get_by_role("heading", name="Questions are being read")).to_be_visible()
    assert accessibility(page) == []
    filled(shop)
    number = shop.groups()[0].id
    for path in (
        "/knowledge/gaps", "/knowledge/gaps?view=dismissed", "/knowledge/gaps?days=30",
        f"/knowledge/gaps/{number}", f"/knowledge/gaps/{number}?days=30",
    ):  # fmt: skip
        page.goto(path)
        assert accessibility(page) == [], path
        for direction in ("ltr", "rtl"):
            page.evaluate("d => document.documentElement.dir = d", direction)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, direction)
