"""The form of an SMS inbox in a real browser: whose fields are whose, without a script, on a phone and in the dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from desk.settings import brands
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.mark.parametrize("look", [{"dark": True}, {"width": "phone"}])
def test_a_provider_is_chosen_and_its_mistakes_are_told_where_they_are(scene: Scene, look: dict[str, Any]) -> None:
    with scene.store.reading() as tx:
        assert brands(tx)
    page = scene.chromium.page(scene.url, **look)
    page.goto(f"/try/{scene.bea.id}")
    page.goto("/admin/inboxes/new/sms")
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.locator("input[name='config.account_sid']")).to_be_visible()
    expect(page.locator("input[name='config.vonage_key']")).to_be_hidden()
    page.fill("input[name=address]", "+46 70 555 01 00")
    page.fill("input[name=name]", "Texts")
    page.select_option("select[name='config.provider']", "generic")
    page.select_option("select[name='config.transport']", "provider")
    page.locator("summary", has_text="Another provider").click()
    page.fill("textarea[name='config.generic_body']", '{"to": {to}}')
    page.locator("button.primary", has_text="Save").click()
    expect(page.locator("#wrong-generic_body")).to_have_text("This is not JSON.")
    expect(page.locator("#wrong-generic_body")).to_be_visible()
    expect(page.locator("textarea[name='config.generic_body']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("input[name='config.account_sid']")).to_be_hidden()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
