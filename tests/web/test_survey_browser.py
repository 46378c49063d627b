"""The survey in a real browser: without script, by keyboard, in every state, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from desk import surveys
from desk.clock import SetClock
from desk.store import Store
from desk.surveys.tables import Response
from desk.web import survey
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import served
from tests.surveys.situations import Asked, asked

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_survey.py runs on both


@pytest.fixture
def base_url(app: Flask, leave_pages: Callable[[], None]) -> Iterator[str]:
    if "survey" not in app.blueprints:
        app.register_blueprint(survey.blueprint)
    with served(app, leave_pages) as url:
        yield url


def make(store: Store, colour: str = "#0e6b70", **fields: object) -> Asked:
    with store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.", colour=colour)
        return asked(tx, inbox=factories.make_inbox(tx, brand_id=brand.id), **fields)


def test_a_whole_survey_by_keyboard_and_without_script(chromium: Chromium, base_url: str, store: Store) -> None:
    ask = make(store)
    page = chromium.page(base_url, java_script_enabled=False, width="phone")
    page.goto(f"/s/{ask.token}")
    page.get_by_role("button", name="Send").press("Enter")  # nothing picked
    page.get_by_role("alert").filter(has_text="Pick one of the five").wait_for()
    assert page.evaluate("document.activeElement.id") == "score-bad"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # from the first to the second
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.type("I had to explain it twice.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you for telling us.").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"  # where a screen reader goes on reading
    page.get_by_label("Somebody who leads the team may write to me").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").filter(has_text="Saved.").wait_for()
    page.reload()
    with store.reading() as tx:
        [response] = tx.scalars(select(Response))
        assert (response.score, response.reasons, response.comment) == (2, ["speed"], "I had to explain it twice.")
        assert (response.may_contact, response.version) == (True, 1)
    page.get_by_role("link", name="Change my answer").click()
    page.get_by_role("radio", name="Good").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you, Noor.").wait_for()
    page.get_by_role("link", name="Don’t ask me again").click()
    page.get_by_role("button", name="Don’t ask me again").click()
    page.get_by_role("heading", name="We won’t ask you again.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Undone: we may ask you again.").wait_for()
    assert page.context.cookies() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", ["#0e6b70", "#f5c518", "#ffffff", "#b3431f"])
def test_every_state_can_be_read_by_everybody(
    chromium: Chromium, base_url: str, store: Store, clock: SetClock, dark: bool, colour: str
) -> None:
    long = "An exceptionally long subject withonewordthatisfarwiderthanthescreenofanyphonethatpeoplecarry"
    fresh, done, low = (make(store, colour, subject=long) for _ in range(3))
    with store.transaction() as tx:
        surveys.answer(tx, done.token, 4, ["solved"], "Quick, kind, and the new lid fits." * 20)
        surveys.answer(tx, low.token, 1)
    page = chromium.page(base_url, dark=dark, width="phone")

    def look(path: str) -> None:
        page.goto(path)
        assert accessibility(page) == [], path
        for direction in ("ltr", "rtl"):
            page.evaluate("d => document.documentElement.dir = d", direction)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, (path, direction)

    for path in ("?score=4", "", "/stop"):
        look(f"/s/{fresh.token}{path}")
    for path in ("", "?sent=1", "?change=1", "?score=2"):
        look(f"/s/{done.token}{path}")
    look(f"/s/{low.token}?sent=1&saved=1")
    look("/s/invalid")
    clock.advance(timedelta(days=14))
    look(f"/s/{fresh.token}")
    # What this browser made of the brand by itself is what the server computes for browsers that cannot.
    tokens = surveys.palette(colour).dark if dark else surveys.palette(colour).light
    for name in ("fill", "on-fill", "link", "ink", "surface"):
        shown = page.evaluate(
            """(name) => {
                const probe = document.body.appendChild(document.createElement("i"));
                probe.style.color = `var(--${name})`;
                const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d");
                canvas.fillStyle = getComputedStyle(probe).color;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }""",
            name,
        )
        computed = [int(tokens[name][i : i + 2], 16) for i in (1, 3, 5)]
        # Colours outside the screen's range are brought back by other means; they stay close.
        assert all(abs(a - b) <= 20 for a, b in zip(shown, computed, strict=True)), (name, shown, computed)
