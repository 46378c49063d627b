"""Files of an answer in the widget: pasted and dropped into the composer, shown and downloaded where the visitor is."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import expect

from desk import conversations, settings
from tests.browser.desk_double import DIST, picture
from tests.browser.widget_states import opened, part, press, write
from tests.servers.browser import Chromium, accessibility
from tests.servers.live import LiveDesk
from tests.servers.needs import require
from tests.web.test_attaching_browser import PDF, chip, drop, paste

pytestmark = pytest.mark.database("sqlite")  # what the browser sees is the same on both


def test_a_visitor_sees_the_picture_and_gets_the_file(live_desk: LiveDesk, chromium: Chromium) -> None:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    with live_desk.desk.store.transaction() as tx:
        brand, config = settings.brands(tx)[-1], {"bot": False}
        settings.create_inbox(tx, channel="chat", name="Shop", address="kiln.example", brand_id=brand.id, config=config)
    mara = live_desk.staff("agent", "Mara Oliveira")
    page = chromium.page()
    page.goto(f"{live_desk.base_url.replace('127.0.0.1', 'localhost')}/demo")  # another origin than the desk's
    opened(page)
    press(page, ".home .btn")
    write(page, "How do I open the lid?")
    expect(part(page, ".state.sending, .state.waiting")).to_have_count(0)
    with live_desk.desk.store.reading() as tx:
        (row,) = conversations.queue(tx, mara, "all").rows
    agent = chromium.page(live_desk.base_url)
    live_desk.log_in(agent, mara)
    agent.goto(f"/console/c/{row.id}?view=all")
    agent.locator("#answer").fill("Press here:")
    paste(agent, "image.png", "image/png", picture())
    drop(agent, "manual.pdf", "application/pdf", PDF)
    for name in ("image.png", "manual.pdf"):  # they travel beside each other: either may be there first
        expect(chip(agent, name)).to_have_attribute("data-upload", re.compile(r"^\d+$"))
    expect(agent.locator("#file-words [data-files=chat]")).to_have_text("Files are shown in the chat.")
    agent.locator("[data-send]").click()
    expect(part(page, ".turn:not(.me) .bubble").last).to_have_text("Press here:")
    expect(part(page, ".turn:not(.me) .pic img")).to_have_js_property("naturalWidth", 42)
    link = part(
        page,
        ".turn:not(.me) a[href*='/files/']",
    ).filter(has_text="manual.pdf")
    with page.expect_download() as told:
        link.click()
    assert told.value.suggested_filename == "manual.pdf"
    assert told.value.path().read_bytes() == PDF
    assert accessibility(page) == []
    if os.environ.get("LOOK_AT"):
        page.screenshot(path=f"{os.environ['LOOK_AT']}/widget.png")
