"""What becomes of an answer that is being written when its conversation, its customer or its writer's rights go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from desk import agents, conversations, outbound, settings, timeline
from desk.agents import Viewer
from desk.agents.tables import Staff
from desk.merging import talks
from desk.privacy import erasing
from desk.worker import run_one
from tests import factories
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, row, scene

__all__ = ["scene"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")


def written(scene: Scene, conversation: int, who: Viewer | None = None, text: str = "My half a thought") -> Page:
    """A screen with a conversation open and an answer begun."""
    page = scene.screen(who, f"/console/c/{conversation}?view=all")
    page.locator("#answer").press_sequentially(text)
    return page


def focused(page: Page) -> bool:
    """Whether the focus is somewhere: on a page that lost it, the body has it."""
    return bool(page.evaluate("document.activeElement !== document.body && document.activeElement.isConnected"))


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def replies(scene: Scene, *numbers: int) -> list[Any]:
    with scene.store.reading() as tx:
        return [e for n in numbers for e in timeline.of_conversation(tx, n) if e.kind in ("reply", "note")]


def test_a_merge_says_where_the_conversation_went_and_takes_the_draft_along(scene: Scene) -> None:
    first = scene.mail("Marta Lindqvist", "First one.")
    second = scene.mail("Marta Lindqvist", "Second one.", "Other")
    page = written(scene, first)
    with scene.store.transaction() as tx:
        talks.merge(tx, first, second, scene.bea)
    said = page.locator("#elsewhere")
    expect(said).to_contain_text(f"This conversation was merged into #{second}.")
    expect(page.locator("#head [data-act=resolve]")).to_have_count(0)  # nothing that would be refused is offered
    assert focused(page) and accessibility(page) == []
    shot(page, "fault-merged")
    page.locator("#answer").press("Control+Enter")  # sent without reading: refused, and still there
    expect(page.locator("#unsent")).to_contain_text("write there")
    expect(page.locator("#answer")).to_have_value("My half a thought")
    expect(page.locator(".entry.waiting")).to_have_count(0)
    assert replies(scene, first, second) == []
    said.get_by_role("link", name=f"Go to #{second}").click()
    expect(page.locator("#title")).to_have_text("Other")
    expect(page).to_have_url(f"{scene.url}/console/c/{second}?view=all")
    expect(page.locator("#toasts")).to_contain_text(f"#{first} was merged into #{second}")
    expect(page.locator("#answer")).to_have_value("My half a thought")
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("article.from-agent:not(.waiting)", has_text="My half a thought")).to_have_count(1)
    assert [e.conversation_id for e in replies(scene, first, second)] == [second]


def test_a_page_that_is_opened_anew_finds_the_merged_one_its_draft_and_its_files(scene: Scene) -> None:
    first = scene.mail("Marta Lindqvist", "First one.")
    second = scene.mail("Marta Lindqvist", "Second one.", "Other")
    page = written(scene, first)
    page.locator("#attach").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"a plan"})
    expect(page.locator("#attached [data-upload]")).to_contain_text("plan.txt")
    idle = scene.screen(scene.bea, f"/console/c/{first}?view=all")
    idle.locator("#answer").focus()
    with scene.store.transaction() as tx:
        talks.merge(tx, first, second, scene.bea)
    expect(idle.locator("#title")).to_have_text("Other")  # who writes nothing is taken along at once
    expect(idle).to_have_url(f"{scene.url}/console/c/{second}?view=all")
    expect(idle.locator("#toasts")).to_contain_text(f"#{first} was merged into #{second}, which is open now.")
    expect(idle.locator("#answer")).to_be_focused()
    expect(page.locator("#elsewhere")).to_be_visible()
    page.reload()
    expect(page.locator("#title")).to_have_text("Other")
    expect(page.locator("#answer")).to_have_value("My half a thought")
    expect(page.locator("#attached [data-upload]")).to_contain_text("plan.txt")
    expect(page.locator("#toasts")).to_contain_text("What you wrote came along.")
    page.reload()  # once: the address is the other one's own by now
    expect(page.locator("#answer")).to_have_value("My half a thought")


def test_a_split_is_said_and_the_lines_say_where_they_are(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "First one.")
    scene.mail("Marta Lindqvist", "And my invoice is wrong.", answers=number)
    page = written(scene, number)
    with scene.store.transaction() as tx:
        last = [e for e in timeline.of_conversation(tx, number) if e.kind == "message"][-1]
        move = talks.split(tx, last.id, scene.bea)
    expect(page.locator("#elsewhere")).to_contain_text("Lines of this conversation were moved while you write")
    line = page.locator("article", has_text="my invoice is wrong")
    expect(line.locator(f"a[href='/console/c/{move.to_id}']")).to_be_visible()
    expect(page.locator("#answer")).to_have_value("My half a thought")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.type(", and the end of it")  # the cursor stands where it stood
    expect(page.locator("#answer")).to_have_value("My half a thought, and the end of it")


def _hidden_team(scene: Scene, number: int) -> None:
    with scene.store.transaction() as tx:
        team = agents.create_team(tx, "Board")
        inbox = factories.make_inbox(tx, team_id=team.id)
        row_of, home = conversations.get(tx, number, None), settings.inbox(tx, inbox.id)
        conversations.rehome(tx, number, None, home, factories.identity_of(tx, row_of.customer_id))


def test_what_was_moved_out_of_sight_leaves_the_screen_but_for_ones_own_words(scene: Scene) -> None:
    noor = scene.mail("Noor Amin", "Do you sell the lid alone?")
    number = scene.mail("Marta Lindqvist", "My secret kettle.")
    page = written(scene, number)
    _hidden_team(scene, number)  # the first thing that this server tells of it
    gone = page.locator(".lost")
    expect(gone).to_contain_text(f"#{number} is no longer yours to see")
    expect(gone.locator("textarea")).to_have_value("My half a thought")
    expect(page.locator("body")).not_to_contain_text("My secret kettle.")
    expect(row(page, "Marta Lindqvist")).to_have_count(0)
    assert focused(page) and accessibility(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert accessibility(page) == []
    shot(page, "fault-moved-phone-dark")
    page.set_viewport_size({"width": 1440, "height": 900})
    gone.get_by_role("link", name="To the queue").press("Enter")
    expect(row(page, "Noor Amin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#head")).to_have_attribute("data-id", str(noor))
    expect(page.locator("#answer")).to_have_value("")  # nobody else gets it


def test_an_answer_that_crosses_the_move_is_sent_nowhere(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "Hello")
    page = written(scene, number)
    page.route("**/head", lambda route: route.abort())  # the screen has not heard of it yet
    _hidden_team(scene, number)
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("#unsent")).to_be_visible()
    expect(page.locator("#answer")).to_have_value("My half a thought")
    expect(page.locator(".entry.waiting")).to_have_count(0)
    page.unroute("**/head")
    page.locator("#answer").press("Control+Enter")
    expect(page.locator(".lost textarea")).to_have_value("My half a thought")
    assert replies(scene, number) == []
    scene.chromium.complaints.clear()


def test_an_erased_customer_gets_no_answer_and_no_note_by_accident(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "My name and my street.")
    page = written(scene, number)
    desk = scene.app.extensions["loopdesk"]
    with scene.store.transaction() as tx:
        erasing.ask(tx, conversations.get(tx, number, None).customer_id, scene.bea, "They asked.", desk.files)
    while run_one(desk, "test", ["privacy.erase"]):
        pass
    expect(page.locator("#timeline")).to_contain_text("Bea Bee erased this customer.")
    expect(page.locator("#timeline")).not_to_contain_text("my street")
    expect(page.locator("#elsewhere")).to_contain_text("Nothing reaches this customer any more")
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("No address of this customer is known there.")
    expect(page.locator("#answer")).to_have_value("My half a thought")
    page.reload()
    expect(page.locator("#elsewhere")).to_contain_text("Nothing reaches this customer any more")
    expect(page.locator("#answer")).to_have_value("My half a thought")
    assert replies(scene, number) == []
    assert accessibility(page) == []
    page.locator("#elsewhere").get_by_role("button", name="Copy what you wrote").click()
    expect(page.locator("#toasts")).not_to_be_empty()


@pytest.mark.parametrize("how", ["removed", "signed out elsewhere"])
def test_whoever_is_removed_hears_so_at_once_and_keeps_their_words(scene: Scene, how: str) -> None:
    number = scene.mail("Marta Lindqvist", "My secret kettle.")
    page = written(scene, number)
    with scene.store.transaction() as tx:
        (agents.deactivate if how == "removed" else agents.end_sessions)(tx, scene.ada.id)
    gone = page.locator(".lost")
    expect(gone).to_contain_text("You were signed out")
    expect(gone.locator("textarea")).to_have_value("My half a thought")
    expect(page.locator("body")).not_to_contain_text("My secret kettle.")
    assert focused(page) and accessibility(page) == []
    shot(page, "fault-signed-out")
    scene.mail("Marta Lindqvist", "For colleagues alone.", answers=number)
    gone.get_by_role("link", name="Sign in").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    assert replies(scene, number) == []
    if how == "signed out elsewhere":
        page.goto(f"/try/{scene.bea.id}")  # a colleague at the same machine finds nothing of it
        page.goto(f"/console/c/{number}?view=all")
        expect(page.locator("#answer")).to_have_value("")


def test_an_answer_on_its_way_into_the_end_of_the_session_comes_back(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "Hello")
    page = written(scene, number)

    def over(route: Any) -> None:
        with scene.store.transaction() as tx:
            agents.end_sessions(tx, scene.ada.id)
        route.continue_()

    page.route("**/reply", over)
    page.locator("#answer").press("Control+Enter")
    expect(page.locator(".lost textarea")).to_have_value("My half a thought")
    assert replies(scene, number) == []
    with scene.store.transaction() as tx:
        tx.get_one(Staff, scene.ada.id).session_epoch = 0
    page.goto(f"/try/{scene.ada.id}")  # whoever signs in again finds it where it was
    page.goto(f"/console/c/{number}?view=all")
    expect(page.locator("#answer")).to_have_value("My half a thought")


def test_signing_in_again_in_another_tab_mends_the_page_and_somebody_else_ends_it(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "Hello")
    page = written(scene, number)
    other = page.context.new_page()
    other.goto(f"{scene.url}/try/{scene.ada.id}")  # another session of hers: the token of the first page is old
    page.locator("#answer").press("Control+Enter")
    expect(page.locator("article.from-agent:not(.waiting)", has_text="My half a thought")).to_have_count(1)
    page.locator("#answer").press_sequentially("As Ada")
    other.goto(f"{scene.url}/try/{scene.bea.id}")
    page.keyboard.press("Control+Enter")  # unless the page found out by itself, in its next sign of life
    expect(page.locator(".lost")).to_contain_text("Somebody else is signed in here now")
    expect(page.locator(".lost textarea")).to_have_value("As Ada")
    assert [e.text for e in replies(scene, number)] == ["My half a thought"]  # nothing went out under her name


def test_what_comes_late_of_one_customer_is_not_shown_beside_another(scene: Scene) -> None:
    first = scene.mail("Marta Lindqvist", "Hello")
    scene.mail("Noor Amin", "Good morning")
    page = scene.screen(path="/console/all")
    late: list[Any] = []
    page.route(f"**/console/c/{first}/customer*", lambda route: late.append(route))
    row(page, "Marta Lindqvist").click()
    wait_for(lambda: page.evaluate("1") and late, "the request on its way")  # asking lets events in
    row(page, "Noor Amin").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("noor@customer.example")
    with page.expect_response(lambda response: f"/c/{first}/customer" in response.url):
        late.pop().continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(panel).to_contain_text("noor@customer.example")
    expect(panel).not_to_contain_text("marta@customer.example")


def test_who_loses_a_role_sees_what_is_left_to_them(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "For the board")
    noor = scene.mail("Noor Amin", "For everybody")
    with scene.store.transaction() as tx:
        lead = agents.create(tx, email="cid@kiln.example", name="Cid Lead", role="supervisor")
        conversations.get(tx, number, None).team_id = agents.create_team(tx, "Board").id
    cid = scene.viewer(lead.id)
    page, other = written(scene, number, cid), written(scene, noor, cid, "For Noor")
    with scene.store.transaction() as tx:
        agents.change(tx, cid.id, role="agent")
    expect(page.locator(".lost")).to_contain_text(f"#{number} is no longer yours to see")
    expect(page.locator(".lost textarea")).to_have_value("My half a thought")
    expect(other.locator("#toasts")).to_contain_text("Your role or your teams were changed.")
    expect(row(other, "Marta Lindqvist")).to_have_count(0)
    expect(other.locator("#answer")).to_have_value("For Noor")  # what may be seen still goes on
    expect(other.locator("#answer")).to_be_focused()
    other.keyboard.press("Control+Enter")
    expect(other.locator("article.from-agent:not(.waiting)", has_text="For Noor")).to_have_count(1)


def test_who_comes_into_a_team_sees_its_conversations_at_once(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "For the returns team")
    with scene.store.transaction() as tx:
        team = agents.create_team(tx, "Returns").id
        conversations.get(tx, number, None).team_id = team
    page = scene.screen(scene.ada, "/console/all")
    expect(row(page, "Marta Lindqvist")).to_have_count(0)
    with scene.store.transaction() as tx:
        agents.add_member(tx, team, scene.ada.id)
    expect(row(page, "Marta Lindqvist")).to_be_visible()
    with scene.store.transaction() as tx:
        outbound.note(tx, number, scene.bea, "It changed")
        conversations.set_priority(tx, number, scene.bea, 1)
    expect(row(page, "Marta Lindqvist")).to_contain_text("For the returns team")


def test_a_lost_question_is_asked_again_though_the_line_stands(scene: Scene) -> None:
    number = scene.mail("Marta Lindqvist", "Hello")
    page = written(scene, number)
    lost: list[str] = []

    def first_is_lost(route: Any) -> None:
        lost.append(route.request.url)
        if len(lost) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/reply", first_is_lost)
    page.locator("#answer").press("Control+Enter")
    expect(page.locator(".entry.waiting")).to_contain_text("Waiting for the connection")
    expect(page.locator("article.from-agent:not(.waiting)")).to_have_count(1)  # by itself
    assert len(replies(scene, number)) == 1
    scene.chromium.complaints.clear()
