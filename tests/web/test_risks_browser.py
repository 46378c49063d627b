"""A message that a person should look at, in a real browser: seen, taken off and put back by keyboard, and its tone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.servers.browser import accessibility
from tests.web.test_console_browser import ANGRY, Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def test_a_flag_is_taken_off_by_keyboard_and_what_was_missed_is_said(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "The kettle caught fire. My lawyer will write to you.")
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    flags = page.locator("#timeline .flags")
    expect(flags).to_contain_text("caught fire")
    expect(page.locator("#head")).to_contain_text("Safety")
    assert accessibility(page) == []
    off = flags.get_by_role("button", name="Not so: Legal")
    off.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#head .chip", has_text="Legal")).to_have_count(0)
    expect(page.locator("#head .chip", has_text="Safety")).to_be_visible()
    expect(flags).to_contain_text("taken off by Ada Ant")
    flags.get_by_role("button", name="Put back: Legal").press("Enter")
    expect(page.locator("#head .chip", has_text="Legal")).to_be_visible()
    page.locator("#timeline").get_by_role("button", name="Missed? Say how it sounds").press("Enter")
    page.locator("#correct-menu").get_by_role("button", name="Frustrated").press("Enter")
    expect(page.locator("#head")).to_have_attribute("data-level", "frustrated")


def test_the_page_of_frustration_is_for_everybodys_eyes_and_keys(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.get_by_role("button", name="Not right?").click()
    page.locator("#correct-menu").get_by_role("button", name="Calm").click()
    expect(page.locator("#head")).to_have_attribute("data-level", "calm")
    with scene.store.transaction() as tx:
        lead = factories.make_staff(tx, name="Lea Lead", role="admin")
    page = scene.chromium.page(scene.url)
    page.goto(f"/try/{lead.id}")
    page.goto("/bot/frustration")
    expect(page.get_by_role("heading", name="Against people")).to_be_visible()
    expect(page.locator("#corrections")).to_contain_text("Ada Ant")
    assert accessibility(page) == []
    page.get_by_role("button", name="Learn now").press("Enter")
    expect(page.get_by_text("The desk learns anew.")).to_be_visible()
