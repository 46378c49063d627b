"""A promise in a real browser: it counts down, warns and breaks before the eyes of whoever looks, and nothing jumps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from desk import conversations, sla
from desk.clock import SetClock
from desk.sla import Wanted
from desk.worker.schedule import watch_promises
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


class Times:
    """The desk's clock and the browser's, moved together."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.clock = scene, SetClock(datetime.now(UTC))
        scene.store.clock = self.clock
        self.page: Page | None = None

    def screen(self, path: str) -> Page:
        self.page = self.scene.screen(path=path)
        self.page.clock.install(time=self.clock.now())
        self.page.reload()
        expect(self.page.locator("#shell")).to_have_attribute("data-live", "yes")
        return self.page

    def pass_(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        assert self.page is not None
        self.page.clock.fast_forward(minutes * 60_000)
        watch_promises(self.scene.app.extensions["loopdesk"])


def test_a_conversation_counts_down_warns_and_is_late(scene: Scene) -> None:
    times = Times(scene)
    with scene.store.transaction() as tx:
        sla.save(tx, None, Wanted(name="Everybody", first_minutes=60, hours="always", warn_minutes=20))
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    page = times.screen(f"/console/c/{number}?view=due")
    chip, head = row(page, "Marta Lindqvist").locator(".promise"), page.locator("#promise .promise")
    expect(chip).to_have_class("chip due promise line")
    expect(chip).to_have_text("First reply in 1 h")
    expect(head).to_have_text("First reply in 1 h")
    height = row(page, "Marta Lindqvist").bounding_box()
    times.pass_(10)
    expect(chip).to_have_text(re.compile("First reply in (49|50) min"))
    expect(head).to_have_text(re.compile("First reply in (49|50) min"))
    times.pass_(31)
    expect(chip).to_have_class("chip due promise warn")
    expect(page.locator("#timeline")).to_contain_text("Due soon: the first reply is due at")
    times.pass_(25)
    expect(chip).to_have_class("chip due promise late")
    expect(chip).to_contain_text("late")
    expect(page.locator("#timeline")).to_contain_text("Promise missed: no first reply within 1 h (Everybody).")
    now = row(page, "Marta Lindqvist").bounding_box()
    assert height is not None and now is not None and (height["height"], height["y"]) == (now["height"], now["y"])
    page.locator("#promise").click()
    menu = page.locator("#promise-menu")
    expect(menu).to_contain_text("within 1 h, around the clock")
    expect(menu).to_contain_text("Everybody. Because: it fits every conversation.")
    expect(menu).to_contain_text("Overdue +12 h")
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    with scene.store.transaction() as tx:
        conversations.resolve(tx, number, scene.bea)
    expect(row(page, "Marta Lindqvist")).to_have_count(0)
    expect(page.locator("#queue-empty")).to_contain_text("Nothing is due")
    expect(page.locator("#promise")).to_have_count(0)


def test_a_policy_says_what_it_would_mean_before_it_is_saved(scene: Scene) -> None:
    page = scene.screen(scene.bea)
    page.goto("/admin/hours/new")
    page.get_by_label("Name").fill("Office")
    page.get_by_label("Time zone").fill("Europe/Stockholm")
    page.locator("[name=hours]").fill("Mo-Fr 9:00-18:00, 17:00-19:00")
    expect(page.locator("#preview")).to_contain_text("overlap: make them one")
    page.locator("[name=hours]").fill("Mo-Fr 9:00-18:00")
    expect(page.locator("#preview")).to_contain_text("17:50 that is promised an answer within one hour is due")
    expect(page.locator("#preview")).to_contain_text("09:50")
    assert accessibility(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Mo-Fr 9:00-18:00, Europe/Stockholm")).to_be_visible()
    page.goto("/admin/sla/new")
    page.get_by_label("Name").fill("Everybody")
    page.get_by_label("Hours that count").select_option(label="Office")
    page.get_by_label("First reply within").fill("soon")
    expect(page.locator("#preview")).to_contain_text("“soon” is no length of time")
    page.get_by_label("First reply within").fill("1 h")
    expect(page.locator("#preview")).to_contain_text("the first reply is due")
    assert accessibility(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("By Office")).to_be_visible()
    assert accessibility(page) == []


def test_a_phone_shows_the_whole_time_that_is_left(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        sla.save(tx, None, Wanted(name="Everybody", first_minutes=475, hours="always", warn_minutes=20))
    number = scene.mail("Marta Lindqvist", "Which of these words are cut off where the screen is narrow? " * 3)
    page = scene.screen(path=f"/console/c/{number}", width="phone")
    expect(page.locator("#promise time")).to_have_text(re.compile("7 h 5. min"))
    cut = """() => {
        const line = document.querySelector("#promise").closest(".grow").getBoundingClientRect().right;
        return [document.querySelector("#promise"), ...document.querySelectorAll("#promise *")].filter((one) =>
            !one.matches(".kind") && (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
            || one.getBoundingClientRect().right > line + 1)).map((one) => one.outerHTML.slice(0, 80));
    }"""
    assert page.evaluate(cut) == []
