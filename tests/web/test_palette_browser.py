"""The palette in a real browser: on every page, by the keyboard alone, into pages, queues and the composer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import automation
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")


def typed(page: Page, text: str) -> None:
    page.wait_for_load_state()  # a key that is pressed before the scripts are there opens nothing
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type(text)


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_it_leads_from_any_page_to_any_other(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    page = scene.screen(scene.bea)
    typed(page, "labels")
    expect(page.locator("#palette [role=option]").first).to_have_text("Labels")
    assert accessibility(page) == []
    shot(page, "palette-pages")
    page.keyboard.press("Enter")
    expect(page).to_have_url(scene.url + "/admin/labels")
    typed(page, "unassi")
    expect(page.locator("#palette [role=option]").first).to_have_text("Unassigned")
    assert accessibility(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert accessibility(page) == []
    shot(page, "palette-phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Enter")
    expect(page).to_have_url(scene.url + "/console/unassigned")
    page.goto("/admin/")
    typed(page, "marta")
    expect(page.locator("#palette-list")).to_contain_text("Marta Lindqvist")
    page.keyboard.press("Enter")
    expect(page).to_have_url(scene.url + f"/console/c/{marta}")


def test_a_queue_opens_in_place_and_a_canned_reply_comes_into_the_answer(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    with scene.store.transaction() as tx:
        texts = [{"locale": "en", "text": "Hello {customer.first_name}, a new one is on its way."}]
        automation.save_canned(tx, scene.ada, {"name": "Send a new one", "shortcut": "new", "texts": texts})
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.evaluate("window.stays = 1")
    typed(page, "frustrated")
    page.locator("#palette [role=option]", has_text="Frustrated").first.click()
    expect(page.locator("#list")).to_have_attribute("data-view", "frustrated")
    page.locator("#answer").fill("Dear customer. ")
    typed(page, "send a new")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Send a new one")
    shot(page, "palette-canned")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_value("Dear customer. Hello Marta, a new one is on its way.")
    expect(page.locator("#answer")).to_be_focused()
    assert page.evaluate("window.stays") == 1, "nothing was loaded anew"


def test_a_page_with_a_key_stands_there_once(scene: Scene) -> None:
    page = scene.screen(scene.bea)
    typed(page, "wall")
    option = page.locator("#palette [role=option]", has_text="Wall")
    expect(option.locator("kbd")).to_have_text("G W")
    expect(option).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(scene.url + "/wall/")
