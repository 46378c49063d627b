"""Answers that go later, on two screens: chosen in the composer, seen as a line, held when the customer writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from desk.outbound.tables import Delivery, ScheduledAnswer
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_an_answer_is_kept_for_tomorrow_changed_and_held(scene: Scene, tmp_path: Path, dark: bool, width: str) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    page = scene.screen(path=f"/console/c/{found}", dark=dark, width=width, bypass_csp=True)
    bea = scene.screen(scene.bea, path=f"/console/c/{found}")
    page.locator("#answer").fill("It goes out tomorrow.")
    page.get_by_role("button", name="Other ways to send").click()
    page.get_by_role("button", name="Send later…").click()
    menu = page.locator("#later-menu")
    expect(menu).to_contain_text("Tomorrow morning")
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-menu.png")
    assert accessibility(page) == []
    menu.get_by_role("button", name="Tomorrow morning").click()
    line = page.locator(".entry.scheduled")
    expect(line).to_contain_text("It goes out tomorrow.")
    expect(line).to_contain_text("Goes out")
    expect(page.locator("#answer")).to_have_value("")
    expect(bea.locator(".entry.scheduled")).to_contain_text("It goes out tomorrow.")
    line.get_by_role("button", name="Edit").click()
    expect(page.locator("#answer")).to_have_value("It goes out tomorrow.")
    expect(line).to_have_count(0)
    expect(bea.locator(".entry.scheduled")).to_have_count(0)

    page.locator("#answer").fill("It goes out on Monday.")
    page.locator("#title").focus()
    with page.expect_response("**/menu/later"):
        page.keyboard.press("d")
    menu.get_by_label("An own time", exact=False).fill("2030-01-07T09:00")
    menu.get_by_role("button", name="Send then").click()
    expect(page.locator("#unsent")).to_have_text("Choose a time to come, within a year.")
    expect(page.locator("#answer")).to_have_value("It goes out on Monday.")
    page.locator("#title").focus()
    with page.expect_response("**/menu/later"):
        page.keyboard.press("d")
    menu.get_by_role("button", name="Tomorrow morning").click()
    expect(line).to_contain_text("It goes out on Monday.")
    scene.mail("Marta Lindqvist", "It has come!", answers=found)
    expect(line).to_contain_text("Held; it was to go")
    expect(line).to_contain_text("The customer has written since.")
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-held.png")
    assert accessibility(page) == []
    bea.locator(".entry.scheduled").get_by_role("button", name="Cancel").click()  # a lead may
    expect(line).to_have_count(0)
    with scene.store.reading() as tx:
        assert tx.scalars(select(ScheduledAnswer)).all() == []
        assert tx.scalars(select(Delivery)).all() == []
