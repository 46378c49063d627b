"""The timeline in a real browser: chips, a line by its link, a search within, what is new; and never a jump."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from desk import search
from tests import factories
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def aged(scene: Scene, count: int = 160) -> tuple[int, list[int]]:
    """A conversation with many older lines, one in eight a note; the numbers of the lines, oldest first."""
    number = scene.mail("Maya Doe", "The newest of all")
    with scene.store.transaction() as tx:
        conversation = tx.get(factories.Conversation, number)
        assert conversation is not None
        made = []
        for n in range(count):
            at = tx.now() - timedelta(hours=2 * (count - n))
            kind = "note" if n % 8 == 3 else "message"
            text = f"The kettle number{n} is café green." if n % 40 == 5 else f"Line {n} of a long life."
            made.append(factories.make_entry(tx, conversation, text, kind=kind, occurred_at=at).id)
        search.begin_again(tx)
        while search.step(tx) or search.catch_up(tx):
            pass
    return number, made


def at_end(page: Page) -> bool:
    measure = "(({scrollHeight: h, scrollTop: t, clientHeight: c}) => h - t - c)(document.getElementById('scroller'))"
    return float(page.evaluate(measure)) < 60


def test_chips_narrow_the_timeline_and_tell_of_what_they_hide(scene: Scene) -> None:
    number, _ = aged(scene)
    page = scene.screen(path=f"/console/c/{number}")
    notes = page.locator("#sieve [data-name=notes]")
    expect(notes).to_contain_text("20")
    notes.click()
    expect(page.locator("#timeline article.note")).to_have_count(20)
    expect(page.locator("#timeline article:not(.note)")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"show=notes"))
    expect(page.locator("#sieve [data-name=notes]")).to_be_focused()
    expect(page.locator("#sieve [data-name=notes]")).to_have_attribute("aria-current", "true")
    scene.mail("Maya Doe", "Are you there?", answers=number)
    news = page.locator("#news button")
    expect(news).to_have_text("1 new, hidden by the filter")
    assert accessibility(page) == []
    page.reload()
    expect(page.locator("#timeline article.note")).to_have_count(20)
    scene.mail("Maya Doe", "Hello again?", answers=number)
    expect(news).to_have_text("1 new, hidden by the filter")
    news.click()
    expect(page.locator("#timeline")).to_contain_text("Hello again?")
    expect(page).not_to_have_url(re.compile(r"show="))
    expect(page.locator("#sieve [aria-current]")).to_have_text("All")


def test_a_link_opens_its_line_in_the_middle_and_the_rest_follows(scene: Scene) -> None:
    number, made = aged(scene)
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#timeline")).to_contain_text("The newest of all")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#timeline article [data-permalink]").last.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    newest = page.locator("#timeline article").last.get_attribute("id")
    assert newest is not None
    assert copied == f"{scene.url}/console/c/{number}?entry={newest[1:]}#{newest}"
    page.goto(f"/console/c/{number}?entry={made[40]}#e{made[40]}")
    line = page.locator(f"#e{made[40]}")
    expect(line).to_be_in_viewport()
    expect(page.locator("#timeline")).not_to_contain_text("The newest of all")
    # What comes in does not move the reader, and is told.
    top = line.bounding_box()
    scene.mail("Maya Doe", "Somebody there?", answers=number)
    expect(page.locator("#news button")).to_have_text("1 new")
    now = line.bounding_box()
    assert top is not None
    assert now is not None
    assert abs(now["y"] - top["y"]) < 2
    page.locator("#news button").click()
    expect(page.locator("#timeline")).to_contain_text("Somebody there?")
    expect(page.locator("#timeline article").last).to_be_in_viewport()
    assert at_end(page)


def test_lines_that_follow_come_in_as_they_are_scrolled_to(scene: Scene) -> None:
    number, made = aged(scene)
    page = scene.screen(path=f"/console/c/{number}?entry={made[40]}#e{made[40]}")
    expect(page.locator(f"#e{made[40]}")).to_be_in_viewport()
    for _ in range(4):
        # The end of what is loaded, until there is no more of it.
        follow = page.locator("[data-newer]").get_attribute("hx-get") if page.locator("[data-newer]").count() else None
        page.evaluate("document.getElementById('scroller').scrollTop = 1e9")
        expect(page.locator(f'[hx-get="{follow}"]')).to_have_count(0)
    expect(page.locator("[data-newer]")).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("The newest of all")
    ids = page.evaluate("[...document.querySelectorAll('#timeline .entry')].map((n) => n.dataset.at)")
    assert ids == sorted(ids)
    days = page.evaluate("[...document.querySelectorAll('#timeline .day')].map((n) => n.dataset.day)")
    assert len(days) == len(set(days))


def test_words_are_searched_for_within_the_timeline(scene: Scene) -> None:
    number, made = aged(scene)
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#within-q")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator("#within-q")).to_be_focused()
    page.keyboard.type("cafe gre")
    expect(page.locator("#within output")).to_have_text("4 of 4")
    expect(page.locator(f"#e{made[125]}")).to_be_in_viewport()
    assert page.evaluate("CSS.highlights.get('found').size") >= 2
    page.keyboard.press("Enter")
    expect(page.locator("#within output")).to_have_text("3 of 4")
    page.keyboard.press("Enter")
    expect(page.locator("#within output")).to_have_text("2 of 4")
    expect(page.locator(f"#e{made[45]}")).to_be_in_viewport()
    assert accessibility(page) == []
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#within output")).to_have_text("3 of 4")
    page.keyboard.press("Escape")
    expect(page.locator("#within-q")).to_have_value("")
    assert page.evaluate("CSS.highlights.has('found')") is False
    page.keyboard.type("zebra")
    expect(page.locator("#within output")).to_have_text("Not found")


def test_what_the_index_has_not_heard_of_is_looked_for_until_it_has(scene: Scene) -> None:
    number = scene.mail("Maya Doe", "The porcupine is still here")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#within-q").fill("porcupine")
    expect(page.locator("#within output")).to_have_text("Looking…")
    with scene.store.transaction() as tx:
        assert search.catch_up(tx)
    expect(page.locator("#within output")).to_have_text("1 of 1")
    scene.mail("Maya Doe", "Another porcupine", answers=number)
    expect(page.locator("#timeline")).to_contain_text("Another porcupine")
    page.locator("#within-q").fill("hedgehog")
    expect(page.locator("#within output")).to_have_text("Looking…")
    with scene.store.transaction() as tx:
        assert search.catch_up(tx)
    expect(page.locator("#within output")).to_have_text("Not found")


def test_what_is_new_is_marked_until_it_was_read(scene: Scene) -> None:
    number = scene.mail("Maya Doe", "The first")
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#timeline")).to_have_attribute("data-read", re.compile("^[1-9]"))
    page.goto("/console/")
    for n in range(25):
        scene.mail("Maya Doe", f"News {n}, which has some words in it.", answers=number)
    page.goto(f"/console/c/{number}")
    mark = page.locator("[data-since]")
    expect(mark).to_have_count(1)
    expect(page.locator("#to-new")).to_contain_text("New since")
    expect(mark).not_to_be_in_viewport()
    with page.expect_response(re.compile("/looked")):
        page.keyboard.press("u")
        expect(mark).to_be_in_viewport()
        page.evaluate("document.getElementById('scroller').scrollTop = 1e9")
    expect(page.locator("#to-new")).to_be_hidden()
    page.reload()
    expect(page.locator("#timeline")).to_contain_text("News 24")
    expect(mark).to_have_count(0)


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "desktop"), (False, "phone")])
def test_the_bar_is_accessible_by_day_by_night_and_on_a_phone(scene: Scene, dark: bool, width: str) -> None:
    number, _ = aged(scene, 60)
    page = scene.screen(path=f"/console/c/{number}?show=messages", dark=dark, width=width)
    expect(page.locator("#sieve [data-name=messages]")).to_be_visible()
    expect(page.locator("#ribbon .track")).to_be_visible()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
