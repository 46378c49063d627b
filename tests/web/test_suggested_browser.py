"""A suggested answer on a live screen: it comes by itself, goes into the answer when chosen, and is counted then."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from desk import bot, knowledge
from desk.bot.tables import BotSuggestion
from desk.nlp import Models
from desk.worker.loop import run_one
from tests.bot.conftest import HOBS, PARCEL, RETURNS
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_a_suggestion_comes_is_used_and_counted(
    scene: Scene, models: Models, tmp_path: Path, dark: bool, width: str
) -> None:
    desk = scene.app.extensions["loopdesk"]
    desk.models = models
    with scene.store.transaction() as tx:
        for row in (HOBS, RETURNS, PARCEL):
            knowledge.publish(tx, knowledge.create(tx, None, locale="en", **row).id, None)
    found = scene.mail("Noor Amin", "Does the pot work on induction?", "Your pot")
    page = scene.screen(path=f"/console/c/{found}", dark=dark, width=width, bypass_csp=True)
    expect(page.locator("#title")).to_be_visible()
    expect(page.locator("#suggested")).to_be_hidden()
    with page.expect_response("**/suggested"):
        pass
    assert run_one(desk, "test", ["bot.suggest"])
    beside = page.get_by_role("region", name="Suggested answer")
    expect(beside).to_contain_text("Suggested: Which hobs can I use?")
    expect(beside.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1:5000/help/which-hobs-can-i-use")
    expect(page.locator("#answer")).to_have_value("")
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}.png")
    assert accessibility(page) == []
    page.locator("#composer label", has_text="Note").first.click()  # what stands in a note must not become an answer
    page.locator("#answer").fill("Ask the kiln first.")
    expect(beside).to_be_hidden()
    page.locator("#title").focus()
    page.keyboard.press("t")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    expect(page.locator("#answer")).to_have_value("Ask the kiln first.")
    page.locator("#answer").fill("")
    page.locator("#composer label", has_text="Reply").first.click()
    if dark:
        beside.get_by_role("button", name="Use it").click()
    else:
        page.locator("#title").focus()
        page.keyboard.press("t")
    expect(page.locator("#answer")).to_be_focused()
    assert "Induction needs our steel disc" in page.locator("#answer").input_value()
    expect(beside).to_be_hidden()
    page.keyboard.type("\nBest wishes")
    with page.expect_response("**/reply"):
        page.keyboard.press("Control+Enter")
    expect(page.locator(".entry", has_text="Best wishes")).to_contain_text("Induction needs our steel disc")
    expect(page.locator("#draft-state")).to_have_text("")
    with scene.store.reading() as tx:
        row = tx.scalars(select(BotSuggestion)).one()
        assert bot.taken_up(tx, [row.article_id]) == {row.article_id: (1, 1)}
        assert row.used_by == scene.ada.id
