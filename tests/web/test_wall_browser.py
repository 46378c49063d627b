"""The wall in a real browser: it changes by itself, a whisper arrives beside the composer, and it fills the room."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from desk import agents, conversations, outbound
from tests.servers.browser import accessibility
from tests.web.test_console_browser import ANGRY, Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")


def wall(scene: Scene, **options: object) -> Page:
    return scene.screen(scene.bea, "/wall/", **options)


def test_it_changes_by_itself(scene: Scene) -> None:
    page = wall(scene)
    expect(page.locator("#n-on")).to_have_text("1")
    expect(page.locator("#rise")).to_contain_text("Nobody grew angrier")
    marta = scene.mail("Marta Lindqvist", ANGRY)
    expect(page.locator("#n-waiting")).to_have_text("1")
    expect(page.locator("#rise q")).to_contain_text("ridiculous")
    expect(page.locator("#rise mark").first).to_be_visible()
    hers = scene.screen(scene.ada, f"/console/c/{marta}")
    expect(page.locator("#n-on")).to_have_text("2")
    expect(page.locator("#on")).to_contain_text(f"reading #{marta}")
    hers.locator("#answer").press_sequentially("We")
    expect(page.locator("#rise")).to_contain_text("Ada Ant is writing there now")
    assert accessibility(page) == []
    hers.locator("#answer").fill("It is on its way.")
    hers.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#n-waiting")).to_have_text("0")
    expect(page.locator("#n-answers")).to_have_text("1", timeout=15_000)
    hers.close()
    expect(page.locator("#n-on")).to_have_text("1")


def test_a_whisper_stands_beside_the_composer_at_once(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    hers = scene.screen(scene.ada, f"/console/c/{marta}")
    hers.locator("#answer").press_sequentially("We are")
    page = wall(scene)
    page.get_by_role("button", name="Whisper to Ada Ant").click()
    page.get_by_label("Whisper", exact=True).fill("Offer <both>.")
    assert accessibility(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Ada Ant can read it now")
    expect(page.get_by_role("button", name="Whisper to Ada Ant")).to_be_focused()
    expect(hers.locator("#whispers")).to_contain_text("Bea Bee whispers: Offer <both>.")
    expect(hers.locator("article.note")).to_contain_text("Offer <both>.")
    assert accessibility(hers) == []
    expect(hers.locator("#answer")).to_have_value("We are")
    hers.locator("#whispers").get_by_text("Got it").click()
    expect(hers.locator("#whispers")).to_be_hidden()
    expect(hers.locator("#answer")).to_be_focused()


def test_taking_over_tells_who_had_it_and_leaves_their_draft(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    with scene.store.transaction() as tx:
        conversations.assign(tx, marta, scene.bea, scene.ada.id)
    hers = scene.screen(scene.ada, f"/console/c/{marta}")
    hers.locator("#answer").press_sequentially("We are")
    page = wall(scene)
    page.get_by_role("button", name="Take over").click()
    expect(hers.locator("#toasts")).to_contain_text(f"Bea Bee has taken over #{marta}. What you were writing is kept.")
    expect(hers.locator("#head")).to_have_attribute("data-assignee", str(scene.bea.id))
    expect(hers.locator("#answer")).to_have_value("We are")
    expect(page.locator("#rise")).to_contain_text("Ada Ant is writing there now")
    expect(page.get_by_role("button", name="Take over")).to_have_count(0)


def test_what_explains_a_figure_is_smaller_than_the_figure(scene: Scene) -> None:
    scene.mail("Marta Lindqvist", ANGRY)
    page = wall(scene)
    # In one go: the figures come anew while one looks.
    look = """(() => {
        const button = document.querySelector('#vitals .def'), box = button.getBoundingClientRect();
        return [box.width, box.height, getComputedStyle(button, '::before').inset, getComputedStyle(button).boxShadow];
    })()"""
    assert page.evaluate(look) == [24, 24, "4px", "none"]  # to be hit by a finger, and to be seen
    page.locator("#vitals .def").first.click()
    expect(page.locator(".pop:popover-open")).to_be_visible()
    assert accessibility(page) == []


def test_it_can_be_read_from_across_the_room_and_on_a_phone(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    with scene.store.transaction() as tx:
        outbound.note(tx, marta, scene.bea, "Careful.")
        agents.change(tx, scene.bea.id, theme="light")
    page = wall(scene)
    button = page.locator("#big")
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('#vitals dd')).fontSize)")
    assert size >= 60
    assert accessibility(page) == []
    page.evaluate("document.exitFullscreen && document.fullscreenElement && document.exitFullscreen()")
    if "big" in (page.locator("#shell").get_attribute("class") or ""):
        button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    phone = wall(scene, width="phone")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert accessibility(phone) == []


def test_the_focus_stays_while_everything_around_it_changes(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    page = wall(scene)
    page.locator(f"#t{marta}").focus()
    scene.mail("Noor Amin", "Where is my lid?")
    expect(page.locator("#n-waiting")).to_have_text("2")
    expect(page.locator(f"#t{marta}")).to_be_focused()
    page.locator("#n-waiting").click()
    expect(page).to_have_url(re.compile("/wall/rows/waiting"))
    expect(page.locator("tbody tr")).to_have_count(2)
    assert accessibility(page) == []
