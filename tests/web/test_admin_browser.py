"""The log of changes, labels and brands on the screen: light, dark and narrow, by keyboard, without barriers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import audit, conversations, settings
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

PAGES = ("/admin/audit", "/admin/labels", "/admin/labels/1", "/admin/brands", "/admin/brands/1", "/admin/")


@pytest.fixture
def changed(scene: Scene) -> Scene:
    audit.acts(scene.bea.id)
    try:
        with scene.store.transaction() as tx:
            first = conversations.add_label(tx, "Refund", 3)
            conversations.add_label(tx, "A label with a name that goes on until it is sixty long now")
            conversations.change_label(tx, first.id, name="Money back", tone=5)
            settings.set(tx, "desk.name", "Kiln & Co. of a very long street in a very long town", scene.bea.id)
            settings.set(tx, "mail.reopen_days", 45, scene.bea.id)
            inbox = settings.inboxes(tx)[0]
            settings.change_inbox(
                tx, inbox.id, name="Support of the whole shop", address=inbox.address, brand_id=inbox.brand_id,
                team_id=None, locale="de", active=False,
                config=dict(inbox.config) | {f"smtp_{n}": f"value number {n}" for n in range(12)},
            )  # fmt: skip
    finally:
        audit.acts(None)
    return scene


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_barriers_and_fit_a_phone(changed: Scene, scheme: str) -> None:
    page = changed.screen(changed.bea, dark=scheme == "dark")
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        assert accessibility(page) == [], path
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_change_is_found_by_its_kind_and_set_back(changed: Scene) -> None:
    page = changed.screen(changed.bea)
    page.goto("/admin/audit")
    page.locator("[name=kind]").select_option("setting")
    page.get_by_role("button", name="Show").click()
    rows = page.locator("table.audit tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("45")
    page.get_by_role("button", name="Undo: Email").click()
    expect(page.locator("#toasts")).to_contain_text("Set back")
    with changed.store.reading() as tx:
        assert settings.get(tx, "mail.reopen_days") == settings.SPECS["mail.reopen_days"].default


def test_on_a_phone_the_log_stands_in_lines_and_news_covers_no_button(changed: Scene) -> None:
    page = changed.screen(changed.bea, width="phone")
    page.goto("/admin/audit")
    frame = page.locator(".scroll-x:has(table.audit)")
    assert frame.evaluate("n => n.scrollWidth - n.clientWidth") <= 0
    expect(page.get_by_role("row").nth(2)).to_contain_text("45")  # still a table to whoever listens
    expect(page.get_by_role("columnheader", name="Who")).to_have_count(1)
    assert accessibility(page) == []
    page.goto("/admin/labels/1")
    page.get_by_role("button", name="Save").click()
    toast = page.locator("#toasts .toast")
    expect(toast).to_be_visible()
    news = toast.bounding_box()
    assert news is not None
    for button in page.locator("main button:visible, main .btn:visible, .rail :is(a, button):visible").all():
        box = button.bounding_box()
        assert box is not None
        apart = box["y"] >= news["y"] + news["height"] or box["y"] + box["height"] <= news["y"]
        assert apart, button.inner_text()
