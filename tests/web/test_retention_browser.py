"""Retention with a real browser: a rule from preview to what went, a hold; by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import update

from desk import agents, jobs, privacy
from desk.privacy.tables import RetentionRule
from desk.store import Store
from desk.worker import run_one
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; test_retention.py runs on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    store: Store = app.extensions["loopdesk"].store
    with store.transaction() as tx:
        agents.create(tx, email="admin@kiln.example", name="Ada Moe", role="admin")
        inbox = factories.make_inbox(tx, address="hello@kiln.example")
        factories.make_inbox(tx, address="sales@kiln.example")
        for n in range(12):
            at = tx.now() - timedelta(days=1200 - n)
            talk = factories.make_conversation(
                tx, inbox=inbox, status="resolved", subject=f"Kettle {n}", opened_at=at, last_at=at
            )
            file = {"sha256": f"{n:064}", "filename": "kettle.pdf", "size": 70_000, "content_type": "application/pdf"}
            factories.make_entry(tx, talk, f"It leaks {n}", occurred_at=at, content_attachments=[file])
    yield app
    store.engine.dispose()


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_a_rule_from_its_preview_to_what_went(
    chromium: Chromium, base_url: str, app: Flask, look: dict[str, Any]
) -> None:
    page = chromium.page(base_url, **look)
    desk = app.extensions["loopdesk"]

    def good() -> None:
        assert accessibility(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto("/try/1")
    page.goto("/admin/")
    page.get_by_role("link", name="Retention").click()
    expect(page.get_by_text("Nothing went yet")).to_be_visible()
    good()
    page.get_by_role("link", name="Change: All inboxes").click()
    page.get_by_label("Raw messages, days").fill("10")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Raw messages are kept for 30 days at least.")).to_be_visible()
    good()
    page.get_by_label("Words and files of messages").check()
    page.get_by_label("Raw messages, days").fill("90")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What the first run would take")).to_be_visible()
    expect(page.get_by_role("link", name="#1", exact=True)).to_be_visible()
    assert page.locator("#preview li").count() == 10
    good()
    page.get_by_role("button", name="Save this rule").click()
    expect(page.get_by_text("Waits")).to_be_visible()
    good()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("there is no rule").first).to_be_visible()
    with desk.store.transaction() as tx:
        admin = next(iter(agents.names(tx)))
        viewer = agents.Viewer(admin, "admin", frozenset(), "Ada Moe", "", "en", "UTC")
        privacy.save(tx, None, privacy.Terms(), viewer)
        tx.execute(update(RetentionRule).values(begins_at=tx.now()))
    page.goto("/console/c/2/hold")
    page.get_by_label("Why it has to stay").fill("A case before the court")
    good()
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_text("put this conversation on hold")).to_be_visible()
    page.goto("/console/c/2/hold")
    expect(page.get_by_role("button", name="Lift the hold")).to_be_visible()
    good()
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "privacy.retain", {}, key="retain")
    while run_one(desk, "test", ["privacy.retain"]):
        pass
    page.goto("/console/c/1?view=all")
    expect(page.get_by_text("Removed after 24 months by the retention rule of hello@kiln.example.")).to_be_visible()
    if "width" not in look:
        expect(page.get_by_text("Its words were removed by the retention rule.")).to_be_visible()
    good()
    page.goto("/admin/retention")
    expect(page.get_by_text("unchanged")).to_be_visible()
    good()
