"""Links, inboxes, snoozes until a reply, named statuses and undoing a merge, on a live screen and by the keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import conversations
from desk.merging import talks
from tests.factories import make_inbox
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def shot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asks for it (SHOTS names the folder)."""
    folder = os.environ.get("SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_linking_by_the_keyboard_shows_on_both_sides_at_once(scene: Scene) -> None:
    kettle = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    lid = scene.mail("Jon Potter", "The lid is too small", "Lid")
    page = scene.screen(path=f"/console/c/{kettle}", bypass_csp=True)
    other = scene.screen(scene.bea, path=f"/console/c/{lid}")
    page.locator("#title").focus()
    page.keyboard.press("c")
    expect(page.locator("#link-menu input[name=q]")).to_be_focused()
    page.keyboard.type(f"#{lid}")
    offer = page.locator("#linkable").get_by_role("button", name="Lid")
    expect(offer).to_be_visible()
    shot(page, "link-menu")
    assert accessibility(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Linked with #{lid}")
    expect(page.locator("#panel")).to_contain_text(f"#{lid} Lid")
    expect(page.locator("#timeline")).to_contain_text(f"linked #{kettle} with #{lid}")
    expect(other.locator("#timeline")).to_contain_text(f"linked #{lid} with #{kettle}")
    shot(page, "linked")
    page.locator("#panel").get_by_role("link", name=f"#{lid} Lid").click()
    expect(page.locator("#title")).to_have_text("Lid")
    page.locator("#panel").get_by_role("button", name=f"Take the link with #{kettle} off").click()
    expect(page.locator("#timeline")).to_contain_text(f"took the link of #{lid} with #{kettle} off")
    expect(page.locator("#panel")).to_contain_text("None.")
    assert accessibility(page) == []


def test_moving_to_another_inbox_and_back(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        make_inbox(tx, name="Billing", address="billing@kiln.example")
    talk = scene.mail("Marta Lindqvist", "My invoice is wrong")
    page = scene.screen(path=f"/console/c/{talk}", bypass_csp=True)
    page.locator("#title").focus()
    page.keyboard.press("i")
    expect(page.locator("#inbox-menu")).to_contain_text("billing@kiln.example")
    shot(page, "inbox-menu")
    assert accessibility(page) == []
    page.locator("#inbox-menu").get_by_role("button", name="Billing").press("Enter")
    expect(page.locator("#timeline")).to_contain_text("from the inbox Support to Billing")
    expect(page.locator("#toasts button")).to_have_text("Undo")  # the line may be quicker than the way back
    page.keyboard.press("z")
    expect(page.locator("#timeline")).to_contain_text("moved this back from the inbox Billing to Support")


def test_a_snooze_until_they_reply_ends_with_their_mail(scene: Scene) -> None:
    talk = scene.mail("Marta Lindqvist", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{talk}?view=all")
    page.goto(f"/console/c/{talk}?view=snoozed")
    page.locator("#title").focus()
    page.keyboard.press("s")
    page.locator("#snooze-menu").get_by_role("button", name="Until they reply").press("Enter")
    expect(page.locator("#head")).to_contain_text("Snoozed until they reply")
    scene.mail("Marta Lindqvist", "Here I am again", answers=talk)
    expect(page.locator("#timeline")).to_contain_text("The customer wrote: this is open again.")
    expect(page.locator("#head .chip.status")).to_contain_text("Open")


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "desktop"), (False, "phone")])
def test_a_named_status_is_chosen_and_shown(scene: Scene, dark: bool, width: str) -> None:
    with scene.store.transaction() as tx:
        for status, name in (
            ("pending", "Waiting for warehouse"),
            ("pending", "Waiting for the bank"),
            ("resolved", "Refund paid"),
        ):
            conversations.add_status_name(tx, status, name, None)
    talk = scene.mail("Marta Lindqvist", "Where is my kettle?")
    with scene.store.transaction() as tx:
        conversations.assign(tx, talk, scene.ada, scene.ada.id)
    page = scene.screen(path=f"/console/c/{talk}", dark=dark, width=width, bypass_csp=True)
    if width == "phone":
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Status…").click()
    else:
        page.locator("#title").focus()
        page.keyboard.press("p")
    expect(page.locator("#status-menu")).to_contain_text("Refund paid")
    shot(page, f"status-menu-{width}-{dark}")
    assert accessibility(page) == []
    page.locator("#status-menu").get_by_role("button", name="Waiting for warehouse").press("Enter")
    expect(page.locator("#head .chip.status")).to_contain_text("Waiting for warehouse")
    expect(page.locator("#timeline")).to_contain_text("Status: Waiting for warehouse.")
    expect(page.locator(f"#c{talk}")).to_contain_text("Waiting for warehouse")
    shot(page, f"status-{width}-{dark}")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_the_page_of_names(scene: Scene, dark: bool, width: str) -> None:
    with scene.store.transaction() as tx:
        made = [conversations.add_status_name(tx, "pending", n, None) for n in ("Warehouse", "Bank", "Hold")]
        conversations.retire_status_name(tx, made[2].id)
    page = scene.screen(scene.bea, path="/console/", dark=dark, width=width, bypass_csp=True)
    page.goto("/admin/statuses")
    page.get_by_role("button", name="Move Bank up").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    fields = page.locator("section[aria-labelledby=h-pending] input[name=name]")
    assert [field.input_value() for field in fields.all()] == ["Bank", "Warehouse"]
    shot(page, f"statuses-{width}-{dark}")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_merge_is_undone_on_its_line(scene: Scene) -> None:
    kettle = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    lid = scene.mail("Marta Lindqvist", "The lid is too small", "Lid")
    with scene.store.transaction() as tx:
        talks.merge(tx, lid, kettle, scene.bea)
    page = scene.screen(path=f"/console/c/{kettle}", bypass_csp=True)
    page.locator("#title").focus()
    page.keyboard.press("x")
    button = page.locator("[data-take-back]")
    expect(button).to_be_focused()
    shot(page, "merge-line")
    assert accessibility(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Taken back: two conversations")
    expect(page.locator("#timeline")).to_contain_text("It was undone.")
    expect(button).to_have_count(0)
    page.locator("#title").focus()
    page.keyboard.press("x")
    expect(page.locator("#toasts")).to_contain_text("Nothing on the loaded lines can be undone")
