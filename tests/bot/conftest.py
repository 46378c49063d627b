"""A desk with articles, a chat inbox with the bot in it, and customers who write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import conversations, inbound, jobs, knowledge, reactions, timeline
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.jobs import Leased
from desk.messages import Address, InboundMessage, Sender
from desk.nlp import Models
from desk.parts import Desk
from desk.store import Tx
from desk.timeline import EntryView
from desk.worker.tasks import TASKS
from tests import factories

HOBS = {
    "title": "Which hobs can I use?",
    "body": "Every pot works on gas and electric hobs.\n\n## Induction\n\nInduction needs our steel disc.",
    "examples": [
        "Does it work on induction?",
        "Can I use the pot on an induction hob?",
        "Is it safe on a gas stove?",
        "Will it work on my induction cooker?",
        "Can the pot go on an electric hob?",
        "Which hobs are fine for the pot?",
    ],
}
RETURNS = {
    "title": "Send something back",
    "body": "You have 30 days from the day it arrived. The return is free of charge.",
    "examples": [
        "How do I return an item?",
        "I want to send it back",
        "How can I return my order?",
        "Can I give it back?",
        "How long do I have to return it?",
        "Where is the return label?",
    ],
}
PARCEL = {
    "title": "Where is my parcel?",
    "body": "Open the link in the mail. It shows the last scan of the carrier.",
    "examples": [
        "Where is my order?",
        "My parcel has not arrived",
        "Where is my package?",
        "How can I track my parcel?",
        "My order is late",
        "The tracking has not moved",
    ],
}
RUECKGABE = {
    "title": "Etwas zurückschicken",
    "body": "Sie haben 30 Tage Zeit. Die Rücksendung ist kostenlos.",
    "examples": [
        "Wie kann ich etwas zurückgeben?",
        "Ich möchte meine Bestellung zurückschicken",
        "Wo ist das Etikett?",
    ],
}


@pytest.fixture(scope="session")
def models() -> Models:
    """The real model, loaded once for all of these tests."""
    return Models()


@pytest.fixture
def desk(desk: Desk, models: Models) -> Desk:
    desk.models = models
    desk.store.react_with(reactions.react)
    return desk


class Scene:
    """One desk, one chat inbox, and one customer in it."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        self._n = 0
        with desk.store.transaction() as tx:
            brand = factories.make_brand(tx, name="Kiln & Co.")
            self.inbox_id = factories.make_inbox(tx, channel="chat", address="shop", brand_id=brand.id).id
            for locale, rows in {"en": (HOBS, RETURNS, PARCEL), "de": (RUECKGABE,)}.items():
                for row in rows:
                    knowledge.publish(tx, knowledge.create(tx, None, locale=locale, **row).id, None)
        self.conversation_id = 0

    def write(self, text: str, **fields: Any) -> int:
        """A message of the customer through the corridor, and its entry."""
        self._n += 1
        self.clock.advance(timedelta(seconds=2))
        values: dict[str, Any] = {
            "channel": "chat",
            "inbox_id": self.inbox_id,
            "external_id": f"m{self._n}",
            "sender": Sender(Address("visitor", "noor-browser", "Noor"), "verified", "a signed token"),
            "sent_at": self.clock.now(),
            "text": text,
            "locale": "en",
        }
        outcome = inbound.receive(self.desk, InboundMessage(**{**values, **fields}))
        assert outcome.conversation_id is not None and outcome.entry_id is not None, outcome
        self.conversation_id = outcome.conversation_id
        return outcome.entry_id

    def lease(self, *tasks: str) -> list[Leased]:
        with self.desk.store.transaction() as tx:
            return jobs.lease(tx, "test", limit=50, tasks=tasks or ("bot.turn",))

    def work(self) -> None:
        """The bot's jobs, until there are none left; time passes between them."""
        for _ in range(20):
            self.clock.advance(timedelta(seconds=1))
            found = self.lease()
            if not found:
                return
            for job in found:
                TASKS[job.task](self.desk, job)
        raise AssertionError("the bot's jobs do not end")

    def ask(self, text: str, **fields: Any) -> EntryView:
        """Writes, lets the bot work, and gives its newest line."""
        self.write(text, **fields)
        self.work()
        found = self.said("bot")
        assert found, "the bot said nothing"
        return found[-1]

    def said(self, *kinds: str) -> list[EntryView]:
        with self.desk.store.reading() as tx:
            return timeline.of_conversation(tx, self.conversation_id, 100, kinds)

    def conversation(self) -> Conversation:
        with self.desk.store.reading() as tx:
            return conversations.get(tx, self.conversation_id, None)

    def do(self, work: Callable[[Tx], Any]) -> Any:
        with self.desk.store.transaction() as tx:
            return work(tx)


@pytest.fixture
def scene(desk: Desk, clock: SetClock) -> Scene:
    return Scene(desk, clock)
