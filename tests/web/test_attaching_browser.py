"""Files in the composer, in a real browser: by button, paste and drop, kept over a reload, sent, refused in words."""

from __future__ import annotations

import base64
import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from desk.channels.email import parse
from desk.outbound.tables import OutboxMail
from desk.parts import Desk
from desk.worker import drain
from tests import factories
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_composer_browser import label, text, texts
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene", "texts"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

# A kettle, so to speak: 24 by 16, of one colour.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAAIklEQVR42mPM37KVgRqAiYFKYNSgUYNGDRo1aNSgUYOGpUEAQL4CBH8S4XcAAAAA"
    "SUVORK5CYII="
)
SOME = re.compile(r"^\d+$")  # files travel side by side: their numbers say nothing of which was first
PDF = b"%PDF-1.7\n" + b"x" * 4000

PASTE = """([name, type, data, kinds]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), held = new DataTransfer();
    for (const [kind, text] of kinds) held.setData(kind, text);
    held.items.add(new File([bytes], name, { type }));
    const told = { clipboardData: held, bubbles: true, cancelable: true };
    document.getElementById("answer").dispatchEvent(new ClipboardEvent("paste", told));
}"""
DROP = """([name, type, data]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), held = new DataTransfer();
    held.items.add(new File([bytes], name, { type }));
    const told = { dataTransfer: held, bubbles: true, cancelable: true };
    for (const what of ["dragover", "drop"])
        document.getElementById("timeline").dispatchEvent(new DragEvent(what, told));
}"""


def paste(page: Page, name: str, kind: str, content: bytes, kinds: list[list[str]] | None = None) -> None:
    page.locator("#answer").focus()
    page.evaluate(PASTE, [name, kind, base64.b64encode(content).decode(), kinds or []])


def drop(page: Page, name: str, kind: str, content: bytes) -> None:
    page.evaluate(DROP, [name, kind, base64.b64encode(content).decode()])


def choose(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("#attach").set_input_files([{"name": name, "mimeType": kind, "buffer": content}])


def chip(page: Page, name: str) -> Any:
    return page.locator(f'#attached li[data-name="{name}"]')


def look(page: Page, name: str) -> None:
    """Keeps a picture of the page for a person to look at, where one asks for it."""
    if os.environ.get("LOOK_AT"):
        page.screenshot(path=f"{os.environ['LOOK_AT']}/{name}.png")


def test_a_mail_goes_with_what_was_pasted_dropped_and_chosen(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        tx.get(type(factories.make_inbox(tx)), scene.inbox_id).config = {"transport": "outbox"}
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#attached")).to_be_hidden()
    page.locator("#answer").fill("Press here:")
    paste(page, "image.png", "image/png", PNG)
    expect(page.locator("#answer")).to_have_value("Press here:\n[image: image.png]")
    expect(chip(page, "image.png").locator("[data-in-text]")).to_have_attribute("aria-pressed", "true")
    expect(chip(page, "image.png").locator("img")).to_have_js_property("naturalWidth", 24)
    drop(page, "bill.pdf", "application/pdf", PDF)
    expect(chip(page, "bill.pdf")).to_contain_text("4 kB")
    choose(page, "leaves.png", "image/png", PNG)
    toggle = chip(page, "leaves.png").locator("[data-in-text]")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    expect(page.locator("#answer")).to_have_value("Press here:\n[image: image.png]\n[image: leaves.png]")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#file-words [data-files=email]")).to_have_text("Files go in the mail, 18 MB at most.")
    choose(page, "wrong.txt", "text/plain", b"not this one")
    expect(chip(page, "wrong.txt")).to_have_attribute("data-upload", SOME)
    chip(page, "wrong.txt").locator("[data-detach]").click()
    expect(page.locator("#attached li")).to_have_count(3)
    assert accessibility(page) == []
    look(page, "composer")
    page.reload()  # the words are kept here, the files at the desk
    expect(page.locator("#attached li")).to_have_count(3)
    expect(chip(page, "image.png").locator("[data-in-text]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-send]").click()
    line = page.locator("article.from-agent")
    expect(line.locator(".in-text img")).to_have_js_property("naturalWidth", 24)
    expect(line.locator("a.file")).to_have_count(3)
    expect(page.locator("#attached")).to_be_hidden()
    expect(page.locator("#answer")).to_have_value("")
    assert accessibility(page) == []
    look(page, "timeline")
    desk: Desk = scene.app.extensions["loopdesk"]
    drain(desk)
    with scene.store.reading() as tx:
        (kept,) = tx.scalars(select(OutboxMail))
    read = parse(desk.files.get(kept.raw_sha256))
    assert {a.filename: a.content for a in read.attachments} == {
        "image.png": PNG, "bill.pdf": PDF, "leaves.png": PNG,
    }  # fmt: skip
    assert [a.filename for a in read.attachments if a.inline] == ["image.png"]
    admin = scene.screen(scene.bea)
    admin.goto(f"/admin/outbox/{kept.id}")
    expect(admin.locator("a.file")).to_have_count(3)
    expect(admin.frame_locator("iframe").locator("img")).to_have_js_property("naturalWidth", 24)
    assert accessibility(admin) == []
    look(admin, "outbox")


def test_what_cannot_be_sent_says_why_and_holds_the_answer_back(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").fill("Here it is.")
    choose(page, "setup.exe", "application/octet-stream", b"MZ" + b"\0" * 80)
    expect(chip(page, "setup.exe").locator(".why")).to_contain_text("Programs are not sent")
    choose(page, "nothing.txt", "text/plain", b"")
    expect(chip(page, "nothing.txt").locator(".why")).to_have_text("This file is empty.")
    choose(page, "film.mov", "video/quicktime", b"x" * (15 * (1 << 20) + 1))
    expect(chip(page, "film.mov").locator(".why")).to_contain_text("15 MB at most")
    assert accessibility(page) == []
    look(page, "refused")
    page.locator("[data-send]").click()
    expect(page.locator("#unsent")).to_contain_text("A file did not arrive")
    for _ in range(3):
        page.locator("#attached [data-detach]").first.click()
    expect(page.locator("#attached")).to_be_hidden()
    page.locator("[data-send]").click()
    expect(page.locator("article.from-agent")).to_contain_text("Here it is.")


def test_a_file_that_the_network_lost_is_tried_again(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    page.route("**/files", lambda route: route.fulfill(status=502, body="busy"), times=1)
    paste(page, "image.png", "image/png", PNG)
    expect(chip(page, "image.png").locator(".why")).to_contain_text("could not take this file")
    expect(page.locator("#answer")).to_have_value("[image: image.png]")
    chip(page, "image.png").locator("[data-retry]").click()
    expect(chip(page, "image.png")).to_have_attribute("data-upload", SOME)
    same = chip(page, "image.png").get_attribute("data-upload") or ""
    other = scene.screen(path=f"/console/c/{number}")  # and in another tab it is there as well
    expect(chip(other, "image.png")).to_have_attribute("data-upload", same)
    scene.chromium.complaints[:] = [one for one in scene.chromium.complaints if "502" not in one]  # that was ours


def test_a_list_that_was_asked_for_before_takes_no_file_away_and_brings_none_back(scene: Scene) -> None:
    number = scene.mail("Noor Amin", "Hello?")
    page, held = scene.chromium.page(scene.url), []

    def late(route: Route) -> None:
        held.append((route, route.fetch()))  # as it is now

    page.route("**/ways", late)
    page.goto(f"/try/{scene.ada.id}")
    page.goto(f"/console/c/{number}?view=all")
    wait_for(lambda: page.evaluate("1") and held, "the list to be asked for", 20)
    choose(page, "manual.pdf", "application/pdf", PDF)
    expect(chip(page, "manual.pdf")).to_have_attribute("data-upload", SOME)
    expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
    for count, step in ((1, "stays"), (0, "stays away")):
        with page.expect_response("**/ways"):
            route, answer = held.pop()
            route.fulfill(response=answer)
        page.evaluate("new Promise(requestAnimationFrame)")
        assert chip(page, "manual.pdf").count() == count, step
        if count:
            scene.mail("Noor Amin", "Are you there?", answers=number)  # the list is asked for again
            wait_for(lambda: page.evaluate("1") and held, "the list to be asked for again", 20)
            chip(page, "manual.pdf").locator("[data-detach]").click()


def test_a_file_that_the_desk_cannot_store_just_now_goes_by_itself_when_it_can(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    page.route("**/files", lambda route: route.fulfill(status=503, body="away"), times=1)
    paste(page, "image.png", "image/png", PNG)
    expect(chip(page, "image.png").locator(".why")).to_contain_text("cannot store files right now")
    expect(page.locator("#attached li[data-upload]")).to_have_count(1, timeout=15_000)
    scene.chromium.complaints.clear()  # the 503 above


def test_a_table_that_is_pasted_stays_words(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    paste(page, "image.png", "image/png", PNG, [["text/plain", "1\t2"], ["text/html", "<table>"]])
    expect(page.locator("#attached li")).to_have_count(0)


def test_what_is_sent_while_a_file_is_on_its_way_goes_when_it_is_there_unless_it_was_touched(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}")
    on_its_way: list[Any] = []
    page.route("**/files", lambda route: on_its_way.append(route))
    alert, lines = page.locator("#unsent"), page.locator("article.from-agent")
    waits = "A file is still on its way. This is sent as soon as it is there."

    def sent_early(words: str) -> None:
        paste(page, "lid.png", "image/png", PNG)
        page.locator("#answer").press_sequentially(words)
        page.locator("[data-send]").click()
        expect(alert).to_have_text(waits)
        wait_for(lambda: page.evaluate("1") and on_its_way, "the file on its way")  # asking lets events in

    sent_early("Press here.")
    on_its_way.pop().continue_()
    expect(lines).to_have_count(1)
    expect(lines.locator(".in-text img")).to_have_js_property("naturalWidth", 24)
    expect(page.locator("#answer")).to_have_value("")
    expect(alert).to_be_hidden()
    # Who goes on writing, or takes the file out, decides anew.
    sent_early("And")
    page.locator("#answer").press_sequentially(" then")
    expect(alert).to_be_hidden()
    on_its_way.pop().continue_()
    expect(chip(page, "lid.png")).to_have_attribute("data-upload", SOME)
    expect(lines).to_have_count(1)
    chip(page, "lid.png").locator("[data-detach]").click()
    page.locator("#answer").fill("")
    sent_early("Or")
    chip(page, "lid.png").locator("[data-detach]").click()
    expect(alert).to_be_hidden()
    expect(page.locator("#answer")).to_have_value(re.compile("Or$"))
    expect(lines).to_have_count(1)
    # One that is lost on the way says so.
    page.locator("#answer").fill("")
    sent_early("Look")
    on_its_way.pop().abort()
    expect(alert).to_have_text("A file did not arrive. Try it again, or take it out.")
    scene.chromium.complaints.clear()  # the browser says in its console too that the connection broke


def test_a_text_says_what_becomes_of_files_and_sends_an_address(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page = scene.screen(path=f"/console/c/{number}")
    choose(page, "kettle.png", "image/png", PNG)
    expect(page.locator("#file-words [data-files=sms]")).to_have_text(
        re.compile("^Files go as links that work for 30 days; each takes [0-9]{2} characters.$")
    )
    expect(label(page, "sms")).to_be_visible()
    # The address is paid for like every letter: it is counted before anything is written, and gone with its file.
    cost = page.locator("#reach [data-reach=sms] [data-count]")
    expect(cost).to_have_text(re.compile("^[0-9]{2} characters, GSM-7, 1 segment, [0-9]{2,3} left$"))
    page.locator("#answer").fill("x" * 140)
    expect(cost).to_contain_text("2 segments")
    page.locator("#attached [data-detach]").click()
    expect(cost).to_contain_text("140 characters, GSM-7, 1 segment")
    page.locator("#answer").fill("")
    expect(cost).to_be_empty()
    choose(page, "kettle.png", "image/png", PNG)
    page.locator("#answer").fill("Look.")
    page.locator("[data-send]").click()
    expect(page.locator("article.from-agent a.file")).to_contain_text("kettle.png")


def test_below_a_note_stands_no_address_also_when_the_page_comes_again(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "Where is my kettle?", subject="Kettle")
    page = scene.screen(scene.ada, f"/console/c/{number}")
    page.locator("#composer").get_by_text("Note", exact=True).click()
    page.locator("#answer").fill("She rang before.")
    expect(page.locator("#reach")).to_be_hidden()
    with page.expect_response(re.compile(r"/ways$")) as asked:
        page.reload()
    asked.value.finished()
    expect(page.locator("#answer")).to_have_value("She rang before.")
    choose(page, "bill.pdf", "application/pdf", PDF)
    expect(page.locator(".file.up")).to_have_count(1)
    expect(page.locator("#reach")).to_be_hidden()
    expect(page.locator("#ways")).to_be_hidden()


def test_copies_wait_behind_a_button_where_nobody_was_copied(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    button = page.get_by_role("button", name="Cc")
    expect(button).to_be_visible()
    expect(page.locator("#copies")).to_be_hidden()
    button.click()
    typed = page.locator("#copies input[type=text]")
    expect(typed).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.locator("#answer").focus()
    assert typed.evaluate("node => getComputedStyle(node).boxShadow") == "none"  # it stands quietly
    typed.fill("zoe@other.example")
    page.locator("#answer").fill("On its way.")
    assert accessibility(page) == []
    look(page, "copies")
    page.locator("[data-send]").click()
    expect(page.locator("article.from-agent .about")).to_contain_text("also to zoe@other.example")


@pytest.mark.parametrize("options", [{"dark": True}, {"width": "phone"}, {"width": "phone", "dark": True}])
def test_everybody_can_attach(scene: Scene, options: dict[str, Any]) -> None:
    number = scene.mail("Noor Aziz", "How do I open the lid?")
    page = scene.screen(path=f"/console/c/{number}", **options)
    page.locator("#answer").fill("Press here:")
    paste(page, "image.png", "image/png", PNG)
    choose(page, "A rather long name of a bill of last year, second copy.pdf", "application/pdf", PDF)
    choose(page, "setup.exe", "application/octet-stream", b"MZ" + b"\0" * 80)
    expect(chip(page, "setup.exe").locator(".why")).to_contain_text("Programs")
    expect(page.locator("#attached li[data-upload]")).to_have_count(2)
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, "composer-" + "-".join(f"{value}" for value in options.values()))
