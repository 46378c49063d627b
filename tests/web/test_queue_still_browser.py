"""Rows that come, move and go glide: nothing in the queue jumps under the eye or the hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from desk import conversations
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

WATCHED = """() => {
    window.jumped = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) window.jumped += one.value; })
        .observe({ type: "layout-shift" });
}"""


def order(page: Page) -> list[str]:
    names: list[str] = page.locator("#rows li[data-k] .who").all_inner_texts()
    return names


def rest(page: Page) -> None:
    """Of a row that changes its way in the middle the browser itself counts the part that it had left."""
    wait_for(lambda: page.evaluate("document.getAnimations().length === 0"), "rest")


def test_rows_that_come_move_and_go_do_not_jump(scene: Scene) -> None:
    numbers = {name: scene.mail(name, "Where is my kettle?") for name in ("Anna A", "Boris B", "Clara C", "Dora D")}
    page = scene.screen(path="/console/unassigned")
    expect(page.locator("#rows li[data-k]")).to_have_count(4)
    wait_for(lambda: page.evaluate("document.fonts.status === 'loaded'"), "the letters of the page")
    page.evaluate(WATCHED)
    first, last = order(page)[0], order(page)[-1]
    with scene.store.transaction() as tx:
        conversations.set_priority(tx, numbers[last], scene.bea, 1)
    expect(page.locator("#rows li[data-k] .who").first).to_have_text(last)
    rest(page)
    scene.mail("Emil E", "And my bowl?")
    expect(row(page, "Emil E")).to_be_visible()
    rest(page)
    with scene.store.transaction() as tx:
        conversations.resolve(tx, numbers[first], scene.bea)
    expect(row(page, first)).to_have_count(0)
    rest(page)
    assert page.evaluate("window.jumped") == 0
