"""The help centre, the editor and the lab in a real browser: by keyboard, by day, by night and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from desk import agents, knowledge
from desk.jobs import lease
from desk.parts import Desk
from desk.simulate import library
from desk.store import Store
from desk.worker.tasks import TASKS
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import with_door
from tests.web.test_logos import png

pytestmark = pytest.mark.database("sqlite")  # the pages are the same on both; tests/web/test_knowledge.py runs on both


@pytest.fixture
def app(config: dict[str, Any]) -> Iterator[Flask]:
    app = with_door(import_module("desk.app").create_app(config))
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.fixture
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions["loopdesk"]
    with found.store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.", key="kiln")
        factories.make_inbox(tx, brand_id=brand.id)
        library.write(tx)
    return found


def work(desk: Desk) -> None:
    for _ in range(10):
        with desk.store.transaction() as tx:
            found = lease(tx, "test", limit=20, tasks=("bot.learn", "bot.try"))
        if not found:
            return
        for job in found:
            TASKS[job.task](desk, job)


def sign_in(page: Page, store: Store, role: str) -> None:
    with store.transaction() as tx:
        staff = agents.create(tx, email=f"{role}@kiln.example", name="Ada Moe", role=role)
    page.goto(f"/try/{staff.id}")


def test_somebody_finds_an_article_while_typing(chromium: Chromium, base_url: str, desk: Desk) -> None:
    page = chromium.page(base_url)
    page.goto("/help/")
    box = page.get_by_role("combobox", name="Search the help centre")
    box.press_sequentially("induc")
    first = page.get_by_role("option").first
    expect(first).to_have_text("Which hobs can I use?")
    assert accessibility(page) == []
    box.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which hobs can I use?")
    page.get_by_role("button", name="No").click()
    page.get_by_label("Hard to follow").check()
    page.get_by_label("Tell us more").fill("What is the boost?")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").filter(has_text="Thank you").wait_for()
    assert page.context.cookies() == []
    with desk.store.reading() as tx:
        slug = page.url.split("/help/")[1].split("?")[0]
        found = knowledge.by_slug(tx, slug)
        assert found is not None
        assert [v.words for v in knowledge.missed(tx, found.id)] == ["What is the boost?"]


def test_reading_needs_no_script(chromium: Chromium, base_url: str, desk: Desk) -> None:
    page = chromium.page(base_url, java_script_enabled=False, width="phone")
    page.goto("/help/")
    page.get_by_role("searchbox").fill("refund")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="How long a refund takes").click()
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("status").filter(has_text="Thank you").wait_for()


def test_a_word_without_an_end_stays_within_the_page(chromium: Chromium, base_url: str, desk: Desk) -> None:
    page = chromium.page(base_url, width="phone")
    page.goto("/help/search?q=" + "w" * 190)
    page.locator("h1").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_everybody_can_read_the_help_centre(
    chromium: Chromium, base_url: str, desk: Desk, dark: bool, width: str
) -> None:
    page = chromium.page(base_url, dark=dark, width=width)
    for path in (
        "/help/", "/help/?lang=de", "/help/?topic=Care+and+repair", "/help/search?q=parcel", "/help/search?q=zzz",
        "/help/delivery-times-and-costs", "/help/delivery-times-and-costs?said=no&vote=x", "/help/no-such",
    ):  # fmt: skip
        page.goto(path)
        assert accessibility(page) == [], path
        for direction in ("ltr", "rtl"):
            page.evaluate("d => document.documentElement.dir = d", direction)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, direction)


def test_the_editor_shows_what_is_typed(chromium: Chromium, base_url: str, desk: Desk) -> None:
    page = chromium.page(base_url)
    sign_in(page, desk.store, "supervisor")
    page.goto("/knowledge/new")
    page.get_by_label("Title").fill("Opening hours")
    page.get_by_label("Text, Markdown").press_sequentially("# When\n\nFrom **nine** to five. <script>alert(1)</script>")
    preview = page.get_by_label("Preview")
    expect(preview.get_by_role("heading", name="When")).to_be_visible()
    expect(preview.locator("strong")).to_have_text("nine")
    expect(preview).to_contain_text("<script>alert(1)</script>")
    assert accessibility(page) == []
    page.get_by_role("button", name="Publish v1").click()
    expect(page.get_by_text("Published as version 1")).to_be_visible()
    assert accessibility(page) == []
    page.get_by_role("link", name="As readers see it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening hours")


DROPPED = """([name, type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const field = document.getElementById("body");
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) field.dispatchEvent(new DragEvent(kind, how));
}"""
PASTED = """([name, type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.getElementById("body").dispatchEvent(paste);
}"""


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_pictures_are_chosen_dropped_and_pasted_and_readers_see_them(
    chromium: Chromium, base_url: str, desk: Desk, dark: bool, width: str
) -> None:
    page = chromium.page(base_url, dark=dark, width=width)
    sign_in(page, desk.store, "supervisor")
    page.goto("/knowledge/new")
    page.get_by_label("Title").fill("How to stack the kiln")
    text = page.get_by_label("Text, Markdown")
    text.fill("First the shelves.")
    text.press("End")
    page.locator("#choose-picture").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": png(300, 200)})
    dialog = page.get_by_role("dialog", name="A picture for the text")
    put = dialog.get_by_role("button", name="Put it into the text")
    expect(put).to_be_enabled()
    expect(dialog.get_by_label("What it shows")).to_be_focused()
    assert accessibility(page) == []
    put.click()  # without words it is not put
    expect(dialog).to_be_visible()
    dialog.get_by_label("What it shows").fill("Shelves [two] in a kiln")
    dialog.get_by_label("What it shows").press("Enter")
    expect(dialog).to_be_hidden()
    expect(text).to_have_value(
        re.compile(r"^First the shelves\.\n\n!\[Shelves \\\[two\\\] in a kiln\]\(/help/pictures/")
    )
    preview = page.get_by_label("Preview")
    expect(preview.get_by_role("img", name="Shelves [two] in a kiln")).to_be_visible()
    for how, shade, words in ((DROPPED, 90, "Dropped"), (PASTED, 150, "Pasted")):
        page.evaluate(how, ["b.png", "image/png", list(png(40, 30, shade))])
        dialog.get_by_label("What it shows").fill(words)
        put.click()
        expect(preview.get_by_role("img", name=words)).to_be_visible()
    page.evaluate(DROPPED, ["c.svg", "image/svg+xml", list(b"<svg xmlns='http://www.w3.org/2000/svg'/>")])
    expect(dialog.get_by_role("alert")).to_contain_text("SVG can run scripts")
    expect(put).to_be_disabled()
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Publish v1").click()
    expect(page.get_by_text("Published as version 1")).to_be_visible()
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reader = chromium.page(base_url, dark=dark, width=width)
    reader.goto("/help/how-to-stack-the-kiln")
    shown = reader.get_by_role("img", name="Shelves [two] in a kiln")
    expect(shown).to_have_js_property("naturalWidth", 300)
    expect(shown).to_have_attribute("loading", "lazy")
    assert accessibility(reader) == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_files_are_attached_renamed_and_read_while_the_text_is_being_written(
    chromium: Chromium, base_url: str, desk: Desk, dark: bool, width: str, tmp_path: Path
) -> None:
    page = chromium.page(base_url, dark=dark, width=width)
    with desk.store.transaction() as tx:
        row = knowledge.create(tx, None, title="How to return a kiln", body="Fill in the form.", locale="en")
    sign_in(page, desk.store, "supervisor")
    page.goto(f"/knowledge/{row.id}")
    page.get_by_label("Text, Markdown").fill("Half a sentence")
    part = page.get_by_role("region", name="Files")
    expect(part).to_contain_text("None yet.")
    for name, content in (("a form.pdf", b"%PDF-1.7 form"), ("run.exe", b"MZ"), ("b.txt", b"words")):
        part.get_by_label("A file, up to").set_input_files({"name": name, "mimeType": "", "buffer": content})
        part.get_by_role("button", name="Attach").click()
        if name == "run.exe":
            expect(part.get_by_role("alert")).to_contain_text("Programs, scripts, web pages, SVG")
        else:
            expect(part.get_by_role("link", name=name)).to_be_visible()
            expect(part.get_by_role("status")).to_contain_text("readers get it once the article is published")
    part.get_by_label("Name of a form.pdf").fill("Return form")
    part.get_by_role("button", name="Rename a form.pdf").click()
    expect(part.get_by_role("link", name="Return form.pdf")).to_be_visible()
    part.get_by_role("button", name="Take out b.txt").click()
    expect(part.get_by_role("link", name="b.txt")).to_have_count(0)
    expect(page.get_by_label("Text, Markdown")).to_have_value("Half a sentence")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / f"files-{width}.png", full_page=True)
    page.get_by_role("button", name="Publish v1").click()
    expect(page.get_by_text("Published as version 1")).to_be_visible()
    reader = chromium.page(base_url, dark=dark, width=width)
    reader.goto("/help/how-to-return-a-kiln")
    with reader.expect_download() as got:
        reader.get_by_role("link", name="Return form.pdf").click()
    assert got.value.suggested_filename == "Return form.pdf"
    assert got.value.path().read_bytes() == b"%PDF-1.7 form"
    assert accessibility(reader) == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reader.screenshot(path=tmp_path / f"files-help-{width}.png", full_page=True)


def test_one_press_says_that_an_article_is_still_right_and_keeps_what_is_typed(
    chromium: Chromium, base_url: str, desk: Desk
) -> None:
    page = chromium.page(base_url)
    with desk.store.transaction() as tx:
        found = knowledge.published(tx, "en")[0]
        today = tx.now().date()
        knowledge.set_review(tx, found.id, by=today, months=6, today=today)
    sign_in(page, desk.store, "supervisor")
    page.goto("/knowledge/")
    page.get_by_role("link", name="1 due for review").click()
    assert accessibility(page) == []
    page.get_by_role("table").get_by_role("link", name=found.title).first.click()
    page.get_by_label("Text, Markdown").fill("Half a sentence")
    page.get_by_role("button", name="Reviewed, still right").click()
    expect(page.locator("#review").get_by_role("status")).to_contain_text("last reviewed by Ada Moe")
    expect(page.get_by_label("Text, Markdown")).to_have_value("Half a sentence")
    expect(page.get_by_role("button", name="Reviewed, still right")).to_be_focused()
    assert accessibility(page) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_everybody_can_use_the_articles_and_the_lab(
    chromium: Chromium, base_url: str, desk: Desk, dark: bool, width: str
) -> None:
    page = chromium.page(base_url, dark=dark, width=width)
    sign_in(page, desk.store, "supervisor")
    with desk.store.transaction() as tx:
        [found] = [p for p in knowledge.published(tx, "en") if p.title == "Where is my parcel?"]
        for n in range(14):
            knowledge.vote(tx, found.id, n < 12)
        knowledge.vote(tx, knowledge.published(tx, "de")[0].id, True)
    page.goto("/bot/")
    expect(page.get_by_text("The articles are being learned")).to_be_visible()
    assert accessibility(page) == []
    work(desk)
    for path in (
        "/knowledge/",
        "/knowledge/?q=zzz",
        "/knowledge/?locale=de",
        f"/knowledge/{found.id}",
        "/bot/",
        "/bot/?locale=es",
    ):
        page.goto(path)
        assert accessibility(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_question_is_tried_and_the_answer_comes_by_itself(chromium: Chromium, base_url: str, desk: Desk) -> None:
    page = chromium.page(base_url)
    sign_in(page, desk.store, "agent")
    work(desk)
    page.goto("/bot/")
    page.get_by_label("A question, in a customer’s words").fill("where is my parcel?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Asking.")).to_be_visible()
    work(desk)
    expect(page.get_by_text("It would answer", exact=True)).to_be_visible()
    expect(page.locator("#trial").get_by_role("link", name="Where is my parcel?")).to_be_visible()
    assert accessibility(page) == []
