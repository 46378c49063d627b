"""Saved views and changes of many on live screens: shared, followed, done and taken back by the keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import agents, conversations
from tests.servers.browser import accessibility
from tests.web.test_console_browser import ANGRY, Scene, names, row, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


def shot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asks for it (SHOTS names the folder)."""
    folder = os.environ.get("SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_view_is_saved_from_the_screen_shared_and_live_for_both(scene: Scene) -> None:
    kettle = scene.mail("Marta Lindqvist", "Where is my kettle?")
    scene.mail("Jon Potter", "The lid is too small")
    page = scene.screen(path="/console/all", bypass_csp=True)
    page.get_by_role("button", name="More views").press("Enter")
    expect(page.locator("#views-menu")).to_contain_text("Save this queue as a view")
    shot(page, "views-menu")
    assert accessibility(page) == []
    page.locator("#views-menu").get_by_role("link", name="Save this queue as a view").press("Enter")
    expect(page.get_by_label("Filters")).to_have_value("is:open")
    page.get_by_label("Name").fill("Refunds")
    page.get_by_label("Filters").fill("is:open label:refund colour:red")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Make the view").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no filter “colour:”")
    shot(page, "view-form")
    assert accessibility(page) == []
    page.get_by_label("Filters").fill("is:open label:refund")
    page.get_by_role("button", name="Make the view").click()
    expect(page.locator("#list h1")).to_have_text("Refunds")
    expect(page.locator("#queue-empty")).to_contain_text("Nothing fits this view now")
    other = scene.screen(scene.bea, path=page.url.removeprefix(scene.url))
    expect(other.locator("#list h1")).to_have_text("Refunds")
    with scene.store.transaction() as tx:
        conversations.label(tx, kettle, scene.ada, "refund", True)
    expect(row(page, "Marta")).to_be_visible()
    expect(row(other, "Marta")).to_be_visible()
    expect(page.locator(".tab[aria-current] [data-count]")).to_have_text("1")
    shot(page, "view")
    assert accessibility(page) == []
    row(other, "Marta").click()
    expect(other.locator("#title")).to_be_visible()
    assert "view=view-" in other.url
    with scene.store.transaction() as tx:
        conversations.label(tx, kettle, scene.ada, "refund", False)
    expect(row(page, "Marta")).to_have_count(0)
    expect(row(other, "Marta")).to_have_count(0)
    expect(page.locator("#queue-empty")).to_be_visible()


def test_a_view_is_changed_ordered_and_removed(scene: Scene) -> None:
    page = scene.screen(path="/console/", bypass_csp=True)
    for name in ("First", "Second"):
        page.goto("/console/views/new?filters=sentiment:frustrated")
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Make the view").click()
    page.goto("/console/views")
    page.get_by_role("button", name="Move Second up").click()
    expect(page.locator(".view-rows .link")).to_have_text(["Second", "First"])
    shot(page, "views")
    assert accessibility(page) == []
    page.get_by_role("link", name="Change Second").click()
    page.get_by_label("Order").select_option("waiting")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#rows")).to_have_attribute("aria-label", "Conversations, longest waiting first")
    page.goto("/console/views")
    page.get_by_role("button", name="Remove First for all who have it").click()
    expect(page.locator(".view-rows .link")).to_have_text(["Second"])


def test_a_teams_queue_follows_live(scene: Scene) -> None:
    talk = scene.mail("Marta Lindqvist", "Where is my kettle?")
    with scene.store.transaction() as tx:
        team = agents.create_team(tx, "Orders")
        agents.add_member(tx, team.id, scene.ada.id)
    page = scene.screen(path=f"/console/team-{team.id}")
    expect(page.locator("#list h1")).to_have_text("Orders")
    expect(row(page, "Marta")).to_have_count(0)
    with scene.store.transaction() as tx:
        conversations.give_to_team(tx, talk, scene.ada, team.id)
    expect(row(page, "Marta")).to_be_visible()
    expect(page.locator(".tab[aria-current] [data-count]")).to_have_text("1")


def test_many_are_changed_and_put_back_by_the_keyboard(scene: Scene) -> None:
    talks = [scene.mail(f"{name} Lindqvist", "Where is my kettle?") for name in ("Ann", "Ben", "Cat", "Dan")]
    with scene.store.transaction() as tx:
        conversations.set_priority(tx, talks[1], scene.bea, 1)
    page = scene.screen(path="/console/all", bypass_csp=True)
    page.locator("#rows a.convo").first.focus()
    page.keyboard.press("x")
    expect(page.locator("#several")).to_contain_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("#several")).to_contain_text("3 selected")
    shot(page, "several")
    assert accessibility(page) == []
    page.keyboard.press("t")
    expect(page.locator("#several-priority")).to_contain_text("High priority")
    shot(page, "several-menu")
    assert accessibility(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("2 done, 1 was so already")
    expect(page.locator("#several")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('a.convo')")
    with scene.store.transaction() as tx:  # a colleague is quicker
        changed = next(t for t in talks if t != talks[1] and conversations.get(tx, t, None).priority == 1)
        conversations.set_priority(tx, changed, scene.bea, -1)
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text(f"1 as it was before, 1 left alone (#{changed}): Somebody changed")
    page.keyboard.press("*")
    expect(page.locator("#several")).to_contain_text("4 selected")
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("4 done")
    expect(page.locator("#queue-empty")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("4 as they were before")
    expect(page.locator("#rows a.convo")).to_have_count(4)


def test_a_selection_stays_while_rows_change_and_goes_with_escape(scene: Scene) -> None:
    talk = scene.mail("Marta Lindqvist", "Where is my kettle?")
    scene.mail("Jon Potter", "The lid is too small")
    page = scene.screen(path="/console/all")
    page.get_by_label("Select Marta Lindqvist").check(force=True)
    scene.mail("Marta Lindqvist", ANGRY, answers=talk)
    expect(row(page, "Marta").locator(".chip.frustrated")).to_be_visible()
    expect(page.get_by_label("Select Marta Lindqvist")).to_be_checked()
    row(page, "Jon").click(modifiers=["Shift"])
    expect(page.locator("#several")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#several")).to_be_hidden()
    assert len(names(page)) == 2


def test_why_a_row_stands_there_is_told_by_the_keyboard(scene: Scene) -> None:
    scene.mail("Marta Lindqvist", ANGRY)
    page = scene.screen(path="/console/all", bypass_csp=True)
    link = row(page, "Marta")
    expect(link).to_have_accessible_description("Urgency: Waiting under 1 min, Frustrated +12 h")
    link.focus()
    page.keyboard.press("y")
    expect(page.locator("#why")).to_have_text("Urgency: Waiting under 1 min, Frustrated +12 h")
    expect(page.locator("#why")).to_be_focused()
    shot(page, "why")
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


@pytest.mark.parametrize(("dark", "width"), [(True, "desktop"), (False, "phone")])
def test_at_night_and_on_a_phone(scene: Scene, dark: bool, width: str) -> None:
    for name in ("Ann", "Ben"):
        scene.mail(f"{name} Lindqvist", "Where is my kettle?")
    page = scene.screen(path="/console/all", dark=dark, width=width, bypass_csp=True)
    page.get_by_role("button", name="More views").click()
    page.locator("#views-menu").get_by_role("button", name="Select several").click()
    page.get_by_label("Select Ann Lindqvist").check()
    expect(page.locator("#several")).to_contain_text("1 selected")
    shot(page, f"several-{width}-{dark}")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/console/snoozed")  # its tab stands behind all others
    expect(page.locator(".tab[aria-current]")).to_be_in_viewport(ratio=1)
    page.goto("/console/views/new?view=mine")
    shot(page, f"view-form-{width}-{dark}")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
