"""Two agents in real browsers: one goes away, and what waits for them is the other's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from desk import agents, assigning
from desk.assigning import Wanted
from desk.clock import SetClock
from desk.worker import run_one
from desk.worker.schedule import watch_presence
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def work(scene: Scene) -> None:
    while run_one(scene.app.extensions["loopdesk"], "test", ["assigning.choose", "assigning.again"]):
        pass


def test_one_goes_away_and_the_other_gets_what_waits(scene: Scene) -> None:
    clock = SetClock(datetime.now(UTC))
    scene.store.clock = clock
    with scene.store.transaction() as tx:
        assigning.save_policy(tx, None, None, Wanted("round", away_minutes=15))
    ada = scene.screen(scene.ada, "/console/mine")
    expect(ada.locator("#me-dot")).to_have_class("here-dot online")
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    work(scene)
    expect(row(ada, "Marta Lindqvist")).to_be_visible()
    bea = scene.screen(scene.bea, "/console/mine")
    expect(row(bea, "Marta Lindqvist")).to_have_count(0)
    ada.goto(f"/console/c/{number}?view=mine")
    expect(ada.locator("#timeline")).to_contain_text("Assigned to Ada Ant by round-robin: 1 of 10 open.")
    ada.locator("[popovertarget=me-menu]").click()
    menu = ada.locator("#me-menu")
    expect(menu).to_contain_text("Online")
    expect(menu).to_contain_text("1 of 10 places taken")
    assert accessibility(ada) == []
    menu.get_by_role("button", name="I am away").click()
    expect(ada.locator("#me-dot")).to_have_class("here-dot away")
    clock.advance(timedelta(minutes=15))
    with scene.store.transaction() as tx:
        assigning.sign(tx, scene.bea.id, active=True)
    watch_presence(scene.app.extensions["loopdesk"])
    work(scene)
    expect(row(bea, "Marta Lindqvist")).to_be_visible()
    expect(ada.locator("#timeline")).to_contain_text("Back in the queue: Ada Ant has been away for 15 min.")
    expect(ada.locator("#timeline")).to_contain_text("Assigned to Bea Bee by round-robin")
    ada.keyboard.press("Escape")


def test_a_draft_holds_what_was_begun(scene: Scene) -> None:
    clock = SetClock(datetime.now(UTC))
    scene.store.clock = clock
    with scene.store.transaction() as tx:
        assigning.save_policy(tx, None, None, Wanted("round", away_minutes=15))
    ada = scene.screen(scene.ada, "/console/mine")
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    work(scene)
    ada.goto(f"/console/c/{number}?view=mine")
    expect(ada.locator("#shell")).to_have_attribute("data-live", "yes")
    ada.locator("#composer textarea").first.fill("I am so sorry, we")
    expect(ada.locator("#composer .draft")).to_contain_text("Draft kept")
    ada.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # a sign with what was begun
    desk = scene.app.extensions["loopdesk"]

    def begun() -> bool:
        with scene.store.reading() as tx:
            return number in assigning.drafting(tx, scene.ada.id)

    wait_for(begun, "word of the draft")
    with scene.store.transaction() as tx:
        assigning.choose_state(tx, scene.ada.id, True)
    clock.advance(timedelta(minutes=30))
    watch_presence(desk)
    with scene.store.reading() as tx:
        found = assigning.current(tx, number)
    assert found is not None and found.staff_id == scene.ada.id


def test_a_note_is_handed_over_and_read_at_the_top(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    bea = scene.screen(scene.bea, f"/console/c/{number}")
    ada = scene.screen(scene.ada, f"/console/c/{number}")
    ada.locator("#head [data-menu=assign]").click()
    menu = ada.locator("#assign-menu")
    menu.get_by_label("Note for whoever gets it").fill("She was promised a new one by Friday.")
    assert accessibility(ada) == []
    menu.get_by_role("button", name="Bea Bee").click()
    note = bea.locator("#pinned")
    expect(note).to_contain_text("Ada Ant handed this over")
    expect(note).to_contain_text("She was promised a new one by Friday.")
    assert accessibility(bea) == []
    bea.locator("#composer textarea").first.fill("It is on its way.")
    bea.keyboard.press("Control+Enter")
    expect(note).not_to_contain_text("handed this over")


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_of_assignment_are_fit_for_everybody(scene: Scene, dark: bool) -> None:
    with scene.store.transaction() as tx:
        agents.create_team(tx, "Kiln room")
        assigning.save_policy(tx, None, None, Wanted("load", away_minutes=20))
        assigning.sign(tx, scene.ada.id, active=True)
    for n in range(3):
        scene.mail(f"Customer{n} Name", "Where is it?")
    work(scene)
    page = scene.screen(scene.bea, dark=dark)
    for path in ("/admin/assignment", "/admin/fairness", f"/admin/people/{scene.ada.id}"):
        page.goto(path)
        assert accessibility(page) == [], path
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert accessibility(page) == [], path
        page.set_viewport_size({"width": 1280, "height": 800})
