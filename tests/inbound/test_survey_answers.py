"""A text that answers a survey walks the corridor: it stays on the timeline, and wakes nothing and nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from desk import agents, facts, inbound, people, reactions, surveys, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.jobs.tables import Job
from desk.messages import Address, Attachment, InboundMessage, Sender, storable
from desk.parts import Desk
from desk.settings.tables import Inbox
from desk.signals import ConversationReopened, CustomerWrote, Signal, SurveyAnswered
from desk.surveys.replies import read
from desk.surveys.tables import Invitation, Response, ResponseVersion
from desk.timeline.tables import Entry
from tests import factories
from tests.inbound.messages import message
from tests.surveys.situations import Asked, asked, by_sms


@pytest.fixture
def ask(desk: Desk, clock: SetClock) -> Asked:
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        made = asked(tx, by=by_sms)
        tx.get_one(Inbox, made.inbox_id).config = {"bot": True}  # which has nothing to say to a score
    clock.advance(timedelta(minutes=20))
    return made


def text(desk: Desk, ask: Asked, said: str, **more: Any) -> InboundMessage:
    """An SMS from the number that was asked, to the number that asked."""
    with desk.store.reading() as tx:
        number = tx.get_one(Conversation, ask.conversation_id).reply_address
    sender = Sender(Address("phone", number), "inferred", "a text came from this number")
    fields = {"channel": "sms", "message_id": "", "subject": "", "sender": sender}
    return replace(message(ask.inbox_id, desk.store.clock.now(), said), **(fields | more))


def state(desk: Desk, ask: Asked) -> tuple[Any, ...]:
    """What a queue shows of the conversation, and how many episodes it has."""
    with desk.store.reading() as tx:
        row = tx.get_one(Conversation, ask.conversation_id)
        episodes = tx.scalar(select(func.count()).select_from(Episode).where(Episode.conversation_id == row.id))
        return row.status, row.waiting_since, row.unread, row.last_author, row.last_at, row.level, episodes


def lines(desk: Desk, ask: Asked) -> list[timeline.EntryView]:
    with desk.store.reading() as tx:
        return timeline.of_conversation(tx, ask.conversation_id, kinds=("message", "survey_answered"))[1:]


def count(desk: Desk, table: Any) -> int:
    with desk.store.reading() as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    ("said", "score", "comment"),
    [("5", 5, ""), (" 5 ", 5, ""), ("5!", 5, ""), ("five", 5, ""), ("fünf", 5, ""), ("5/5", 5, ""),
     ("4 - thanks", 4, "thanks"), ("I give it a 4", 4, ""), ("5️⃣", 5, ""), ("5 stars thanks", 5, "thanks"),
     ("cinco", 5, ""), ("пять", 5, "")],
)  # fmt: skip
def test_a_number_answers_and_wakes_nobody(
    desk: Desk, ask: Asked, clock: SetClock, said: str, score: int, comment: str
) -> None:
    before, heard = state(desk, ask), list[Signal]()
    desk.store.listen(heard.append)
    outcome = inbound.receive(desk, text(desk, ask, said))
    assert (outcome.state, outcome.conversation_id) == ("accepted", ask.conversation_id)
    assert state(desk, ask) == before
    said_line, answered = lines(desk, ask)
    assert (said_line.kind, said_line.text, said_line.channel) == ("message", said, "sms")
    assert said_line.detail["answers"] == ask.invitation_id
    assert (answered.kind, answered.text, answered.channel) == ("survey_answered", comment, "sms")
    assert (answered.detail["score"], answered.detail["asked_by"]) == (score, "sms")
    assert answered.occurred_at == clock.now()
    with desk.store.reading() as tx:
        [response] = tx.scalars(select(Response))
        assert (response.score, response.comment, response.channel) == (score, comment, "sms")
        assert facts.view(tx, ask.customer_id).value("csat") == score
        tasks = set(tx.scalars(select(Job.task)))
    assert tasks <= {"outbound.deliver", "lifecycle.consider"}
    assert any(isinstance(s, SurveyAnswered) for s in heard)
    assert not any(isinstance(s, CustomerWrote | ConversationReopened) for s in heard)


@pytest.mark.parametrize(
    "said",
    [
        "5 pots please",
        "5?",
        "My kettle has 5 cracks",
        "6",
        "0",
        "3-4",
        "4.5",
        "Thanks!",
        "",
        "call me at 5",
        "2 of my parcels are missing",
        "I give you 5 days",
    ],
)
def test_a_message_is_a_message(desk: Desk, ask: Asked, said: str) -> None:
    outcome = inbound.receive(desk, text(desk, ask, said))
    assert outcome.state == "accepted"
    assert count(desk, Response) == 0
    with desk.store.reading() as tx:
        row = tx.get_one(Conversation, outcome.conversation_id)
        assert (row.status, row.unread) == ("open", 1)
        assert row.waiting_since is not None


def test_a_score_with_a_request_is_recorded_and_waits_for_an_answer(desk: Desk, ask: Asked, clock: SetClock) -> None:
    outcome = inbound.receive(desk, text(desk, ask, "2 - still broken, when will you come?"))
    with desk.store.reading() as tx:
        [response] = tx.scalars(select(Response))
        row = tx.get_one(Conversation, outcome.conversation_id)
    assert (response.score, response.comment) == (2, "still broken, when will you come?")
    assert (row.status, row.waiting_since) == ("open", clock.now())


def test_a_second_number_changes_the_answer_and_keeps_the_first(desk: Desk, ask: Asked, clock: SetClock) -> None:
    for said in ("2", "2!", "4 - it works now"):
        clock.advance(timedelta(hours=1))
        inbound.receive(desk, text(desk, ask, said))
    with desk.store.reading() as tx:
        [response] = tx.scalars(select(Response))
        versions = [(v.version, v.score, v.channel) for v in tx.scalars(select(ResponseVersion))]
    assert (response.score, response.version, response.changed_at) == (4, 2, clock.now())
    assert versions == [(1, 2, "sms"), (2, 4, "sms")]
    assert [line.kind for line in lines(desk, ask)] == [
        "message", "survey_answered", "message", "message", "survey_answered",
    ]  # fmt: skip
    assert lines(desk, ask)[-1].detail["before"]["score"] == 2
    assert state(desk, ask)[0] == "resolved"


def test_after_its_time_a_number_is_a_message(desk: Desk, ask: Asked, clock: SetClock) -> None:
    inbound.receive(desk, text(desk, ask, "5"))
    clock.advance(timedelta(days=14))
    inbound.receive(desk, text(desk, ask, "1"))
    with desk.store.reading() as tx:
        [response] = tx.scalars(select(Response))
    assert (response.score, response.version) == (5, 1)
    assert "answers" not in lines(desk, ask)[-1].detail or lines(desk, ask)[-1].kind == "survey_answered"
    assert count(desk, Entry) > 4


def test_a_number_written_before_the_question_is_no_answer_to_it(desk: Desk, ask: Asked) -> None:
    with desk.store.reading() as tx:
        asked_at = tx.get_one(Invitation, ask.invitation_id).sent_at
    inbound.receive(desk, text(desk, ask, "5", sent_at=asked_at - timedelta(seconds=1)))
    assert count(desk, Response) == 0


def test_after_we_asked_something_else_a_number_answers_that(desk: Desk, ask: Asked, clock: SetClock) -> None:
    """ "How many do you want?" - "5"."""
    with desk.store.transaction() as tx:
        conversation = tx.get_one(Conversation, ask.conversation_id)
        factories.make_entry(tx, conversation, "How many do you want?", "reply")
    clock.advance(timedelta(minutes=1))
    inbound.receive(desk, text(desk, ask, "5"))
    assert count(desk, Response) == 0


@pytest.mark.parametrize("how", ["other_number", "other_inbox", "mail", "chat", "picture", "machine", "mail_survey"])
def test_only_at_the_address_that_was_asked(desk: Desk, ask: Asked, how: str) -> None:
    more: dict[str, Any] = {}
    if how == "other_number":
        more["sender"] = Sender(Address("phone", "+46709999999"), "inferred", "a text came from this number")
    elif how == "other_inbox":
        with desk.store.transaction() as tx:
            more["inbox_id"] = factories.make_inbox(tx, channel="sms", address="+15550199").id
    elif how in ("mail", "chat"):
        more["channel"] = {"mail": "email", "chat": "chat"}[how]
    elif how == "picture":
        more["attachments"] = (Attachment("5.png", "image/png", 3, desk.files.put(b"5.png"), None),)
    elif how == "machine":
        more["automatic"] = "auto-replied"
    elif how == "mail_survey":
        with desk.store.transaction() as tx:
            tx.get_one(Invitation, ask.invitation_id).channel = "email"
    inbound.receive(desk, text(desk, ask, "5", **more))
    assert count(desk, Response) == 0


def test_copies_of_one_answer_at_the_same_instant_are_one(desk: Desk, ask: Asked) -> None:
    copy, start = text(desk, ask, "5"), Barrier(4)

    def receive(_n: int) -> str:
        start.wait()
        return inbound.receive(desk, copy).state

    with ThreadPoolExecutor(4) as pool:
        states = sorted(pool.map(receive, range(4)))
    assert states == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert (count(desk, Response), count(desk, ResponseVersion)) == (1, 1)
    assert [line.kind for line in lines(desk, ask)] == ["message", "survey_answered"]


def test_two_answers_at_the_same_instant_are_two_versions(desk: Desk, ask: Asked) -> None:
    texts, start = [text(desk, ask, "1"), text(desk, ask, "5")], Barrier(2)

    def receive(one: InboundMessage) -> str:
        start.wait()
        return inbound.receive(desk, one).state

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(receive, texts)) == ["accepted", "accepted"]
    with desk.store.reading() as tx:
        [response] = tx.scalars(select(Response))
        assert response.version == 2
        assert sorted(tx.scalars(select(ResponseVersion.score))) == [1, 5]
    assert state(desk, ask)[0] == "resolved"


def test_an_answer_while_the_customer_writes_again_goes_to_the_question(
    desk: Desk, ask: Asked, clock: SetClock
) -> None:
    """They wrote something else first: it is open again, and the number still answers what was asked."""
    first = inbound.receive(desk, text(desk, ask, "One more thing: the lid is cracked"))
    clock.advance(timedelta(minutes=1))
    with desk.store.reading() as tx:
        waiting = tx.get_one(Conversation, first.conversation_id).waiting_since
    inbound.receive(desk, text(desk, ask, "3"))
    with desk.store.reading() as tx:
        assert tx.scalar(select(Response.score)) == 3
        assert tx.get_one(Conversation, first.conversation_id).waiting_since == waiting


def test_an_answer_follows_a_merge(desk: Desk, ask: Asked) -> None:
    with desk.store.transaction() as tx:
        kept = factories.make_customer(tx)
        row = tx.get_one(Conversation, ask.conversation_id)
        identity = people.identity(tx, row.reply_identity_id or 0)
        row.customer_id = identity.customer_id = kept.id
    inbound.receive(desk, text(desk, ask, "4"))
    with desk.store.reading() as tx:
        assert facts.view(tx, kept.id).value("csat") == 4
        [line] = timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_answered",))
        assert line.customer_id == kept.id


def test_whoever_has_a_stop_may_still_answer_what_was_asked(desk: Desk, ask: Asked) -> None:
    with desk.store.transaction() as tx:
        people.stop_surveys(tx, ask.customer_id, tx.now())
    inbound.receive(desk, text(desk, ask, "5"))
    assert count(desk, Response) == 1


@pytest.mark.database("sqlite")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.text(max_size=40) | st.from_regex(r"\A[1-9]( ?[-,.!:]? ?\w{0,8}){0,3}\Z"))
def test_the_corridor_takes_every_text_and_scores_only_what_reads_as_a_score(desk: Desk, ask: Asked, said: str) -> None:
    said = storable(said)
    with desk.store.transaction() as tx:
        for table in (ResponseVersion, Response):
            tx.query(table).delete()
        row = tx.get_one(Conversation, ask.conversation_id)
        row.status, row.waiting_since, row.unread = "resolved", None, 0
    outcome = inbound.receive(desk, text(desk, ask, said))
    assert outcome.state == "accepted"
    found = read("csat", said)
    assert count(desk, Response) == (found is not None)
    if found is not None and not found.asks:
        assert state(desk, ask)[:3] == ("resolved", None, 0)


def test_capturing_by_itself_is_the_same(desk: Desk, ask: Asked) -> None:
    """For whoever has an entry already and asks what it answers."""
    with desk.store.transaction() as tx:
        row = tx.get_one(Conversation, ask.conversation_id)
        staff = agents.names(tx)
        entry = factories.make_entry(tx, row, "4", identity_id=row.reply_identity_id)
        response = surveys.capture_answer(tx, row, entry.id, "4", "sms", tx.now())
        assert response is not None
        assert response.score == 4
        assert surveys.capture_answer(tx, row, entry.id, "What now?", "sms", tx.now()) is None
        assert surveys.capture_answer(tx, row, 12345, "4", "sms", tx.now()) is None
        assert staff
