"""What a site's own script asks of the widget: who is signed in, what happened, in which language, and an end."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.desk_double import KEY, OTHER, DeskDouble
from tests.browser.widget_states import asked, away, field, opened, part, surveyed, unread, visit, write
from tests.servers.browser import Chromium
from tests.servers.needs import wait_for

LISTEN = """() => { window.log = []; for (const name of ['ready', 'open', 'close', 'message', 'unread', 'identified',
    'locale', 'error', 'shutdown']) Loopdesk.on(name, (detail) => log.push([name, detail])) }"""


def heard(page: Page, name: str) -> list[Any]:
    return [detail for event, detail in page.evaluate("log") if event == name]


def listening(page: Page) -> Page:
    expect(part(page, ".launcher")).to_be_visible()
    page.evaluate(LISTEN)
    return page


def stored(page: Page) -> list[str]:
    names: list[str] = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    return names


def test_a_site_hears_what_the_widget_does(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = listening(visit(chromium, double))
    page.evaluate("void (window.end = Loopdesk.on('open', () => { window.once = (window.once || 0) + 1 }))")
    page.evaluate("Loopdesk.open()")
    expect(part(page, ".log")).to_contain_text("Not directly")
    page.evaluate("Loopdesk.close()")
    double.say("agent", "A word from Mara")
    expect(part(page, ".peek")).to_contain_text("A word from Mara")
    assert heard(page, "open") == [None]
    assert heard(page, "close") == [None]
    assert heard(page, "message") == [{"conversation": "c1", "who": "agent", "name": "Mara Oliveira"}]
    wait_for(lambda: heard(page, "unread")[-1:] == [1], "word of what is unread")
    page.evaluate("void end()")
    page.evaluate("Loopdesk.open()")
    expect(part(page, ".panel")).to_be_visible()
    assert page.evaluate("once") == 1


def test_the_launcher_opens_though_its_icon_is_drawn_anew_under_the_finger(
    chromium: Chromium, double: DeskDouble
) -> None:
    asked(double)
    page = listening(visit(chromium, double))
    wait_for(lambda: double.auths, "a connection")
    part(page, ".launcher").hover()
    page.mouse.down()
    double.say("agent", "A word from Mara")
    expect(part(page, ".launcher .count")).to_be_visible()
    page.mouse.up()
    expect(part(page, ".panel")).to_be_visible()


def test_a_wrong_token_is_an_error_that_says_so_and_nobody_is_signed_in(chromium: Chromium, double: DeskDouble) -> None:
    page = listening(visit(chromium, double, known=False))
    assert page.evaluate("Loopdesk.identify('right.token')") is True
    wait_for(lambda: heard(page, "identified") == [{"verified": True}], "word that the user is known")
    assert double.auths == []  # a page view of somebody signed in opens no socket
    assert page.evaluate("Loopdesk.identify('wrong.token')") is False
    (error,) = heard(page, "error")
    assert error["error"] == "user"
    assert error["text"].startswith("We could not make sure who is signed in.")
    chromium.complaints.clear()  # the browser writes down every 403
    opened(page)
    wait_for(lambda: double.auths, "a connection")
    assert double.auths[-1]["user"] is None
    assert page.evaluate("Loopdesk.identify(null)") is True


def test_events_of_a_stranger_stay_here_and_those_of_a_visitor_are_told(chromium: Chromium, double: DeskDouble) -> None:
    page = listening(visit(chromium, double, known=False))
    assert page.evaluate("Loopdesk.track('page.viewed')") is False
    assert double.events == []
    page.evaluate("Loopdesk.identify('right.token')")
    assert page.evaluate("Loopdesk.track('order.placed', { value: 129.5 })") is True
    assert double.events[-1]["events"] == [{"event": "order.placed", "properties": {"value": 129.5}}]
    assert double.events[-1]["user"] == "right.token"
    assert double.auths == []


def test_another_language_and_nothing_that_is_typed_is_lost(chromium: Chromium, double: DeskDouble) -> None:
    double.polyglot = True
    surveyed(double)
    page = listening(visit(chromium, double))
    opened(page)
    part(page, ".pick label").nth(3).click()
    part(page, "#ld-why").fill("Half a reason")
    field(page).fill("Half a thought")
    field(page).evaluate("node => node.setSelectionRange(4, 4)")
    assert page.evaluate("Loopdesk.setLocale('fr')") == "fr"
    expect(part(page, ".write .send")).to_have_attribute("aria-label", "Envoyer")
    expect(field(page)).to_have_value("Half a thought")
    expect(field(page)).to_be_focused()
    assert field(page).evaluate("node => node.selectionStart") == 4
    expect(part(page, "#ld-why")).to_have_value("Half a reason")
    expect(part(page, ".pick input").nth(3)).to_be_checked()
    assert part(page, ".dock").get_attribute("lang") == "fr"
    wait_for(lambda: double.auths[-1]["locale"] == "fr", "a connection in French")
    assert page.evaluate("Loopdesk.setLocale('ar')") == "ar"
    expect(part(page, ".dock")).to_have_attribute("dir", "rtl")
    expect(field(page)).to_have_value("Half a thought")
    assert page.evaluate("Loopdesk.setLocale('tlh')") == "ar"  # not spoken: what is spoken stays
    assert heard(page, "locale") == ["fr", "ar", "ar"]


def test_a_half_typed_address_is_kept_through_another_language(chromium: Chromium, double: DeskDouble) -> None:
    double.polyglot = True
    away(double)
    page = opened(visit(chromium, double))
    part(page, "#ld-mail").fill("noor@exa")
    page.evaluate("Loopdesk.setLocale('pt')")
    expect(part(page, "label[for=ld-mail]")).to_have_text("Para onde enviamos a resposta?")
    expect(part(page, "#ld-mail")).to_have_value("noor@exa")
    expect(part(page, "#ld-mail")).to_be_focused()


def test_an_end_forgets_the_visitor_in_every_tab(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = listening(opened(visit(chromium, double)))
    other = page.context.new_page()
    other.goto("/")
    expect(part(other, ".launcher")).to_be_visible()
    expect(part(page, ".log")).to_contain_text("Not directly")
    field(page).fill("Half a thought")
    assert stored(page)
    page.evaluate("Loopdesk.identify('right.token')")
    page.evaluate("Loopdesk.shutdown()")
    expect(page.locator("loopdesk-widget")).to_have_count(0)
    expect(other.locator("loopdesk-widget")).to_have_count(0)
    assert stored(page) == []
    assert heard(page, "shutdown") == [None]
    assert page.evaluate("Loopdesk.track('page.viewed')") is False
    double.messages.clear()
    before = len(double.auths)
    page.evaluate("Loopdesk.open()")  # somebody else, at the same machine
    expect(part(page, ".panel")).to_be_visible()
    wait_for(lambda: len(double.auths) > before, "a connection of the next visitor")
    assert (double.auths[-1]["visitor"], double.auths[-1]["user"]) == (None, None)
    part(page, ".home .btn").click()
    expect(field(page)).to_have_value("")


def test_the_title_says_what_is_unread(chromium: Chromium, double: DeskDouble) -> None:
    unread(2)(double)
    page = visit(chromium, double)
    expect(page).to_have_title("(2) Kiln")
    double.say("agent", "One more")
    expect(page).to_have_title("(3) Kiln")
    page.evaluate("document.title = 'Another page of the shop'")
    opened(page)
    expect(part(page, ".log")).to_contain_text("One more")
    expect(page).to_have_title("Another page of the shop")


def test_two_brands_on_one_page_know_nothing_of_each_other(chromium: Chromium, double: DeskDouble) -> None:
    double.more_scripts = f'<script src="{double.url}/widget.js" data-inbox="{OTHER}" async></script>'
    page = visit(chromium, double, known=False)
    launchers = page.locator("loopdesk-widget .launcher")
    expect(launchers).to_have_count(2)
    boxes = sorted((box["x"], box["width"]) for n in range(2) if (box := launchers.nth(n).bounding_box()))
    assert boxes[0][0] + boxes[0][1] <= boxes[1][0]  # side by side
    page.evaluate(f"Loopdesk.widget('{OTHER}').open()")
    panel = page.locator("loopdesk-widget .panel[open]")
    expect(panel).to_have_count(1)
    expect(panel).to_have_attribute("aria-label", "Moss support")
    wait_for(lambda: double.auths, "a connection")
    assert {auth["inbox"] for auth in double.auths} == {OTHER}
    panel.locator(".home .btn").click()
    panel.locator("textarea").fill("A word for Moss")
    assert any(name.startswith(f"loopdesk:{OTHER}:") for name in stored(page))
    assert not any(name.startswith(f"loopdesk:{KEY}:") for name in stored(page))
    names = page.evaluate("Object.getOwnPropertyNames(window).filter((name) => /loop|desk/i.test(name))")
    assert names == ["Loopdesk"]


def test_a_page_with_the_same_tag_twice_has_one_widget(chromium: Chromium, double: DeskDouble) -> None:
    double.more_scripts = f'<script src="{double.url}/widget.js" data-inbox="{KEY}" async></script>'
    page = visit(chromium, double, known=False)
    page.wait_for_load_state("networkidle")
    expect(page.locator("loopdesk-widget")).to_have_count(1)
    opened(page)
    part(page, ".home .btn").click()
    write(page, "Hello")
    expect(part(page, ".state.delivered")).to_be_visible()
