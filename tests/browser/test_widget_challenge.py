"""The question whether a person writes, in the widget on a site: asked when the desk wants it, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import conversations, timeline
from tests.browser.desk_double import DIST
from tests.browser.widget_states import field, opened, part, press, write
from tests.servers.browser import Chromium, accessibility
from tests.servers.challenge import Provider, provider
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.needs import require
from tests.servers.widget import chat_inbox

pytestmark = pytest.mark.database("sqlite")  # what the browser sees is the same on both


@pytest.fixture
def asker() -> Iterator[Provider]:
    with provider() as asked:
        yield asked


@pytest.fixture
def live(bare_database: Database, tmp_path: Path, leave_pages: Callable[[], None]) -> Iterator[LiveDesk]:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    live = LiveDesk(tmp_path, bare_database.url, ALLOW_PRIVATE="1").start()
    yield live
    leave_pages()
    live.close()


def on_site(chromium: Chromium, live: LiveDesk, key: str, **options: object) -> Page:
    """The widget on a page of another origin than the desk's, about to write."""
    page = chromium.page(**options)
    page.goto(f"{live.base_url.replace('127.0.0.1', 'localhost')}/demo?inbox={key}")
    opened(page)
    press(page, ".home .btn")
    return page


def said(live: LiveDesk) -> list[str]:
    mara = live.staff()
    with live.desk.store.reading() as tx:
        rows = conversations.queue(tx, mara, "all").rows
        return [e.text for row in rows for e in timeline.of_conversation(tx, row.id) if e.author == "customer"]


def test_a_stranger_shows_that_a_person_writes_and_the_message_goes(
    live: LiveDesk, asker: Provider, chromium: Chromium
) -> None:
    asker.name = "turnstile"  # another provider of the same manners
    page = on_site(chromium, live, chat_inbox(live.desk, **asker.settings()), width="phone")
    assert asker.scripts == 0, "nothing of the provider is loaded before the desk asks"
    write(page, "Where is my order?")
    frame = part(page, "iframe.challenge").content_frame
    expect(frame.get_by_role("button", name="I am human")).to_be_visible()
    expect(part(page, ".card [role=status]")).to_have_text("Show that a person writes, and your message is sent.")
    assert accessibility(page) == []
    assert page.evaluate("typeof turnstile") == "undefined", "its script never runs on the site"
    write(page, "It is KC-2231")
    field(page).fill("A draft")
    assert asker.scripts == 1, "what is written meanwhile asks for nothing more"
    frame.get_by_role("button", name="I am human").click()
    expect(part(page, "iframe.challenge")).to_have_count(0)
    expect(part(page, ".state.sending, .state.waiting")).to_have_count(0)
    expect(part(page, ".turn.me .bubble")).to_have_text(["Where is my order?", "It is KC-2231"])
    expect(field(page)).to_have_value("A draft")
    assert said(live) == ["Where is my order?", "It is KC-2231"]


def test_a_provider_that_is_away_is_told_and_then_done_without(
    live: LiveDesk, asker: Provider, chromium: Chromium
) -> None:
    asker.down = True
    page = on_site(chromium, live, chat_inbox(live.desk, **asker.settings()))
    write(page, "Is anybody there?")
    failed = part(page, ".card [role=alert]")
    expect(failed).to_contain_text("The check could not be loaded.")
    failed.get_by_role("button").click()
    expect(part(page, "iframe.challenge")).to_have_count(0)
    expect(part(page, ".state.sending, .state.waiting")).to_have_count(0)
    assert said(live) == ["Is anybody there?"]
    mara = live.staff()
    with live.desk.store.reading() as tx:
        (row,) = conversations.queue(tx, mara, "all").rows
        assert conversations.labels(tx, [row.id])[row.id] == ["not checked"]
    chromium.complaints.clear()  # of the provider's 503


def test_a_person_can_be_asked_for_by_whoever_is_one(live: LiveDesk, asker: Provider, chromium: Chromium) -> None:
    page = on_site(chromium, live, chat_inbox(live.desk, **asker.settings(bot=True)))
    part(page, ".person button").click()
    part(page, "iframe.challenge").content_frame.get_by_role("button", name="I am human").click()
    expect(part(page, "iframe.challenge")).to_have_count(0)
    expect(part(page, ".way")).to_be_visible()
