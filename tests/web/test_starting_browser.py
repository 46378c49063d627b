"""Beginning a conversation on a live screen: by key and palette, whom and by which way, and its answer coming in."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from desk.people.tables import Customer
from desk.settings.tables import Setting
from tests import factories
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "desktop"), (False, "phone")])
def test_a_conversation_is_begun_by_key_and_its_answer_comes_in(
    scene: Scene, tmp_path: Path, dark: bool, width: str
) -> None:
    scene.mail("Marta Lindqvist", "My kettle is cracked.", "Kettle")
    with scene.store.transaction() as tx:
        factories.make_inbox(tx, channel="sms", address="+46705550100", name="Texts")
        marta = tx.scalars(select(Customer)).one()
        phone = {"kind": "phone", "evidence": "verified", "details": {"stopped": "2026-01-01T00:00:00+00:00"}}
        factories.make_identity(tx, marta, "+46705550132", **phone)
    page = scene.screen(dark=dark, width=width, bypass_csp=True)
    name = f"{'dark' if dark else 'light'}-{width}"
    page.keyboard.press("b")
    dialog = page.get_by_role("dialog", name="New conversation")
    expect(dialog.get_by_label("To whom")).to_be_focused()
    page.keyboard.type("marta")
    expect(dialog.get_by_role("link", name="Marta Lindqvist")).to_be_visible()
    page.screenshot(path=tmp_path / f"{name}-whom.png")
    assert accessibility(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Subject of a mail")).to_be_focused()
    expect(dialog.get_by_role("radio", name="marta@customer.example")).to_be_checked()
    expect(dialog.get_by_role("radio", name="+46705550132")).to_be_disabled()
    expect(dialog).to_contain_text("STOP came from this number")
    dialog.get_by_label("Message").fill("A new glaze has come in.")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("A mail needs a subject.")
    dialog.get_by_label("Subject of a mail").fill("A new glaze")
    page.screenshot(path=tmp_path / f"{name}-what.png")
    assert accessibility(page) == []
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("#title")).to_contain_text("A new glaze")
    expect(page.locator(".entry.out, .entry").filter(has_text="A new glaze has come in.")).to_be_visible()
    assert page.locator("#title").evaluate("node => node === document.activeElement")
    number = int(page.url.split("/c/")[1].split("?")[0])
    scene.mail("Marta Lindqvist", "How lovely!", answers=number)
    expect(page.locator(".entry", has_text="How lovely!")).to_be_visible()
    page.screenshot(path=tmp_path / f"{name}-answered.png")


def test_what_was_begun_can_be_taken_back_into_the_composer(scene: Scene) -> None:
    scene.mail("Marta Lindqvist", "My kettle is cracked.", "Kettle")
    with scene.store.transaction() as tx:
        tx.get_one(Setting, "mail.undo_seconds").value = [30]
    page = scene.screen()
    page.keyboard.press("Control+k")
    page.keyboard.type("New conv")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New conversation")
    dialog.get_by_label("To whom").fill("petra@hof.example")
    dialog.get_by_role("link", name="petra@hof.example").click()
    expect(dialog).to_contain_text("Nobody here has this address yet")
    dialog.get_by_label("Name, if you know it").fill("Petra Hof")
    dialog.get_by_label("Subject of a mail").fill("The fair")
    dialog.get_by_label("Message").fill("We met at the fare.")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#title")).to_contain_text("The fair")
    page.keyboard.press("z")
    expect(page.locator("#answer")).to_have_value("We met at the fare.")
    assert page.locator("#rows .who", has_text="Petra Hof").count() == 1


def test_the_same_form_is_a_page_of_its_own(scene: Scene, tmp_path: Path) -> None:
    scene.mail("Marta Lindqvist", "My kettle is cracked.", "Kettle")
    page = scene.screen(scene.bea, width="phone", bypass_csp=True)
    page.goto("/customers/1")
    page.get_by_role("link", name="New conversation").click()
    expect(page.get_by_role("heading", name="New conversation")).to_be_visible()
    assert accessibility(page) == []
    page.screenshot(path=tmp_path / "page.png")
    page.get_by_label("Subject of a mail").fill("A new glaze")
    page.get_by_label("Message").fill("It has come in.")
    page.get_by_role("button", name="Send and wait").click()
    expect(page.locator(".entry", has_text="It has come in.")).to_be_visible()
    page.goto("/console/new")
    page.get_by_label("To whom").fill("Mart")
    expect(page.get_by_role("link", name="Marta Lindqvist")).to_be_visible()
    assert accessibility(page) == []
