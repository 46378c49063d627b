"""The search page in a real browser: typed live, walked by keyboard, on a phone, by day and by night."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from desk import search
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # the page is the same on both; tests/web/test_search.py runs on both


def talk(scene: Scene) -> int:
    """A conversation of some mails that came in and were indexed, as the worker does it."""
    number = scene.mail("Marta Lindqvist", "The glaze of bowl 0 has a crack from the rim to the foot.")
    for bowl in range(1, 9):
        scene.mail("Marta Lindqvist", f"The glaze of bowl {bowl} has a crack from the rim to the foot.", answers=number)
    while search.work(scene.app.extensions["loopdesk"]):
        pass
    return number


def opened(scene: Scene, path: str, **options: Any) -> Page:
    page = scene.chromium.page(scene.url, **options)
    page.goto(f"/try/{scene.ada.id}")
    page.goto(path)
    return page


def test_somebody_types_walks_down_and_stands_at_the_very_line(scene: Scene) -> None:
    talk(scene)
    page = opened(scene, "/knowledge/")
    page.keyboard.press("/")
    box = page.get_by_role("searchbox", name="Search conversations")
    expect(box).to_be_focused()
    box.press_sequentially("bowl 7 ")
    hit = page.locator("#found [data-hit]").first
    expect(hit).to_contain_text("bowl 7 has")
    box.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline .pointed")).to_contain_text("bowl 7 has")


def test_a_filter_is_added_by_its_chip_and_taken_off_again(scene: Scene) -> None:
    talk(scene)
    page = opened(scene, "/search/?q=glaze")
    page.get_by_role("button", name="is:", exact=True).click()
    page.get_by_role("button", name="is:resolved").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Without is: resolved").click()
    expect(page.locator("#found [data-hit]").first).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_accessible_and_fits(scene: Scene, dark: bool, width: int) -> None:
    talk(scene)
    page = opened(scene, "/search/", dark=dark, bypass_csp=True)
    page.set_viewport_size({"width": width, "height": 800})
    for text in ("glaze is:open", "", "colour:red", "porcelain", "marta"):
        page.goto(f"/search/?q={text}")
        assert accessibility(page) == [], text
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), text


def test_the_palette_leads_to_everything(scene: Scene) -> None:
    talk(scene)
    page = scene.screen(path="/console/all")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search, or run a command").fill("crack")
    page.get_by_role("option", name="Search everything for").click()
    expect(page.locator("#found mark").first).to_have_text("crack")
