"""The bot is quiet once a person has the word, and comes back only when one of them lets it."""

from __future__ import annotations

from typing import Any

import pytest

from desk import bot, conversations, outbound, settings
from desk.agents import Viewer
from desk.bot.tables import BotEpisode
from desk.conversations import NotPossible
from tests.bot.conftest import Scene
from tests.factories import make_staff

RETURN = "How do I return an item?"


@pytest.fixture
def ada(scene: Scene) -> Viewer:
    return scene.do(lambda tx: make_staff(tx, name="Ada"))


def release(scene: Scene, viewer: Viewer) -> Any:
    return scene.do(lambda tx: bot.release(tx, scene.conversation_id, viewer))


def test_it_answers_again_only_after_it_was_given_back(scene: Scene, ada: Viewer) -> None:
    scene.ask("I want to talk to a person")
    scene.do(lambda tx: conversations.assign(tx, scene.conversation_id, ada, ada.id))
    scene.do(lambda tx: outbound.reply(tx, scene.conversation_id, ada, "Hello, I am here."))
    before = len(scene.said("bot"))
    scene.write(RETURN)
    scene.work()
    assert len(scene.said("bot")) == before, "a person has the word"
    release(scene, ada)
    scene.work()
    assert scene.said("bot")[-1].detail["outcome"] == "answer", "whoever waits is answered at once"
    assert scene.ask("Does the pot work on induction?").detail["outcome"] == "answer"
    now = scene.conversation()
    assert (now.assignee_id, now.bot, now.waiting_since) == (None, "talking", None)
    assert [line.staff_id for line in scene.said("bot_back")] == [ada.id]


def test_a_person_was_needed_all_the_same(scene: Scene, ada: Viewer) -> None:
    scene.ask("I want to talk to a person")
    release(scene, ada)
    scene.ask(RETURN)
    scene.ask("Yes, thank you")
    with scene.desk.store.reading() as tx:
        assert [row.outcome for row in tx.query(BotEpisode)] == ["escalated"]


def test_where_nobody_waits_it_waits_for_the_customer(scene: Scene, ada: Viewer) -> None:
    scene.ask("I want to talk to a person")
    scene.do(lambda tx: outbound.reply(tx, scene.conversation_id, ada, "Done."))
    before = len(scene.said("bot"))
    release(scene, ada)
    assert scene.lease() == []
    assert len(scene.said("bot")) == before
    assert scene.ask(RETURN).detail["outcome"] == "answer"


def test_a_colleague_who_answers_takes_the_word_again(scene: Scene, ada: Viewer) -> None:
    scene.ask("I want to talk to a person")
    release(scene, ada)
    scene.do(lambda tx: outbound.reply(tx, scene.conversation_id, ada, "I am here after all."))
    assert scene.conversation().bot == "quiet"


def test_it_is_refused_where_it_would_do_no_good(scene: Scene, ada: Viewer) -> None:
    scene.ask(RETURN)
    with pytest.raises(NotPossible, match="has the word already"):
        release(scene, ada)
    scene.ask("I want to talk to a person")

    def anger(tx: Any) -> None:
        conversations.get(tx, scene.conversation_id, None).level = "frustrated"

    scene.do(anger)
    with pytest.raises(NotPossible, match="frustrated"):
        release(scene, ada)

    def off(tx: Any) -> None:
        settings.inbox(tx, scene.inbox_id).config = {"bot": False}

    scene.do(off)
    with pytest.raises(NotPossible, match="does not answer here"):
        release(scene, ada)
