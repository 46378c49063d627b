"""What customers hear from the bot, turn by turn, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from desk import agents, bot, conversations, knowledge, outbound, settings, timeline
from desk.bot import shelf
from desk.bot.tables import BotEpisode
from desk.bot.turn import compute, read, write
from desk.jobs import LeaseLost
from desk.signals import FrustrationChanged
from tests import factories
from tests.bot.conftest import HOBS, Scene


def detail(entry: timeline.EntryView) -> dict[str, Any]:
    return entry.detail


def test_a_question_gets_the_article_and_where_it_stands(scene: Scene) -> None:
    question = scene.write("Does the pot work on induction?")
    assert scene.conversation().bot == "talking"
    assert scene.conversation().waiting_since is not None  # until the bot has answered, somebody waits
    scene.work()
    [said] = scene.said("bot")
    assert said.author == "bot"
    assert said.text.startswith("Induction needs our steel disc")
    assert "person" in said.text
    told = detail(said)
    assert (told["outcome"], told["article_title"]) == ("answer", "Which hobs can I use?")
    assert told["article_url"] == "http://127.0.0.1:5000/help/which-hobs-can-i-use"
    assert told["confidence"] >= told["threshold"]
    assert told["question_entry_id"] == str(question)
    assert told["helped"] is None
    found = scene.conversation()
    assert (found.waiting_since, found.unread, found.last_author) == (None, 0, "bot")


def test_yes_closes_and_no_gets_a_person(scene: Scene) -> None:
    turn = scene.ask("Does the pot work on induction?")
    scene.do(lambda tx: bot.helped(tx, turn.id, True))
    assert scene.conversation().status == "resolved"
    assert scene.do(lambda tx: tx.get(BotEpisode, turn.episode_id).outcome) == "confirmed"
    assert scene.said("bot")[-1].detail["helped"] is True
    asked_at = scene.clock.now()
    scene.do(lambda tx: bot.helped(tx, turn.id, False))
    found = scene.conversation()
    assert (found.status, found.bot) == ("open", "handed_over")
    assert found.waiting_since is not None and found.waiting_since <= asked_at
    assert scene.said("bot")[-1].detail["because"] == "not_helped"
    assert scene.do(lambda tx: tx.get(BotEpisode, turn.episode_id).outcome) == "escalated"
    article_id = turn.detail["article_id"]
    assert scene.do(lambda tx: knowledge.helped(tx, [article_id])) == {article_id: knowledge.Helped(0, 1)}


def test_yes_and_no_in_words(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    glad = scene.ask("Yes, thanks!")
    assert (detail(glad)["outcome"], detail(glad)["because"]) == ("greeting", "helped")
    assert scene.conversation().status == "resolved"
    scene.ask("How do I return my order?")
    last = scene.ask("no, that did not help")
    assert detail(last)["because"] == "not_helped"
    assert [e.detail["why"] for e in scene.said("handover")] == ["not_helped"]
    assert len([e for e in scene.said("bot") if e.detail["because"] == "not_helped"]) == 1


def test_the_summary_says_what_was_asked_tried_and_felt(scene: Scene) -> None:
    scene.ask("Hello!")
    asked = scene.clock.now()
    scene.ask("Does the pot work on induction?")
    scene.ask("I want to talk to a human please")
    [summary] = scene.said("handover")
    told = detail(summary)
    assert summary.author == "customer"
    assert (told["why"], told["felt"]) == ("customer", "calm")
    assert [title for _id, title in told["tried"]] == ["Which hobs can I use?"]
    assert "induction" not in str(told)  # what people wrote stands with the words, which can be erased
    assert "Does the pot work on induction?" in summary.text
    assert len(told["asked"]) == 3
    found = scene.conversation()
    assert (found.bot, found.unread > 0) == ("handed_over", True)
    assert found.waiting_since is not None and found.waiting_since > asked
    assert scene.do(lambda tx: tx.get(BotEpisode, summary.episode_id).outcome) == "escalated"
    scene.write("Are you there?")
    assert scene.lease() == []  # the bot says nothing more


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hi", "I am the assistant of Kiln & Co. What"),
        ("Thanks a lot!", "You are welcome"),
        ("bye", "Goodbye"),
        ("🙂", "I am the assistant"),
    ],
)
@pytest.mark.database("sqlite")
def test_small_talk_gets_no_article(scene: Scene, text: str, says: str) -> None:
    said = scene.ask(text)
    assert says in said.text and "person" in said.text
    assert detail(said)["article_id"] is None
    assert scene.conversation().waiting_since is None


@pytest.mark.database("sqlite")
def test_what_it_does_not_know_it_does_not_guess(scene: Scene) -> None:
    asked = scene.clock.now()
    said = scene.ask("Who founded your company, and when?")
    assert detail(said)["outcome"] == "hand_over"
    assert "I will not guess" in said.text
    found = scene.conversation()
    assert found.bot == "handed_over"
    assert found.waiting_since is not None and found.waiting_since > asked
    assert found.waiting_since < said.occurred_at  # the clock began with the question


def test_did_you_mean_and_the_choice(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask("hello")
    made = shelf.SHELVES.get(scene.desk, "en")
    assert made is not None
    strict = type(made)(
        **{**{n: getattr(made, n) for n in type(made).__slots__}, "threshold": strict_one(), "floor": 0.01}
    )
    monkeypatch.setattr(shelf.SHELVES, "get", lambda _desk, _locale: strict)
    said = scene.ask("Can I send the pot back?")
    told = detail(said)
    assert told["outcome"] == "did_you_mean"
    assert 1 <= len(told["candidates"]) <= 3
    assert told["candidates"][0][1] == "Send something back"
    assert scene.conversation().waiting_since is None
    chosen = scene.ask(told["candidates"][0][1])
    assert (detail(chosen)["outcome"], detail(chosen)["because"]) == ("answer", "chosen")
    assert chosen.text.startswith("You have 30 days")


def strict_one() -> Any:
    return shelf.Threshold(1.01, 0.0, 0.0, 0, 0.0, 1.0, reached=False)


@pytest.mark.database("sqlite")
def test_asked_back_twice_is_once_too_often(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask("hello")
    made = shelf.SHELVES.get(scene.desk, "en")
    assert made is not None
    strict = type(made)(
        **{**{n: getattr(made, n) for n in type(made).__slots__}, "threshold": strict_one(), "floor": 0.01}
    )
    monkeypatch.setattr(shelf.SHELVES, "get", lambda _desk, _locale: strict)
    assert detail(scene.ask("Can I send the pot back?"))["outcome"] == "did_you_mean"
    assert detail(scene.ask("I mean giving it back to the shop"))["outcome"] == "hand_over"


@pytest.mark.database("sqlite")
def test_each_language_has_its_own_articles(scene: Scene) -> None:
    said = scene.ask("Hallo, wie kann ich etwas zurückgeben, das mir nicht gefällt?", locale="de")
    assert detail(said)["threshold"] is not None
    assert said.text.startswith("Sie haben 30 Tage Zeit") or "Menschen" in said.text
    none = Scene.ask(scene, "Où est mon colis, je l'attends depuis deux semaines maintenant?", locale="fr")
    assert (detail(none)["outcome"], detail(none)["because"]) == ("hand_over", "language")
    assert scene.said("handover")[-1].detail["why"] == "language"


@pytest.mark.database("sqlite")
def test_whoever_is_frustrated_gets_a_person_at_once(scene: Scene) -> None:
    scene.ask("Where is my parcel?")
    with scene.desk.store.transaction() as tx:
        found = conversations.get(tx, scene.conversation_id, None)
        conversations.set_level(tx, found, "frustrated", 0.9)
        tx.announce(frustrated(found))
    assert scene.conversation().bot == "handed_over"
    [summary] = scene.said("handover")
    assert (summary.detail["why"], summary.detail["felt"]) == ("frustrated", "frustrated")


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("setting", "level", "stands_back"),
    [("strained", "strained", True), ("frustrated", "strained", False), ("never", "frustrated", False)],
)
def test_an_admin_says_from_which_level_on_it_stands_back(
    scene: Scene, setting: str, level: str, stands_back: bool
) -> None:
    scene.ask("Where is my parcel?")
    with scene.desk.store.transaction() as tx:
        settings.set(tx, "frustration.bot", setting, None)
        found = conversations.get(tx, scene.conversation_id, None)
        conversations.set_level(tx, found, level, 0.9)
        tx.announce(frustrated(found, level))
    assert scene.conversation().bot == ("handed_over" if stands_back else "talking")
    said = scene.ask("Does the pot work on induction?")
    assert (detail(said)["outcome"] == "answer") is not stands_back


def frustrated(found: conversations.Conversation, level: str = "frustrated") -> Any:
    return FrustrationChanged(found.customer_id, found.id, "calm", level)


def test_where_a_person_answers_the_bot_is_quiet(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    with scene.desk.store.transaction() as tx:
        ada = agents.viewer(tx, factories.make_staff(tx).id)
        assert ada is not None
        outbound.reply(tx, scene.conversation_id, ada, "Hello Noor, Ada here.")
    found = scene.conversation()
    assert (found.bot, found.waiting_since) == ("quiet", None)
    scene.write("And on gas?")
    assert scene.lease() == []
    assert scene.conversation().waiting_since is not None
    assert scene.do(lambda tx: tx.get(BotEpisode, found.episode_id).outcome) == "escalated"


def test_somebody_who_answers_while_the_bot_thinks_has_the_word(scene: Scene) -> None:
    scene.write("Does the pot work on induction?")
    [job] = scene.lease()
    with scene.desk.store.reading() as tx:
        situation = read(tx, scene.conversation_id)
    assert situation is not None
    answered = compute(scene.desk, situation)
    with scene.desk.store.transaction() as tx:
        ada = agents.viewer(tx, factories.make_staff(tx).id)
        assert ada is not None
        outbound.reply(tx, scene.conversation_id, ada, "Hello Noor, Ada here.")
    with scene.desk.store.transaction() as tx:
        assert not write(tx, situation, answered)
    bot.take_turn(scene.desk, job)
    assert scene.said("bot") == []


def test_a_message_that_comes_meanwhile_is_read_too(scene: Scene) -> None:
    scene.write("Does the pot")
    [job] = scene.lease()
    with scene.desk.store.reading() as tx:
        situation = read(tx, scene.conversation_id)
    assert situation is not None
    answered = compute(scene.desk, situation)
    second = scene.write("work on induction?")
    with scene.desk.store.transaction() as tx:
        assert not write(tx, situation, answered)
    bot.take_turn(scene.desk, job)  # reads both
    scene.work()  # asked for once more by the second message: there is nothing left to say
    [said] = scene.said("bot")
    assert detail(said)["question_entry_id"] == str(second)
    assert detail(said)["article_title"] == "Which hobs can I use?"


def test_a_job_that_comes_twice_speaks_once(scene: Scene) -> None:
    scene.write("Does the pot work on induction?")
    [job] = scene.lease()
    bot.take_turn(scene.desk, job)
    with scene.desk.store.reading() as tx:
        assert read(tx, scene.conversation_id) is None
    with pytest.raises(LeaseLost):
        bot.take_turn(scene.desk, job)  # its lease is over
    assert len(scene.said("bot")) == 1


def test_a_bot_that_fails_hands_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no model, no words")

    monkeypatch.setattr("desk.bot.working.compute", broken)
    scene.write("Does the pot work on induction?")
    [job] = scene.lease()
    with pytest.raises(RuntimeError):
        bot.take_turn(scene.desk, job)
    assert scene.conversation().waiting_since is not None  # people see somebody who waits
    last = type(job)(job.id, job.task, job.args, 4, job.max_attempts, job.lease_by, job.again)
    monkeypatch.setattr("desk.bot.working.finish", lambda *_: None)
    bot.take_turn(scene.desk, last)
    assert scene.conversation().bot == "handed_over"
    assert scene.said("handover")[0].detail["why"] == "bot"


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "why " * 12_500, "🙂" * 20_000, "\u202e\u0000x", "?" * 300, "<script>alert(1)</script>"]
)
@pytest.mark.database("sqlite")
def test_nothing_that_is_written_stops_it(scene: Scene, text: str) -> None:
    said = scene.ask(text.replace("\x00", ""))
    assert detail(said)["outcome"] in ("hand_over", "greeting", "did_you_mean")


@pytest.mark.database("sqlite")
def test_a_follow_up_leans_on_the_question_before(scene: Scene) -> None:
    scene.ask("Can I return my order?")
    with scene.desk.store.reading() as tx:
        pass
    scene.write("and how long?")
    with scene.desk.store.reading() as tx:
        situation = read(tx, scene.conversation_id)
    assert situation is not None
    assert situation.before == "Can I return my order?"
    scene.work()
    # The article about it was given already: a person knows more.
    assert detail(scene.said("bot")[-1])["outcome"] in ("hand_over", "answer", "did_you_mean")


@pytest.mark.database("sqlite")
def test_whether_it_speaks_at_all_is_a_matter_of_the_inbox(scene: Scene) -> None:
    def inbox(tx: Any) -> settings.Inbox:
        return settings.inbox(tx, scene.inbox_id)

    assert scene.do(lambda tx: bot.is_on(inbox(tx)))
    mail = scene.do(lambda tx: bot.is_on(factories.make_inbox(tx)))
    sms = scene.do(
        lambda tx: bot.is_on(factories.make_inbox(tx, channel="sms", address="+15550100", config={"bot": True}))
    )
    assert (mail, sms) == (False, True)
    scene.do(lambda tx: setattr(inbox(tx), "config", {"bot": False}))
    scene.write("Does the pot work on induction?")
    assert scene.lease() == []
    assert (scene.conversation().bot, scene.conversation().waiting_since is not None) == ("", True)


@pytest.mark.database("sqlite")
def test_what_somebody_has_taken_is_theirs(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    ada = scene.do(lambda tx: agents.viewer(tx, factories.make_staff(tx).id))
    scene.do(lambda tx: conversations.assign(tx, scene.conversation_id, ada, ada.id))
    assert scene.conversation().bot == "quiet"
    scene.write("And on gas?")
    assert scene.lease() == []


@pytest.mark.database("sqlite")
def test_a_new_episode_is_a_new_chance_for_it(scene: Scene) -> None:
    scene.ask("I want a human")
    scene.do(lambda tx: conversations.resolve(tx, scene.conversation_id, None))
    said = scene.ask("Does the pot work on induction?")
    assert detail(said)["outcome"] == "answer"


@pytest.mark.database("sqlite")
def test_asking_for_a_person_by_the_button_needs_no_words(scene: Scene) -> None:
    scene.write("Does the pot work on induction?")
    scene.do(lambda tx: bot.hand_over(tx, scene.conversation_id, "customer", at=scene.clock.now()))
    assert scene.do(lambda tx: bot.hand_over(tx, scene.conversation_id, "customer")) is None
    scene.work()
    assert [e.detail["because"] for e in scene.said("bot")] == ["asked"]
    assert [e.author for e in scene.said("handover")] == ["customer"]


def test_whoever_waits_for_a_person_may_go_on_asking_and_keeps_their_place(scene: Scene) -> None:
    scene.ask("I want to talk to a person")
    line = scene.conversation()
    assert line.bot == "handed_over"
    scene.write("Is anybody there?")
    assert scene.lease() == []  # not asked of the bot

    entry = scene.write("Does the pot work on induction?")
    assert scene.do(lambda tx: bot.ask_aside(tx, scene.conversation_id, entry)) is True
    scene.work()
    answer = scene.said("bot")[-1]
    assert answer.detail["outcome"] == "answer"
    assert answer.detail["article_title"] == HOBS["title"]
    after = scene.conversation()
    assert (after.bot, after.waiting_since, after.status) == ("handed_over", line.waiting_since, "open")
    assert len(scene.said("handover")) == 1

    beyond = scene.write("What is the capital of Mongolia?")
    scene.do(lambda tx: bot.ask_aside(tx, scene.conversation_id, beyond))
    scene.work()
    assert len(scene.said("handover")) == 1  # a person is on the way already
    assert scene.conversation().waiting_since == line.waiting_since


def test_once_a_person_has_it_nothing_is_asked_aside(scene: Scene) -> None:
    scene.ask("I want to talk to a person")
    entry = scene.write("Does the pot work on induction?")
    scene.do(lambda tx: bot.ask_aside(tx, scene.conversation_id, entry))
    before = len(scene.said("bot"))
    with scene.desk.store.transaction() as tx:
        ada = agents.viewer(tx, factories.make_staff(tx).id)
        assert ada is not None
        outbound.reply(tx, scene.conversation_id, ada, "Hello Noor, Ada here.")
    scene.work()
    assert len(scene.said("bot")) == before
    later = scene.write("And on gas?")
    assert scene.do(lambda tx: bot.ask_aside(tx, scene.conversation_id, later)) is False


def test_who_speaks_of_harming_themselves_hears_no_machine(scene: Scene) -> None:
    scene.write("Does the pot work on induction?")
    scene.work()
    assert len(scene.said("bot")) == 1
    scene.write("I want to die")
    scene.work()
    scene.write("Does the pot work on induction?")
    scene.work()
    assert len(scene.said("bot")) == 1  # not even a goodbye
    assert [detail(entry)["why"] for entry in scene.said("handover")] == ["people"]
    assert scene.conversation().risks == "self_harm"
    assert scene.conversation().waiting_since is not None
