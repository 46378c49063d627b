"""Answers: what is refused, what is kept, and who hears of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from desk import facts, people, surveys, timeline
from desk.clock import SetClock
from desk.signals import EntryChanged, Signal, SurveyAnswered
from desk.store import Store, Tx
from desk.surveys.answers import tidy
from desk.surveys.tables import Response, ResponseVersion
from tests import factories
from tests.surveys.situations import Asked, asked, everything


@pytest.fixture
def ask(store: Store) -> Asked:
    with store.transaction() as tx:
        return asked(tx)


def versions(tx: Tx) -> list[tuple[int, int, list[Any], str]]:
    rows = tx.scalars(select(ResponseVersion).order_by(ResponseVersion.response_id, ResponseVersion.version))
    return [(v.version, v.score, v.reasons, v.comment) for v in rows]


def lines(tx: Tx, ask: Asked) -> list[timeline.EntryView]:
    return timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_answered",))


def test_an_answer_is_kept_told_and_a_fact(store: Store, ask: Asked, clock: SetClock) -> None:
    asked_at = clock.now()
    clock.advance(timedelta(hours=5))
    heard: list[Signal] = []
    store.listen(heard.append)
    with store.transaction() as tx:
        response = surveys.answer(tx, ask.token, 2, ["solved", "speed"], "Slow,\r\nbut kind.  ")
    with store.reading() as tx:
        assert (response.score, response.reasons, response.comment) == (2, ["speed", "solved"], "Slow,\nbut kind.")
        assert (response.version, response.answered_at) == (1, clock.now())
        [line] = lines(tx, ask)
        assert (line.id, line.author, line.text) == (response.entry_id, "customer", "Slow,\nbut kind.")
        assert line.customer_id == ask.customer_id
        assert line.episode_id == ask.episode_id
        assert line.detail == {
            "kind": "csat",
            "score": 2,
            "reasons": ["speed", "solved"],
            "invitation_id": ask.invitation_id,
            "asked_at": asked_at.isoformat(),
            "asked_by": "email",
            "version": 1,
        }
        known = facts.view(tx, ask.customer_id).latest("csat")
        assert known is not None
        assert (known.value, known.entry_id) == (2, line.id)
    [told] = [s for s in heard if isinstance(s, SurveyAnswered)]
    assert (told.customer_id, told.invitation_id, told.score) == (ask.customer_id, ask.invitation_id, 2)


@pytest.mark.parametrize("kind", ["csat", "nps", "ces"])
def test_every_score_of_a_scale_is_taken_and_no_other(store: Store, kind: str) -> None:
    scale = surveys.SCALES[kind]
    with store.transaction() as tx:
        ask = asked(tx, kind)
        for score in (scale.lowest - 1, scale.highest + 1, 99, None, True if scale.lowest > 1 else None):
            with pytest.raises(surveys.BadAnswer) as bad:
                surveys.answer(tx, ask.token, score)
            assert bad.value.problems == ("score",)
        assert versions(tx) == []
        for score in scale.scores:
            assert surveys.answer(tx, ask.token, score).score == score
        assert facts.view(tx, ask.customer_id).value(kind) == scale.highest


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"score": 9}, ("score",)),
        ({"reasons": ["speed", "<script>"]}, ("reasons",)),
        ({"comment": "x" * 2001}, ("comment",)),
        ({"comment": "x" * 50_000, "score": None, "reasons": ["?"]}, ("score", "reasons", "comment")),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_recorded(
    store: Store, ask: Asked, fields: dict[str, Any], problems: tuple[str, ...]
) -> None:
    with store.reading() as tx:
        before = everything(tx)
    with pytest.raises(surveys.BadAnswer) as bad, store.transaction() as tx:
        surveys.answer(tx, ask.token, **{"score": 4, "reasons": [], "comment": "", **fields})
    assert bad.value.problems == problems
    with store.reading() as tx:
        assert everything(tx) == before


def test_a_comment_of_exactly_the_limit_fits_however_it_was_typed(store: Store, ask: Asked) -> None:
    with store.transaction() as tx:
        assert len(surveys.answer(tx, ask.token, 3, comment="a\r\n" * 999 + "ab\x00\x07").comment) == 2000


def test_a_change_keeps_both_and_says_from_what_to_what(store: Store, ask: Asked, clock: SetClock) -> None:
    with store.transaction() as tx:
        first = surveys.answer(tx, ask.token, 1, ["manner"], "Rude.")
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        second = surveys.answer(tx, ask.token, 4, ["solved"], "They called and made it good.")
    with store.reading() as tx:
        assert second.id == first.id
        assert second.version == 2
        assert (second.answered_at, second.changed_at) == (clock.now() - timedelta(days=1), clock.now())
        assert versions(tx) == [(1, 1, ["manner"], "Rude."), (2, 4, ["solved"], "They called and made it good.")]
        before, after = lines(tx, ask)
        assert before.text == "Rude."
        assert "before" not in before.detail
        assert after.detail["before"] == {"score": 1, "reasons": ["manner"]}
        assert after.detail["score"] == 4
        assert [f.value for f in facts.view(tx, ask.customer_id).series("csat").facts] == [1, 4]


def test_the_same_again_is_one_answer(store: Store, ask: Asked) -> None:
    for _ in range(3):
        with store.transaction() as tx:
            surveys.answer(tx, ask.token, 5, ["speed"], "Thanks!")
    with store.reading() as tx:
        assert versions(tx) == [(1, 5, ["speed"], "Thanks!")]
        assert len(lines(tx, ask)) == 1


def test_new_words_for_the_same_score_are_no_second_score(store: Store, ask: Asked, clock: SetClock) -> None:
    """A stage rule that counts low scores would count one customer's twice otherwise."""
    for comment in ("Bad.", "Bad, and late."):
        clock.advance(timedelta(minutes=5))
        with store.transaction() as tx:
            surveys.answer(tx, ask.token, 1, comment=comment)
    with store.reading() as tx:
        assert len(versions(tx)) == len(lines(tx, ask)) == 2
        assert len(facts.view(tx, ask.customer_id).series("csat").facts) == 1


def test_two_answers_at_the_same_instant_leave_one_response_with_two_versions(store: Store, ask: Asked) -> None:
    start = Barrier(2)

    def send(score: int) -> None:
        start.wait()
        with store.transaction() as tx:
            surveys.answer(tx, ask.token, score, comment=f"{score}!")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, (1, 5)))
    with store.reading() as tx:
        [response] = tx.scalars(select(Response))
        assert response.version == 2
        assert sorted(v[1] for v in versions(tx)) == [1, 5]
        assert versions(tx)[1][1] == response.score
        assert len(lines(tx, ask)) == 2


def test_whether_somebody_may_write(store: Store, ask: Asked, clock: SetClock) -> None:
    with pytest.raises(surveys.LinkClosed), store.transaction() as tx:
        surveys.allow_contact(tx, ask.token, True)  # there is no answer yet
    with store.transaction() as tx:
        assert surveys.answer(tx, ask.token, 1).may_contact is None
    heard: list[Signal] = []
    store.listen(heard.append)
    for wish in (True, True, False):
        with store.transaction() as tx:
            assert surveys.allow_contact(tx, ask.token, wish).may_contact is wish
    assert len([s for s in heard if isinstance(s, EntryChanged)]) == 2
    with store.reading() as tx:
        assert len(versions(tx)) == 1
    clock.advance(timedelta(days=15))
    with pytest.raises(surveys.LinkClosed), store.transaction() as tx:
        surveys.allow_contact(tx, ask.token, True)


def test_an_answer_follows_a_merge(store: Store, ask: Asked) -> None:
    """The conversation belongs to another customer by now; so does the answer, under the identity that was asked."""
    with store.transaction() as tx:
        merged = factories.make_customer(tx)
        conversation = tx.get_one(surveys.Invitation, ask.invitation_id).conversation_id
        from_id = ask.customer_id
        row = factories.Conversation
        tx.get_one(row, conversation).customer_id = merged.id
    with store.transaction() as tx:
        surveys.answer(tx, ask.token, 4)
    with store.reading() as tx:
        [line] = lines(tx, ask)
        assert line.customer_id == merged.id
        assert line.identity_id == people.identities(tx, from_id)[0].id
        assert facts.view(tx, merged.id).value("csat") == 4
        assert facts.view(tx, from_id).value("csat") is None


def test_a_deleted_colleague_is_no_trouble(store: Store, ask: Asked) -> None:
    with store.transaction() as tx:
        tx.get_one(surveys.Invitation, ask.invitation_id).staff_id = None
    with store.transaction() as tx:
        assert surveys.answer(tx, ask.token, 4).score == 4


@given(st.text(max_size=300))
def test_tidied_words_can_be_stored_and_lose_nothing_that_shows(comment: str) -> None:
    tidied = tidy(comment)
    assert "\x00" not in tidied
    assert "\r" not in tidied
    tidied.encode("utf-8")
    assert tidy(tidied) == tidied
    shown = [c for c in comment if c.isalnum()]
    assert [c for c in tidied if c.isalnum()] == shown
