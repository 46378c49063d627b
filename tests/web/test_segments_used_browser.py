"""Segments where they are used, in a real browser: offered while one writes, a survey narrowed, a report filtered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import update

from desk import agents, facts, segments, surveys
from desk.lifecycle.tables import StageModel
from desk.segments.service import settle
from desk.store import Store
from tests import factories
from tests.reports.population import Builder
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.surveys.situations import resolved

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; the tests beside this one run on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        lead = agents.viewer(tx, agents.create(tx, email="ada@kiln.example", name="Ada Moe", role="admin").id)
        vip = segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 3").id
        segments.save(tx, lead, name="Very quiet", condition="days since message.received > 30")
        builder = Builder(tx)
        tx.execute(update(StageModel).values(state="retired"))  # half a model, good for reports alone
        for number in range(24):
            if number == 12:
                builder.past.customer_id = factories.make_customer(tx, name="Otto").id
            if number == 11:
                settle(tx, {vip: {builder.past.customer_id}}, {})
                segments.get(tx, vip).counted_at = tx.now()
            builder.ask(tx.now() - timedelta(days=1 + number), 5 if number < 10 else 2)
    yield app
    store.engine.dispose()


LOOKS: list[dict[str, Any]] = [{}, {"dark": True}, {"width": "phone"}]


@pytest.mark.parametrize("look", LOOKS)
def test_a_survey_is_narrowed_to_a_segment_that_the_field_offers(
    chromium: Chromium, base_url: str, app: Flask, look: dict[str, Any]
) -> None:
    page = chromium.page(base_url, **look)
    page.goto("/try/1")
    page.goto("/admin/surveys")
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name="Support"))
    field = card.get_by_label("Ask only those for whom this holds")
    field.press_sequentially("segm")
    offered = card.get_by_role("listbox")
    expect(offered.get_by_role("option")).to_have_text(['segment "Very quiet"', 'segment "VIP"'])
    assert accessibility(page) == []
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(offered.get_by_role("option", selected=True)).to_have_text('segment "VIP"')
    field.press("Enter")
    expect(field).to_have_value('segment "VIP"')
    expect(offered).to_be_hidden()
    expect(page.locator("#count .big")).to_contain_text("0 customers")
    field.press_sequentially(" and ord")
    expect(offered.get_by_role("option").first).to_have_text("order.placed")
    field.press("Escape")
    expect(offered).to_be_hidden()
    field.fill('segment "VIP"')
    card.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved for Support.")).to_be_visible()
    expect(card.locator(".chip")).to_have_text("some")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        conversation, episode = resolved(tx, inbox_id=_inbox(tx))
        facts.record(tx, conversation.customer_id, "order.placed", 20, occurred_at=tx.now())
        assert not surveys.consider(tx, episode.id).asked
        number = conversation.id
    said = page.request.get(f"{base_url}/console/c/{number}").text()  # without the socket of a page that stays open
    assert (
        "<b>CSAT withheld.</b> The customer is not in the segment “VIP”. Not in segment VIP because Order: 1 ×." in said
    )


def _inbox(tx: Any) -> int:
    (inbox_id,) = surveys.audiences(tx, surveys.install_defaults(tx))
    return inbox_id


@pytest.mark.parametrize("look", LOOKS)
def test_a_report_is_narrowed_to_a_segment_and_says_as_of_when(
    chromium: Chromium, base_url: str, look: dict[str, Any]
) -> None:
    page = chromium.page(base_url, **look)
    page.goto("/try/1")
    page.goto("/reports/csat")
    by = page.locator("section.card").filter(has=page.get_by_role("heading", name="By segment"))
    expect(by.get_by_role("row").filter(has_text="VIP")).to_contain_text("83")
    page.locator("details.pick").filter(has_text="Segment, as of now").locator("summary").click()
    page.get_by_role("link", name="VIP", exact=True).click()
    expect(page.locator("#of-segment")).to_contain_text("Of those who are in the segment “VIP” now (")
    expect(page.locator(".stat .big").first).to_contain_text("83.3")
    page.locator("#of-segment").get_by_role("button").click()
    expect(page.locator("#def-in_segment")).to_contain_text("who was in it at that time is not kept")
    page.keyboard.press("Escape")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
