"""The jobs of frustration on a desk with the language model: reading a message, and learning from corrections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from desk import agents, conversations, inbound, sentiment
from desk.clock import SetClock
from desk.jobs.tables import Job
from desk.messages import Address, InboundMessage, Sender
from desk.nlp import Models, NoModel, Reading, Without
from desk.parts import Desk
from desk.sentiment import reading
from desk.sentiment.judging import Judge
from desk.sentiment.tables import Layer, Score
from desk.store import Tx
from desk.timeline.tables import Entry
from desk.worker import drain
from tests.factories import make_conversation, make_inbox, make_staff
from tests.sentiment.test_levels import shifts, write


def said_by_the_desk(tx: Tx) -> list[int]:
    return list(tx.scalars(select(Entry.id).where(Entry.kind == "sentiment", Entry.author == "desk")))


pytestmark = pytest.mark.timeout(300)


def wrote(desk: Desk, inbox_id: int, number: int, text: str, who: str = "maya@customer.example") -> inbound.Outcome:
    message = InboundMessage(
        channel="email",
        inbox_id=inbox_id,
        external_id=f"m{number}",
        sender=Sender(Address("email", who, "Maya")),
        text=text,
        sent_at=desk.store.clock.now(),
        subject="Kettle",
    )
    return inbound.receive(desk, message)


def test_a_message_is_read_in_a_job_that_may_run_twice(reading_desk: Desk) -> None:
    desk = reading_desk
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    text = "I hate this. You are useless and I am so tired of being ignored."
    outcome = wrote(desk, inbox_id, 1, text)
    assert outcome.entry_id is not None and outcome.conversation_id is not None
    with desk.store.reading() as tx:
        assert conversations.get(tx, outcome.conversation_id, None).level == "calm"
        assert shifts(tx, outcome.conversation_id) == []
    drain(desk)
    reading.read(desk, outcome.entry_id, lambda _: None)  # once more
    with desk.store.reading() as tx:
        found = conversations.get(tx, outcome.conversation_id, None)
        assert found.level == "frustrated"
        assert shifts(tx, outcome.conversation_id) == [("calm", "frustrated")]
        row = tx.get_one(Score, outcome.entry_id)
        assert row.model == "frustration-1"
        assert row.read_at is not None
        words = {text[start:end] for start, end, _ in row.words}
        assert words & {"hate", "useless", "tired"}
        assert tx.scalar(select(func.count()).select_from(Job).where(Job.state != "done")) == 0


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "text",
    [
        "Das ist jetzt die dritte Mail, immer noch keine Antwort. Das ist doch unverschämt!",
        "Es la tercera vez que escribo y nadie me responde. Esto es una vergüenza.",
        "😡😡😡 🤬",
        "This is the third time I ask. Still no answer. I am fed up with your company.",
    ],
)
def test_anger_is_heard_in_other_languages_and_without_words(reading_desk: Desk, text: str) -> None:
    desk = reading_desk
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    outcome = wrote(desk, inbox_id, 1, text)
    drain(desk)
    with desk.store.reading() as tx:
        assert outcome.conversation_id is not None
        assert conversations.get(tx, outcome.conversation_id, None).level != "calm"


@pytest.mark.parametrize(
    "text",
    [
        "Where can I change the address of my order?",
        "Danke, aber das war nicht ganz meine Frage: Darf er jeden Tag in die Maschine?",
        "Hola, ¿tienen la taza en azul? Gracias",
        "no",
        "No, it didn't help",
        "🎉🎉",
        "",
    ],
)
def test_calm_messages_stay_calm(models: Models, text: str) -> None:
    assert Judge(models).score([text])[0].frustration < 0.3


def test_fifty_thousand_characters_are_read_in_no_more_time_than_a_long_mail(models: Models) -> None:
    judge = Judge(models)
    long = "I am so angry about this stupid kettle that I cannot sleep! " * 850
    (found,) = judge.score([long])
    assert found.frustration > 0.5
    assert found.words
    assert all(0 <= start < end <= 5000 for start, end, _ in found.words)


@pytest.mark.database("sqlite")
def test_saying_the_same_again_is_noticed(reading_desk: Desk, clock: SetClock) -> None:
    desk = reading_desk
    texts = ["Where is my parcel? It was due on Monday.", "Could you tell me where my parcel is? It was due on Monday."]
    with desk.store.transaction() as tx:
        conversation = make_conversation(tx)
        for text in texts:
            entry_id = write(tx, conversation, text)
            clock.advance(timedelta(minutes=10))
    drain(desk)
    with desk.store.reading() as tx:
        row = tx.get_one(Score, entry_id)
        assert row.similarity > 0.8
        assert (row.unanswered, row.waited) == (1, pytest.approx(2.5))


class Breaks(Models):
    """A model whose files are in place, and which cannot be run."""

    def read(self, texts: object) -> Reading:
        raise NoModel("The language model cannot be loaded.")


@pytest.mark.database("sqlite")
def test_a_model_that_breaks_leaves_the_word_list_in_force(desk: Desk) -> None:
    desk.models = Breaks()
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    outcome = wrote(desk, inbox_id, 1, "This is ridiculous, third mail and still no answer!!")
    drain(desk)
    with desk.store.reading() as tx:
        assert outcome.conversation_id is not None
        assert conversations.get(tx, outcome.conversation_id, None).level == "frustrated"
        assert tx.get_one(Score, outcome.entry_id).model == sentiment.MODEL


def test_the_status_says_what_judges(models: Models) -> None:
    assert sentiment.status(models).ready
    missing = sentiment.status(Without())
    assert not missing.ready
    assert "list of words" in missing.detail
    assert not sentiment.reads(Without())


def test_the_desk_learns_from_what_its_agents_contradict(reading_desk: Desk, clock: SetClock) -> None:
    """In this shop a "killer teapot" is a praised one: after twenty corrections nobody is flagged for it."""
    desk = reading_desk
    colours = ["red", "blue", "green", "black", "white", "grey", "pink"]
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
        staff_id = make_staff(tx, "admin").id
    judge = Judge(desk.models)
    about = "Your stupid damn {} teapot, what an ugly monster, I hate how much I want it, number {}"
    for number in range(sentiment.FEWEST):
        outcome = wrote(
            desk, inbox_id, number, about.format(colours[number % 7], number), f"c{number}@customer.example"
        )
        clock.advance(timedelta(minutes=1))
    drain(desk)
    asked = about.format("violet", 77)
    before = judge.score([asked])[0].frustration
    assert before > 0.5
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, staff_id)
        assert viewer is not None
        for entry_id in said_by_the_desk(tx):
            sentiment.correct(tx, entry_id, viewer, "calm")
    drain(desk)
    with desk.store.reading() as tx:
        layer = tx.scalars(select(Layer)).one()
        assert layer.corrections == sentiment.FEWEST
        taught = reading.newest(tx, desk.models)
    assert taught is not None
    told = Judge(desk.models, taught)
    assert told.model == "frustration-1 + 20 corrections"
    assert told.score([asked])[0].frustration < before - 0.2
    assert told.score(["I am so angry, this is the worst company. Nobody answers!"])[0].frustration > 0.3
    outcome = wrote(desk, inbox_id, 500, asked, "late@customer.example")
    drain(desk)
    with desk.store.reading() as tx:
        assert tx.get_one(Score, outcome.entry_id).model == "frustration-1 + 20 corrections"
