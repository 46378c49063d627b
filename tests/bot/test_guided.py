"""What customers hear in a flow, from the first question to its end or to a person, with a real server behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from desk import bot, calendars, conversations, flows, settings
from desk.flows.tables import FlowRun
from desk.messages import Address, Sender, Trust
from desk.worker.tasks import TASKS
from tests.bot.conftest import Scene
from tests.factories import make_inbox, make_staff
from tests.flows.samples import ADDRESS, CANCEL, HOURS, ORDER

USER = Sender(Address("user", "u7@shop", "Noor"), "verified", "the site's signed token")


@dataclass
class Shop:
    """A shop's own server: what it was asked, and what it answers."""

    port: int = 0
    status: int = 200
    answer: Any = None
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    slow: Event = field(default_factory=Event)
    hangs: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop(answer={"data": [{"state": "on its way"}], "state": "gone"})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            shop.asked.append((self.command, self.path, dict(self.headers), body))
            if shop.hangs:
                shop.slow.wait(10)
            content = shop.answer if isinstance(shop.answer, bytes) else json.dumps(shop.answer).encode()
            self.send_response(shop.status)
            self.send_header("Content-Length", str(len(content)))
            if shop.status == 302:
                self.send_header("Location", f"{shop.url}/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    yield shop
    shop.slow.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.desk.config = {**scene.desk.config, "ALLOW_PRIVATE": True}
    return scene


def publish(scene: Scene, text: str) -> int:
    def work(tx: Any) -> int:
        row = flows.save(tx, text, None)
        for name in flows.read(text).secrets:
            flows.put_secret(tx, row.id, name, "hush-hush", None)
        flows.publish(tx, row.id, None)
        return row.id

    return int(scene.do(work))


def call(scene: Scene) -> None:
    for job in scene.lease("bot.call"):
        TASKS[job.task](scene.desk, job)


def run_of(scene: Scene) -> FlowRun:
    with scene.desk.store.reading() as tx:
        return list(tx.scalars(select(FlowRun).order_by(FlowRun.id)))[-1]


def test_a_status_is_asked_looked_up_and_told(scene: Scene, shop: Shop) -> None:
    publish(scene, ORDER % {"url": shop.url})
    asked = scene.ask("Where is my order?")
    assert asked.text == "Which order is it? It looks like AB-1234."
    assert (asked.detail["outcome"], asked.detail["flow"]["name"], asked.detail["flow"]["step"]) == (
        "flow",
        "Order status",
        1,
    )
    assert scene.conversation().waiting_since is None
    looking = scene.ask("AB-1234")
    assert "looking that up" in looking.text and shop.asked == []  # nothing is called within the turn
    assert scene.conversation().waiting_since is not None  # somebody waits until it is there
    call(scene)
    assert scene.said("bot")[-1].text == "Your order is on its way."
    [(method, path, headers, _)] = shop.asked
    assert (method, path, headers["Authorization"]) == ("GET", "/orders/AB-1234?by=AB-1234", "Bearer hush-hush")
    assert scene.conversation().waiting_since is None
    row = run_of(scene)
    assert (row.state, row.ending) == ({}, "told")  # what was answered stands on the timeline alone
    assert "hush" not in json.dumps([e.detail for e in scene.said("bot")])


def test_examples_begin_a_flow_and_what_is_like_nothing_begins_none(scene: Scene, shop: Shop) -> None:
    publish(scene, ORDER % {"url": shop.url})
    said = scene.ask("Could you check the status of my order?")
    assert said.detail["outcome"] == "flow" and said.detail["confidence"] is None
    assert said.detail["flow"]["confidence"] >= said.detail["threshold"]
    scene.ask("cancel")
    assert scene.ask("Does the pot work on induction?").detail["outcome"] == "answer"
    assert scene.ask("Who founded your company, and when?").detail["outcome"] == "hand_over"


def test_a_wrong_answer_is_asked_again_twice_and_then_a_person_sees_what_was_said(scene: Scene, shop: Shop) -> None:
    publish(scene, ORDER % {"url": shop.url})
    scene.ask("Where is my order?")
    assert [scene.ask(text).detail["because"] for text in ("it is red", "no idea")] == ["again", "again"]
    last = scene.ask("I lost the mail")
    assert (last.detail["outcome"], last.detail["because"]) == ("hand_over", "stuck")
    [summary] = scene.said("handover")
    assert summary.detail["why"] == "stuck"
    assert (summary.detail["flow"]["name"], summary.detail["flow"]["step"]) == ("Order status", 1)
    assert "no idea" in summary.text and scene.conversation().bot == "handed_over"
    assert shop.asked == []


def test_a_person_comes_at_every_step_by_word_and_by_button(scene: Scene) -> None:
    publish(scene, ADDRESS)
    scene.ask("Change my address")
    scene.ask("Kiln Lane 4")
    scene.ask("I want to talk to a human please")
    [summary] = scene.said("handover")
    assert summary.detail["why"] == "customer" and "street: Kiln Lane 4" in summary.text
    assert run_of(scene).state == {} and run_of(scene).ending == "handed_over"
    scene.write("Are you there?")
    assert scene.lease() == []  # it comes back only when released


def test_the_button_of_the_widget_ends_a_flow(scene: Scene) -> None:
    publish(scene, ADDRESS)
    scene.ask("Change my address")
    scene.do(lambda tx: bot.hand_over(tx, scene.conversation_id, "customer"))
    assert run_of(scene).ending == "handed_over"


def test_a_flow_that_leads_to_a_person_hands_over_everything_that_was_answered(scene: Scene) -> None:
    publish(scene, ADDRESS)
    for text in ("Change my address", "Kiln Lane 4", "1234 Clay"):
        said = scene.ask(text)
    assert said.text == "Is Kiln Lane 4, 1234 Clay right?" and said.detail["flow"]["choices"] == ["Yes", "No"]
    assert scene.ask("Yes").text == "Thank you. A colleague enters it."
    [summary] = scene.said("handover")
    assert summary.detail["why"] == "policy"
    assert summary.text.endswith("street: Kiln Lane 4\ntown: 1234 Clay\nsure: yes")


@pytest.mark.parametrize("how", ["slow", "refused", "down", "odd", "moved", "long"])
@pytest.mark.database("sqlite")
def test_a_call_that_fails_is_said_as_it_is_and_a_person_is_offered(scene: Scene, shop: Shop, how: str) -> None:
    publish(scene, ORDER % {"url": shop.url if how != "down" else "http://127.0.0.1:9"})
    shop.hangs, shop.status = how == "slow", {"refused": 403, "moved": 302}.get(how, 200)
    shop.answer = {"odd": b"<html>", "long": b"x" * 100_000}.get(how, shop.answer)
    scene.ask("Where is my order?")
    scene.ask("AB-1234")
    call(scene)
    said = scene.said("bot")[-1]
    assert "could not look that up" in said.text and "person?" in said.text
    assert said.detail["flow"]["call"]["trouble"] and scene.conversation().bot == "talking"
    assert scene.ask("Yes").detail["outcome"] == "hand_over"
    assert scene.conversation().bot == "handed_over"


@pytest.mark.database("sqlite")
def test_a_call_into_a_private_network_is_not_made(scene: Scene, shop: Shop) -> None:
    scene.desk.config = {**scene.desk.config, "ALLOW_PRIVATE": False}
    publish(scene, ORDER % {"url": shop.url})
    scene.ask("Where is my order?")
    scene.ask("AB-1234")
    call(scene)
    assert shop.asked == [] and scene.said("bot")[-1].detail["because"] == "failed"


def test_personal_data_asks_for_a_proved_identity_and_a_typed_address_is_none(scene: Scene, shop: Shop) -> None:
    publish(scene, CANCEL % {"url": shop.url})
    refused = scene.ask("Cancel my order")  # a browser that came back is not a person
    assert (refused.detail["outcome"], refused.detail["because"]) == ("hand_over", "unverified")
    assert shop.asked == []


def test_whom_the_site_has_signed_in_is_known_and_a_change_is_asked_for_once(scene: Scene, shop: Shop) -> None:
    publish(scene, (CANCEL % {"url": shop.url}).replace("customer.email", "customer.user"))
    scene.ask("Cancel my order", sender=USER)
    scene.ask("AB-1234", sender=USER)
    [job] = scene.lease("bot.call")
    with scene.desk.store.transaction() as tx:  # the process died after it had called
        flows.sent(tx, int(job.args["run_id"]), int(job.args["step"]))
    TASKS[job.task](scene.desk, job)
    assert shop.asked == [] and scene.said("bot")[-1].detail["because"] == "failed"
    scene.ask("no thanks", sender=USER)
    scene.ask("Cancel my order", sender=USER)
    scene.ask("AB-1234", sender=USER)
    call(scene)
    [(method, path, headers, body)] = shop.asked
    assert (method, path) == ("POST", "/orders/AB-1234/cancel") and headers["Idempotency-Key"]
    assert json.loads(body) == {"order": "AB-1234", "by": "u7", "why": {"many": 1}}
    assert scene.said("bot")[-1].text == "Cancelled: gone."


@pytest.mark.database("sqlite")
def test_a_mail_proves_its_address_only_where_its_checks_passed(scene: Scene, shop: Shop) -> None:
    publish(scene, CANCEL % {"url": shop.url})
    inbox = scene.do(lambda tx: make_inbox(tx, config={"transport": "outbox", "bot": True}).id)
    mail = {"channel": "email", "inbox_id": inbox, "subject": "Order"}
    noor = Sender(Address("email", "noor@kiln.example", "Noor"), "verified", "a link")
    unchecked = scene.ask("Cancel my order", sender=noor, **mail)
    assert unchecked.detail["because"] == "unverified"
    sure = Trust("passed", "hop", "dmarc")
    known = scene.ask("Cancel my order", sender=noor, trust=sure, **mail)
    assert known.detail["because"] in ("asked", "unverified")


def test_a_running_dialogue_ends_on_the_version_that_it_began_with(scene: Scene) -> None:
    flow_id = publish(scene, ADDRESS)
    scene.ask("Change my address")
    changed = ADDRESS.replace("Postcode and town?", "Which planet?")
    scene.do(lambda tx: flows.save(tx, changed, None, flow_id) and flows.publish(tx, flow_id, None))
    assert scene.ask("Kiln Lane 4").text == "Postcode and town?"
    scene.do(lambda tx: flows.unpublish(tx, flow_id))
    assert scene.ask("1234 Clay").text.startswith("Is Kiln Lane 4")
    scene.ask("no")
    assert scene.ask("Change my address").detail["outcome"] != "flow"  # taken back: it begins no more


def test_hours_come_from_the_calendar_and_a_person_is_promised_for_when_they_are_back(scene: Scene) -> None:
    publish(scene, HOURS)
    assert scene.ask("Opening hours").text == "Somebody is here at any time.\n\nCome in!"

    def close(tx: Any) -> None:
        admin = make_staff(tx, "admin")
        days = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
        day = days[(scene.clock.now() + timedelta(days=2)).weekday()]
        kept = calendars.save(tx, admin.id, name="Office", zone="UTC", hours=f"{day} 9:00-12:00")
        settings.inbox(tx, scene.inbox_id).calendar_id = kept.id

    scene.do(close)
    assert "Nobody is here at the moment. We are back on" in scene.ask("Opening hours").text
    handed = scene.ask("I want to talk to a human please")
    assert "We are back on" in handed.text and scene.conversation().bot == "handed_over"


def test_an_agent_who_takes_over_ends_the_flow_and_its_call_says_nothing(scene: Scene, shop: Shop) -> None:
    publish(scene, ORDER % {"url": shop.url})
    scene.ask("Where is my order?")
    scene.ask("AB-1234")
    before = len(scene.said("bot"))
    scene.do(lambda tx: bot.quiet(tx, scene.conversation_id))
    call(scene)
    assert len(scene.said("bot")) == before and shop.asked == []


def test_who_asks_for_a_person_while_it_is_looked_up_gets_one(scene: Scene, shop: Shop) -> None:
    publish(scene, ORDER % {"url": shop.url})
    scene.ask("Where is my order?")
    scene.ask("AB-1234")
    scene.write("I want to talk to a human please")
    call(scene)  # it was quicker than their turn
    scene.work()
    assert scene.said("bot")[-1].detail["outcome"] == "hand_over" and scene.conversation().bot == "handed_over"


def test_what_erasing_takes(scene: Scene) -> None:
    publish(scene, ADDRESS)
    scene.ask("Change my address")
    scene.ask("Kiln Lane 4")
    assert run_of(scene).state["values"] == {"street": "Kiln Lane 4"}
    scene.do(lambda tx: flows.erase(tx, [scene.conversation_id]))
    assert (run_of(scene).state, run_of(scene).ending) == ({}, "erased")


@pytest.mark.database("sqlite")
def test_the_next_episode_begins_anew(scene: Scene) -> None:
    publish(scene, ADDRESS)
    scene.ask("Change my address")
    scene.do(lambda tx: conversations.resolve(tx, scene.conversation_id, None))
    assert scene.ask("Does the pot work on induction?").detail["outcome"] == "answer"
