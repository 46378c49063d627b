"""An answer that waits, on the screens: its seconds, its way back, and what colleagues see of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from desk import conversations, outbound, settings
from desk.outbound.tables import Delivery
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.fixture
def open_case(scene: Scene) -> tuple[int, Page, Page]:
    """Marta's conversation on the screens of Ada and Bea, with long enough to press a button in."""
    with scene.store.transaction() as tx:
        settings.set(tx, "mail.undo_seconds", 60, None)
    number = scene.mail("Marta Lindqvist", "Where is my kettle?", subject="Kettle")
    path = f"/console/c/{number}"
    return number, scene.screen(scene.ada, path), scene.screen(scene.bea, path)


def _send(page: Page, text: str, how: str = "Control+Enter") -> None:
    page.locator("#answer").fill(text)
    page.keyboard.press(how)
    expect(page.locator("#timeline [data-said]")).to_contain_text(re.compile(r"Sending in \d+ s"))


def _waiting_since(scene: Scene, number: int) -> object:
    with scene.store.reading() as tx:
        row = conversations.get(tx, number, None)
        return row.status, row.waiting_since is None


def test_an_answer_that_is_taken_back_leaves_every_screen_and_returns_into_the_field(
    scene: Scene, open_case: tuple[int, Page, Page]
) -> None:
    number, ada, bea = open_case
    _send(ada, "It comes tomorow.", "Control+Shift+Enter")
    expect(ada.locator("#timeline [data-said]")).to_contain_text("then resolved")
    expect(bea.locator("#timeline .msg", has_text="tomorow")).to_be_visible()
    expect(bea.locator("#timeline [data-undo]")).to_be_hidden()
    assert accessibility(ada) == []
    ada.locator("#timeline [data-undo]").click()
    expect(ada.locator("#answer")).to_have_value("It comes tomorow.")
    expect(ada.locator("#timeline .msg", has_text="tomorow")).to_have_count(0)
    expect(bea.locator("#timeline .msg", has_text="tomorow")).to_have_count(0)
    assert _waiting_since(scene, number) == ("open", False)


def test_control_z_in_the_empty_field_and_z_outside_take_the_answer_back(open_case: tuple[int, Page, Page]) -> None:
    _number, ada, _bea = open_case
    _send(ada, "Too soon.")
    ada.keyboard.press("Control+z")
    expect(ada.locator("#answer")).to_have_value("Too soon.")
    ada.keyboard.press("Control+Enter")
    expect(ada.locator("#timeline [data-said]")).to_be_visible()
    expect(ada.locator("#toasts").get_by_role("button", name="Undo")).to_be_visible()  # the line may be quicker
    ada.locator("#title").focus()
    ada.keyboard.press("z")
    expect(ada.locator("#answer")).to_have_value("Too soon.")


def test_the_toast_takes_it_back_and_what_was_written_since_stays(open_case: tuple[int, Page, Page]) -> None:
    _number, ada, _bea = open_case
    _send(ada, "First.")
    ada.locator("#answer").fill("And then")
    ada.locator("#toasts button", has_text="Undo").click()
    expect(ada.locator("#answer")).to_have_value("First.\n\nAnd then")


def test_an_answer_that_has_begun_says_so_and_stays(scene: Scene, open_case: tuple[int, Page, Page]) -> None:
    number, ada, _bea = open_case
    _send(ada, "Gone.")
    with scene.store.transaction() as tx:  # the worker was quicker, and its news is still on its way
        row = tx.scalars(select(Delivery)).one()
        row.held_until, row.state = None, "sending"
    ada.locator("#timeline [data-undo]").click()
    expect(ada.locator("#toasts")).to_contain_text("This answer is already on its way.")
    expect(ada.locator("#timeline .msg", has_text="Gone.")).to_be_visible()
    assert number


def test_without_a_connection_it_says_so_in_words_and_the_answer_stays(
    scene: Scene, open_case: tuple[int, Page, Page]
) -> None:
    _number, ada, _bea = open_case
    _send(ada, "Too soon.")
    ada.route("**/undo", lambda route: route.abort("internetdisconnected"))
    ada.locator("#timeline [data-undo]").click()
    expect(ada.locator("#toasts")).to_contain_text("No connection to the desk. Nothing was lost; try again.")
    expect(ada.locator("#timeline .msg", has_text="Too soon.")).to_be_visible()
    ada.unroute("**/undo")
    ada.locator("#timeline [data-undo]").click()
    expect(ada.locator("#answer")).to_have_value("Too soon.")
    scene.chromium.complaints.clear()  # being offline was the point


def test_a_failed_answer_is_sent_again_to_a_corrected_address(scene: Scene, open_case: tuple[int, Page, Page]) -> None:
    number, ada, _bea = open_case
    with scene.store.transaction() as tx:
        entry = outbound.reply(tx, number, scene.ada, "It comes tomorrow.")
        row = tx.scalars(select(Delivery)).one()
        row.state, row.detail = "failed", "550 5.1.1 no such user"
        row.settled_at = tx.now() + timedelta(seconds=1)
    ada.reload()
    line = ada.locator(f"#e{entry.id}")
    expect(line).to_contain_text("550 5.1.1 no such user")
    line.get_by_text("To another address").click()
    expect(line.locator("input[name=address]")).to_be_focused()
    expect(line.locator("form button")).to_be_in_viewport()
    line.locator("input[name=address]").fill("marta@lindquist.example")
    assert accessibility(ada) == []
    line.locator("form button").click()
    expect(line).to_contain_text("Waiting to be sent")
    expect(ada.locator("#timeline .happened", has_text="marta@lindquist.example")).to_be_visible()
