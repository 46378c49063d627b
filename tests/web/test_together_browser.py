"""Two agents at one desk in real browsers: who looks, who writes, and whose answer comes second."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from desk import conversations
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")


def test_faces_stand_on_the_row_and_the_head_and_go_with_the_tab(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    noor = scene.mail("Noor Amin", "Do you sell the lid alone?")
    hers = scene.screen(scene.ada, f"/console/c/{noor}?view=all")
    theirs = scene.screen(scene.bea, f"/console/c/{marta}?view=all")
    face = row(hers, "Marta Lindqvist").locator(".faces")
    expect(face).to_have_attribute("aria-label", "Here now: Bea Bee")
    theirs.locator("#answer").press_sequentially("It goes")
    expect(face.locator(".writes")).to_have_text("BB")
    scene.mail("Marta Lindqvist", "Are you there?", answers=marta)  # the row is written anew
    expect(row(hers, "Marta Lindqvist").locator(".count")).to_have_text("2")
    expect(face).to_have_attribute("aria-label", "Here now: Bea Bee")
    row(theirs, "Noor Amin").click()
    expect(hers.locator("#present .av")).to_have_text("BB")
    expect(face).to_have_count(0)
    late = scene.screen(scene.ada, "/console/all")  # whoever comes later sees who is there
    expect(row(late, "Noor Amin").locator(".faces")).to_have_attribute("aria-label", "Here now: Bea Bee")
    assert accessibility(hers) == []
    theirs.close()
    expect(hers.locator("#present .av")).to_have_count(0)
    expect(row(late, "Noor Amin").locator(".faces")).to_have_count(0)


def test_the_composer_says_that_a_colleague_writes_and_asks_before_the_second_answer(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Where is it?")
    hers = scene.screen(scene.ada, f"/console/c/{marta}?view=all")
    theirs = scene.screen(scene.bea, f"/console/c/{marta}?view=all")
    theirs.locator("#answer").press_sequentially("It goes out")
    expect(hers.locator("#colleague")).to_be_hidden()  # she writes nothing that could cross
    hers.locator("#answer").press_sequentially("I thi")
    expect(hers.locator("#colleague")).to_contain_text("Bea Bee is writing an answer here too.")
    expect(theirs.locator("#colleague")).to_contain_text("Ada Ant")
    theirs.locator("label", has_text="Note").first.click()
    expect(hers.locator("#colleague")).to_be_hidden()  # a note crosses nothing
    expect(hers.locator("#live")).to_have_text("Bea Bee is writing a note")
    theirs.locator("label", has_text="Reply").first.click()
    theirs.locator("#answer").fill("It goes out today.")
    theirs.keyboard.press("Control+Enter")
    expect(hers.locator("article.from-agent")).to_contain_text("It goes out today.")
    hers.reload()  # the draft remembers where it was begun
    expect(hers.locator("#answer")).to_have_value("I thi")
    hers.locator("#answer").press("Control+Enter")
    asked = hers.locator("#crossed")
    expect(asked).to_contain_text("Yours has not been sent.")
    expect(asked.locator("blockquote")).to_contain_text("It goes out today.")
    assert accessibility(hers) == []
    expect(hers.locator("#answer")).to_have_value("I thi")
    asked.get_by_text("Back to my draft").click()
    expect(hers.locator("#answer")).to_be_focused()
    hers.locator("#answer").fill("I thinned it out: see above.")
    hers.locator("#answer").press("Control+Enter")  # it was shown: now it goes
    expect(theirs.locator("article.from-agent", has_text="I thinned it out")).to_have_count(1)


def test_send_anyway_sends_and_resolves_where_that_was_asked(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Where is it?")
    hers = scene.screen(scene.ada, f"/console/c/{marta}?view=all")
    theirs = scene.screen(scene.bea, f"/console/c/{marta}?view=all")
    hers.locator("#answer").fill("Thank you.")
    theirs.locator("#answer").fill("It goes out today.")
    theirs.keyboard.press("Control+Enter")
    expect(hers.locator("article.from-agent")).to_have_count(1)
    hers.locator("#answer").press("Control+Shift+Enter")
    hers.locator("#crossed").get_by_text("Send anyway").click()
    expect(hers.locator("#head")).to_have_attribute("data-status", "resolved")
    with scene.store.reading() as tx:
        found = conversations.row_of(tx, marta)
    assert found is not None and found.status == "resolved"
    expect(hers.locator("#crossed")).to_be_hidden()
