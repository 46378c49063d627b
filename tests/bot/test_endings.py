"""How episodes with the bot end when nobody says so: by time, each in exactly one outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import bot, knowledge
from desk.bot.tables import BotEpisode
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.messages import Address, Sender
from desk.parts import Desk
from tests.bot.conftest import Scene


def outcome(scene: Scene, conversation: Conversation) -> str:
    found: str = scene.do(lambda tx: tx.get_one(BotEpisode, conversation.episode_id).outcome)
    return found


def look_after(scene: Scene) -> int:
    done: int = scene.do(bot.look_after)
    return done


def test_left_with_an_answer_is_assumed_to_be_solved(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    scene.clock.advance(timedelta(hours=23))
    look_after(scene)
    assert scene.conversation().status == "open"
    scene.clock.advance(timedelta(hours=2))
    look_after(scene)
    found = scene.conversation()
    assert (found.status, outcome(scene, found)) == ("resolved", "")  # out of the queue; how it ended is not known yet
    scene.clock.advance(timedelta(days=7))
    assert look_after(scene) == 1
    assert outcome(scene, found) == "assumed"
    assert look_after(scene) == 0
    assert scene.do(bot.endings)["assumed"] == 1


def test_who_comes_back_on_any_channel_has_returned(scene: Scene, desk: Desk, clock: SetClock) -> None:
    scene.ask("Does the pot work on induction?")
    first = scene.conversation()
    clock.advance(timedelta(days=2))
    look_after(scene)
    scene.write("It does not, I tried.", sender=Sender(Address("visitor", "noor-browser", "Noor"), "verified", ""))
    clock.advance(timedelta(days=8))
    look_after(scene)
    assert outcome(scene, first) == "returned"


def test_left_with_a_question_of_the_bot_is_abandoned(scene: Scene) -> None:
    scene.ask("hello")
    found = scene.conversation()
    scene.clock.advance(timedelta(days=8))
    look_after(scene)
    assert outcome(scene, found) == "abandoned"


def test_what_was_said_is_not_overruled_by_time(scene: Scene) -> None:
    turn = scene.ask("Does the pot work on induction?")
    scene.do(lambda tx: bot.helped(tx, turn.id, True))
    found = scene.conversation()
    scene.clock.advance(timedelta(days=30))
    assert look_after(scene) == 0
    assert outcome(scene, found) == "confirmed"


@pytest.mark.database("sqlite")
def test_a_person_who_took_over_ends_it_for_the_bot(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    scene.do(lambda tx: bot.quiet(tx, scene.conversation_id))
    found = scene.conversation()
    assert (found.bot, outcome(scene, found)) == ("quiet", "escalated")
    scene.clock.advance(timedelta(days=30))
    look_after(scene)
    assert scene.conversation().status == "open"  # it is a person's to close


@pytest.mark.database("sqlite")
def test_the_queue_reads_what_was_left_by_an_index(scene: Scene) -> None:
    with scene.desk.store.transaction() as tx:
        plan = " ".join(
            row[-1]
            for row in tx.connection().exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT id FROM conversations WHERE bot = 'talking' AND status = 'open' "
                "AND waiting_since IS NULL AND last_at < '2030-01-01' ORDER BY last_at LIMIT 200"
            )
        )
    assert "ix_conversations_bot" in plan and "TEMP B-TREE" not in plan


def test_what_is_published_is_learned_and_what_is_taken_back_forgotten(scene: Scene) -> None:
    assert "vase" not in str(scene.do(lambda tx: [p.title for p in knowledge.published(tx, "en")]))
    before = bot.SHELVES.get(scene.desk, "en")
    assert before is not None
    row = scene.do(
        lambda tx: knowledge.publish(
            tx,
            knowledge.create(
                tx, None, title="Vases", body="We make no vases.", locale="en", examples=["Do you sell vases?"]
            ).id,
            None,
        )
    )
    after = bot.SHELVES.get(scene.desk, "en")
    assert after is not None and row.id in after.articles and after is not before
    assert bot.SHELVES.get(scene.desk, "en") is after
    scene.do(lambda tx: knowledge.withdraw(tx, row.id, None))
    again = bot.SHELVES.get(scene.desk, "en")
    assert again is not None and row.id not in again.articles
    assert bot.SHELVES.get(scene.desk, "xx") is None
    assert bot.SHELVES.get(scene.desk, "en") is again
