"""The question as a card in the widget, over real sockets: asked live, answered, changed, and refused to strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from desk import conversations, timeline
from desk.surveys.tables import Invitation, Response
from tests.servers.databases import DATABASES, PostgresDatabases, SqliteDatabases
from tests.servers.live import LiveDesk
from tests.servers.needs import wait_for
from tests.servers.widget import Console, Widget, chat_inbox

Opener = Callable[..., Widget]


@pytest.fixture(scope="module", params=DATABASES)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    name = "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    databases: SqliteDatabases | PostgresDatabases = request.getfixturevalue(name)
    database = databases.fresh(tables=False)
    live = LiveDesk(tmp_path_factory.mktemp("cards"), database.url, WORKER="thread").start()
    yield live
    live.close()
    database.drop()


@pytest.fixture(scope="module")
def inbox(live: LiveDesk) -> str:
    return chat_inbox(live.desk)


@pytest.fixture(scope="module")
def mara(live: LiveDesk) -> Iterator[Console]:
    colleague = Console(live, live.staff(name="Mara Oliveira").email)
    yield colleague
    colleague.close()


@pytest.fixture
def widget(live: LiveDesk, inbox: str) -> Iterator[Opener]:
    opened: list[Widget] = []

    def make(visitor: str | None = None, **auth: Any) -> Widget:
        opened.append(Widget(live.base_url, inbox, visitor, **auth))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def asked(live: LiveDesk, mara: Console, one: Widget, *, there: bool = True) -> tuple[str, Any]:
    """A short conversation that is answered and resolved; gives it with the card that came by itself."""
    one.connect()
    conversation = one.send("Does the lid fit?")["conversation"]
    if not there:
        one.close()
    mara.reply(conversation, "It does.", then="resolve")
    wait_for(lambda: len(invitations(live, conversation)) == 1, "the question")
    return conversation, one.wait("survey") if there else None


def invitations(live: LiveDesk, conversation: str) -> list[Invitation]:
    with live.desk.store.reading() as tx:
        return list(tx.scalars(select(Invitation).where(Invitation.conversation_id == int(conversation))))


def rated(live: LiveDesk, conversation: str) -> list[tuple[int, int, str]]:
    with live.desk.store.reading() as tx:
        rows = tx.scalars(
            select(Response)
            .join(Invitation, Invitation.id == Response.invitation_id)
            .where(Invitation.conversation_id == int(conversation))
        )
        return [(r.score, r.version, r.channel) for r in rows]


def test_a_card_comes_by_itself_is_answered_and_changed(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    conversation, card = asked(live, mara, noor)
    assert (card["conversation"], card["kind"], card["question"]) == (conversation, "csat", "How did Mara do?")
    assert (card["labels"][0], card["answered"]) == ({"score": 1, "label": "Very bad"}, None)
    other = widget(noor.visitor)
    assert other.connect()["survey"]["id"] == card["id"]
    answer = noor.call("rate", invitation=card["id"], score=2, reasons=["speed"], comment="Took a while")
    assert answer["ok"]
    assert answer["survey"]["answered"] == {
        "score": 2, "label": "Bad", "reasons": ["speed"], "comment": "Took a while",
    }  # fmt: skip
    told = other.wait("survey", lambda c: c["answered"] is not None)
    assert told["answered"]["score"] == 2  # the other tab says thanks as well
    assert noor.call("rate", invitation=card["id"], score=4, conversation=conversation)["ok"]
    assert rated(live, conversation) == [(4, 2, "chat")]
    with live.desk.store.reading() as tx:
        lines = timeline.of_conversation(tx, int(conversation), kinds=("survey_answered",))
        status = conversations.get(tx, int(conversation), None).status
    assert [line.detail["score"] for line in lines] == [2, 4]
    assert status == "resolved"
    again = widget(noor.visitor)
    assert again.connect()["survey"]["answered"]["score"] == 4


def test_that_it_is_here_and_that_it_was_seen_is_kept(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    conversation, card = asked(live, mara, noor)
    noor.call("got", conversation=conversation, survey=card["id"])
    [row] = invitations(live, conversation)
    assert row.delivered
    assert row.got_at is not None
    assert row.seen_at is None
    assert noor.call("seen", conversation=conversation, survey=card["id"])["ok"]
    assert invitations(live, conversation)[0].seen_at is not None
    assert rated(live, conversation) == []


def test_whoever_was_away_finds_the_card_on_coming_back(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    conversation, _none = asked(live, mara, noor, there=False)
    assert not invitations(live, conversation)[0].delivered
    back = widget(noor.visitor)
    assert back.connect()["survey"]["conversation"] == conversation
    wait_for(lambda: invitations(live, conversation)[0].delivered, "a card that counts as delivered")


def test_nobody_answers_for_somebody_else(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor, eve = widget(), widget()
    conversation, card = asked(live, mara, noor)
    eve.connect()
    mine = eve.send("Hello")["conversation"]
    for said in ({}, {"conversation": mine}, {"conversation": conversation}):
        answer = eve.call("rate", invitation=card["id"], score=1, **said)
        assert not answer["ok"]
        assert answer["error"] in ("survey", "conversation")
        assert answer["text"].endswith(".")
        eve.call("seen", survey=card["id"], **said)
    assert rated(live, conversation) == []
    assert invitations(live, conversation)[0].seen_at is None


@pytest.mark.parametrize(
    ("said", "error", "text"),
    [
        ({"score": 6}, "survey", "Pick one of the answers from 1 to 5."),
        ({"score": "5"}, "survey", "Pick one of the answers from 1 to 5."),
        ({"score": None}, "survey", "Pick one of the answers from 1 to 5."),
        ({"score": 5, "reasons": ["nonsense"]}, "survey", "Pick only from these, please."),
        ({"score": 5, "comment": "x" * 50_000}, "survey", "That is longer than the 2000 characters that fit."),
        ({"score": 5, "reasons": "speed"}, "shape", ""),
        ({"score": 5, "comment": {"a": 1}}, "shape", ""),
        ({"score": 5, "invitation": "999999"}, "survey", "This is not a question of this conversation."),
        ({"score": 5, "invitation": "1e9"}, "survey", ""),
        ({"score": 5, "invitation": None}, "survey", ""),
    ],
)
def test_one_clear_answer_to_what_does_not_fit(
    live: LiveDesk, widget: Opener, mara: Console, answerer: tuple[Widget, str, str], said: Any, error: str, text: str
) -> None:
    noor, conversation, card = answerer
    answer = noor.call("rate", **{"invitation": card, **said})
    assert (answer["ok"], answer["error"]) == (False, error)
    assert answer["text"]
    if text:
        assert answer["text"] == text
    assert rated(live, conversation) == []


@pytest.fixture(scope="module")
def answerer(live: LiveDesk, inbox: str, mara: Console) -> Iterator[tuple[Widget, str, str]]:
    noor = Widget(live.base_url, inbox)
    conversation, card = asked(live, mara, noor)
    yield noor, conversation, card["id"]
    noor.close()
