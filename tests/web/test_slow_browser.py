"""A network that is slow, and one that is gone for a while; long timelines; names in any script and of any length."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from desk import conversations, timeline
from tests import factories
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")

LATENCY_MS = 900
NAMES = (
    "Zoë Ångström-Łukasiewicz",
    "محمد عبد الرحمن الفارسي",
    "שרה כהן־לוי",
    "山田太郎",
    "Владислав Ефросиньевич",
    "สมชาย ใจดี",
    "अनुष्का शर्मा",
    "👩‍🍳 Chef Émile",
    "Pneumono" * 25,
    "<script>alert(1)</script> & Söhne",
)


def network(page: Page, **conditions: Any) -> None:
    """The network of one page from now on."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    values = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1} | conditions
    tools.send("Network.emulateNetworkConditions", values)


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def replies(scene: Scene, number: int) -> list[str]:
    with scene.store.reading() as tx:
        return [e.text for e in timeline.of_conversation(tx, number) if e.kind == "reply"]


def test_on_a_slow_network_words_stand_at_once_and_go_once(scene: Scene) -> None:
    marta, noor = scene.mail("Marta Lindqvist", "Hello"), scene.mail("Noor Amin", "Do you sell the lid?")
    page = scene.screen(path="/console/all")
    network(page, latency=LATENCY_MS, downloadThroughput=50_000, uploadThroughput=20_000)
    row(page, "Marta Lindqvist").click()
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.press("r")
    page.keyboard.type("It goes today.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")  # an impatient hand
    assert page.locator("article.waiting").count() == 1  # without waiting for anybody
    page.keyboard.type("And the next")
    expect(page.locator("article.from-agent:not(.waiting)")).to_have_count(1)
    expect(page.locator("#answer")).to_have_value("And the next")
    row(page, "Noor Amin").click()
    row(page, "Marta Lindqvist").click()  # two openings under way: the last one counts
    expect(page.locator("#head")).to_have_attribute("data-id", str(marta))
    expect(page.locator("#answer")).to_have_value("And the next")
    row(page, "Noor Amin").click()
    expect(page.locator("#head")).to_have_attribute("data-id", str(noor))
    expect(page.locator("#answer")).to_have_value("")
    page.keyboard.press("a")
    page.locator("#assign-menu button", has_text="Bea Bee").click()
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.bea.id))
    assert replies(scene, marta) == ["It goes today."]
    assert replies(scene, noor) == []


def test_what_happens_before_the_live_line_stands_is_there_when_it_does(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page, shut = scene.chromium.page(scene.url), [True]
    page.route_web_socket(re.compile("socket.io"), lambda ws: ws.close() if shut else ws.connect_to_server())
    page.route("**/socket.io/**", lambda route: route.abort() if shut else route.continue_())
    page.goto(f"/try/{scene.ada.id}")
    page.goto(f"/console/c/{marta}?view=all")
    expect(page.locator("#timeline")).to_contain_text("Hello")
    scene.mail("Marta Lindqvist", "Are you there?", answers=marta)
    scene.mail("Noor Amin", "Do you sell the lid?")
    with scene.store.transaction() as tx:
        conversations.assign(tx, marta, scene.bea, scene.bea.id)
    shut.clear()
    expect(page.locator("#timeline article", has_text="Are you there?")).to_have_count(1)
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.bea.id))
    expect(row(page, "Noor Amin")).to_be_visible()
    expect(row(page, "Marta Lindqvist")).to_have_attribute("aria-current", "true")
    scene.chromium.complaints.clear()  # of the line that was shut


def test_what_changes_while_the_panel_is_on_its_way_stands_in_it(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page, late = scene.chromium.page(scene.url), []

    def first_is_late(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))  # as it was when it was asked for

    page.clock.install()
    page.route("**/customer", first_is_late)
    page.goto(f"/try/{scene.ada.id}")
    page.goto(f"/console/c/{marta}?view=all")
    expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
    wait_for(lambda: page.evaluate("1") and late, "the panel to be asked for", 20)
    with scene.store.transaction() as tx:
        conversations.label(tx, marta, scene.bea, "refund", True)
    expect(page.locator("#timeline")).to_contain_text("refund")
    page.clock.fast_forward(1000)  # the panel wants to be asked for again
    with page.expect_request("**/customer"):
        route, answer = late[0]
        route.fulfill(response=answer)
    expect(page.locator("#panel")).to_contain_text("refund")


def test_the_next_are_chosen_while_a_change_of_many_is_under_way(scene: Scene) -> None:
    numbers = [scene.mail(f"{name} Lindqvist", "Where is my kettle?") for name in ("Ann", "Ben", "Cat")]
    page = scene.screen(path="/console/all")
    held: list[Route] = []
    page.route("**/console/several", lambda route: held.append(route))
    page.get_by_label("Select Ann Lindqvist").check(force=True)
    page.get_by_label("Select Ben Lindqvist").check(force=True)
    row(page, "Ann").focus()
    page.keyboard.press("e")
    expect(page.locator("#several")).to_be_hidden()
    expect(page.locator(f"#c{numbers[0]}[aria-busy=true]")).to_be_attached()
    page.get_by_label("Select Ben Lindqvist").check(force=True)  # asked for again: it waits for the one before
    page.get_by_label("Select Cat Lindqvist").check(force=True)
    wait_for(lambda: page.evaluate("1") and held, "the change on its way", 20)  # asking lets events in
    held.pop().continue_()
    expect(row(page, "Ann")).to_have_count(0)
    expect(page.locator("#several")).to_contain_text("1 selected")  # Ben is gone with the change
    page.keyboard.press("e")
    wait_for(lambda: page.evaluate("1") and held, "the next change on its way", 20)
    held.pop().abort()
    expect(page.locator("#toasts")).to_contain_text("No connection")
    expect(page.locator("#several")).to_contain_text("1 selected")
    expect(page.get_by_label("Select Cat Lindqvist")).to_be_checked()
    scene.chromium.complaints.clear()


def test_away_for_a_while_nothing_is_dead_and_nothing_is_lost(scene: Scene) -> None:
    marta, noor = scene.mail("Marta Lindqvist", "Hello"), scene.mail("Noor Amin", "Do you sell the lid?")
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("Offline since")
    shot(page, "fault-offline")
    page.locator("#answer").press_sequentially("Written in a tunnel.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.waiting")).to_contain_text("Waiting for the connection")
    page.keyboard.press("Escape")
    page.keyboard.press("e")  # refused by the network: said, and still there
    expect(page.locator("#toasts")).to_contain_text("No connection")
    expect(page.locator("#head [data-act=resolve]")).to_be_enabled()
    page.keyboard.press("a")
    expect(page.locator("#assign-menu")).to_contain_text("This part did not load.")
    page.keyboard.press("Escape")
    row(page, "Noor Amin").click()
    expect(page.locator("#toasts button")).to_have_text("Try again")
    expect(page.locator("#head")).to_have_attribute("data-id", str(marta))  # what was there stays
    scene.mail("Marta Lindqvist", "While you were away", answers=marta)
    with scene.store.transaction() as tx:
        conversations.assign(tx, marta, scene.bea, scene.bea.id)
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("article.from-agent:not(.waiting)", has_text="Written in a tunnel.")).to_have_count(1)
    expect(page.locator("article", has_text="While you were away")).to_have_count(1)
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.bea.id))
    page.locator("#title").focus()
    page.keyboard.press("a")
    page.locator("#assign-menu button", has_text="Me").first.press("Enter")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.ada.id))
    expect(page.locator("#assign-menu")).to_be_hidden()
    page.locator("#title").focus()
    page.keyboard.press("e")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    assert replies(scene, marta) == ["Written in a tunnel."]
    scene.chromium.complaints.clear()  # being offline was the point
    assert noor


def test_five_thousand_lines_open_as_fast_as_fifty(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "The first of all")
    start = scene.store.clock.now() - timedelta(days=90)
    with scene.store.transaction() as tx:
        found = conversations.get(tx, number, None)
        for n in range(5000):
            text, at = f"Line {n} of a long story.", start + timedelta(minutes=20 * n)
            if n % 2:
                factories.make_entry(tx, found, text, occurred_at=at)
            else:
                factories.make_entry(tx, found, text, "reply", occurred_at=at, staff_id=scene.bea.id)
    page = scene.screen(path="/console/all")
    row(page, "Marta Lindqvist").click()
    expect(page.locator("#timeline article")).to_have_count(50)
    page.locator("#answer").press_sequentially("Half a thought")
    for shown in (100, 150, 200):
        page.locator("#scroller").evaluate("node => { node.scrollTop = 0; }")
        expect(page.locator("#timeline article")).to_have_count(shown)
    scene.mail("Marta Lindqvist", "And one more, now", answers=number)
    expect(page.locator("#news button")).to_have_text("1 new")
    page.locator("#news button").click()
    expect(page.locator("#timeline article", has_text="And one more, now")).to_be_in_viewport()
    ids = page.locator("#timeline article").evaluate_all("all => all.map((one) => one.id)")
    assert len(ids) == len(set(ids)) == 201
    expect(page.locator("#answer")).to_have_value("Half a thought")
    assert page.evaluate("document.querySelectorAll('*').length") < 12_000


@pytest.mark.parametrize("look", ["light", "dark-phone", "rtl"])
def test_names_of_any_script_and_length_break_nothing(scene: Scene, look: str) -> None:
    numbers = [scene.mail(f"x{n} {name}", "Hello there") for n, name in enumerate(NAMES)]
    options: dict[str, Any] = {"dark": True, "width": "phone"} if look == "dark-phone" else {}
    page = scene.screen(scene.ada, "/console/all", **options)
    if look == "rtl":
        page.evaluate("document.documentElement.dir = 'rtl'")
    expect(page.locator("#rows li[data-k]")).to_have_count(len(NAMES))
    shot(page, f"fault-names-{look}")
    wide = "document.documentElement.scrollWidth <= innerWidth + 1"
    assert page.evaluate(wide)
    rows_ = page.locator("#rows li[data-k]").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert max(rows_) - min(rows_) < 30, "a long name takes no more lines than a short one"
    for number in (numbers[1], numbers[8], numbers[9]):
        page.goto(f"/console/c/{number}?view=all")
        if look == "rtl":
            page.evaluate("document.documentElement.dir = 'rtl'")
        expect(page.locator("#panel .name-l")).to_be_attached()
        assert page.evaluate(wide), number
        assert accessibility(page) == []
        shot(page, f"fault-name-{number}-{look}")
