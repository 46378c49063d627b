"""A flow as a visitor meets it: begun by its button, answered by buttons and words, and left for a person."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import flows
from tests.browser.desk_double import DIST
from tests.browser.widget_states import opened, part, press, write
from tests.servers.browser import Chromium, accessibility
from tests.servers.live import LiveDesk
from tests.servers.needs import require
from tests.servers.widget import chat_inbox

pytestmark = pytest.mark.database("sqlite")  # what the browser sees is the same on both

CANCEL = """name: Cancel an order
start:
  button: Cancel an order
  examples: {en: [Please cancel my order]}
steps:
  - ask: {key: order, text: "Which order?", pattern: "[A-Z]{2}-[0-9]{4}"}
  - ask:
      key: why
      type: choice
      text: "Why do you cancel it?"
      choices: [{key: late, text: It takes too long}, {key: other, text: Something else}]
  - say: "We look after {{ order }}."
    end: true
"""


def test_a_visitor_goes_through_a_flow_and_asks_for_a_person_in_another(
    live_desk: LiveDesk, chromium: Chromium
) -> None:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    mara = live_desk.staff("supervisor", "Mara Oliveira")
    with live_desk.desk.store.transaction() as tx:
        flows.publish(tx, flows.save(tx, CANCEL, mara.id).id, mara.id)
    chat_inbox(live_desk.desk, bot=True)
    page = chromium.page()
    page.goto(f"{live_desk.base_url.replace('127.0.0.1', 'localhost')}/demo")
    opened(page)
    press(page, ".home .btn")
    start = part(page, ".empty .chip")
    expect(start.first).to_have_text("Cancel an order")
    start.first.click()
    bubbles = part(page, ".turn:not(.me) .bubble")
    expect(bubbles.last).to_contain_text("Which order?")
    write(page, "the blue one")
    expect(bubbles.nth(1)).to_be_visible()
    write(page, "KB-1234")
    expect(bubbles.last).to_contain_text("Why do you cancel it?")
    assert accessibility(page) == []
    part(page, ".chip").filter(has_text="It takes too long").click()
    expect(bubbles.last).to_contain_text("We look after KB-1234.")
    write(page, "Cancel an order")
    expect(bubbles.last).to_contain_text("Which order?")
    part(page, ".chip").filter(has_text="person").click()
    agent = chromium.page(live_desk.base_url)
    live_desk.log_in(agent, mara)
    agent.goto("/console/all")
    agent.locator("#rows a.convo").first.click()
    expect(agent.locator("#timeline")).to_contain_text("We look after KB-1234.")
    expect(agent.locator("#timeline")).to_contain_text("Cancel an order")
    assert accessibility(agent) == []
