"""Tasks on two screens: added with the keyboard, ticked off by a colleague, asked about before a conversation ends."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from desk import conversations, tasks
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_a_task_is_added_by_key_and_seen_and_ticked_off_by_a_colleague(
    scene: Scene, tmp_path: Path, dark: bool, width: str
) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    page = scene.screen(path=f"/console/c/{found}?view=all", dark=dark, width=width, bypass_csp=True)
    bea = scene.screen(scene.bea, path=f"/console/c/{found}?view=all")
    listed = scene.screen(scene.bea, path="/console/tasks?which=team")
    expect(listed.locator("#shell")).to_have_attribute("data-live", "yes")
    expect(listed.get_by_role("heading", name="No task is open.")).to_be_visible()
    expect(bea.locator("#tasks")).to_contain_text("None.")
    page.locator("#title").focus()
    with page.expect_response("**/menu/task"):
        page.keyboard.press("o")
    menu = page.locator("#task-menu")
    expect(menu.get_by_label("What is to be done")).to_be_focused()
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-menu.png")
    assert accessibility(page) == []
    menu.get_by_label("What is to be done").fill("Call the warehouse about the kettle")
    menu.get_by_label("Who").select_option(label="Bea Bee")
    menu.locator("[name=due]").select_option(index=1)
    page.keyboard.press("Enter")
    for screen in (page, bea):
        expect(screen.locator("#tasks .task")).to_contain_text("Call the warehouse about the kettle")
        expect(screen.locator(".entry[data-kind=task]")).to_contain_text("Ada Ant added a task")
    expect(listed.locator(".task")).to_contain_text("Call the warehouse about the kettle")
    expect(bea.locator("#tasks .task")).to_contain_text("You · due")
    bea.get_by_role("button", name="Tick off: Call the warehouse about the kettle").click()
    bea.get_by_role("button", name="Undo").hover()  # the news stays while somebody is at it
    expect(bea.locator("#tasks .task.done")).to_have_count(1)
    expect(page.locator("#tasks .task.done")).to_have_count(1)
    expect(page.locator(".entry[data-kind=task]").last).to_contain_text("Bea Bee ticked off a task")
    bea.get_by_role("button", name="Undo").click()
    expect(page.locator("#tasks .task.done")).to_have_count(0)
    if width == "phone":
        page.locator("#head [data-pane=customer]").click()
    page.locator("#tasks").get_by_role("button", name="Change: Call the warehouse").click()  # in sight by then
    change = page.locator("#task-dialog")
    change.get_by_label("What is to be done").fill("Call the warehouse twice")
    change.get_by_label("Who").select_option(label="Nobody yet")
    change.get_by_role("button", name="Save").click()
    expect(bea.locator("#tasks .task")).to_contain_text("Call the warehouse twice")
    expect(bea.locator("#tasks .task")).to_contain_text("Nobody yet")
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-panel.png")
    assert accessibility(page) == []


def test_a_press_is_answered_though_the_live_line_replaced_its_button(scene: Scene) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    with scene.store.transaction() as tx:
        tasks.add(tx, found, scene.ada, "Send the lid")
    page = scene.screen(path=f"/console/c/{found}?view=all")
    late: list[tuple[Route, Any]] = []
    page.route("**/console/tasks/*/done", lambda route: late.append((route, route.fetch())))
    page.get_by_role("button", name="Tick off: Send the lid").click()
    expect(page.locator("#tasks .task.done")).to_have_count(1)  # the live line was faster: the button is gone
    expect(page.locator("#toasts .toast")).to_have_count(0)
    wait_for(lambda: page.evaluate("1") and late, "the answer that is held back", 20)
    route, answer = late[0]
    route.fulfill(response=answer)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#tasks .task.done")).to_have_count(0)


def test_what_is_replaced_waits_for_a_finger_on_its_button(scene: Scene) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    with scene.store.transaction() as tx:
        tasks.add(tx, found, scene.ada, "Send the lid")
    page = scene.screen(path=f"/console/c/{found}?view=all")
    page.get_by_role("button", name="Tick off: Send the lid").hover()
    page.mouse.down()
    with page.expect_response(f"**/console/c/{found}/tasks"), scene.store.transaction() as tx:
        tasks.add(tx, found, scene.bea, "Write to her")
    page.evaluate(
        "fetch(location.href).then((r) => r.text())"
    )  # what the page makes of the answer, it has made by then
    expect(page.locator("#tasks .task")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("#tasks .task.done")).to_contain_text("Send the lid")
    expect(page.locator("#tasks .task:not(.done)")).to_contain_text("Write to her")


def test_the_list_shows_what_came_before_its_live_line_and_while_it_was_read(scene: Scene) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    page, shut = scene.chromium.page(scene.url), [True]
    page.route_web_socket(re.compile("socket.io"), lambda ws: ws.close() if shut else ws.connect_to_server())
    page.route("**/socket.io/**", lambda route: route.abort() if shut else route.continue_())
    page.goto(f"/try/{scene.ada.id}")
    page.goto("/console/tasks?which=team")
    expect(page.get_by_role("heading", name="No task is open.")).to_be_visible()

    def add(text: str) -> None:
        with scene.store.transaction() as tx:
            tasks.add(tx, found, scene.bea, text)

    late: list[tuple[Route, Any]] = []

    def first_is_late(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))  # as it was when it was asked for

    add("Send the lid")
    page.route("**/console/tasks?which=team", first_is_late)
    shut.clear()
    wait_for(lambda: page.evaluate("1") and late, "the list to be read", 20)
    add("Write to her")
    route, answer = late[0]
    route.fulfill(response=answer)
    expect(page.locator(".task")).to_have_count(2)
    scene.chromium.complaints.clear()  # of the line that was shut


def test_resolving_says_what_is_open_and_asks(scene: Scene, tmp_path: Path) -> None:
    first, second, third = (scene.mail(name, "Hello") for name in ("Marta Lindqvist", "Noor Amin", "Ole Berg"))
    with scene.store.transaction() as tx:
        for number in (first, second, third):
            tasks.add(tx, number, scene.ada, "Send the lid")

    def stands(number: int) -> tuple[str, int]:
        with scene.store.reading() as tx:
            return conversations.get(tx, number, None).status, tasks.open_in(tx, [number]).get(number, 0)

    page = scene.screen(path=f"/console/c/{first}?view=all", bypass_csp=True)
    page.locator("#title").focus()
    page.keyboard.press("e")
    dialog = page.locator("#ask-dialog")
    expect(dialog).to_contain_text("1 task is still open here.")
    expect(dialog).to_contain_text("Send the lid")
    page.screenshot(path=tmp_path / "asked.png")
    assert accessibility(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    assert stands(first) == ("open", 1)
    page.keyboard.press("e")
    dialog.get_by_role("button", name="Tick off and resolve").click()
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    expect(dialog).to_be_hidden()
    assert stands(first) == ("resolved", 0)

    page.goto(f"{page.url.split('/console')[0]}/console/c/{second}?view=all")
    page.locator("#head [data-act=resolve]").click()
    dialog.get_by_role("button", name="Resolve, tasks stay open").click()
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    assert stands(second) == ("resolved", 1)

    page.goto(f"{page.url.split('/console')[0]}/console/c/{third}?view=all")
    page.locator("#answer").fill("It goes out today.")
    page.keyboard.press("Control+Shift+Enter")
    asked = page.locator("#crossed")
    expect(asked).to_contain_text("1 task is still open here. Your answer has not been sent.")
    assert accessibility(page) == []
    asked.get_by_role("button", name="Send and resolve, tasks stay open").click()
    expect(page.locator("article.from-agent")).to_contain_text("It goes out today.")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    assert stands(third) == ("resolved", 1)


def test_a_reminder_is_set_by_key_moved_and_called_off(scene: Scene, tmp_path: Path) -> None:
    found = scene.mail("Marta Lindqvist", "Where is my kettle?", "Kettle")
    page = scene.screen(path=f"/console/c/{found}?view=all", bypass_csp=True)
    bea = scene.screen(scene.bea, path=f"/console/c/{found}?view=all")
    page.locator("#title").focus()
    with page.expect_response("**/menu/remind"):
        page.keyboard.press("h")
    menu = page.locator("#remind-menu")
    page.screenshot(path=tmp_path / "remind.png")
    assert accessibility(page) == []
    menu.get_by_role("button", name="In two hours").click()
    expect(page.locator("#tasks")).to_contain_text("You are reminded")
    expect(bea.locator("#tasks")).not_to_contain_text("You are reminded")
    page.locator("#title").focus()
    with page.expect_response("**/menu/remind"):
        page.keyboard.press("h")
    with page.expect_response("**/remind"):
        menu.get_by_role("button", name="Tomorrow").click()
    with scene.store.reading() as tx:
        at = tasks.reminder_of(tx, found, scene.ada)
        assert at is not None and at > tx.now() + timedelta(hours=3)
    page.locator("#tasks").get_by_role("button", name="Call off").click()
    expect(page.locator("#tasks")).to_contain_text("Remind me…")
    page.keyboard.press("Control+k")
    page.keyboard.type("Tasks")
    expect(page.locator("#palette")).to_contain_text("Tasks that are overdue")


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_the_page_of_tasks_is_whole_in_light_and_dark(scene: Scene, tmp_path: Path, dark: bool, width: str) -> None:
    number = scene.mail("Marta Lindqvist", "Hello", "Where is my kettle, and what about the lid that I asked for?")
    with scene.store.transaction() as tx:
        ada, bea = scene.ada, scene.bea
        for n in range(4):
            due = tx.now() + timedelta(hours=n) if n else None
            tasks.add(
                tx,
                number,
                ada,
                f"Do thing {n} " + "again and " * (8 * (n == 2)),
                assignee_id=bea.id if n % 2 else ada.id,
                due_at=due,
            )
        tasks.remind(tx, number, ada, tx.now() + timedelta(days=1))
    page = scene.screen(path="/console/tasks", dark=dark, width=width, bypass_csp=True)
    expect(page.locator(".task-rows .task")).to_have_count(3)
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-mine.png", full_page=True)
    assert accessibility(page) == []
    page.get_by_role("link", name="Team").click()
    expect(page.locator(".task-rows .task")).to_have_count(4)
    page.screenshot(path=tmp_path / f"{'dark' if dark else 'light'}-{width}-team.png", full_page=True)
    page.get_by_role("button", name="Tick off: Do thing 1").click()
    expect(page.locator(".task-rows .task")).to_have_count(3)
