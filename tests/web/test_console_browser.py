"""The console in a real browser: live, by keyboard, without a connection, by day, by night and on a phone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from desk import agents, conversations, inbound, outbound
from desk.agents import Viewer
from desk.channels.email import safe_html
from desk.messages import Address, Attachment, InboundMessage, Sender
from desk.store import Store
from desk.worker import run_one
from tests import factories
from tests.servers.browser import Chromium, accessibility
from tests.servers.faces import Server, served, with_door
from tests.servers.needs import wait_for

pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ANGRY = "This is the third time I ask. Still no kettle. Honestly ridiculous, I am furious about this terrible service!"


class Scene:
    """A desk with people, served, and mail that comes in through the corridor."""

    def __init__(self, app: Flask, chromium: Chromium, url: str) -> None:
        self.app, self.chromium, self.url = app, chromium, url
        self.store: Store = app.extensions["loopdesk"].store
        with self.store.transaction() as tx:
            factories.make_inbox(tx)
            factories.sends_at_once(tx)
            self.inbox_id = 1
            for name, role in (("Ada Ant", "agent"), ("Bea Bee", "admin")):
                email = f"{name.split()[0].casefold()}@kiln.example"
                agents.create(tx, email=email, name=name, role=role)
        self.ada, self.bea = self.viewer(1), self.viewer(2)
        self._count = 0

    def viewer(self, staff_id: int) -> Viewer:
        with self.store.reading() as tx:
            found = agents.viewer(tx, staff_id)
        assert found is not None
        return found

    def mail(self, name: str, text: str, subject: str = "Order", answers: int | None = None, **more: Any) -> int:
        """A mail of a customer; `answers` threads it into a conversation. Gives the conversation."""
        self._count += 1
        token = None
        if answers is not None:
            token = conversations.reply_token(self.store.keys, self.inbox_id, answers)
        address = Address("email", f"{name.split()[0].casefold()}@customer.example", name)
        outcome = inbound.receive(
            self.app.extensions["loopdesk"],
            InboundMessage(
                channel="email",
                inbox_id=self.inbox_id,
                external_id=f"{self._count}@customer.example",
                message_id=f"{self._count}@customer.example",
                sender=Sender(address, "inferred", "mail came from this address"),
                sent_at=self.store.clock.now(),
                text=text,
                subject=subject,
                reply_token=token,
                **more,
            ),
        )
        assert outcome.conversation_id is not None, outcome
        while run_one(self.app.extensions["loopdesk"], "test", ["sentiment.read"]):
            pass  # the model reads what came, as the worker of a desk that serves would
        return outcome.conversation_id

    def screen(self, viewer: Viewer | None = None, path: str = "/console/", **options: Any) -> Page:
        page = self.chromium.page(self.url, **options)
        page.goto(f"/try/{(viewer or self.ada).id}")
        page.goto(path)
        expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
        return page


@pytest.fixture
def scene(config: dict[str, Any], chromium: Chromium) -> Iterator[Scene]:
    app: Flask = with_door(import_module("desk.app").create_app(config))
    with served(app, chromium.close) as url:
        yield Scene(app, chromium, url)
    app.extensions["loopdesk"].store.engine.dispose()


def row(page: Page, name: str) -> Any:
    return page.locator("#rows a.convo", has_text=name)


def names(page: Page) -> list[str]:
    return page.locator("#rows .who").all_inner_texts()


def test_rows_come_change_and_go_by_themselves(scene: Scene) -> None:
    scene.mail("Noor Amin", "Do you sell the lid alone?")
    page = scene.screen(path="/console/unassigned")
    row(page, "Noor Amin").focus()
    marta = scene.mail("Marta Lindqvist", "My kettle is cracked.")
    expect(row(page, "Marta Lindqvist")).to_be_visible()
    assert names(page) == ["Noor Amin", "Marta Lindqvist"]
    scene.mail("Marta Lindqvist", ANGRY, answers=marta)
    expect(row(page, "Marta Lindqvist").locator(".frustrated")).to_be_visible()
    expect(page.locator("#rows .who").first).to_have_text("Marta Lindqvist")  # lifted
    expect(row(page, "Noor Amin")).to_be_focused()  # the focus stayed on the row, which moved
    expect(page.locator("[data-count=unassigned]")).to_have_text("2")
    with scene.store.transaction() as tx:
        conversations.assign(tx, marta, scene.bea, scene.bea.id)
    expect(row(page, "Marta Lindqvist")).to_have_count(0)
    expect(page.locator("[data-count=unassigned]")).to_have_text("1")
    with scene.store.transaction() as tx:
        for found in conversations.queue(tx, scene.bea, "unassigned").rows:
            conversations.resolve(tx, found.id, scene.bea)
    expect(page.get_by_role("heading", name="Everything has an owner")).to_be_visible()


def test_lines_come_without_taking_the_place_the_words_or_the_focus(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "First.")
    for n in range(14):
        scene.mail("Marta Lindqvist", f"And another thing, number {n}.\n\nIt is long.", answers=marta)
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    expect(page.locator("#timeline article")).to_have_count(15)
    assert page.evaluate("scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight") < 3
    page.locator("#answer").fill("Half a thought")
    scene.mail("Marta Lindqvist", "Hello?", answers=marta)
    expect(page.locator("#timeline article", has_text="Hello?")).to_be_in_viewport()  # at the end one stays at the end
    page.locator("#scroller").evaluate("node => { node.scrollTop = 300; }")
    expect(page.locator("#news button")).to_be_hidden()
    scene.mail("Marta Lindqvist", "Still there?", answers=marta)
    expect(page.locator("#news button")).to_have_text("1 new")
    assert page.evaluate("scroller.scrollTop") == 300
    expect(page.locator("#answer")).to_be_focused()
    assert page.locator("#answer").input_value() == "Half a thought"
    page.locator("#news button").click()
    expect(page.locator("#timeline article", has_text="Still there?")).to_be_in_viewport()
    expect(page.locator("#news button")).to_be_hidden()
    page.reload()
    expect(page.locator("#answer")).to_have_value("Half a thought")  # kept on this device


def test_a_day_of_work_by_keyboard_alone(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "My kettle is cracked.", "Kettle cracked")
    noor = scene.mail("Noor Amin", "Do you sell the lid alone?", "Lid")
    page = scene.screen()
    keys = page.keyboard
    keys.press("n")  # take the next one
    expect(page.locator("#title")).to_have_text("Kettle cracked")
    expect(page.locator("#title")).to_be_focused()
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.ada.id))
    keys.press("r")
    expect(page.locator("#answer")).to_be_focused()
    keys.type("A new kettle leaves today.")
    keys.press("Control+Enter")
    expect(page.locator("article.from-agent:not(.waiting)", has_text="A new kettle leaves today.")).to_have_count(1)
    expect(page.locator("#answer")).to_have_value("")
    keys.press("Escape")
    keys.press("n")
    keys.type("She was very kind. e r s a")  # single keys rest while one types
    keys.press("Control+Enter")
    expect(page.locator("article.note:not(.waiting)", has_text="She was very kind.")).to_have_count(1)
    expect(page.locator("#mode-reply")).to_be_checked()  # the next words are for the customer again
    keys.press("Escape")
    keys.press("l")
    page.locator("#label-menu input[name=label]").wait_for()
    keys.type("breakage")
    keys.press("Enter")
    expect(page.locator("#panel")).to_contain_text("breakage")
    keys.press("s")
    page.locator("#snooze-menu button", has_text="Tomorrow").wait_for()
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Snoozed to")
    expect(page.locator("#head")).to_have_attribute("data-status", "snoozed")
    keys.press("z")
    expect(page.locator("#head")).to_have_attribute("data-status", "open")
    keys.press("a")
    page.locator("#assign-menu button", has_text="Bea Bee").wait_for()
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Assigned to Bea Bee")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.bea.id))
    keys.press("z")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(scene.ada.id))
    keys.press("e")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    expect(page.locator("#toasts")).to_contain_text(f"Resolved #{marta}")
    keys.press("Control+k")
    keys.type("noor")
    expect(page.locator("#palette-list")).to_contain_text("noor@customer.example")
    keys.press("Enter")
    expect(page.locator("#title")).to_have_text("Lid")
    assert page.url.endswith(f"/console/c/{noor}?view=mine")
    keys.press("?")
    expect(page.get_by_role("dialog", name="All keys")).to_contain_text("Send and resolve")
    keys.press("Escape")
    keys.press("r")
    keys.type("Yes, we do.")
    keys.press("Control+Shift+Enter")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    page.go_back()
    expect(page.locator("#title")).to_have_text("Kettle cracked")
    with scene.store.reading() as tx:
        assert len([e for e in inbound.timeline.of_conversation(tx, marta) if e.kind == "reply"]) == 1


def test_j_and_k_walk_the_queue_and_enter_opens(scene: Scene) -> None:
    for name in ("Ann One", "Ben Two", "Cat Three"):
        scene.mail(name, "Hello")
    page = scene.screen(path="/console/unassigned")
    for key, name in (("j", "Ann One"), ("j", "Ben Two"), ("j", "Cat Three"), ("j", "Cat Three"), ("k", "Ben Two")):
        page.keyboard.press(key)
        expect(row(page, name), key).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("ben@customer.example")
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.press("Escape")  # gives the focus back to the row
    expect(row(page, "Ben Two")).to_be_focused()


def test_single_keys_can_be_switched_off(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        agents.change(tx, scene.ada.id, single_keys=False)
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.screen(path=f"/console/c/{marta}")
    page.locator("#title").focus()
    for key in ("e", "r", "?", "j"):
        page.keyboard.press(key)
    expect(page.locator("#title")).to_be_focused()
    expect(page.locator("#head")).to_have_attribute("data-status", "open")
    page.keyboard.press("Control+k")  # chords stay
    expect(page.locator("#palette")).to_be_visible()


def test_two_people_see_each_other_and_do_not_answer_twice(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    hers = scene.screen(scene.ada, f"/console/c/{marta}?view=all")
    theirs = scene.screen(scene.bea, f"/console/c/{marta}?view=all")
    expect(hers.locator("#live")).to_have_text("Bea Bee is viewing")
    hers.locator("#answer").press_sequentially("I thi")
    expect(theirs.locator("#live")).to_have_text("Ada Ant is writing an answer")
    theirs.locator("#answer").fill("It is on its way.")
    theirs.keyboard.press("Control+Enter")
    expect(hers.locator("#unsent")).to_contain_text("Bea Bee has answered since you began to write")
    hers.locator("#answer").press("Control+Enter")
    expect(hers.locator("#crossed")).to_contain_text("Bea Bee")
    expect(hers.locator("#crossed blockquote")).to_contain_text("It is on its way.")
    assert hers.locator("article.from-agent").count() == 1
    hers.locator("#answer").press("Control+Enter")
    expect(theirs.locator("article.from-agent", has_text="I thi")).to_have_count(1)
    theirs.keyboard.press("Escape")
    theirs.keyboard.press("e")
    expect(hers.locator("#head")).to_have_attribute("data-status", "resolved")


def test_nothing_is_lost_without_a_connection(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.context.set_offline(True)
    page.locator("#answer").fill("Written in a tunnel.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.waiting")).to_contain_text("Waiting for the connection")
    expect(page.locator("#connection")).to_contain_text("Offline since")
    page.locator("#answer").fill("A draft")
    scene.mail("Marta Lindqvist", "While you were away", answers=marta)
    scene.mail("Noor Amin", "Meanwhile")
    page.context.set_offline(False)
    expect(page.locator("article.from-agent:not(.waiting)", has_text="Written in a tunnel.")).to_have_count(1)
    expect(page.locator("article", has_text="While you were away")).to_have_count(1)
    expect(row(page, "Noor Amin")).to_have_count(1)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator(".entry.waiting")).to_have_count(0)
    assert page.locator("#answer").input_value() == "A draft"
    with scene.store.reading() as tx:
        said = [e.text for e in inbound.timeline.of_conversation(tx, marta) if e.kind == "reply"]
    assert said == ["Written in a tunnel."]
    scene.chromium.complaints.clear()  # being offline was the point


def test_an_answer_outlives_the_page_that_wrote_it(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.route("**/reply", lambda route: route.abort())
    page.locator("#answer").fill("Sent just before the lid closed.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.waiting")).to_contain_text("Waiting for the connection")
    page.unroute("**/reply")
    page.reload()
    expect(page.locator("article.from-agent:not(.waiting)", has_text="before the lid closed")).to_have_count(1)
    scene.chromium.complaints.clear()


def test_a_refused_answer_comes_back_into_the_field(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.route("**/reply", lambda route: route.fulfill(status=422, body="The address is gone."))
    page.locator("#answer").fill("To nobody")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="The address is gone.")).to_be_visible()
    expect(page.locator("#answer")).to_have_value("To nobody")
    expect(page.locator(".entry.waiting")).to_have_count(0)


def test_one_part_fails_and_the_rest_works(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.chromium.page(scene.url)
    page.goto(f"/try/{scene.ada.id}")
    page.route("**/customer", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"/console/c/{marta}?view=all")
    expect(page.locator("#panel .failed")).to_contain_text("This part did not load.")
    expect(page.locator("#timeline")).to_contain_text("Hello")
    page.unroute("**/customer")
    page.locator("#panel .failed button").click()
    expect(page.locator("#panel")).to_contain_text("marta@customer.example")
    scene.chromium.complaints.clear()


def test_a_judgement_is_contradicted_in_place(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    expect(page.locator(".words")).to_contain_text("ridiculous")
    expect(page.locator("#timeline mark", has_text="ridiculous")).to_be_visible()
    page.get_by_role("button", name="Not right?").click()
    page.locator("#correct-menu").get_by_role("button", name="Calm").click()
    expect(page.locator("#head")).to_have_attribute("data-level", "calm")
    expect(page.locator(".fact").last).to_contain_text("Set by Ada Ant")


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else, and what it was asked for."""
    asked: list[str] = []

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        asked.append(str(environ["PATH_INFO"]))
        start("200 OK", [("Content-Type", "image/png")])
        return [PNG]

    server = Server(answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.end()
    thread.join()


@pytest.mark.parametrize("cleaned", [True, False])
def test_formatted_mail_runs_nothing_and_fetches_nothing(
    scene: Scene, elsewhere: tuple[str, list[str]], cleaned: bool
) -> None:
    url, asked = elsewhere
    html = f"""<b id="bold">Bold</b><img src="{url}/pixel.png" alt="" title="far"><img src="cid:logo" title="own">
    <p style="background:url({url}/style.png)">x</p><style>p {{ background: url({url}/sheet.png) }}</style>
    <link rel="stylesheet" href="{url}/x.css"><link rel="preconnect" href="{url}"><iframe src="{url}/frame"></iframe>
    <script>fetch("{url}/script"); document.body.textContent = "ran"</script>
    <img src="data:," onerror="fetch('{url}/on')">
    <svg><image href="{url}/svg.png"/></svg><video poster="{url}/poster.png" autoplay src="{url}/x.mp4"></video>
    <meta http-equiv="refresh" content="0;url={url}/meta"><form action="{url}/form"><input autofocus></form>
    <a href="{url}/link" ping="{url}/ping">shop.example</a><img srcset="{url}/set.png 1x" src="cid:none">"""
    logo = Attachment("logo.png", "image/png", len(PNG), "", PNG, "logo", inline=True)
    files = scene.app.extensions["loopdesk"].files
    stored = replace(logo, sha256=files.put(PNG), content=None)
    # What got past the cleaner would still meet the frame's own policy.
    marta = scene.mail("Marta Lindqvist", "Plain", html=safe_html(html) if cleaned else html, attachments=(stored,))
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.get_by_role("button", name="Show formatted").click()
    frame = page.frame_locator("iframe.mail-frame")
    expect(frame.locator("b").first).to_have_text("Bold")
    expect(frame.locator("[title=own]")).to_be_visible()
    expect(frame.locator("[title=own]")).to_have_js_property("naturalWidth", 1)
    expect(frame.locator("[title=far]")).to_be_hidden()
    load = page.get_by_role("button", name="Load pictures from elsewhere")
    expect(load).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert asked == []
    if cleaned:  # else the browser names what it refused to ask for
        assert [one for one in seen if not one.startswith((scene.url, "data:"))] == []
        expect(frame.locator(".leads-to")).to_have_text("(127.0.0.1)")
        load.click()
        expect(frame.locator("[title=far]")).to_be_visible()
        wait_for(lambda: asked, "the picture to be asked for")
        assert asked == ["/pixel.png"]
        expect(load).to_have_count(0)
    page.get_by_role("button", name="Show text").click()
    expect(page.locator("iframe")).to_have_count(0)
    known = (url,) if cleaned else (url, "sandboxed", "Content Security Policy")  # what it names is what it refused
    scene.chromium.complaints = [c for c in scene.chromium.complaints if not any(word in c for word in known)]


def test_the_ribbon_leads_to_what_it_shows(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "A first line.")
    for n in range(70):
        scene.mail("Marta Lindqvist", f"Line {n}", answers=marta)
    with scene.store.transaction() as tx:
        entry = inbound.timeline.record(
            tx, customer_id=1, kind="survey_answered", author="customer", occurred_at=tx.now(), conversation_id=marta,
            detail={"kind": "csat", "score": 2}, words=inbound.timeline.Words("So slow"),
        )  # fmt: skip
        import_module("desk.facts").record(tx, 1, "csat", 2, occurred_at=tx.now(), entry_id=entry.id)
    page = scene.screen(path=f"/console/c/{marta}?view=all")
    page.locator("#scroller").evaluate("node => { node.scrollTop = 0; }")
    expect(page.locator("#timeline article")).to_have_count(71)  # older ones came by themselves
    page.locator("#panel a[data-evidence]").click()
    expect(page.locator(".pointed")).to_contain_text("So slow")
    expect(page.locator(".pointed")).to_be_in_viewport()
    assert page.locator("#ribbon .view").get_attribute("width") != "0%"


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wrong_for_assistive_technology(scene: Scene, dark: bool) -> None:
    marta = scene.mail("Marta Lindqvist", ANGRY)
    scene.mail("محمد الأمين", "أين طلبي؟")
    with scene.store.transaction() as tx:
        outbound.reply(tx, marta, scene.ada, "On its way.")
        outbound.note(tx, marta, scene.ada, "Kind.")
    page = scene.screen(path="/console/all", dark=dark)
    assert accessibility(page) == []
    row(page, "Marta Lindqvist").click()
    expect(page.locator("#panel")).to_contain_text("marta@customer.example")
    assert accessibility(page) == []
    page.keyboard.press("s")
    page.locator("#snooze-menu button").first.wait_for()
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert accessibility(page) == []
    page.goto("/console/snoozed")
    assert accessibility(page) == []


def test_a_phone_shows_one_pane_after_the_other(scene: Scene) -> None:
    scene.mail("Marta Lindqvist", "Hello " + "x" * 400, "A subject that is rather long for a phone")
    page = scene.screen(path="/console/all", width="phone")
    expect(page.locator("#rows")).to_be_visible()
    row(page, "Marta Lindqvist").click()
    expect(page.locator("#scroller")).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("A subject that is rather long for a phone")
    expect(page.locator("#panel")).to_be_hidden()
    page.locator("#head").get_by_role("link", name="Customer").click()
    expect(page.locator("#panel")).to_contain_text("marta@customer.example")
    page.get_by_role("link", name="Back to the conversation").click()
    page.get_by_role("link", name="Back to the queue").click()
    expect(page.locator("#rows")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessibility(page) == []


def test_the_console_works_without_a_script(scene: Scene) -> None:
    marta = scene.mail("Marta Lindqvist", "Hello")
    page = scene.chromium.page(scene.url, java_script_enabled=False)
    page.goto(f"/try/{scene.ada.id}")
    page.goto("/console/all")
    row(page, "Marta Lindqvist").click()
    page.locator("#answer").fill("By a plain form.")
    page.get_by_role("button", name="Send", exact=False).first.click()
    expect(page.locator("article.from-agent")).to_contain_text("By a plain form.")
    assert re.search(rf"/console/c/{marta}", page.url)
    page.goto(f"/console/c/{marta}/customer")
    expect(page.locator(".ident")).to_contain_text("marta@customer.example")
