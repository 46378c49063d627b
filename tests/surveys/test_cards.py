"""Answers from the card in the chat: taken, changed, refused; and never those of another visitor's question."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from desk import facts, people, surveys, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.signals import EntryChanged, EntryRecorded, Signal, SurveyAnswered
from desk.store import Store, Tx
from desk.surveys.tables import Invitation, Response, ResponseVersion, Survey
from tests import factories
from tests.surveys.situations import Asked, asked, by_chat, by_sms, everything


@pytest.fixture
def ask(store: Store) -> Asked:
    with store.transaction() as tx:
        return asked(tx, by=by_chat)


def send(tx: Tx, ask: Asked, score: object = 4, reasons: Any = (), comment: str = "") -> Response:
    return surveys.answer_in_chat(tx, ask.invitation_id, ask.conversation_id, score, reasons, comment)


def shown(tx: Tx, ask: Asked) -> surveys.Card:
    card = surveys.card(tx, ask.conversation_id)
    assert card is not None
    return card


def test_an_answer_is_kept_told_and_a_fact(store: Store, ask: Asked, clock: SetClock) -> None:
    asked_at = clock.now()
    clock.advance(timedelta(minutes=3))
    heard: list[Signal] = []
    store.listen(heard.append)
    with store.transaction() as tx:
        response = send(tx, ask, 2, ["solved", "speed"], " Slow,\r\nbut kind. ")
    with store.reading() as tx:
        assert (response.score, response.channel, response.version) == (2, "chat", 1)
        [line] = timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_answered",))
        assert (line.channel, line.author, line.text) == ("chat", "customer", "Slow,\nbut kind.")
        assert line.detail["asked_by"] == "chat"
        assert line.detail["asked_at"] == asked_at.isoformat()
        assert facts.view(tx, ask.customer_id).value("csat") == 2
        assert shown(tx, ask).answered == surveys.Answered(2, "Bad", ("speed", "solved"), "Slow,\nbut kind.")
        assert tx.get_one(Invitation, ask.invitation_id).delivered  # whoever answers had it
    assert any(isinstance(s, SurveyAnswered) for s in heard)  # console and widgets are pushed by these
    assert any(isinstance(s, EntryRecorded) and s.kind == "survey_answered" for s in heard)


def test_my_answer_can_be_changed_and_keeps_its_versions(store: Store, ask: Asked, clock: SetClock) -> None:
    for score, comment in ((1, "Rude."), (1, "Rude."), (4, "They made it good.")):
        clock.advance(timedelta(hours=1))
        with store.transaction() as tx:
            send(tx, ask, score, comment=comment)
    with store.reading() as tx:
        versions = tx.scalars(select(ResponseVersion).order_by(ResponseVersion.version)).all()
        assert [(v.version, v.score, v.channel) for v in versions] == [(1, 1, "chat"), (2, 4, "chat")]
        before, after = timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_answered",))
        assert "before" not in before.detail
        assert after.detail["before"]["score"] == 1


def test_two_tabs_at_the_same_instant_leave_one_answer_in_two_versions(store: Store, ask: Asked) -> None:
    start = Barrier(3)

    def work(score: int) -> None:
        start.wait()
        with store.transaction() as tx:
            send(tx, ask, score)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, (1, 5, 5)))
    with store.reading() as tx:
        [response] = tx.scalars(select(Response))
        scores = list(tx.scalars(select(ResponseVersion.score).order_by(ResponseVersion.version)))
        assert response.version == len(scores)
        assert scores[-1] == response.score
        assert set(scores) == {1, 5}


@pytest.mark.parametrize(
    ("fields", "problem", "sentence"),
    [
        ({"score": 0}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": 6}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": None}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": "5"}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": True}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": 4.0}, "score", "Pick one of the answers from 1 to 5."),
        ({"score": 10**30}, "score", "Pick one of the answers from 1 to 5."),
        ({"reasons": ["<script>"]}, "reasons", "Pick only from these, please."),
        ({"reasons": [["speed"]]}, "reasons", "Pick only from these, please."),
        ({"comment": "x" * 50_000}, "comment", "That is longer than the 2000 characters that fit."),
    ],
)
def test_what_does_not_fit_gets_one_sentence_and_is_not_recorded(
    store: Store, ask: Asked, fields: dict[str, Any], problem: str, sentence: str
) -> None:
    with store.reading() as tx:
        before = everything(tx)
    with pytest.raises(surveys.BadAnswer) as bad, store.transaction() as tx:
        send(tx, ask, **fields)
    assert bad.value.problems == (problem,)
    assert surveys.refusal(bad.value, "en") == sentence
    with store.reading() as tx:
        assert everything(tx) == before


def test_what_is_wrong_is_said_in_the_visitors_language() -> None:
    assert surveys.refusal(surveys.LinkClosed("expired"), "de-AT").startswith("Diese Frage ist geschlossen")
    assert surveys.refusal(surveys.LinkClosed("invalid"), "es") == "Esta pregunta no es de esta conversación."
    assert "0 bis 10" in surveys.refusal(surveys.BadAnswer(("score", "comment"), "nps"), "de")


@pytest.mark.parametrize("whose", ["other_visitor", "mail", "sms", "nobody", "huge", "negative"])
def test_a_question_of_somebody_else_takes_no_answer(store: Store, ask: Asked, whose: str) -> None:
    with store.transaction() as tx:
        other = asked(tx, by={"other_visitor": by_chat, "sms": by_sms}.get(whose))
        number = {"nobody": 999_999, "huge": 2**80, "negative": -1}.get(whose, other.invitation_id)
        before = everything(tx)
    for conversation_id in {ask.conversation_id, ask.conversation_id if whose == "other_visitor" else 0} | (
        {other.conversation_id} if whose in ("mail", "sms") else set()
    ):
        with pytest.raises(surveys.LinkClosed) as closed, store.transaction() as tx:
            surveys.answer_in_chat(tx, number, conversation_id, 5)
        assert closed.value.kind == "invalid"
        with store.transaction() as tx:
            surveys.shown(tx, number, conversation_id, seen=True)
    with store.reading() as tx:
        assert everything(tx) == before


def test_after_its_time_it_takes_no_answer_and_no_change(store: Store, ask: Asked, clock: SetClock) -> None:
    with store.transaction() as tx:
        late = asked(tx, by=by_chat)
        send(tx, ask, 5)
    clock.advance(timedelta(days=14))
    for one in (ask, late):
        with pytest.raises(surveys.LinkClosed) as closed, store.transaction() as tx:
            send(tx, one, 1)
        assert closed.value.kind == "expired"
        with store.reading() as tx:
            assert surveys.card(tx, one.conversation_id) is None


def test_the_card_speaks_the_customers_language_and_the_desks_own_words(store: Store) -> None:
    with store.transaction() as tx:
        survey = surveys.install_defaults(tx)
        survey.texts = {"de": {"question": "War {agent} für Sie da?", "reasons": {"speed": "Das Tempo"}}}
        customer = factories.make_customer(tx, name="Jonas Weber", locale="de-AT")
        ask = asked(tx, by=by_chat, customer=customer)
    with store.reading() as tx:
        card = shown(tx, ask)
    assert (card.locale, card.question) == ("de", "War Mara für Sie da?")
    assert dict(card.reasons)["speed"] == "Das Tempo"
    assert card.labels[0] == (1, "Sehr schlecht")
    assert card.as_json()["labels"][4] == {"score": 5, "label": "Sehr gut"}
    assert card.as_json()["id"] == str(ask.invitation_id)
    assert card.as_json()["comment_limit"] == surveys.COMMENT_LIMIT


@pytest.mark.parametrize("why", ["mail", "stopped", "spam", "none"])
def test_there_is_no_card_where_nothing_is_asked_in_the_chat(store: Store, ask: Asked, why: str) -> None:
    with store.transaction() as tx:
        conversation_id = ask.conversation_id
        if why == "mail":
            conversation_id = asked(tx).conversation_id
        elif why == "stopped":
            people.stop_surveys(tx, ask.customer_id, tx.now())
        elif why == "spam":
            tx.get_one(Conversation, conversation_id).status = "spam"
        else:
            conversation_id = by_chat(tx)[0].id
        tx.flush()
        assert surveys.card(tx, conversation_id) is None


def test_the_newest_question_is_the_one_on_the_card(store: Store, ask: Asked, clock: SetClock) -> None:
    with store.transaction() as tx:
        send(tx, ask, 2)
    clock.advance(timedelta(days=15))
    with store.transaction() as tx:
        conversation = tx.get_one(Conversation, ask.conversation_id)
        episode = factories.make_episode(tx, conversation, replies=1, resolved_at=tx.now())
        conversation.episode_id = episode.id
        assert surveys.consider(tx, episode.id).asked
        card = shown(tx, ask)
        assert card.id != ask.invitation_id
        assert card.answered is None


def test_that_it_was_seen_is_told_once(store: Store, ask: Asked) -> None:
    heard: list[Signal] = []
    store.listen(heard.append)
    for seen in (False, False, True, True, False):
        with store.transaction() as tx:
            surveys.shown(tx, ask.invitation_id, ask.conversation_id, seen=seen)
    assert len([s for s in heard if isinstance(s, EntryChanged)]) == 2


def test_other_kinds_have_their_own_scale_and_no_reasons(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx, "nps", by=by_chat)
        card = shown(tx, ask)
        assert [score for score, _ in card.labels] == list(range(11))
        assert card.labels[0] == (0, "not at all likely")
        assert card.labels[5] == (5, "")
        assert card.reasons == ()
        with pytest.raises(surveys.BadAnswer):
            send(tx, ask, 11)
        assert send(tx, ask, 0).score == 0
        assert tx.get_one(Survey, tx.get_one(Invitation, ask.invitation_id).survey_id).key == "nps"
