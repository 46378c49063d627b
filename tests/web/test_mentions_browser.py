"""The queue of those conversations in whose notes a colleague is named, live on their screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import conversations, outbound
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, names, row, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def say(scene: Scene, number: int, text: str) -> None:
    with scene.store.transaction() as tx:
        outbound.note(tx, number, scene.ada, text)


def test_who_is_named_sees_it_stand_in_their_queue_until_it_is_resolved(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    noor = scene.mail("Noor Amin", "Do you sell the lid alone?")
    hers = scene.screen(scene.bea)
    hers.get_by_role("link", name="Mentions").click()
    expect(hers.get_by_role("heading", name="Nobody asks for you")).to_be_visible()
    assert accessibility(hers) == []
    shot(hers, "mentions-empty")
    say(scene, noor, "@Bea Bee, you know the lids.")
    expect(row(hers, "Noor Amin")).to_be_visible()
    expect(hers.locator("[data-count=mentions]")).to_have_text("1")
    expect(hers.locator("#queue-empty")).to_be_hidden()
    say(scene, marta, "Nobody is asked here.")
    say(scene, noor, "@Bea Bee again")
    scene.mail("Noor Amin", "Hello?", answers=noor)
    expect(row(hers, "Noor Amin").locator(".count")).to_have_text("2")
    assert names(hers) == ["Noor Amin"]
    assert accessibility(hers) == []
    shot(hers, "mentions")
    theirs = scene.screen(scene.ada, "/console/mentions")
    expect(theirs.get_by_role("heading", name="Nobody asks for you")).to_be_visible()
    row(hers, "Noor Amin").click()
    expect(hers).to_have_url(scene.url + f"/console/c/{noor}?view=mentions")
    with scene.store.transaction() as tx:
        conversations.resolve(tx, noor, scene.bea)
    expect(row(hers, "Noor Amin")).to_have_count(0)
    expect(hers.locator("[data-count=mentions]")).to_have_text("")


def test_it_is_reached_on_a_phone_and_at_night(scene: Scene) -> None:
    noor = scene.mail("Noor Amin", "Do you sell the lid alone?")
    say(scene, noor, "@Bea Bee, you know the lids.")
    page = scene.screen(scene.bea, "/console/mentions")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(row(page, "Noor Amin")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert accessibility(page) == []
    shot(page, "mentions-phone-dark")
