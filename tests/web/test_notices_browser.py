"""Being told in a real browser: the bell of whoever is given something, the sound, the list, the choices, the push."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from desk import conversations, notices
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

# Keeps what would sound and what would pop up, in place of the machine's.
FAKES = """
window.played = []; window.shown = [];
class Param { setValueAtTime() {} exponentialRampToValueAtTime() {} set value(v) { this.owner.pitch = v; } }
class Node { connect(to) { return to; } }
window.AudioContext = class {
  constructor() { this.currentTime = 1; this.state = "suspended"; this.destination = new Node(); }
  async resume() { this.state = "running"; }
  createGain() { const n = new Node(); n.gain = new Param(); return n; }
  createOscillator() {
    const n = new Node(), p = new Param(); p.owner = n; n.frequency = p;
    n.start = (at) => played.push([n.pitch, Math.round(at * 100) / 100]); n.stop = () => {};
    return n;
  }
};
window.Notification = class extends EventTarget {
  static permission = localStorage.getItem("allowed") ?? "default";
  static async requestPermission() { window.asked = (window.asked ?? 0) + 1; localStorage.setItem("allowed", "granted");
    return Notification.permission = "granted"; }
  constructor(text, options) { super(); shown.push([text, options.body]); }
  close() {}
};
"""


def screen(scene: Scene, viewer: Any, path: str = "/console/") -> Page:
    page = scene.chromium.page(scene.url)
    page.add_init_script(FAKES)
    page.goto(f"/try/{viewer.id}")
    page.goto(path)
    if path.startswith("/console"):
        expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
    return page


def bell(page: Page) -> Any:
    return page.locator("[data-bell-count]")


def test_one_assigns_and_the_others_bell_rings_but_not_for_what_is_on_screen(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        ways = notices.Ways(sound=True)
        notices.choose(tx, scene.ada.id, notices.Choice({"assigned": ways, "answered": ways}))
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    adas, beas = screen(scene, scene.ada), screen(scene, scene.bea, f"/console/c/{number}?view=all")
    expect(bell(adas)).to_be_hidden()
    before = adas.locator(".rail").bounding_box()
    beas.locator("#head [data-menu=assign]").click()
    beas.locator("#assign-menu").get_by_text("Ada Ant").click()
    expect(bell(adas)).to_have_text("1")
    expect(adas.locator("[data-bell]")).to_have_attribute("aria-label", "Notifications, 1 unread")
    expect(adas.locator("#bell-said")).to_have_text("Bea Bee assigned Marta Lindqvist to you")
    wait_for(lambda: adas.evaluate("played.length === 2"), "two tones")
    assert [pitch for pitch, _ in adas.evaluate("played")] == [660, 880]
    assert adas.locator(".rail").bounding_box() == before
    expect(bell(beas)).to_be_hidden()
    assert accessibility(adas) == []
    # The way there: the line, and nothing is unread.
    adas.locator("[data-bell]").click()
    adas.get_by_role("link", name="Bea Bee assigned Marta Lindqvist to you").click()
    expect(adas).to_have_url(re.compile(rf"/console/c/{number}\?entry=\d+"))
    expect(adas.locator("#shell")).to_have_attribute("data-live", "yes")
    expect(bell(adas)).to_be_hidden()
    # What Ada looks at does not ring; what she does not look at does.
    with_focus(scene, number, scene.ada.id)
    scene.mail("Marta Lindqvist", "And the lid, too.", answers=number)
    expect(adas.locator("#timeline")).to_contain_text("And the lid, too.")
    other = scene.mail("Ewa Nowak", "Where is my bowl?")
    with scene.store.transaction() as tx:
        conversations.assign(tx, other, scene.bea, scene.ada.id)
    expect(bell(adas)).to_have_text("1")
    expect(adas.locator("#bell-said")).to_have_text("Bea Bee assigned Ewa Nowak to you")
    # Opening it reads it, on every screen.
    adas.goto("/console/")
    expect(bell(adas)).to_have_text("1")
    row(adas, "Ewa Nowak").click()
    expect(bell(adas)).to_be_hidden()


def with_focus(scene: Scene, number: int, staff_id: int) -> None:
    """Waits until the desk knows what is on the screen."""

    def known() -> bool:
        with scene.store.reading() as tx:
            return staff_id in notices.looking(tx, number)

    wait_for(known, "word of what the screen shows")


def test_the_list_follows_along_and_everything_in_it_can_be_read_at_once(scene: Scene) -> None:
    page = screen(scene, scene.ada, "/notices/")
    expect(page.locator("#told")).to_contain_text("Nothing was told yet.")
    assert accessibility(page) == []
    expect(page.locator("html")).to_have_attribute("data-notices-live", "yes")
    for name in ("Marta Lindqvist", "Ewa Nowak"):
        number = scene.mail(name, "My kettle is cracked.")
        with scene.store.transaction() as tx:
            conversations.assign(tx, number, scene.bea, scene.ada.id)
    expect(page.locator("#told li.new")).to_have_count(2)
    expect(bell(page)).to_have_text("2")
    assert accessibility(page) == []
    page.get_by_role("button", name="Mark as read: Bea Bee assigned Ewa Nowak to you").click()
    expect(page.locator("#told li.new")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#told li.new")).to_have_count(0)
    expect(bell(page)).to_be_hidden()


def test_the_browser_is_asked_on_a_click_only_and_tells_who_looks_elsewhere(scene: Scene) -> None:
    page = screen(scene, scene.ada, "/profile/notices")
    assert accessibility(page) == []
    assert page.evaluate("window.asked") is None
    page.get_by_role("group", name="A conversation is assigned to me").get_by_label("Browser").check()
    expect(page.locator("#permission")).to_have_text("This browser may notify you.")
    assert page.evaluate("window.asked") == 1
    page.get_by_role("button", name="Try the sound").click()
    wait_for(lambda: page.evaluate("played.length === 2"), "two tones")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    page.goto("/console/")
    expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
    page.evaluate("document.hasFocus = () => false")
    number = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    with scene.store.transaction() as tx:
        conversations.assign(tx, number, scene.bea, scene.ada.id)
    wait_for(lambda: page.evaluate("shown.length === 1"), "a notification of the browser")
    assert page.evaluate("shown[0]") == ["Bea Bee assigned Marta Lindqvist to you", "Order"]
    assert page.evaluate("played") == []  # the sound is off unless it was chosen


def test_the_worker_takes_a_push_shows_it_and_is_bound_to_its_pages(scene: Scene) -> None:
    page = scene.chromium.page(scene.url, permissions=["notifications"])
    page.goto(f"/try/{scene.ada.id}")
    page.goto("/profile/notices")
    scope = page.evaluate(
        """async () => {
            const made = await navigator.serviceWorker.register("/notices/worker.js", {scope: "/notices/"});
            const coming = made.installing ?? made.waiting ?? made.active;
            if (coming.state !== "activated") await new Promise((done) => coming
                .addEventListener("statechange", () => coming.state === "activated" && done()));
            return made.scope;
        }"""
    )
    assert scope == f"{scene.url}/notices/"
    refused = page.evaluate(
        """() => navigator.serviceWorker.register("/notices/worker.js", {scope: "/"})
            .then(() => "", (error) => error.name)"""
    )
    assert refused == "SecurityError"
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    found: dict[str, Any] = {}
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.update(event["registrations"][0]))
    session.send("ServiceWorker.disable")
    session.send("ServiceWorker.enable")
    wait_for(lambda: page.evaluate("1") and "registrationId" in found, "word of the worker")  # asking lets events in
    pushed = {
        "origin": scene.url,
        "registrationId": found["registrationId"],
        "data": '{"id":"7","text":"A conversation was assigned to you","lang":"en"}',
    }
    shown = """async () => {
        const made = await navigator.serviceWorker.getRegistration("/notices/");
        return (await made.getNotifications()).map((one) => [one.title, one.tag]);
    }"""

    def arrives() -> Any:
        """What is shown; a busy browser drops a push that finds its worker starting, and the same twice is one."""
        session.send("ServiceWorker.deliverPushMessage", pushed)
        return page.evaluate(shown)

    titles = wait_for(arrives, "the notification")
    assert titles == [["A conversation was assigned to you", "notice-7"]]
    # The browser says in its console too that it refused the wider scope.
    scene.chromium.complaints[:] = [said for said in scene.chromium.complaints if "max scope" not in said]
