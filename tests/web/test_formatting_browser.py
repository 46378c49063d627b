"""Formatting an answer in a real browser: the marks by button and key, and the preview, which is what is sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from desk import timeline
from tests import factories
from tests.servers.browser import accessibility
from tests.web.test_composer_browser import NUMBER, with_number
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

WRITTEN = """Dear **Noor**, thank *you* for `KK-20418`.

1. Unplug it
2. Wait for a minute
Then write to me:
- [How to descale](https://kiln.example/help/descale)
- https://kiln.example/help

> Where is my kettle?

```
reset --all
```
Ada"""


def look(page: Page, name: str) -> None:
    folder = os.environ.get("LOOPDESK_SHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"formatting-{name}.png"))
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def text_of(page: Page) -> str:
    return str(page.locator("#answer").input_value())


def chosen(page: Page) -> str:
    return str(page.evaluate("(a => a.value.slice(a.selectionStart, a.selectionEnd))(answer)"))


@pytest.mark.parametrize("options", [{}, {"dark": True}, {"width": "phone"}])
def test_the_preview_is_what_stands_there_afterwards(scene: Scene, options: dict[str, Any]) -> None:
    number = scene.mail("Noor Aziz", "Where is **my** kettle?")
    page = scene.screen(path=f"/console/c/{number}", **options)
    name = "-".join(map(str, options.values())) or "light"
    look(page, f"{name}-empty")
    page.locator("#answer").fill(WRITTEN)
    height = page.locator("#composer").bounding_box()
    page.keyboard.press("Control+Shift+F")
    panel = page.get_by_role("region", name="Preview. Escape goes back to writing.")
    expect(panel).to_be_focused()
    expect(page.locator("[data-preview]")).to_have_attribute("aria-pressed", "true")
    expect(panel.locator("strong")).to_have_text("Noor")
    expect(panel).to_contain_text("formatted, and as plain text for programs that show nothing else")
    look(page, f"{name}-preview")
    assert height is not None
    seen = panel.locator(".proof").inner_html()
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_be_focused()
    expect(panel).to_be_hidden()
    page.locator("[data-preview]").click()
    expect(panel).to_be_focused()
    page.keyboard.press("Control+Enter")  # sends from there too
    line = page.locator(".entry.from-agent:not(.waiting) .msg")
    expect(line.locator("strong")).to_have_text("Noor")
    expect(panel).to_be_hidden()
    expect(page.locator("#answer")).to_be_focused()
    assert line.inner_html() == seen  # one renderer, and so one result
    expect(page.locator(".entry:not(.from-agent) .msg").first).to_contain_text("Where is **my** kettle?")
    look(page, f"{name}-sent")


def test_keys_and_buttons_put_the_marks_around_what_is_selected(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    field = page.locator("#answer")
    field.fill("It is here")
    page.evaluate("answer.setSelectionRange(6, 10)")
    page.keyboard.press("Control+b")
    assert (text_of(page), chosen(page)) == ("It is **here**", "here")
    page.keyboard.press("Control+b")
    assert (text_of(page), chosen(page)) == ("It is here", "here")
    page.keyboard.press("Control+i")
    assert (text_of(page), chosen(page)) == ("It is *here*", "here")
    page.keyboard.press("Control+b")
    assert text_of(page) == "It is ***here***"
    page.keyboard.press("Control+z")  # the browser's own undo knows it
    assert text_of(page) == "It is *here*"
    field.fill("see the page")
    page.evaluate("answer.setSelectionRange(4, 12)")
    page.keyboard.press("Control+Shift+L")
    assert (text_of(page), chosen(page)) == ("see [the page](https://)", "https://")
    field.fill("one\ntwo")
    page.evaluate("answer.select()")
    page.keyboard.press("Control+Shift+8")
    assert text_of(page) == "- one\n- two"
    page.keyboard.press("Control+Shift+7")
    assert text_of(page) == "1. one\n2. two"
    page.keyboard.press("Control+Shift+7")
    assert text_of(page) == "one\ntwo"
    field.fill("x = 1")
    page.evaluate("answer.select()")
    page.get_by_role("button", name="Block of code").click()
    assert text_of(page) == "```\nx = 1\n```"
    tools = page.get_by_role("toolbar", name="Formatting")
    tools.get_by_role("button", name="Bold").focus()
    page.keyboard.press("ArrowRight")
    expect(tools.get_by_role("button", name="Italic")).to_be_focused()
    page.keyboard.press("End")
    expect(tools.get_by_role("button", name="Block of code")).to_be_focused()
    page.locator("#title").focus()
    page.keyboard.press("?")
    sheet = page.locator("#keys-sheet")
    expect(sheet).to_contain_text("Formatting an answer")
    expect(sheet).to_contain_text("Preview the answer")


def test_a_text_is_counted_as_it_is_sent(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        factories.make_inbox(tx, channel="sms", name="Texts", address=NUMBER, config={"transport": "outbox"})
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    with_number(scene, number)
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#ways label")).to_have_count(2)
    page.locator("#answer").fill("**" + "a" * 160 + "**")
    page.keyboard.press("Alt+3")
    count = page.locator("#reach [data-reach=sms]")
    expect(count).to_contain_text("160 characters, GSM-7, 1 segment, 0 left")  # and not 164 in two
    page.keyboard.press("Control+Shift+F")
    panel = page.locator("#preview")
    expect(panel.locator(".proof")).to_have_text("a" * 160)
    expect(panel.locator("[aria-current]")).to_contain_text("plain text, 1 segment")
    look(page, "sms")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.from-agent:not(.waiting)")).to_contain_text("1 segment")
    with scene.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, number, kinds=("reply",))
    assert entry.text == "a" * 160


def test_the_preview_of_a_note_and_of_nothing(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("[data-preview]").click()
    panel = page.locator("#preview")
    expect(panel).to_contain_text("Nothing is written yet.")
    page.keyboard.press("Escape")
    page.locator("#title").focus()
    page.keyboard.press("n")
    page.keyboard.type("**Careful**: <b>third</b> time")
    page.keyboard.press("Control+Shift+F")
    expect(panel.locator(".proof.note strong")).to_have_text("Careful")
    expect(panel).to_contain_text("<b>third</b> time")
    expect(panel).to_contain_text("Colleagues see it like this. The customer never sees it.")
    look(page, "note")
