"""The first run and the test of an inbox in a real browser: by keyboard, in the dark, on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import settings
from desk.worker import drain
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")


def good(page: Page, name: str) -> None:
    """No barrier, wide and narrow; a picture for whoever wants to look, where SHOTS names a folder."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert accessibility(page) == [], name
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_desk_is_set_up_in_four_steps(scene: Scene, dark: bool) -> None:
    mark = "dark" if dark else "light"
    page = scene.screen(scene.bea, dark=dark)
    page.goto("/")
    expect(page).to_have_url(scene.url + "/admin/first")
    good(page, f"first-company-{mark}")
    page.get_by_role("textbox", name="Name").fill("Kiln & Co.")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(page.get_by_role("heading", name="A first inbox")).to_be_visible()
    good(page, f"first-inbox-{mark}")
    page.get_by_role("button", name="Go on, it can wait").click()
    expect(page.get_by_role("heading", name="Your colleagues")).to_be_visible()
    page.get_by_label("Addresses").fill("jo@kiln.example, nobody")
    page.get_by_role("button", name="Invite and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody: That is not a mail address.")
    expect(page.get_by_label("Addresses")).to_have_value("nobody")
    good(page, f"first-invite-{mark}")
    page.get_by_label("Addresses").fill("may@kiln.example")
    page.get_by_role("button", name="Invite and go on").click()
    expect(page.get_by_role("heading", name="A test", exact=True)).to_be_visible()
    page.get_by_label("Send a test to").fill("nobody")
    page.evaluate("document.querySelector('#inbox-test form').noValidate = true")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("alert")).to_have_text("That is not a mail address.")
    page.get_by_label("Send a test to").fill("ada@customer.example")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#inbox-test")).to_contain_text("Trying the servers")
    drain(scene.app.extensions["loopdesk"])
    expect(page.locator("#inbox-test .probe")).to_contain_text("kept in the outbox of this desk")
    expect(page.locator("#inbox-test .probe li")).to_have_count(2)
    good(page, f"first-test-{mark}")
    page.goto("/admin/")
    good(page, f"first-home-{mark}")
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="It works: finish").click()
    expect(page.locator("#toasts")).to_contain_text("The desk is ready")
    expect(page.get_by_role("heading", name="First run")).to_have_count(0)
    with scene.store.reading() as tx:
        assert settings.first_run(tx).steps == {"company": "done", "inbox": "skipped", "invite": "done", "test": "done"}
    scene.chromium.complaints[:] = [said for said in scene.chromium.complaints if "422" not in said]  # ours, above
