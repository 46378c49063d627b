"""What a visitor meets first: who is there and how soon they answer, what others ask, in their language and light."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.desk_double import DeskDouble, at
from tests.browser.widget_states import field, opened, part, press, visit, with_agent
from tests.servers.browser import Chromium
from tests.servers.needs import wait_for


def test_home_says_who_is_there_and_how_soon_they_answer(chromium: Chromium, double: DeskDouble) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    later = tomorrow.isoformat().replace("+00:00", "Z")
    for hours, minutes, words, rest in (
        ({"open": True, "until": later, "opens": None}, 4, "Open until", "People usually reply within 4 minutes"),
        ({"open": True, "until": None, "opens": None}, 180, "We’re here", "People usually reply within 3 hours"),
        ({"open": True, "until": None, "opens": None}, None, "We’re here", ""),
        ({"open": False, "until": None, "opens": later}, 4, f"Back {tomorrow:%A} at", "We answer when we’re back."),
        ({"open": False, "until": None, "opens": at(60 * 24 * 20)}, 4, "Back on ", "We answer when we’re back."),
        ({"open": False, "until": None, "opens": None}, 4, "Nobody is here right now", "We answer when we’re back."),
    ):
        double.boot["hours"], double.boot["reply_minutes"] = hours, minutes
        page = opened(visit(chromium, double, known=False))
        card = part(page, ".home .card").first
        expect(card).to_contain_text(words)
        expect(card).to_contain_text(rest)
        expect(card.locator(".dot.shut")).to_have_count(0 if hours["open"] else 1)
        if minutes is None:
            expect(card).not_to_contain_text("usually")
        page.context.close()


def test_what_others_ask_is_read_or_asked_by_one_press(chromium: Chromium, double: DeskDouble) -> None:
    page = opened(visit(chromium, double, known=False))
    links = part(page, ".home .links a")
    expect(links).to_have_text([each["text"] for each in double.boot["suggestions"]])
    expect(links.nth(1)).to_have_attribute("href", f"{double.url}/help/order")
    expect(links.nth(1)).to_have_attribute("rel", "noopener")
    press(page, ".home .btn")
    part(page, ".empty").get_by_role("button", name="Where is my order?").click()
    wait_for(lambda: double.texts() == ["Where is my order?"], "the question as the first message")
    expect(part(page, ".turn.me .bubble")).to_have_text("Where is my order?")
    expect(part(page, ".empty")).to_have_count(0)


def test_arabic_runs_from_right_to_left_and_what_people_wrote_as_they_wrote_it(
    chromium: Chromium, double: DeskDouble
) -> None:
    with_agent(double)
    page = opened(visit(chromium, double, language="ar"))
    panel, launcher = part(page, ".panel"), part(page, ".send")
    assert panel.evaluate("node => getComputedStyle(node).direction") == "rtl"
    box, send = panel.bounding_box(), launcher.bounding_box()
    assert box and send
    assert box["x"] < 200, "the widget stands at the left edge"
    assert send["x"] < box["x"] + box["width"] / 2, "what ends a line stands at its end"
    expect(field(page)).to_have_attribute("placeholder", re.compile("[\u0600-\u06ff]"))
    english = part(page, ".turn .bubble p, .turn .bubble").filter(has_text="Shall I add one").first
    assert english.evaluate("node => getComputedStyle(node.querySelector('[dir=auto]') || node).direction") == "ltr"


def test_it_is_light_or_dark_as_the_reader_or_the_site_wants(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    shades = {}
    for name, dark, attribute in (
        ("light", False, ""), ("dark", True, ""), ("site light", True, 'data-theme="light"'),
        ("site dark", False, 'data-theme="dark"'),
    ):  # fmt: skip
        double.attributes = attribute
        page = opened(visit(chromium, double, dark=dark))
        shades[name] = part(page, ".panel").evaluate("node => getComputedStyle(node).backgroundColor")
        page.context.close()
    assert shades["light"] == shades["site light"]
    assert shades["dark"] == shades["site dark"]
    light, dark = (sum(map(int, re.findall(r"\d+", shades[name])[:3])) for name in ("light", "dark"))
    assert light > 600 > 300 > dark
