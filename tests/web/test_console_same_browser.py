"""Joining and parting customers on a live screen, with the keyboard and with what reads it aloud."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import inbound, people
from desk.messages import Address, InboundMessage, Sender
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def chat(scene: Scene, text: str) -> tuple[int, int]:
    """Somebody in the chat; gives their conversation and their customer."""
    outcome = inbound.receive(
        scene.app.extensions["loopdesk"],
        InboundMessage(
            channel="email",
            inbox_id=scene.inbox_id,
            external_id="chat-1",
            sender=Sender(Address("visitor", "browser-1", "M."), "verified", "a signed token"),
            sent_at=scene.store.clock.now(),
            text=text,
        ),
    )
    assert outcome.conversation_id is not None and outcome.customer_id is not None
    with scene.store.transaction() as tx:
        people.claim(
            tx, outcome.customer_id, "email", "marta@customer.example", because="typed in the chat", at=tx.now()
        )
    return outcome.conversation_id, outcome.customer_id


@pytest.mark.parametrize("dark", [False, True])
def test_a_join_and_its_undo_from_the_panel(scene: Scene, dark: bool) -> None:
    mailed = scene.mail("Marta Lindqvist", "Where is my kettle?")
    chatted, _ = chat(scene, "Hello, it is me from the mail")
    page = scene.screen(path=f"/console/c/{mailed}", dark=dark, bypass_csp=True)
    other = scene.screen(scene.bea, path=f"/console/c/{chatted}", dark=dark)
    expect(other.locator("#timeline")).not_to_contain_text("Where is my kettle?")
    card = page.locator(".same-card")
    expect(card).to_contain_text("Typed the address marta@customer.example")
    expect(card).to_contain_text("Would move: 1 conversation")
    assert accessibility(page) == []

    card.get_by_role("button", name="Join").press("Enter")
    news = page.locator("#toasts .toast")
    news.hover()  # it stays as long as the pointer is on it
    expect(page.locator("#timeline")).to_contain_text("Hello, it is me from the mail")
    expect(page.locator("#timeline")).to_contain_text("joined M.")
    expect(page.locator(".same-card")).to_have_count(0)
    expect(other.locator("#timeline")).to_contain_text("Where is my kettle?")
    assert accessibility(page) == []

    news.get_by_role("button", name="Undo").click()
    expect(page.locator("#timeline")).not_to_contain_text("Hello, it is me from the mail")
    expect(other.locator("#timeline")).not_to_contain_text("Where is my kettle?")
    expect(page.locator("#timeline")).to_contain_text("apart again")
    page.get_by_role("link", name="Why").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("joined into Marta Lindqvist")
    expect(page.locator("main")).to_contain_text("Taken apart by Ada Ant")
    assert accessibility(page) == []


def test_two_side_by_side_and_a_no_that_is_kept(scene: Scene) -> None:
    mailed = scene.mail("Marta Lindqvist", "Where is my kettle?")
    chat(scene, "Hello")
    page = scene.screen(path=f"/console/c/{mailed}", bypass_csp=True)
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Are these one person?")
    assert accessibility(page) == []
    page.get_by_role("button", name="Not the same").click()
    expect(page.locator("#toasts")).to_contain_text("Remembered: two people")
    expect(page.locator("#panel")).to_contain_text("Attributes")
    expect(page.locator(".same-card")).to_have_count(0)


def test_an_address_is_proved_on_request_while_the_draft_stays(scene: Scene) -> None:
    chatted, _ = chat(scene, "Hello")
    page = scene.screen(path=f"/console/c/{chatted}", width="phone", bypass_csp=True)
    page.goto(f"/console/c/{chatted}/customer")
    expect(page.get_by_role("heading", level=1)).to_have_text("M.")
    assert accessibility(page) == []
    page.get_by_role("button", name="Ask to prove").click()
    expect(page.locator("#toasts")).to_contain_text("A code is on its way to marta@customer.example")
