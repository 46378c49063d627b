"""The desk is stopped, killed and started again on its port while thirty widgets write and two agents look on: each
message is there once and in order, for its visitor, in the database and on a screen that nobody reloaded."""

from __future__ import annotations

import itertools
import random
import threading
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect
from socketio.exceptions import SocketIOError
from sqlalchemy import func, select

from desk import conversations, timeline
from desk.timeline.tables import Entry
from desk.visitors import views
from tests.servers.browser import Chromium
from tests.servers.live import LiveDesk
from tests.servers.needs import wait_for
from tests.servers.widget import Console, Refused, Widget, chat_inbox

VISITORS, EACH = 30, 8
RESTARTS = 4
TROUBLE = (Refused, SocketIOError, OSError, AssertionError)


def words(visitor: int, n: int) -> str:
    return f"Visitor {visitor} says number {n}."


class Visitor(threading.Thread):
    """A visitor's widget as `static/widget` goes about it: what is written waits until it is acknowledged, under one
    `client_id`; after a break it says which place it had seen; what it shows is kept by the message's id."""

    def __init__(self, live: LiveDesk, key: str, number: int, acknowledged: Any, gates: list[threading.Event]) -> None:
        super().__init__(daemon=True)
        self.live, self.key, self.number, self.acknowledged = live, key, number, acknowledged
        self.gates = gates  # what is written around one restart is not written before the one before
        self.conversation = ""
        self.shown: dict[str, Any] = {}
        self.came_back = 0
        self.trouble = ""
        self._widget = Widget(live.base_url, key)
        self._heard = 0
        self._up = False
        self._pause = threading.Event()
        self._pace = random.Random(number)

    def run(self) -> None:
        for n in range(EACH):
            self.gates[n * RESTARTS // EACH].wait(200)
            self._pause.wait(self._pace.uniform(0.1, 0.8))
            while not self._said(words(self.number, n), f"visitor-{self.number}-{n}"):
                self._pause.wait(0.3)
            self.acknowledged.release()

    def _said(self, text: str, client_id: str) -> bool:
        try:
            self.catch_up()
            answer = self._widget.call("send", client_id=client_id, text=text)
        except TROUBLE as error:
            self.trouble, self._up = repr(error), False
            return False
        if not answer["ok"]:
            self.trouble = str(answer)
            self._pause.wait(answer.get("retry_after", 0))
            return False
        self._put(answer["message"])
        self.conversation = answer["conversation"]
        return True

    def catch_up(self) -> None:
        """Connects where the line is down, and asks for what came since the last place that it has."""
        self.hear()
        if self._up and self._widget.client.connected:
            return
        before = self._widget
        before.close()
        self._widget = Widget(self.live.base_url, self.key, before.visitor, address=before.address)
        self._heard = 0
        since = max((m["place"] for m in self.shown.values()), key=views.read_place, default=None)
        there = {"conversation": self.conversation, "since": since} if since else {}
        answer = self._widget.connect(**there)
        assert answer["ok"], answer
        if answer["reset"]:
            self.shown.clear()
        for message in answer["messages"]:
            self._put(message)
        self._up = True
        self.came_back += 1

    def hear(self) -> None:
        told = self._widget.all("message")
        for message in told[self._heard :]:
            self._put(message)
        self._heard = len(told)

    def _put(self, message: Any) -> None:
        self.shown[message["id"]] = message

    def texts(self, who: str) -> list[str]:
        """What stands on this screen, in its order."""
        lines = sorted(self.shown.values(), key=lambda m: views.read_place(m["place"]))
        return [m["text"] for m in lines if m["who"] == who]

    def close(self) -> None:
        self._widget.close()


def answer_all(live: LiveDesk, console: Console, visitors: list[Visitor]) -> None:
    """One answer to each conversation, under one request id until the desk says yes."""
    pause = threading.Event()
    for visitor in visitors:
        wait_for(lambda v=visitor: v.conversation, "a conversation to answer", 120)  # type: ignore[misc]
        while True:
            try:
                console.reply(
                    visitor.conversation, f"Answer to {visitor.number}.", request_id=f"answer-{visitor.number:08}"
                )
                break
            except (requests.RequestException, IndexError):  # a page of a desk that is away has no token
                pause.wait(0.3)


def looking(chromium: Chromium, live: LiveDesk, name: str, visitor: Visitor) -> Page:
    """An agent with a visitor's conversation open, beside the queue."""
    page = chromium.page(live.base_url)
    live.log_in(page, live.staff("agent", name))
    wait_for(lambda: visitor.conversation, "the conversation", 60)
    page.goto(f"/console/c/{visitor.conversation}?view=all")
    expect(page.locator("#shell[data-live=yes]")).to_be_attached()
    return page


@pytest.mark.long
@pytest.mark.timeout(420)
def test_nothing_is_lost_or_doubled_when_the_desk_restarts(live_desk: LiveDesk, chromium: Chromium) -> None:
    key = chat_inbox(live_desk.desk)
    acknowledged = threading.Semaphore(0)
    gates = [threading.Event() for _ in range(RESTARTS)]
    visitors = [Visitor(live_desk, key, n, acknowledged, gates) for n in range(VISITORS)]
    console = Console(live_desk, live_desk.staff(name="Jonas Weber").email)
    for visitor in visitors:
        visitor.start()
    gates[0].set()
    pages = [looking(chromium, live_desk, name, visitors[n]) for n, name in enumerate(("Mara Oliveira", "Ida Holm"))]
    answers = threading.Thread(target=answer_all, args=(live_desk, console, visitors), daemon=True)
    answers.start()

    for gate, end in zip(gates, itertools.cycle((live_desk.stop, live_desk.kill)), strict=False):
        gate.set()
        for _ in range(VISITORS):  # half of what is written around this restart
            assert acknowledged.acquire(timeout=60), [v.trouble for v in visitors if v.is_alive()]
        end()
        live_desk.start()
    for thread in (*visitors, answers):
        thread.join(120)
        assert not thread.is_alive()
    assert sum(v.came_back for v in visitors) > VISITORS * 2, "the desk went away while they wrote"

    for visitor in visitors:
        said = [words(visitor.number, n) for n in range(EACH)]
        with live_desk.desk.store.reading() as tx:
            lines = timeline.of_conversation(tx, int(visitor.conversation), 100, ("message", "reply"))
        assert [e.text for e in lines if e.author == "customer"] == said
        assert [e.text for e in lines if e.author == "staff"] == [f"Answer to {visitor.number}."]

        def whole(visitor: Visitor = visitor, said: list[str] = said) -> bool:
            visitor.catch_up()
            return visitor.texts("me") == said and visitor.texts("agent") == [f"Answer to {visitor.number}."]

        wait_for(whole, f"the screen of visitor {visitor.number}, which shows {visitor.texts('me')}")
    with live_desk.desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).where(Entry.kind == "message")) == VISITORS * EACH
        rows = conversations.queue(tx, live_desk.staff("supervisor"), "all", limit=100).rows
    assert {str(row.id) for row in rows} == {v.conversation for v in visitors}

    for n, page in enumerate(pages):
        said = [words(n, k) for k in range(EACH)]
        shown = page.locator("article.entry[data-kind=message] .msg")
        expect(shown).to_have_text(said)
        expect(page.locator("article.from-agent .msg")).to_have_text([f"Answer to {n}."])
        ids = page.locator("#rows li[data-k]").evaluate_all("all => all.map((li) => li.id)")
        assert len(ids) == len(set(ids)) == VISITORS
    for visitor in visitors:
        visitor.close()
    console.close()
    chromium.close()
    chromium.complaints.clear()  # the desk was away, and the browsers said so
