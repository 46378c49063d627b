"""A rule in a real browser: written, tried, switched on; a mail arrives, it fires, and the timeline says why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from desk import agents, automation, inbound
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_inbox, make_team
from tests.inbound.messages import message
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; test_rules.py runs on both
LOOKS = [{}, {"dark": True}, {"width": "phone"}]


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        lead = agents.create(tx, email="lead@kiln.example", name="Ada Moe", role="supervisor")
        make_team(tx, lead, name="Leads")
        make_inbox(tx)
    yield app
    desk.store.engine.dispose()


def walk(desk: Desk, text: str, sender: str) -> int:
    with desk.store.reading() as tx:
        at = tx.now()
    said = inbound.receive(desk, message(1, at, text, sender=sender))
    drain(desk)
    assert said.conversation_id is not None
    return said.conversation_id


def good(page: Page, name: str = "", look: dict[str, Any] | None = None) -> None:
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    folder = os.environ.get("LOOPDESK_SHOTS")
    if folder and name:
        kind = "-".join(["rules", name, *(str(value) for value in (look or {}).values())])
        page.screenshot(path=str(Path(folder) / f"{kind}.png"), full_page=True)


@pytest.mark.parametrize("look", LOOKS)
def test_a_rule_is_written_tried_and_switched_on_and_the_timeline_says_why(
    chromium: Chromium, base_url: str, app: Flask, look: dict[str, Any]
) -> None:
    desk: Desk = app.extensions["loopdesk"]
    page = chromium.page(base_url, **look)
    page.goto("/try/1")
    page.goto("/admin/rules")
    expect(page.get_by_text("No rule yet")).to_be_visible()
    good(page)
    before = walk(desk, "I want a refund for the kettle", "early@other.example")

    page.get_by_role("link", name="Rule", exact=True).click()
    page.get_by_label("Name").fill("Refunds first")
    page.get_by_label("Condition").fill("message.txt contains “refund”")
    expect(page.locator("#checked .bad")).to_be_visible()
    page.get_by_label("Condition").fill('message.text contains "refund"')
    expect(page.get_by_text("Of the last 1 conversation it holds in 1 now.")).to_be_visible()
    page.get_by_label("What to do").first.select_option("priority")
    expect(page.locator("select[name=value_priority]").first).to_be_visible()
    page.get_by_role("button", name="And then").click()
    page.get_by_label("What to do").nth(1).select_option("note")
    page.locator("textarea[name=value_text]:visible").fill("{customer.name} wants money back.")
    good(page, "editor", look)
    page.get_by_role("button", name="Save the rule").click()

    page.get_by_role("button", name="Try it on the last 500 conversations").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    good(page, "trying", look)
    drain(desk)
    expect(page.get_by_role("link", name=f"#{before} Kettle")).to_be_visible()  # without being asked
    expect(page.get_by_role("cell", name="Message says “refund”")).to_be_visible()
    good(page, "tried", look)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("On", exact=True)).to_be_visible()

    number = walk(desk, "Hello, a refund please", "marta@lindqvist.example")
    page.goto(f"/console/c/{number}")
    expect(page.get_by_text("Marta Lindqvist wants money back.")).to_be_visible()
    expect(page.get_by_text("The desk set the priority to high. By the rule Refunds first")).to_be_visible()
    good(page, "timeline", look)
    page.get_by_role("link", name="Refunds first").first.click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect(page.get_by_text("Message says “refund”")).to_be_visible()
    good(page, "fired", look)
    page.goto("/admin/rules/log")
    expect(page.get_by_role("cell", name="Set the priority: done")).to_be_visible()
    good(page, "log", look)


def test_the_rules_that_a_desk_comes_with_are_shown_and_put_in_order(
    chromium: Chromium, base_url: str, app: Flask
) -> None:
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        automation.install(tx)
    for look in LOOKS:
        page = chromium.page(base_url, **look)
        page.goto("/try/1")
        page.goto("/admin/rules")
        expect(page.get_by_role("link", name="VIP first", exact=True)).to_be_visible()
        good(page, "list", look)
    page.get_by_role("button", name="Move “VIP first” down").click()
    expect(page.locator(".rules .name").nth(1)).to_have_text("VIP first")
    page.get_by_role("button", name="Switch on “VIP first”").click()
    expect(page.get_by_text("“VIP first” is on.")).to_be_visible()
    page.get_by_role("link", name="VIP first", exact=True).click()
    expect(page.get_by_label("What to do").first).to_have_value("priority")
    good(page, "shipped")
    page.goto("/admin/")
    expect(page.get_by_role("link", name="Rules 1 is on")).to_be_visible()
    good(page)
