"""Suggested answers: an article for what waits, from the threshold on and by a job alone; counted when it was used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, bot, conversations, knowledge, outbound
from desk.agents import Viewer
from desk.bot.suggesting import Asked, Suggested, ask, standing, taken_up, unused, used
from desk.bot.tables import BotSuggestion
from desk.conversations import NotVisible
from desk.signals import Signal, SuggestionReady
from desk.worker.tasks import TASKS
from tests import factories
from tests.bot.conftest import Scene

INDUCTION = "Hello! Does the pot work on induction?"


@pytest.fixture
def ada(scene: Scene) -> Viewer:
    def make(tx):  # type: ignore[no-untyped-def]
        factories.sends_at_once(tx)
        return agents.viewer(tx, factories.make_staff(tx, "admin", name="Ada Ant").id)

    found: Viewer = scene.do(make)
    return found


def wanted(scene: Scene, viewer: Viewer) -> Suggested | None:
    """As a screen asks: twice, with the worker in between."""
    first = scene.do(lambda tx: ask(tx, scene.conversation_id, viewer))
    if not first.waits:
        return first.found
    for job in scene.lease("bot.suggest"):
        TASKS[job.task](scene.desk, job)
    with scene.desk.store.reading() as tx:
        now = standing(tx, scene.conversation_id, viewer)
    assert not now.waits and not now.new
    return now.found


def handed(scene: Scene, text: str) -> None:
    """A question that a person has to answer."""
    scene.write("I want to talk to a human please")
    scene.work()
    scene.write(text)


def test_what_waits_gets_the_piece_of_the_article_that_answers_it(scene: Scene, ada: Viewer) -> None:
    handed(scene, INDUCTION)
    found = wanted(scene, ada)
    assert found is not None
    assert (found.title, found.url) == (
        "Which hobs can I use?",
        "http://127.0.0.1:5000/help/which-hobs-can-i-use",
    )
    assert found.passage.startswith("Induction needs our steel disc")
    assert found.confidence >= found.threshold > 0


def test_below_the_threshold_nothing_is_said(scene: Scene, ada: Viewer) -> None:
    handed(scene, "My neighbour's dog chewed the handle of an antique lamp")
    assert wanted(scene, ada) is None
    with scene.desk.store.reading() as tx:
        [row] = tx.scalars(select(BotSuggestion))
    assert (row.article_id, row.passage, row.computed_at is not None) == (None, "", True)
    assert scene.do(lambda tx: ask(tx, scene.conversation_id, ada)) == Asked()  # and nobody looks again
    assert scene.lease("bot.suggest") == []


@pytest.mark.parametrize("text", ["Thanks!", "ok", "Hello"])
def test_what_asks_nothing_gets_no_article(scene: Scene, ada: Viewer, text: str) -> None:
    handed(scene, INDUCTION)
    scene.do(lambda tx: outbound.reply(tx, scene.conversation_id, ada, "With the disc it does."))
    scene.write(text)
    assert wanted(scene, ada) is None


def test_once_a_person_has_answered_nothing_waits_until_they_write_again(scene: Scene, ada: Viewer) -> None:
    handed(scene, INDUCTION)
    assert wanted(scene, ada) is not None
    scene.clock.advance(timedelta(seconds=3))
    scene.do(lambda tx: outbound.reply(tx, scene.conversation_id, ada, "With the disc it does."))
    assert scene.do(lambda tx: ask(tx, scene.conversation_id, ada)) == Asked()
    scene.write("And how do I return my order?")
    found = wanted(scene, ada)
    assert found is not None and found.title == "Send something back"
    scene.do(lambda tx: conversations.resolve(tx, scene.conversation_id, ada))
    assert scene.do(lambda tx: ask(tx, scene.conversation_id, ada)) == Asked()


def test_what_the_bot_gave_in_vain_is_not_suggested(scene: Scene, ada: Viewer) -> None:
    scene.ask("Does the pot work on induction?")
    scene.ask("no, that did not help")
    scene.write("Does it really work on an induction hob?")
    found = wanted(scene, ada)
    assert found is None or found.title != "Which hobs can I use?"


def test_an_article_that_says_something_else_now_is_suggested_no_more(scene: Scene, ada: Viewer) -> None:
    handed(scene, INDUCTION)
    found = wanted(scene, ada)
    assert found is not None
    article_id = found.article_id
    scene.do(lambda tx: knowledge.withdraw(tx, article_id, None))
    with scene.desk.store.reading() as tx:
        assert standing(tx, scene.conversation_id, ada).found is None


def test_screens_are_told_after_the_job_and_two_that_ask_start_one(scene: Scene, ada: Viewer) -> None:
    told: list[Signal] = []
    scene.desk.store.listen(told.append)
    handed(scene, INDUCTION)
    assert scene.do(lambda tx: ask(tx, scene.conversation_id, ada)) == Asked(waits=True)
    assert scene.do(lambda tx: ask(tx, scene.conversation_id, ada)) == Asked(waits=True)
    [job] = scene.lease("bot.suggest")
    assert not [s for s in told if isinstance(s, SuggestionReady)]
    TASKS[job.task](scene.desk, job)
    assert [s for s in told if isinstance(s, SuggestionReady)] == [SuggestionReady(scene.conversation_id)]


def test_it_is_counted_when_it_went_into_an_answer_and_not_when_that_was_taken_back(scene: Scene, ada: Viewer) -> None:
    handed(scene, INDUCTION)
    found = wanted(scene, ada)
    assert found is not None
    one = found
    assert scene.do(lambda tx: taken_up(tx, [one.article_id])) == {one.article_id: (1, 0)}
    scene.do(lambda tx: used(tx, one.id, scene.conversation_id + 1, ada, 7))  # of another conversation
    assert scene.do(lambda tx: taken_up(tx, [one.article_id])) == {one.article_id: (1, 0)}
    scene.do(lambda tx: used(tx, one.id, scene.conversation_id, ada, 7))
    scene.do(lambda tx: used(tx, one.id, scene.conversation_id, ada, 8))
    assert scene.do(lambda tx: taken_up(tx, [one.article_id])) == {one.article_id: (1, 1)}
    scene.do(lambda tx: unused(tx, 8))
    assert scene.do(lambda tx: taken_up(tx, [one.article_id])) == {one.article_id: (1, 1)}
    scene.do(lambda tx: unused(tx, 7))
    assert scene.do(lambda tx: taken_up(tx, [one.article_id, 99])) == {one.article_id: (1, 0)}
    assert bot.taken_up is taken_up


def test_nobody_asks_about_what_they_may_not_see(scene: Scene) -> None:
    handed(scene, INDUCTION)

    def hide(tx):  # type: ignore[no-untyped-def]
        conversations.get(tx, scene.conversation_id, None).team_id = factories.make_team(tx).id
        return agents.viewer(tx, factories.make_staff(tx).id)

    stranger = scene.do(hide)
    with pytest.raises(NotVisible):
        scene.do(lambda tx: ask(tx, scene.conversation_id, stranger))
