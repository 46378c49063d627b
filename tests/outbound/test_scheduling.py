"""Answers that go at a time: until then nothing follows, then they are answers like any other, or held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, jobs, outbound, people, timeline
from desk.agents import Viewer
from desk.agents.tables import Staff
from desk.clock import SetClock
from desk.conversations import NotVisible
from desk.merging import talks
from desk.notices.tables import Notice
from desk.outbound import Refused, scheduling, uploads
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery, ScheduledAnswer, Upload
from desk.parts import Desk
from desk.reactions import react
from desk.settings.tables import Setting
from desk.worker.tasks import TASKS
from tests.factories import make_inbox, make_staff, sends_at_once
from tests.inbound.messages import message

HOUR = timedelta(hours=1)


class Case:
    """Marta asked a minute ago, and Jonas has an answer for tomorrow."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        desk.store.react_with(react)
        with desk.store.transaction() as tx:
            sends_at_once(tx)
            self.inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
            self.jonas = self.viewer_of(tx, make_staff(tx, name="Jonas Weber").id)
        self.conversation_id = self.wrote("Where is it?").conversation_id or 0
        clock.advance(timedelta(minutes=1))
        self.at = clock.now() + HOUR

    def viewer_of(self, tx: Any, staff_id: int) -> Viewer:
        found = agents.viewer(tx, staff_id)
        assert found is not None
        return found

    def wrote(self, text: str, **more: Any) -> inbound.Outcome:
        return inbound.receive(self.desk, message(self.inbox_id, self.clock.now(), text, **more))

    def keep(self, text: str = "It is on its way.", **more: Any) -> timeline.EntryView:
        with self.desk.store.transaction() as tx:
            return scheduling.schedule(tx, self.conversation_id, self.jonas, text, **{"at": self.at, **more})

    def work(self) -> int:
        with self.desk.store.transaction() as tx:
            leased = jobs.lease(tx, "w", tasks=["outbound.scheduled"])
        for job in leased:
            TASKS[job.task](self.desk, job)
        return len(leased)

    def lines(self, *kinds: str) -> list[timeline.EntryView]:
        with self.desk.store.reading() as tx:
            return timeline.of_conversation(tx, self.conversation_id, kinds=kinds)

    def row(self) -> Any:
        with self.desk.store.reading() as tx:
            return conversations.get(tx, self.conversation_id, None)

    def all(self, table: Any) -> list[Any]:
        with self.desk.store.reading() as tx:
            return list(tx.scalars(select(table)))


@pytest.fixture
def case(desk: Desk, clock: SetClock) -> Case:
    return Case(desk, clock)


def test_until_its_time_it_is_a_line_and_nothing_follows(case: Case) -> None:
    waiting = case.row().waiting_since
    entry = case.keep(then="resolve")
    assert [e.text for e in case.lines(scheduling.KIND)] == ["It is on its way."]
    assert (case.row().waiting_since, case.row().status, case.all(Delivery)) == (waiting, "open", [])
    assert case.work() == 0
    case.clock.advance(HOUR)
    assert case.work() == 1
    [sent] = case.lines("reply")
    assert (sent.text, sent.occurred_at, sent.staff_id) == ("It is on its way.", case.at, case.jonas.id)
    assert sent.detail["written_at"] == entry.occurred_at.isoformat()
    assert case.lines(scheduling.KIND) == []
    assert (case.row().status, case.row().waiting_since, case.all(ScheduledAnswer)) == ("resolved", None, [])
    assert [unpacked(d.message).in_reply_to != "" for d in case.all(Delivery)] == [True]
    case.clock.advance(HOUR)
    assert case.work() == 0


def test_a_word_of_the_customer_holds_it_and_its_writer_is_told(case: Case) -> None:
    entry = case.keep()
    case.clock.advance(timedelta(minutes=5))
    with case.desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, case.inbox_id, case.conversation_id)
    case.wrote("Never mind, it came!", reply_token=token)
    [line] = case.lines(scheduling.KIND)
    assert line.detail["held"] == scheduling.WROTE
    assert [(n.staff_id, n.detail.get("what")) for n in case.all(Notice) if n.kind == "failed"] == [
        (case.jonas.id, "held")
    ]
    case.clock.advance(HOUR)
    case.work()
    assert case.lines("reply") == []
    with case.desk.store.transaction() as tx:
        outbound.send_now(tx, entry.id, case.jonas)
    assert [e.text for e in case.lines("reply")] == ["It is on its way."]


def test_a_machine_holds_nothing_and_a_desk_may_send_all_the_same(case: Case) -> None:
    case.keep()
    with case.desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, case.inbox_id, case.conversation_id)
    case.wrote("I am away", reply_token=token, automatic="an absence note")
    assert case.lines(scheduling.KIND)[0].detail["held"] == ""
    with case.desk.store.transaction() as tx:
        tx.add(Setting(name="answer.hold_when_written", value=[False], changed_at=tx.now()))
    case.wrote("And the lid?", reply_token=token)
    case.clock.advance(HOUR)
    case.work()
    assert len(case.lines("reply")) == 1


@pytest.mark.parametrize("what", ["stopped", "spam", "left", "moved"])
def test_what_cannot_go_at_its_time_is_held_with_the_reason(case: Case, what: str) -> None:
    case.keep()
    with case.desk.store.transaction() as tx:
        if what == "stopped":
            identity = people.identity(tx, conversations.get(tx, case.conversation_id, None).reply_identity_id or 0)
            people.stop(tx, identity, tx.now())
        elif what == "spam":
            conversations.mark_spam(tx, case.conversation_id, case.jonas)
        elif what == "left":
            tx.get_one(Staff, case.jonas.id).active = False
        else:
            tx.get_one(type(case.row()), case.conversation_id).inbox_id = make_inbox(tx, active=False).id
    case.clock.advance(HOUR)
    assert case.work() == 1
    if what == "moved":  # the inbox of before is still in use, and that is where the customer wrote
        assert len(case.lines("reply")) == 1
        return
    [line] = case.lines(scheduling.KIND)
    assert line.detail["held"]
    assert case.all(Delivery) == [] and case.lines("reply") == []


def test_editing_gives_words_and_files_back_and_calling_off_lets_them_go(case: Case) -> None:
    digest = case.desk.files.put(b"%PDF-1.4 x")
    with case.desk.store.transaction() as tx:
        values = {"name": "a.pdf", "kind": "application/pdf", "sha256": digest, "size": 10}
        one = uploads.keep(tx, case.desk.files, case.jonas, case.conversation_id, **values).id
    entry = case.keep(files=[one], then="pending")
    assert case.all(Upload) == []
    with case.desk.store.transaction() as tx:
        back = outbound.take_for_editing(tx, entry.id, case.jonas)
    assert (back.text, back.channel, back.then) == ("It is on its way.", "email", "pending")
    [kept] = case.all(Upload)
    again = case.keep(files=[kept.id])
    with case.desk.store.transaction() as tx:
        outbound.call_off(tx, case.desk.files, again.id, case.jonas)
    with case.desk.store.transaction() as tx, pytest.raises(Refused, match="not waiting"):
        outbound.call_off(tx, case.desk.files, again.id, case.jonas)
    assert (case.all(Upload), case.all(ScheduledAnswer), case.lines(scheduling.KIND)) == ([], [], [])
    case.clock.advance(HOUR)
    case.work()
    assert case.lines("reply") == []


def test_files_go_with_it(case: Case) -> None:
    digest = case.desk.files.put(b"%PDF-1.4 x")
    with case.desk.store.transaction() as tx:
        values = {"name": "a.pdf", "kind": "application/pdf", "sha256": digest, "size": 10}
        one = uploads.keep(tx, case.desk.files, case.jonas, case.conversation_id, **values).id
    case.keep(files=[one])
    case.clock.advance(HOUR)
    case.work()
    assert [f["filename"] for f in case.lines("reply")[0].attachments] == ["a.pdf"]
    assert case.all(Upload) == []


def test_only_its_writer_or_a_lead_decides_and_strangers_do_not_know_of_it(case: Case) -> None:
    entry = case.keep()
    with case.desk.store.transaction() as tx:
        other, lead = (case.viewer_of(tx, make_staff(tx, role).id) for role in ("agent", "supervisor"))
    with case.desk.store.transaction() as tx, pytest.raises(Refused, match="Only who wrote it"):
        outbound.send_now(tx, entry.id, other)
    with case.desk.store.transaction() as tx, pytest.raises(NotVisible):
        outbound.send_now(tx, 12345, other)
    with case.desk.store.transaction() as tx:
        sent = outbound.send_now(tx, entry.id, lead)
    assert sent.staff_id == case.jonas.id
    case.clock.advance(HOUR)
    case.work()
    assert len(case.lines("reply")) == 1


def test_times_that_are_none_are_refused_and_one_request_keeps_one(case: Case) -> None:
    for at in (case.clock.now(), case.clock.now() - HOUR, case.clock.now() + timedelta(days=400)):
        with pytest.raises(Refused, match="time to come"):
            case.keep(at=at)
    assert case.keep(request_id="r").id == case.keep(request_id="r").id
    assert len(case.all(ScheduledAnswer)) == 1


def test_it_goes_where_its_conversation_went_and_with_what_is_erased_nothing_goes(case: Case) -> None:
    case.keep()
    case.clock.advance(timedelta(minutes=1))
    other = case.wrote("Another matter", subject="Lid").conversation_id or 0
    with case.desk.store.transaction() as tx:
        talks.merge(tx, case.conversation_id, other, case.jonas)
    case.clock.advance(HOUR)
    case.work()
    assert case.lines("reply") == []
    case.conversation_id = other
    assert len(case.lines("reply")) == 1

    case.at = case.clock.now() + HOUR
    case.keep("Words that go.")
    with case.desk.store.transaction() as tx:
        outbound.erasing.erase(tx, case.desk.files, [other])
    case.clock.advance(HOUR)
    case.work()
    assert len(case.lines("reply")) == 1
