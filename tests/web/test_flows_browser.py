"""Flows in a real browser: written, wrong, mended, tried, published; readable by day, by night and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk.worker import drain
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def good(page: Page, name: str) -> None:
    """Everybody can use what stands there; a picture of it where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"flows-{name}.png", full_page=True)
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_admin_writes_mends_tries_and_publishes_a_flow(scene: Scene) -> None:
    page = scene.chromium.page(scene.url)
    page.goto(f"/try/{scene.bea.id}")
    page.goto("/admin/flows")
    page.get_by_role("link", name="Write the first one").click()
    field = page.get_by_label("The flow as YAML")
    text = field.input_value()
    field.fill(text.replace("- hours: true", "- houers: true"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 8")
    good(page, "wrong")
    sure = "  - ask: {key: sure, type: yes_no, text: 'Anything else?'}\n"
    page.get_by_label("The flow as YAML").fill(text + sure)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="Opening hours")).to_be_visible()
    page.get_by_role("button", name="Talk to the draft").click()
    expect(page.get_by_role("log")).to_contain_text("Somebody is here at any time.")
    good(page, "tried")
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_text("The flow is at its end.")).to_be_visible()
    drain(scene.app.extensions["loopdesk"])
    page.get_by_role("link", name="Back to the flow").click()
    page.get_by_role("button", name="Publish the draft").click()
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    good(page, "published-phone")
