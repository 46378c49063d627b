"""A desk where people ask the same things in other words, and colleagues answer them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from desk import conversations, outbound, questions, reactions
from desk.clock import SetClock
from desk.jobs import lease
from desk.nlp import Models
from desk.parts import Desk
from desk.worker.tasks import TASKS
from tests.bot.conftest import Scene
from tests.factories import make_conversation, make_customer, make_entry, make_inbox
from tests.merging.lives import viewer_of

KILN = [
    "Can I rent a kiln for a weekend?",
    "Is it possible to hire a kiln for two days?",
    "Do you rent out kilns at the weekend?",
    "I would like to rent one of your kilns for a few days",
]
VAT = [
    "Can you put my VAT number on the invoice?",
    "The VAT number is missing on our invoice",
    "I need an invoice with our VAT number on it",
    "Please add the VAT number of my company to the invoice",
]


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()


class Shop:
    """One desk with a mail inbox. `ask` makes a conversation of one question that a colleague answers and resolves."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock, self._n = desk, clock, 0
        with desk.store.transaction() as tx:
            self.inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
            self.agent, self.lead = viewer_of(tx), viewer_of(tx, "supervisor")

    def ask(self, text: str, answers: Sequence[str] = ("We do that, yes.",), name: str = "") -> tuple[int, int]:
        """Gives the conversation and the line that asks."""
        self._n += 1
        self.clock.advance(timedelta(minutes=3))
        with self.desk.store.transaction() as tx:
            customer = make_customer(
                tx, f"someone{self._n}@home.example", name=name or f"Someone {self._n}", locale="en"
            )
            talk = make_conversation(tx, customer)
            entry = make_entry(tx, talk, text)
            number, entry_id = talk.id, entry.id
        for answer in answers:
            self.clock.advance(timedelta(minutes=1))
            with self.desk.store.transaction() as tx:
                outbound.reply(tx, number, self.agent, answer)
        with self.desk.store.transaction() as tx:
            conversations.resolve(tx, number, self.agent)
        return number, entry_id

    def work(self) -> None:
        """What the worker does about questions, until nothing is left of it."""
        with self.desk.store.transaction() as tx:
            questions.ask_to_group(tx)
        for _ in range(30):
            self.clock.advance(timedelta(seconds=1))
            with self.desk.store.transaction() as tx:
                found = lease(tx, "test", limit=10, tasks=("questions.group", "questions.draft"))
            if not found:
                return
            for job in found:
                TASKS[job.task](self.desk, job)
        raise AssertionError("the jobs do not end")

    def groups(self) -> list[questions.QuestionGroup]:
        with self.desk.store.reading() as tx:
            return sorted(questions.groups(tx, "en"), key=lambda one: one.id)

    def members(self, group_id: int) -> set[int]:
        """The lines that ask, of a group."""
        with self.desk.store.reading() as tx:
            return {row.entry_id or 0 for row in questions.members(tx, group_id)}


@pytest.fixture
def desk(desk: Desk, models: Models) -> Desk:
    desk.models = models
    desk.store.react_with(reactions.react)
    return desk


@pytest.fixture
def shop(desk: Desk, clock: SetClock) -> Shop:
    return Shop(desk, clock)


@pytest.fixture
def scene(desk: Desk, clock: SetClock) -> Scene:
    return Scene(desk, clock)
