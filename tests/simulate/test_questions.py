"""What visitors ask the help centre: the words, the plan, and a played history on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk import knowledge, simulate, timeline
from desk.bot.phrases import folded, kind_of
from desk.bot.tables import BotEpisode, BotTurn
from desk.conversations.tables import Conversation, Episode
from desk.knowledge.tables import Article, ArticleVersion
from desk.nlp import Without
from desk.parts import Desk
from desk.simulate import library, plan, visits, world
from desk.simulate import questions as questions_module
from desk.simulate.questions import questions
from desk.simulate.steps import Plan
from desk.simulate.visits import shelf_keys
from desk.simulate.world import LOCALES
from desk.timeline.tables import Entry
from desk.worker import drain
from tests.servers.databases import DATABASES, Database
from tests.simulate.test_history import count, desk_on, told

END = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)


def drawn(seed: int = 7, customers: int = 120, days: int = 90, **more: Any) -> Plan:
    return plan(world(), customers=customers, days=days, seed=seed, end=END, **more)


# The words


@pytest.mark.parametrize("locale", LOCALES)
def test_every_article_is_asked_about_in_words_that_it_was_not_learned_by(locale: str) -> None:
    articles = {row["key"]: row for row in library.library()[locale]}
    learned = {folded(text) for row in articles.values() for text in (row["title"], *row["examples"])}
    asked = questions()[locale]
    per = Counter(q.article for q in asked)
    assert set(per) <= {*articles, ""}
    assert all(3 <= per[key] <= 4 for key in per if key)
    assert per[""] >= 4
    assert not {folded(q.text) for q in asked} & learned
    assert len({folded(q.text) for q in asked}) == len(asked)
    for question in asked:
        assert kind_of(question.text) == "question", question.text  # no small talk, and no call for a person
        assert len(question.text) < 90
        assert question.answer.endswith((".", "?"))


def test_the_bot_is_asked_about_nearly_all_that_it_knows() -> None:
    for locale, rows in library.library().items():
        assert {q.article for q in questions()[locale]} >= {row["key"] for row in rows}


# The plan


def test_the_same_seed_gives_the_same_questions_and_another_seed_others() -> None:
    def said(found: Plan) -> list[object]:
        return [(q.at, q.case.number, q.case.buyer.email, q.text, q.right, q.wrong, q.works) for q in found.questions]

    assert said(drawn(3)) == said(drawn(3))
    assert said(drawn(3)) != said(drawn(4))


def test_questions_are_asked_in_the_chat_over_the_whole_history() -> None:
    found = drawn(28)
    assert 40 <= len(found.questions) <= 80
    assert {q.case.channel for q in found.questions} == {"chat"}
    assert [q.at for q in found.questions] == sorted(q.at for q in found.questions)
    assert all(found.start < q.at < found.end for q in found.questions)
    assert {q.at.month for q in found.questions} >= {9, 10, 11}
    numbers = [q.case.number for q in found.questions]
    assert numbers == list(range(len(found.cases), len(found.cases) + len(numbers)))
    assert {q.right for q in found.questions} == {"helped", "", "no", "person"}
    assert not drawn(28, channels=("email", "sms")).questions


def test_more_customers_and_days_ask_more() -> None:
    few, many = len(drawn(5, 200, 60).questions), len(drawn(5, 800, 60).questions)
    assert 2.5 < many / few < 6
    assert len(drawn(5, 200, 180).questions) > 2 * few


# The history


@pytest.fixture(scope="module", params=DATABASES)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the shop's help centre and three weeks of many visitors; the tests only read it."""
    made = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases").fresh()
    desk = desk_on(made, tmp_path_factory.mktemp("asked"))
    desk.models = Without()  # what must hold on a desk without the language model holds on one with it
    with desk.store.transaction() as tx:
        library.write(tx)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions_module, "ASKS", 0.35)  # many in a short history
        simulate.simulate(desk, customers=16, days=20, seed=1, drain=drain, progress=False)
    yield desk
    made.drop()


def each(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told(desk)["questions"]["each"]
    return found


def outcomes(desk: Desk) -> dict[int, str]:
    with desk.store.reading() as tx:
        return {row.conversation_id: row.outcome for row in tx.scalars(select(BotEpisode))}


def test_some_are_answered_with_the_right_article(asked: Desk) -> None:
    titles = {(locale, row["title"]): row["key"] for locale, rows in library.library().items() for row in rows}
    with asked.store.reading() as tx:
        rows = tx.execute(
            select(BotTurn.conversation_id, Article.locale, ArticleVersion.title)
            .join(Article, Article.id == BotTurn.article_id)
            .join(ArticleVersion, ArticleVersion.article_id == Article.id)
            .where(BotTurn.outcome == "answer")
        ).all()
    given = {(row.conversation_id, titles[row.locale, row.title]) for row in rows}
    questions = each(asked)
    right = [q for q in questions if q["right"]]
    assert right
    assert all((q["conversation_id"], q["article"]) in given for q in right)
    answered = {conversation_id for conversation_id, _ in given}
    assert {q["conversation_id"] for q in questions if q["answered"]} == answered & {
        q["conversation_id"] for q in questions
    }


def test_who_was_helped_has_ended_confirmed_and_who_left_was_closed(asked: Desk) -> None:
    ended = outcomes(asked)
    helped = [q for q in each(asked) if q["said"] == "helped"]
    assert helped
    with asked.store.reading() as tx:
        found = {c.id: c for c in tx.scalars(select(Conversation))}
    for question in helped:
        assert ended[question["conversation_id"]] in ("confirmed", "")  # "": they came back with something since
    assert any(ended[q["conversation_id"]] == "confirmed" for q in helped)
    for question in each(asked):
        here = found[question["conversation_id"]]
        if question["answered"] and not question["said"] and here.last_at < END - timedelta(days=2):
            assert here.status == "resolved"
            assert ended[here.id] in ("assumed", "returned", "")


def test_what_is_handed_over_gets_an_answer_of_a_person_in_working_time(asked: Desk) -> None:
    handed = {q["conversation_id"] for q in each(asked) if q["handed_over"]}
    mine = {q["conversation_id"] for q in each(asked)}
    with asked.store.reading() as tx:
        noted = set(tx.scalars(select(Entry.conversation_id).where(Entry.kind == "handover")))
        replied = set(tx.scalars(select(Entry.conversation_id).where(Entry.kind == "reply")))
        open_ = set(tx.scalars(select(Conversation.id).where(Conversation.status != "resolved")))
        fresh = set(tx.scalars(select(Conversation.id).where(Conversation.last_at > END - timedelta(days=4))))
    assert handed
    assert handed == noted & mine
    assert handed & replied
    assert handed - fresh <= replied
    assert not handed & open_ - fresh
    ended = outcomes(asked)
    assert all(ended[conversation_id] == "escalated" for conversation_id in handed)


def test_the_truth_of_the_questions_adds_up(asked: Desk) -> None:
    truth = told(asked)["questions"]
    found = truth["each"]
    assert truth["asked"] == len(found) == len({q["conversation_id"] for q in found}) > 15
    assert truth["asked"] > truth["with_article"] > truth["right"] > 0
    assert truth["with_article"] == sum(bool(q["article"]) for q in found)
    assert truth["answered"] >= truth["right"] >= truth["helped"] > 0
    assert truth["handed_over"] == sum(q["handed_over"] for q in found) > 0
    assert not any(q["right"] and not q["article"] for q in found)


def test_the_truth_agrees_with_the_database_where_the_bot_ends_episodes_itself(asked: Desk) -> None:
    truth = told(asked)
    counts = truth["counts"]
    assert counts["conversations"] == count(asked, Conversation) == len(truth["conversations"])
    assert counts["messages"] == count(asked, Entry, Entry.kind == "message")
    assert counts["replies"] == count(asked, Entry, Entry.kind == "reply")
    assert counts["episodes_resolved"] == count(asked, Episode, Episode.resolved_at.is_not(None))
    alone = {e["episode_id"] for e in truth["episodes"] if e["agent"] == "assistant"}
    with asked.store.reading() as tx:
        resolved_alone = set(
            tx.scalars(select(Episode.id).where(Episode.resolved_at.is_not(None), Episode.resolved_by.is_(None)))
        )
    assert alone == resolved_alone
    assert alone


def test_nobody_asks_what_the_articles_were_learned_by(asked: Desk) -> None:
    with asked.store.reading() as tx:
        learned = {folded(e) for p in knowledge.published(tx) for e in p.examples}
        for question in each(asked):
            first = timeline.of_conversation(tx, question["conversation_id"], 20, ("message",))[0]
            assert folded(first.text)
            assert folded(first.text) not in learned


@pytest.mark.database("sqlite")
def test_a_desk_without_the_shops_articles_answers_by_people(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions_module, "ASKS", 0.2)
    desk = desk_on(database, tmp_path)
    simulate.simulate(desk, customers=6, days=8, seed=2, drain=drain, progress=False)
    with desk.store.reading() as tx:
        assert not shelf_keys(tx)
    truth = told(desk)["questions"]
    assert truth["asked"] == truth["handed_over"] > 0
    assert truth["with_article"] == truth["answered"] == 0


@pytest.mark.database("sqlite")
def test_nobody_is_helped_by_another_article(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions_module, "ASKS", 0.35)
    monkeypatch.setattr(visits, "shelf_keys", lambda _tx: {})  # whatever the bot gives is the wrong one
    desk = desk_on(database, tmp_path)
    desk.models = Without()
    with desk.store.transaction() as tx:
        library.write(tx)
    simulate.simulate(desk, customers=6, days=8, seed=2, drain=drain, progress=False)
    answered = [q for q in each(desk) if q["answered"]]
    assert answered
    assert {q["said"] for q in answered} <= {"no", "person", ""}
    assert any(q["handed_over"] for q in answered)
    assert not any(q["right"] for q in answered)
    assert "confirmed" not in outcomes(desk).values()
