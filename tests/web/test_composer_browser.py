"""The composer's channels in a real browser: whom each reaches, what it costs while one types, and which are closed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from desk import conversations, inbound, outbound, people, settings
from desk.messages import Address, InboundMessage, Sender
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.worker import drain
from tests import factories
from tests.servers.browser import accessibility
from tests.servers.needs import wait_for
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both

NUMBER, PHONE = "+46705550100", "+46705550132"


@pytest.fixture
def texts(scene: Scene) -> int:
    """An SMS inbox beside the one for mail."""
    with scene.store.transaction() as tx:
        return factories.make_inbox(tx, channel="sms", name="Texts", address=NUMBER, config={"transport": "outbox"}).id


def text(scene: Scene, inbox_id: int, body: str, sid: str) -> int:
    outcome = inbound.receive(
        scene.app.extensions["loopdesk"],
        InboundMessage(
            channel="sms",
            inbox_id=inbox_id,
            external_id=sid,
            sender=Sender(Address("phone", PHONE), "verified", "an SMS came from it"),
            sent_at=scene.store.clock.now(),
            text=body,
            command="stop" if body == "STOP" else "",
        ),
    )
    assert outcome.conversation_id is not None
    return outcome.conversation_id


def with_number(scene: Scene, conversation_id: int, evidence: str = "verified", **fields: Any) -> None:
    """Gives the customer of a conversation a telephone number."""
    with scene.store.transaction() as tx:
        customer = people.customer(tx, conversations.get(tx, conversation_id, None).customer_id)
        factories.make_identity(tx, customer, PHONE, kind="phone", evidence=evidence, **fields)


def way(page: Page, channel: str) -> Any:
    return page.locator(f"#ways input[value={channel}]")


def label(page: Page, channel: str) -> Any:
    return page.locator(f"#ways label:has(input[value={channel}])")


def deliveries(scene: Scene) -> list[tuple[str, str]]:
    with scene.store.reading() as tx:
        return [(d.channel, d.recipient) for d in tx.query(Delivery).order_by(Delivery.id)]


def test_an_answer_to_a_mail_goes_by_sms_and_says_before_what_it_costs(scene: Scene, texts: int) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    with_number(scene, number)
    page = scene.screen(path=f"/console/c/{number}")
    expect(page.locator("#ways label")).to_have_count(2)
    expect(way(page, "email")).to_be_checked()
    expect(page.locator("#reach [data-reach=email]")).to_contain_text("noor@customer.example")
    expect(page.locator("#reach [data-reach=email]")).to_contain_text("one mail")
    page.locator("#answer").fill("Ja")
    page.keyboard.press("Alt+3")
    expect(way(page, "sms")).to_be_checked()
    reach = page.locator("#reach [data-reach=sms]")
    expect(reach).to_contain_text(PHONE)
    expect(reach).to_contain_text("2 characters, GSM-7, 1 segment, 158 left")
    page.locator("#answer").fill("Grüße " + "ж" * 80)
    expect(reach).to_contain_text("86 characters, UCS-2, 2 segments, 48 left")
    expect(reach).to_contain_text("ж costs: 2 segments instead of 1")
    page.locator("#answer").fill("It comes tomorrow. 👍🏽")
    expect(reach).not_to_contain_text("costs")  # one segment either way
    page.locator("#answer").fill("a" * 100 + "👍🏽")
    expect(reach).to_contain_text("👍🏽 costs: 2 segments instead of 1 · 104 characters, UCS-2, 2 segments, 30 left")
    page.locator("#answer").fill("a" * 1601)
    expect(page.locator("#reach")).to_have_class("reach xs muted over")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#unsent")).to_contain_text("1,600")
    expect(page.locator("#answer")).to_have_value("a" * 1601)
    page.locator("#answer").fill("It comes tomorrow.")
    page.keyboard.press("Control+Enter")
    line = page.locator(".entry.from-agent").last
    expect(line.locator(".chip.sms")).to_have_text("SMS")
    expect(line).to_contain_text("1 segment")
    assert deliveries(scene) == [("sms", PHONE)]


def test_the_channel_follows_the_customer_unless_one_was_chosen(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page = scene.screen(path=f"/console/c/{number}")
    expect(way(page, "sms")).to_be_checked()
    expect(way(page, "email")).to_be_disabled()
    expect(label(page, "email")).to_have_attribute("title", re.compile("No address"))
    with scene.store.transaction() as tx:
        customer = people.customer(tx, conversations.get(tx, number, None).customer_id)
        factories.make_identity(tx, customer, "noor@customer.example", evidence="claimed")
    text(scene, texts, "Anybody?", "SM2")
    expect(way(page, "email")).to_be_enabled()
    label(page, "email").click()
    expect(page.locator("#reach [data-reach=email]")).to_contain_text("nothing quoted")
    expect(page.locator("#reach [data-reach=email] title")).to_have_text("Claimed")
    page.locator("#answer").fill("We mail you.")
    text(scene, texts, "Still here", "SM3")
    expect(page.locator("#timeline")).to_contain_text("Still here")
    expect(way(page, "email")).to_be_checked()
    page.reload()
    expect(page.locator("#answer")).to_have_value("We mail you.")
    expect(way(page, "email")).to_be_checked()


def test_stop_closes_the_way_on_the_screen(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page = scene.screen(path=f"/console/c/{number}")
    expect(way(page, "sms")).to_be_enabled()
    text(scene, texts, "STOP", "SM2")
    expect(way(page, "sms")).to_be_disabled()
    expect(page.locator("#mode-note")).to_be_checked()
    expect(page.locator("#reach")).to_contain_text("SMS: STOP came from this number")
    expect(page.locator("#reach [data-reach=sms]")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("Takes no more texts")
    expect(page.locator("#panel .ident")).to_contain_text("No texts")
    page.keyboard.press("Alt+3")
    expect(page.locator(".toast")).to_contain_text("STOP came from this number")


def test_stop_before_the_live_line_stands_closes_the_way_as_well(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page, shut = scene.chromium.page(scene.url), [True]
    page.route_web_socket(re.compile("socket.io"), lambda ws: ws.close() if shut else ws.connect_to_server())
    page.route("**/socket.io/**", lambda route: route.abort() if shut else route.continue_())
    page.goto(f"/try/{scene.ada.id}")
    with page.expect_response("**/ways"):  # which the page asks for by itself, before
        page.goto(f"/console/c/{number}")
    expect(way(page, "sms")).to_be_enabled()
    text(scene, texts, "STOP", "SM2")
    shut.clear()
    expect(page.locator("#timeline")).to_contain_text("Takes no more texts")
    expect(way(page, "sms")).to_be_disabled()
    scene.chromium.complaints.clear()  # of the line that was shut


def test_an_older_answer_that_comes_last_opens_no_way_again(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page, late = scene.chromium.page(scene.url), []

    def first_is_late(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))  # as it was when it was asked for

    page.route("**/ways", first_is_late)
    page.goto(f"/try/{scene.ada.id}")
    page.goto(f"/console/c/{number}")
    wait_for(lambda: page.evaluate("1") and late, "the ways to be asked for", 20)
    text(scene, texts, "STOP", "SM2")
    expect(way(page, "sms")).to_be_disabled()
    route, answer = late[0]
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/ways")):
        route.fulfill(response=answer)
    page.evaluate("fetch(location.href).then((r) => r.text())")  # whatever the page makes of it, it has made by then
    expect(page.locator("#mode-note")).to_be_checked()
    expect(way(page, "sms")).to_be_disabled()


def test_what_nobody_knows_is_settled_by_who_asked(scene: Scene, texts: int) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    page = scene.screen(path=f"/console/c/{number}")
    page.locator("#answer").fill("It comes tomorrow.")
    page.keyboard.press("Control+Enter")
    line = page.locator(".entry.from-agent").last
    expect(line).to_contain_text("Waiting to be sent")
    with scene.store.transaction() as tx:
        tx.query(Delivery).update({"state": "uncertain"})
    page.reload()
    expect(line).to_contain_text("Outcome unknown")
    line.get_by_role("button", name="It arrived").click()
    expect(line.locator("[data-state=sent]")).to_contain_text("Sent")


@pytest.mark.parametrize("options", [{}, {"dark": True}, {"width": "phone"}])
def test_everybody_can_use_it(scene: Scene, texts: int, options: dict[str, Any]) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    with_number(scene, number, evidence="claimed", details={"stopped": "2026-03-02T09:00:00+00:00"})
    page = scene.screen(path=f"/console/c/{number}", **options)
    expect(way(page, "sms")).to_be_disabled()
    page.locator("#answer").fill("Hello")
    assert accessibility(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide
    with scene.store.reading() as tx:
        assert settings.inboxes(tx, "sms")


@pytest.mark.parametrize("options", [{}, {"dark": True}, {"width": "phone"}])
def test_everybody_can_set_up_and_try_a_number(scene: Scene, texts: int, options: dict[str, Any]) -> None:
    number = text(scene, texts, "Hello?", "SM1")
    desk: Desk = scene.app.extensions["loopdesk"]
    with scene.store.transaction() as tx:
        outbound.reply(tx, number, scene.bea, "It is on its way and comes tomorrow before noon. " * 4)
    drain(desk)
    page = scene.screen(scene.bea, **options)
    for path in (
        "/admin/outbox",
        "/admin/outbox/1",
        "/admin/inboxes",
        "/admin/inboxes/new/sms",
        f"/admin/inboxes/{texts}",
    ):
        page.goto(path)
        assert accessibility(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto("/admin/outbox/1")
    expect(page.locator("h1")).to_contain_text(PHONE)
    expect(page.locator(".lede")).to_contain_text("2 segments, GSM-7")


def test_copies_are_boxes_that_stay_as_they_were_left(scene: Scene) -> None:
    number = scene.mail("Noor Aziz", "Where is my kettle?")
    with scene.store.transaction() as tx:
        row = conversations.get(tx, number, None)
        kept = [Address("email", "boss@customer.example", "The Boss"), Address("email", "max@customer.example")]
        conversations.choose_copied(tx, row, kept, None)
    page = scene.screen(path=f"/console/c/{number}")
    boxes = page.locator("#copies input[type=checkbox]")
    expect(boxes).to_have_count(2)
    boxes.nth(1).uncheck()
    page.locator("#copies input[type=text]").fill("zoe@other.example")
    scene.mail("Noor Aziz", "Are you there?", answers=number)  # the ways are read anew meanwhile
    expect(boxes.nth(1)).not_to_be_checked()
    page.locator("#answer").fill("It is on its way.")
    assert accessibility(page) == []
    page.locator("[data-send]").click()
    expect(page.locator("article.from-agent .about")).to_contain_text("also to The Boss, zoe@other.example")
    with scene.store.reading() as tx:
        (sent,) = tx.query(Delivery).where(Delivery.purpose == "reply")
        assert [a["value"] for a in sent.message["cc"]] == ["boss@customer.example", "zoe@other.example"]
    page.locator("#mode-note").check(force=True)
    expect(page.locator("#copies")).to_be_hidden()
