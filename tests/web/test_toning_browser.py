"""In a real browser: an answer that may sound sharp is back in its field with the words above, and goes once meant."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from desk.outbound.tables import Delivery, ScheduledAnswer
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")

SHARP = "As I already told you, it left on Monday."


def test_the_words_are_shown_above_the_draft_and_it_goes_once_it_is_meant(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Where is it?")
    page = scene.screen(scene.ada, f"/console/c/{marta}?view=all")
    page.locator("#answer").fill(SHARP)
    page.keyboard.press("Control+Enter")
    asked = page.locator("#crossed")
    expect(asked).to_be_focused()
    expect(asked.locator("q")).to_have_text("As I already told you")
    expect(asked).to_contain_text("may sound impatient")
    expect(page.locator("#answer")).to_have_value(SHARP)
    expect(page.locator("article.from-agent")).to_have_count(0)
    assert accessibility(page) == []
    asked.get_by_text("Back to my draft").click()
    expect(page.locator("#answer")).to_be_focused()
    page.locator("#answer").press("Control+Enter")  # unchanged, it is asked about again
    asked.get_by_text("Send it as it is").click()
    expect(page.locator("article.from-agent")).to_contain_text(SHARP)
    expect(page.locator("#answer")).to_have_value("")
    expect(asked).to_be_hidden()


def test_what_is_to_go_later_still_goes_later(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Where is it?")
    page = scene.screen(scene.ada, f"/console/c/{marta}?view=all")
    page.locator("#answer").fill(SHARP)
    page.locator("#title").focus()
    with page.expect_response("**/menu/later"):
        page.keyboard.press("d")
    page.locator("#later-menu").get_by_role("button", name="Tomorrow morning").click()
    page.locator("#crossed").get_by_text("Send it as it is").click()
    expect(page.locator(".entry.scheduled")).to_contain_text(SHARP)
    with scene.store.reading() as tx:
        assert len(tx.scalars(select(ScheduledAnswer)).all()) == 1
        assert tx.scalars(select(Delivery)).all() == []
