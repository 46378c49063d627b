"""Fast answering in a real browser: what "/", "@" and "[[" offer, by keyboard alone, and what follows an answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from desk import automation, conversations, knowledge, people, timeline
from tests.servers.browser import accessibility
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

LOST = "Hello {customer.first_name}, a new one is on its way. {agent.name}"


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("LOOPDESK_SHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"canned-{name}.png"))


def good(page: Page, name: str) -> None:
    shot(page, name)
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def keep(scene: Scene, name: str, shortcut: str, text: str, **more: Any) -> int:
    given = {"name": name, "shortcut": shortcut, "texts": [{"locale": "en", "text": text}] if text else []}
    with scene.store.transaction() as tx:
        return automation.save_canned(tx, scene.bea, given | {"whose": "everybody"} | more).id


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_a_slash_offers_canned_replies_and_the_keyboard_alone_sends_one(scene: Scene, look: dict[str, Any]) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    keep(scene, "Lost parcel, courier today", "lost", LOST)
    keep(scene, "Lost invoice", "invoice", "Here it is again. " * 12)
    keep(scene, "Thanks", "ty", "Thank you")
    page = scene.screen(path=f"/console/c/{number}", **look)
    page.locator("#answer").focus()
    page.keyboard.type("Hi. ")
    page.keyboard.type("/lo")
    options = page.locator("#offer [role=option]")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(options.first).to_contain_text("/lost")
    assert page.locator("#answer").get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    good(page, "offer-" + "-".join([*(str(v) for v in look.values()), "x"]))
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#offer")).to_be_hidden()
    expect(page.locator("#answer")).to_have_value("Hi. Hello Noor, a new one is on its way. Ada Ant")
    page.keyboard.type("!")
    page.keyboard.press("Control+Enter")
    line = page.locator(".entry.from-agent:not(.waiting)")
    expect(line).to_contain_text("Hi. Hello Noor, a new one is on its way. Ada Ant!")
    with scene.store.reading() as tx:
        assert [row.uses for row in automation.offered(tx, scene.ada)] == [1, 0, 0]


def test_a_slash_in_the_middle_of_a_word_and_escape_leave_the_text_alone(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    keep(scene, "Lost parcel", "lost", LOST)
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("and/or")
    expect(page.locator("#offer")).to_be_hidden()
    page.keyboard.type(" /l")
    expect(page.locator("#offer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#offer")).to_be_hidden()
    page.keyboard.type("o")
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    expect(page.locator("#answer")).to_have_value("and/or /lo\nx")
    assert page.evaluate("document.activeElement.id") == "answer", "Escape closes the list and nothing else"


def test_what_is_not_known_is_selected_and_has_to_be_filled_in_before_it_goes(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    with scene.store.transaction() as tx:
        people.customer(tx, conversations.get(tx, number, None).customer_id).name = ""
    keep(scene, "Lost parcel", "lost", LOST)
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("/lost")
    expect(page.locator("#offer [role=option]")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator("#gaps")).to_have_text("Still to fill in: {customer.first_name}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("Fill in {customer.first_name} before you send.")
    good(page, "gap")
    page.keyboard.type("Noor")  # it is selected
    expect(page.locator("#gaps")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.from-agent").last).to_contain_text("Hello Noor, a new one")


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"width": "phone"}])
def test_the_pages_of_canned_replies_are_fit_to_look_at(scene: Scene, look: dict[str, Any]) -> None:
    keep(scene, "Lost parcel, courier today", "lost", LOST)
    keep(scene, "Ein sehr langer Name " * 5, "lang", "Ein Text ohne Leerzeichen" * 20)
    page = scene.screen(scene.bea, path="/console/", **look)
    kind = "-".join(str(value) for value in look.values())
    page.goto("/admin/canned/new")
    page.locator("[name=name]").fill("Refund")
    page.locator("[name=text]").first.fill("We pay it back, {customer.first_name}.")
    good(page, f"editor-{kind}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Refund")
    good(page, f"list-{kind}")


LABEL = {"do": "label", "value": "lost parcel"}


def status(scene: Scene, number: int) -> str:
    with scene.store.reading() as tx:
        return conversations.get(tx, number, None).status


def test_a_macro_is_looked_at_run_and_taken_back_without_a_mouse(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    actions = [LABEL, {"do": "priority", "value": 1}, {"do": "pending", "value": None}]
    keep(scene, "Ask the carrier", "carrier", "", actions=actions)
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("/carr")
    expect(page.locator("#offer [role=option]").first).to_contain_text("Macro")
    page.keyboard.press("Enter")
    dialog = page.locator("#macro-dialog")
    expect(dialog).to_contain_text("Put on “lost parcel”")
    expect(dialog).to_contain_text("Set the priority to high")
    good(page, "macro-preview")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert status(scene, number) == "open", "looking at it does nothing"
    expect(page.locator("#answer")).to_be_focused()
    expect(page.locator("#answer")).to_have_value("/carr")
    page.keyboard.type("i")
    expect(page.locator("#offer [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_value("")
    expect(page.locator("#toasts")).to_contain_text("Ask the carrier: 3 things done")
    expect(page.locator(".entry.happened", has_text="By the macro Ask the carrier.")).to_have_count(3)
    assert status(scene, number) == "pending"
    good(page, "macro-run")
    page.locator("#title").focus()
    page.keyboard.press("z")
    expect(page.locator(".entry.happened", has_text="By the macro Ask the carrier, taken back.")).to_have_count(3)
    assert status(scene, number) == "open"


def test_a_macro_with_a_text_resolves_once_that_is_sent(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    keep(scene, "Lost parcel", "lost", LOST, actions=[LABEL, {"do": "resolve", "value": None}])
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("/lost")
    expect(page.locator("#offer [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#macro-dialog")).to_contain_text("Once the answer is sent")
    good(page, "macro-text")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_value("Hello Noor, a new one is on its way. Ada Ant")
    expect(page.locator("[data-send-main]")).to_have_text("Send and resolve")
    expect(page.locator("#preset")).to_contain_text("Lost parcel")
    good(page, "macro-preset")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.happened", has_text="By the macro Lost parcel.")).to_have_count(2)
    assert status(scene, number) == "resolved"
    expect(page.locator("[data-send-main]")).to_have_text("Send")


def test_what_is_marked_and_still_fits_is_chosen_without_waiting_for_the_desk(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#title").focus()
    page.keyboard.press("n")
    page.keyboard.type("@be")
    expect(page.locator("#offer [role=option]")).to_have_text(["Bea Bee"])
    held: list[Route] = []
    page.route("**/offer/staff*", lambda route: held.append(route))
    with page.expect_request("**/offer/staff*"):
        page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.keyboard.type("please look.")
    expect(page.locator("#answer")).to_have_value("@Bea Bee please look.")
    for route in held:
        route.continue_()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.note .mention")).to_have_text("@Bea Bee")


def test_an_at_sign_names_a_colleague_in_a_note_and_in_nothing_else(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("@be")
    expect(page.locator("#offer")).to_be_hidden()
    page.locator("#answer").fill("")
    page.locator("#title").focus()
    page.keyboard.press("n")
    page.keyboard.type("@be")
    expect(page.locator("#offer [role=option]")).to_have_text(["Bea Bee"])
    good(page, "mention")
    page.keyboard.press("Enter")
    page.keyboard.type("please look.")
    expect(page.locator("#answer")).to_have_value("@Bea Bee please look.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.note .mention")).to_have_text("@Bea Bee")
    good(page, "mentioned")
    with scene.store.reading() as tx:
        assert [one.conversation_id for one in timeline.mentions_of(tx, scene.bea.id)] == [number]


def test_two_brackets_offer_articles_in_the_customers_language(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Wo ist mein Kessel?")
    with scene.store.transaction() as tx:
        people.set_locale(tx, conversations.get(tx, number, None).customer_id, "de")
        row = knowledge.create(tx, None, title="How long a refund takes", body="Five days.", locale="en", examples=[])
        knowledge.publish(tx, row.id, None)
        german = {"title": "Wie lange die Erstattung dauert", "body": "Fünf Tage.", "locale": "de", "examples": []}
        other = knowledge.create(tx, None, family_id=row.id, **german)
        knowledge.publish(tx, other.id, None)
        address = knowledge.url(tx, other.slug)
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("Hier: [[refund")
    expect(page.locator("#offer .name")).to_have_text(["Wie lange die Erstattung dauert"])
    good(page, "article")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_value(f"Hier: Wie lange die Erstattung dauert\n{address}")


def test_what_follows_an_answer_is_chosen_once_and_kept_for_the_person(scene: Scene) -> None:
    numbers = [scene.mail(f"Noor{n} Aziz", "Where is my kettle?") for n in range(3)]
    page = scene.screen(path=f"/console/c/{numbers[0]}")
    page.locator("#answer").fill("We ask the carrier.")
    page.get_by_role("button", name="Other ways to send").click()
    good(page, "ways-to-send")
    page.get_by_role("button", name="Send and wait").click()
    expect(page.locator(".entry.happened", has_text="waits for the customer")).to_be_visible()
    assert status(scene, numbers[0]) == "pending"
    page.goto(f"/console/c/{numbers[1]}")
    expect(page.locator("[data-send-main]")).to_have_text("Send and wait")
    page.locator("#answer").fill("We ask the carrier.")
    page.keyboard.press("Alt+Shift+Enter")
    expect(page.locator(".entry.happened", has_text="snoozed this")).to_be_visible()
    assert status(scene, numbers[1]) == "snoozed"
    page.goto(f"/console/c/{numbers[2]}")
    page.locator("#answer").fill("We ask the carrier.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.happened", has_text="waits for the customer")).to_be_visible()
    assert status(scene, numbers[2]) == "pending"


def test_where_nothing_fits_a_way_on_is_offered(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").focus()
    page.keyboard.type("Hello /nowhere")
    expect(page.locator("#offer")).to_contain_text("Nothing fits that.")
    write_one = page.get_by_role("option", name="Write a canned reply")
    expect(write_one).to_have_attribute("aria-selected", "false")
    assert accessibility(page) == []
    page.keyboard.press("Enter")  # a new line, as long as nobody has chosen anything
    expect(page.locator("#answer")).to_have_value("Hello /nowhere\n")
    page.keyboard.type("/x")
    expect(write_one).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(write_one).to_have_attribute("aria-selected", "true")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.get_by_role("textbox", name="Name")).to_be_visible()
    expect(page.locator("#answer")).to_have_value("Hello /nowhere\n/x")
