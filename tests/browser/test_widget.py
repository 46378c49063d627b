"""The widget in a real browser: each of its states, and what it does to the site that carries it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk_double import KEY, DeskDouble
from tests.browser.widget_states import (
    LOOKS,
    STATES,
    asked,
    field,
    opened,
    part,
    picture,
    press,
    reach,
    unread,
    visit,
    write,
)
from tests.servers.browser import SCREENSHOTS, Chromium, accessibility
from tests.servers.needs import wait_for

# Losing the desk is the point of these, and a browser says so.
BROKEN = {"reconnecting", "search_failed", "loading"}


def judge(chromium: Chromium, desk: DeskDouble, name: str, look: str) -> None:
    page = reach(chromium, desk, name, **LOOKS[look])
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the widget widens the site's page"
    panel = part(page, ".panel[open]")
    if panel.count():
        assert panel.evaluate("node => node.scrollWidth <= node.clientWidth"), "something sticks out of the panel"
    (SCREENSHOTS / "widget").mkdir(parents=True, exist_ok=True)
    picture(page, SCREENSHOTS / "widget" / f"{name}-{look}.png", look)
    if name in BROKEN:
        chromium.close()  # first: a widget that still looks for its desk would go on complaining until the page is gone
        chromium.complaints.clear()


# Each state once, the looks in turn; every state in every look is a matter of minutes, and of `make test-all`.
@pytest.mark.parametrize(("name", "look"), [(name, list(LOOKS)[n % len(LOOKS)]) for n, name in enumerate(STATES)])
def test_a_state_is_reached_and_nothing_is_wrong_with_it(
    chromium: Chromium, double: DeskDouble, name: str, look: str
) -> None:
    judge(chromium, double, name, look)


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", STATES)
def test_each_state_in_each_look(chromium: Chromium, double: DeskDouble, name: str, look: str) -> None:
    judge(chromium, double, name, look)


@pytest.mark.parametrize("colour", ["#ffffff", "#f5c518", "#000000", "#ff00ff"])
@pytest.mark.parametrize("dark", [False, True])
def test_any_brand_can_be_read(chromium: Chromium, double: DeskDouble, colour: str, dark: bool) -> None:
    double.boot["brand"]["colour"] = colour
    page = reach(chromium, double, "survey", dark=dark)
    assert accessibility(page) == []
    press(page, ".bar .ico")
    assert accessibility(page) == []


# ---- the site that carries it ------------------------------------------------------------------


def test_a_site_gets_one_name_and_no_cookie(chromium: Chromium, double: DeskDouble) -> None:
    bare = chromium.page(double.site)
    bare.route("**/widget.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    bare.goto("/")
    before = set(bare.evaluate("Object.getOwnPropertyNames(window)"))
    page = opened(visit(chromium, double, known=False))
    press(page, ".home .btn")
    write(page, "Hello")
    expect(part(page, ".state.delivered")).to_be_visible()
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before == {"Loopdesk"}
    assert set(page.evaluate("Object.keys(Loopdesk)")) == {
        "open", "close", "identify", "user", "track", "setLocale", "shutdown", "on", "widget",
    }  # fmt: skip
    assert page.context.cookies() == []
    assert all(key.startswith(f"loopdesk:{KEY}:") for key in page.evaluate("Object.keys(localStorage)"))


def test_who_never_opens_it_loads_the_launcher_and_nothing_else(chromium: Chromium, double: DeskDouble) -> None:
    page = visit(chromium, double, known=False)
    expect(part(page, ".launcher")).to_have_attribute("aria-label", "Open chat")
    fetched = page.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    assert sorted(fetched) == ["/widget.js", f"/widget/{KEY}/boot"]
    assert double.auths == []


def test_it_works_where_a_site_forbids_almost_everything(chromium: Chromium, double: DeskDouble) -> None:
    desk = double.url
    double.csp = (
        "default-src 'none'; script-src 'nonce-abc123'; style-src 'none'; img-src data: "
        f"{desk}; connect-src {desk} {desk.replace('http', 'ws')}; require-trusted-types-for 'script'"
    )
    asked(double)
    page = opened(visit(chromium, double, language="de"))
    expect(part(page, ".ask")).to_contain_text("Hat das geholfen?")
    write(page, "Danke")
    expect(part(page, ".state.delivered")).to_be_visible()
    assert part(page, ".panel").evaluate("node => getComputedStyle(node).borderRadius") == "22px"


def test_a_hostile_style_sheet_does_not_reach_it(chromium: Chromium, double: DeskDouble) -> None:
    double.page = """<style>
        * { --ink: red; --surface: red; font-size: 40px; color: red; box-sizing: content-box; letter-spacing: 4px }
        html { font-size: 5px; --brand: red } body > * { display: none !important; opacity: 0; transform: scale(2) }
        button { background: red !important; width: 500px } dialog { display: none }
    </style>"""
    page = opened(visit(chromium, double, known=False))
    look = "node => { const s = getComputedStyle(node); return [s.fontSize, s.letterSpacing, s.boxSizing, s.opacity] }"
    assert part(page, ".panel h2").evaluate(look) == ["26.25px", "-0.4725px", "border-box", "1"]
    box = part(page, ".panel").bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (384, 640)
    double_red = "node => getComputedStyle(node).backgroundColor"
    assert part(page, ".home .btn").evaluate(double_red) == "rgb(14, 107, 112)"


def test_it_works_where_storage_is_blocked(chromium: Chromium, double: DeskDouble) -> None:
    context = chromium.context(double.site)
    context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page = context.new_page()
    page.goto("/")
    opened(page)
    press(page, ".home .btn")
    write(page, "One")
    write(page, "Two")
    expect(part(page, ".turn.me .bubble")).to_have_text(["One", "Two"])
    expect(part(page, ".state.delivered")).to_be_visible()
    assert double.texts() == ["One", "Two"]


@pytest.mark.parametrize("code", ["inbox", "origin"])
def test_an_inbox_that_is_off_shows_nothing(chromium: Chromium, double: DeskDouble, code: str) -> None:
    double.boot = {"on": False} if code == "inbox" else double.boot
    double.refuse = {"error": code, "text": "Not here."}
    page = visit(chromium, double)
    wait_for(lambda: code == "inbox" or double.auths, "a widget that connects")
    expect(page.locator("loopdesk-widget")).to_have_count(0)
    assert page.evaluate("Loopdesk.open().then(() => 'quiet')") == "quiet"


def test_the_site_opens_closes_and_says_who_is_signed_in(chromium: Chromium, double: DeskDouble) -> None:
    double.attributes = 'data-user="first.token" data-locale="de" data-theme="dark"'
    double.boot["locale"] = "de"
    page = chromium.page(double.site)
    page.goto("/")
    page.evaluate("Loopdesk.open()")
    expect(part(page, ".hello h2")).to_have_text("Hallo.\nWie können wir helfen?")
    assert part(page, ".panel").evaluate("node => getComputedStyle(node).colorScheme") == "dark"
    wait_for(lambda: double.auths, "a connection")
    assert double.auths[-1]["user"] == "first.token"
    page.evaluate("Loopdesk.user('second.token')")
    wait_for(lambda: double.auths[-1]["user"] == "second.token", "a connection of the other user")
    page.evaluate("Loopdesk.close()")
    expect(part(page, ".panel")).to_be_hidden()


# ---- the launcher ------------------------------------------------------------------------------


def name_of(page: Page) -> str:
    return part(page, ".launcher").get_attribute("aria-label") or ""


def test_unread_lines_are_counted_previewed_once_and_read_in_the_open(chromium: Chromium, double: DeskDouble) -> None:
    unread(2)(double)
    page = visit(chromium, double)
    expect(part(page, ".count")).to_have_text("2")
    expect(part(page, ".peek")).to_contain_text("Good news: I found a lid in the same glaze.")
    assert name_of(page) == "Open chat, 2 unread messages"
    assert double.sent("seen") == []  # nobody has looked
    press(page, ".peek .ico")
    page.reload()
    expect(part(page, ".count")).to_have_text("2")
    expect(part(page, ".peek")).to_have_count(0)
    opened(page)
    wait_for(lambda: double.sent("seen"), "word that it was read")
    assert double.sent("seen")[-1]["place"] == double.messages[-1]["place"]
    press(page, ".bar .ico", 2)
    assert name_of(page) == "Open chat"
    double.say("agent", "One more thing")
    expect(part(page, ".peek")).to_contain_text("One more thing")
    press(page, ".peek .go")
    expect(part(page, ".log")).to_contain_text("One more thing")
    expect(field(page)).to_be_focused()


def test_closing_gives_the_focus_back_and_escape_closes(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = visit(chromium, double, known=False)
    part(page, ".launcher").focus()
    page.keyboard.press("Enter")
    expect(part(page, ".hello h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()
    expect(part(page, ".launcher")).to_be_focused()
    wait_for(lambda: double.sent("got"), "the conversation")
    page.keyboard.press("Enter")
    expect(field(page)).to_be_focused()  # now there is a conversation to go on with
    press(page, "[aria-controls=ld-menu]")
    page.keyboard.press("Escape")  # closes the menu alone
    expect(part(page, ".menu")).to_be_hidden()
    expect(part(page, ".panel")).to_be_visible()


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(chromium: Chromium, double: DeskDouble) -> None:
    double.page = '<button id="outside">Buy</button>'
    page = opened(visit(chromium, double, known=False, width="phone"))
    box = part(page, ".panel").bounding_box()
    assert box
    assert [round(value) for value in (box["x"], box["y"], box["width"], box["height"])] == [0, 0, 390, 844]
    expect(part(page, ".launcher")).to_be_hidden()
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert "BUTTON" not in reached  # the shop's own button is out of reach behind a modal dialog
    page.keyboard.press("Escape")
    expect(part(page, ".launcher")).to_be_focused()


def test_it_comes_back_open_on_the_next_page(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = opened(visit(chromium, double))
    field(page).fill("Half a thought")
    page.goto("/other")
    expect(field(page)).to_have_value("Half a thought")
    expect(part(page, ".log")).to_contain_text("Not directly")
