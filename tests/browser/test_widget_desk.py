"""The widget and the real desk: from another origin, through a desk that is killed, each line once and in order."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import conversations, settings, timeline
from tests.browser.desk_double import DIST, photo
from tests.browser.widget_states import field, opened, part, press, write
from tests.servers.browser import Chromium
from tests.servers.live import LiveDesk
from tests.servers.needs import require, wait_for

pytestmark = pytest.mark.database("sqlite")  # what the browser sees is the same on both


@pytest.mark.long
def test_a_conversation_outlives_the_desk(live_desk: LiveDesk, chromium: Chromium) -> None:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    with live_desk.desk.store.transaction() as tx:
        brand = settings.brands(tx)[-1]
        settings.create_inbox(tx, channel="chat", name="Shop", address="kiln.example", brand_id=brand.id, config={})
    mara = live_desk.staff("agent", "Mara Oliveira")
    page = chromium.page()
    page.goto(f"{live_desk.base_url.replace('127.0.0.1', 'localhost')}/demo")  # another origin than the desk's
    opened(page)
    press(page, ".home .btn")
    write(page, "Before")
    expect(part(page, ".state.sending, .state.waiting")).to_have_count(0)
    part(page, "input[type=file]").set_input_files([photo("rim.png")])
    expect(part(page, ".pic img")).to_have_js_property("naturalWidth", 42)

    live_desk.kill()
    write(page, "While it was dead, one")
    write(page, "While it was dead, two")
    field(page).fill("A draft")
    expect(part(page, ".strip")).to_be_visible()
    live_desk.start()
    expect(part(page, ".strip")).to_have_count(0, timeout=30_000)
    expect(part(page, ".state.sending, .state.waiting")).to_have_count(0)
    expect(field(page)).to_have_value("A draft")

    with live_desk.desk.store.reading() as tx:
        (row,) = conversations.queue(tx, mara, "all").rows
        said = [entry.text for entry in timeline.of_conversation(tx, row.id) if entry.author == "customer"]
    assert [text for text in said if text] == ["Before", "While it was dead, one", "While it was dead, two"]
    shown = part(page, ".turn.me .bubble").all_inner_texts()
    assert shown == ["Before", "While it was dead, one", "While it was dead, two"]

    agent = chromium.page(live_desk.base_url)
    live_desk.log_in(agent, mara)
    agent.goto(f"/console/c/{row.id}?view=all")
    agent.locator("#answer").fill("Here we are")

    def typed() -> bool:  # the console's own socket takes its moment to connect
        agent.locator("#answer").press_sequentially("!", delay=100)
        return part(page, ".typing").count() > 0

    wait_for(typed, "word that Mara types")
    expect(part(page, ".typing")).to_contain_text("is typing")
    agent.keyboard.press("Control+Enter")
    expect(part(page, ".log")).to_contain_text("Here we are")
    expect(part(page, ".bar h2")).to_have_text("Mara Oliveira")
    expect(part(page, ".state.seen")).to_contain_text("Seen by Mara")
    wait_for(lambda: page.evaluate("Object.keys(localStorage).every(key => !key.endsWith(':out'))"), "an empty outbox")
    chromium.complaints.clear()  # the desk was away, and the browser said so
