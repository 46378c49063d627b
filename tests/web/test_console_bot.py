"""The bot on an agent's screen: its turns with their article and confidence, its hand-overs, and its mark on a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import bot, conversations, knowledge, timeline
from desk.bot.decide import Candidate, Decision
from desk.bot.service import Turn, say
from desk.conversations import Conversation
from desk.store import Store, Tx
from tests import factories

As = Callable[[str], FlaskClient]

pytestmark = pytest.mark.database("sqlite")  # how it is drawn is the same on both; tests/bot runs on both


def talked(tx: Tx, **more: Any) -> tuple[Conversation, timeline.EntryView]:
    """A conversation in which the bot answered with an article."""
    inbox = factories.make_inbox(tx, channel="chat", address="shop")
    conversation = factories.make_conversation(tx, factories.make_customer(tx, name="Noor <b>"), inbox)
    factories.make_entry(tx, conversation, "Does it work on <i>induction</i>?")
    conversations.bot_talks(tx, conversation)
    row = knowledge.create(tx, None, title='Hobs & "discs"', body="With the disc.", locale="en")
    knowledge.publish(tx, row.id, None)
    best = Candidate(row.id, row.title, 0.93)
    turn = Turn(
        Decision("answer", "sure", article=best), "en", "With the disc, yes. <script>", knowledge.by_slug(tx, row.slug),
        0.78, (best,), **more,
    )  # fmt: skip
    entry = say(tx, conversation, turn, tx.now())
    conversations.bot_answered(tx, conversation, turn.text, tx.now())
    return conversation, entry


def test_a_turn_says_from_which_article_and_how_sure(store: Store, as_role: As) -> None:
    client = as_role("agent")
    with store.transaction() as tx:
        conversation, entry = talked(tx)
    page = client.get(f"/console/c/{conversation.id}").text
    assert 'class="entry from-bot"' in page and "With the disc, yes. &lt;script&gt;" in page
    assert "Hobs &amp; &#34;discs&#34;" in page and "0.93" in page and "answers from 0.78" in page
    assert f'href="/bot/?turn={entry.id}"' in page and "Not right?" in page
    rows = client.get("/console/all").text
    assert "Bot is answering" in rows and "Bot:" in rows
    with store.transaction() as tx:
        bot.helped(tx, entry.id, True)
    assert "Confirmed by Noor &lt;b&gt;" in client.get(f"/console/c/{conversation.id}").text


def test_a_hand_over_says_why_and_what_was_asked_tried_and_felt(store: Store, as_role: As) -> None:
    client = as_role("agent")
    with store.transaction() as tx:
        conversation, _entry = talked(tx)
        summary = bot.hand_over(tx, conversation.id, "customer")
        assert summary is not None
    page = client.get(f"/console/c/{conversation.id}").text
    assert "Handed over: Noor &lt;b&gt; asked for a person" in page
    assert "Does it work on &lt;i&gt;induction&lt;/i&gt;?" in page
    assert "Tried:" in page and "Felt: calm." in page and "Waits since" in page
    assert "did not answer, handed over" in page
    row = client.get("/console/all").text
    assert "Handed over" in row
    with store.transaction() as tx:
        timeline.erase_words(tx, [summary.id])
    assert "These words were erased." in client.get(f"/console/c/{conversation.id}").text


def test_not_right_leads_to_the_lab_and_teaches(store: Store, as_role: As) -> None:
    client = as_role("agent")
    with store.transaction() as tx:
        conversation, entry = talked(tx)
        question = timeline.of_conversation(tx, conversation.id, 5, ("message",))[0]
        tx.get_one(bot.BotTurn, entry.id).question_entry_id = question.id
    page = client.get(f"/bot/?turn={entry.id}").text
    assert "This turn" in page and "The question belongs here" in page
    assert "Does it work on &lt;i&gt;induction&lt;/i&gt;?" in page
    with store.transaction() as tx:  # of another team: the turn is counted, its words are not shown
        team = factories.make_team(tx)
        conversations.get(tx, conversation.id, None).team_id = team.id
    assert client.get(f"/bot/?turn={entry.id}").status_code == 404
    assert "induction" not in client.get("/bot/").text
