"""The keys of an inbox's signature on the screen: copied, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import settings
from desk.channels.email import dkim_sign
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def test_a_key_is_made_and_its_record_copied_on_a_wide_screen_and_a_narrow_one(scene: Scene) -> None:
    page = scene.chromium.page(scene.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/try/{scene.bea.id}")
    page.goto("/admin/inboxes/1")
    page.get_by_role("button", name="Make a key").click()
    page.locator("#signing").get_by_role("button", name="Copy").nth(1).click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    with scene.store.reading() as tx:
        (key,) = settings.signing_keys(tx, 1)
    assert page.evaluate("navigator.clipboard.readText()") == key.record
    other = dkim_sign.make_pair().record
    with scene.store.transaction() as tx:
        settings.note_published(tx, key.id, "different", other)
    page.reload()
    expect(page.locator("#signing")).to_contain_text("Another record stands there")
    assert accessibility(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    section = page.locator("#signing").bounding_box()
    shown = page.locator("#signing .inset .mono").bounding_box()
    assert section is not None
    assert shown is not None
    assert shown["x"] + shown["width"] <= section["x"] + section["width"]
