"""The report's filters in a real browser: they can be seen, opened and chosen from, also on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # the page is the same on both; test_reports.py runs on both


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_a_filter_is_opened_and_chosen(scene: Scene, look: dict[str, Any]) -> None:
    page = scene.chromium.page(scene.url, **look)
    page.goto(f"/try/{scene.bea.id}")
    page.goto("/reports/")
    period = page.locator("details.pick").first
    summary = period.locator("summary")
    box = summary.bounding_box()
    assert box is not None and box["width"] > 60
    assert period.evaluate("node => getComputedStyle(node).opacity") == "1"
    summary.click()
    choices = period.get_by_role("link")
    expect(choices.first).to_be_visible()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before = summary.locator("b").inner_text()
    choices.last.click()
    expect(page).to_have_url(re.compile("period="))
    expect(summary.locator("b")).not_to_have_text(before)
