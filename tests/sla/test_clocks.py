"""Promises: which policy is for whom, clocks that begin, pause, warn, break and end with their conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from desk import agents, calendars, conversations, facts, reactions, segments, sla, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.parts import Desk
from desk.segments.tables import SegmentMember
from desk.sla import PolicyError, Wanted
from desk.sla.tables import Clock
from desk.store import Store, Tx
from desk.worker.schedule import watch_promises
from tests.factories import make_conversation, make_customer, make_inbox, make_staff

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def lead(store: Store) -> Viewer:
    store.react_with(reactions.react)
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, role="admin").id)
    assert found is not None
    return found


def promised(store: Store, **fields: Any) -> int:
    with store.transaction() as tx:
        return sla.save(tx, None, Wanted(**{"name": "Gold", "first_minutes": 60, "hours": "always", **fields})).id


def opened(store: Store, **fields: Any) -> int:
    """A conversation whose customer waits since now, told of as any door tells of it."""
    with store.transaction() as tx:
        found = make_conversation(tx, **fields)
        conversations.set_level(tx, found, found.level or "calm", 0.0)
        return found.id


def changed(store: Store, conversation_id: int, change: Callable[[Tx, Conversation], Any]) -> None:
    with store.transaction() as tx:
        row = conversations.get(tx, conversation_id, None)
        change(tx, row)
        conversations.set_level(tx, row, row.level, row.frustration)


def replied(store: Store, lead: Viewer, conversation_id: int) -> None:
    changed(
        store,
        conversation_id,
        lambda tx, row: conversations.agent_replied(tx, row, 1, lead.id, "On its way.", tx.now()),
    )


def wrote(store: Store, conversation_id: int) -> None:
    def again(tx: Tx, row: Conversation) -> None:
        row.waiting_since, row.last_author, row.last_at = tx.now(), "customer", tx.now()

    changed(store, conversation_id, again)


def clocks(store: Store, conversation_id: int) -> dict[str, Clock]:
    with store.reading() as tx:
        return {c.kind: c for c in tx.query(Clock).filter_by(conversation_id=conversation_id).order_by(Clock.id)}


def row(store: Store, conversation_id: int) -> conversations.Row:
    with store.reading() as tx:
        found = conversations.row_of(tx, conversation_id)
    assert found is not None
    return found


def said(store: Store, conversation_id: int) -> list[tuple[str, str, datetime]]:
    with store.reading() as tx:
        lines = timeline.of_conversation(tx, conversation_id, kinds=("sla",))
    return [(e.detail["what"], e.detail["target"], e.occurred_at) for e in lines]


def test_a_first_answer_in_time_is_met(store: Store, lead: Viewer, clock: SetClock) -> None:
    promised(store)
    number = opened(store)
    assert (row(store, number).due_at, row(store, number).due_kind) == (MONDAY + HOUR, "first")
    clock.advance(timedelta(minutes=40))
    replied(store, lead, number)
    found = clocks(store, number)["first"]
    assert (found.outcome, found.stopped_at) == ("met", MONDAY + timedelta(minutes=40))
    assert (row(store, number).due_at, row(store, number).due_state) == (None, "")
    assert said(store, number) == []


def test_it_warns_and_breaks_once_each_at_the_right_time(desk: Desk, lead: Viewer, clock: SetClock) -> None:
    store = desk.store
    promised(store, warn_minutes=20)
    number = opened(store)
    for _ in range(3):
        watch_promises(desk)
    assert said(store, number) == []
    clock.advance(timedelta(minutes=41))
    for _ in range(3):
        watch_promises(desk)
        with store.transaction() as tx:  # as another worker that asked at the same moment
            sla.tick(tx, number)
    assert said(store, number) == [("warning", "first", MONDAY + timedelta(minutes=40))]
    assert row(store, number).due_state == "soon"
    clock.advance(timedelta(minutes=60))
    for _ in range(3):
        watch_promises(desk)
        with store.transaction() as tx:
            sla.tick(tx, number)
    assert said(store, number)[1:] == [("breach", "first", MONDAY + HOUR)]
    assert row(store, number).due_state == "late"
    with store.reading() as tx:
        assert sla.due_now(tx) == []
    replied(store, lead, number)
    assert clocks(store, number)["first"].outcome == "breached"
    assert len(said(store, number)) == 2


def test_a_late_answer_is_a_breach_although_nobody_looked_meanwhile(
    store: Store, lead: Viewer, clock: SetClock
) -> None:
    promised(store)
    number = opened(store)
    clock.advance(timedelta(hours=5))
    replied(store, lead, number)
    assert said(store, number) == [("breach", "first", MONDAY + HOUR)]
    assert clocks(store, number)["first"].outcome == "breached"


def test_after_the_first_answer_every_question_has_its_own_clock(store: Store, lead: Viewer, clock: SetClock) -> None:
    promised(store, next_minutes=30, resolution_minutes=600)
    number = opened(store)
    replied(store, lead, number)
    assert row(store, number).due_kind == "resolution"
    clock.advance(timedelta(hours=2))
    wrote(store, number)
    assert (row(store, number).due_kind, row(store, number).due_at) == ("next", store.clock.now() + HOUR / 2)
    clock.advance(timedelta(minutes=10))
    replied(store, lead, number)
    assert clocks(store, number)["next"].outcome == "met"
    with store.transaction() as tx:
        conversations.resolve(tx, number, lead)
    assert clocks(store, number)["resolution"].outcome == "met"
    assert row(store, number).due_state == ""


def test_resolved_without_an_answer_is_neither_met_nor_missed(store: Store, lead: Viewer) -> None:
    promised(store)
    number = opened(store)
    with store.transaction() as tx:
        conversations.resolve(tx, number, lead)
    assert clocks(store, number)["first"].outcome == "dropped"


def test_waiting_for_the_customer_stops_the_clock(desk: Desk, lead: Viewer, clock: SetClock) -> None:
    store = desk.store
    promised(store, first_minutes=None, resolution_minutes=120)
    number = opened(store)
    clock.advance(timedelta(minutes=30))
    with store.transaction() as tx:
        conversations.set_pending(tx, number, lead)
    assert (row(store, number).due_state, row(store, number).due_at) == ("paused", None)
    clock.advance(timedelta(hours=50))
    watch_promises(desk)
    assert said(store, number) == []
    with store.transaction() as tx:
        conversations.reopen(tx, number, lead)
    assert row(store, number).due_at == store.clock.now() + timedelta(minutes=90)


def test_a_snooze_until_a_time_does_not(store: Store, lead: Viewer) -> None:
    promised(store)
    number = opened(store)
    with store.transaction() as tx:
        conversations.snooze(tx, number, lead, tx.now() + 5 * HOUR)
    assert row(store, number).due_at == MONDAY + HOUR


def test_a_policy_may_go_on_counting(store: Store, lead: Viewer) -> None:
    promised(store, pauses=False)
    number = opened(store)
    with store.transaction() as tx:
        conversations.set_pending(tx, number, lead)
    assert row(store, number).due_at == MONDAY + HOUR


def test_time_counts_by_the_calendar_of_the_inbox(store: Store, lead: Viewer, clock: SetClock) -> None:
    with store.transaction() as tx:
        office = calendars.save(tx, None, name="Office", zone="Europe/Stockholm", hours="Mo-Fr 9:00-18:00")
        inbox = make_inbox(tx, calendar_id=office.id)
    promised(store, hours="inbox")
    clock.set(datetime(2026, 3, 6, 16, 50, tzinfo=UTC))  # a Friday, 17:50 in Stockholm
    number = opened(store, inbox=inbox)
    monday = datetime(2026, 3, 9, 8, 50, tzinfo=UTC)
    assert row(store, number).due_at == monday
    # What is changed later is for what begins later.
    with store.transaction() as tx:
        calendars.save(
            tx, None, name="Office", zone="Europe/Stockholm", hours="Mo-Fr 9:00-18:00", holidays="2026-03-09",
            calendar_id=office.id,
        )  # fmt: skip
    with store.transaction() as tx:
        conversations.set_priority(tx, number, lead, 1)
    assert row(store, number).due_at == monday
    assert row(store, opened(store, inbox=inbox)).due_at == monday + timedelta(days=1)


def test_the_first_policy_that_fits_wins_and_a_change_gives_it_to_another(
    store: Store, lead: Viewer, clock: SetClock
) -> None:
    high = promised(store, name="High", priority=1, first_minutes=30)
    rest = promised(store, name="Rest", first_minutes=240)
    number = opened(store)
    assert clocks(store, number)["first"].policy_id == rest
    clock.advance(timedelta(minutes=10))
    with store.transaction() as tx:
        conversations.set_priority(tx, number, lead, 1)
    found = clocks(store, number)["first"]
    assert (found.policy_id, found.due_at) == (high, MONDAY + timedelta(minutes=30))
    assert found.because == {"place": 1, "priority": 1}
    with store.transaction() as tx:
        sla.shift(tx, rest, -1)
    with store.transaction() as tx:
        conversations.set_priority(tx, number, lead, 0)
    assert clocks(store, number)["first"].due_at == MONDAY + timedelta(minutes=240)


def test_a_segment_is_a_condition_that_can_come_true_later(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        gold = segments.save(tx, lead, name="Gold customers", condition='attribute.plan = "gold"')
        customer = make_customer(tx)
    promised(store, name="Gold", segment_id=gold.id, first_minutes=10)
    number = opened(store, customer=customer)
    assert clocks(store, number) == {}
    with store.transaction() as tx:
        tx.add(SegmentMember(segment_id=gold.id, customer_id=customer.id, since=tx.now()))
        tx.flush()
        sla.customer_changed(tx, customer.id)
    assert clocks(store, number)["first"].because == {"place": 1, "segment": "Gold customers"}


def test_what_began_before_the_promise_is_not_late_by_it(store: Store, lead: Viewer, clock: SetClock) -> None:
    number = opened(store)
    clock.advance(timedelta(hours=8))
    promised(store)
    with store.transaction() as tx:
        conversations.set_priority(tx, number, lead, 1)
    assert clocks(store, number) == {}


def test_a_removed_policy_ends_its_clocks(desk: Desk, lead: Viewer, clock: SetClock) -> None:
    number_of = promised(desk.store)
    number = opened(desk.store)
    with desk.store.transaction() as tx:
        sla.remove(tx, number_of)
    clock.advance(timedelta(hours=3))
    watch_promises(desk)
    assert (said(desk.store, number), clocks(desk.store, number)["first"].outcome) == ([], "dropped")
    assert row(desk.store, number).due_at is None


def test_while_the_assistant_talks_nobody_waits_for_us(store: Store, lead: Viewer, clock: SetClock) -> None:
    promised(store)
    number = opened(store)

    def bot(_tx: Tx, found: Conversation) -> None:
        found.waiting_since, found.last_author, found.bot = None, "bot", "talking"

    changed(store, number, bot)
    assert clocks(store, number)["first"].outcome == "dropped"
    clock.advance(timedelta(minutes=20))
    wrote(store, number)
    assert row(store, number).due_at == MONDAY + timedelta(minutes=80)


def test_a_breach_is_known_of_the_customer(desk: Desk, lead: Viewer, clock: SetClock) -> None:
    promised(desk.store)
    number = opened(desk.store)
    clock.advance(timedelta(hours=2))
    watch_promises(desk)
    with desk.store.reading() as tx:
        customer_id = conversations.get(tx, number, None).customer_id
        found = segments.read(tx, "count(sla.breached, 7 days) >= 1")
        assert found.holds(facts.view(tx, customer_id, names=found.names), tx.now())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"first_minutes": None}, "first"),
        ({"first_minutes": 0}, "first"),
        ({"warn_minutes": -1}, "warn"),
        ({"priority": 7}, "priority"),
        ({"inbox_id": 99}, "inbox"),
        ({"segment_id": 99}, "segment"),
        ({"hours": "calendar"}, "hours"),
        ({"hours": "never"}, "hours"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(store: Store, change: dict[str, Any], field: str) -> None:
    with store.transaction() as tx, pytest.raises(PolicyError) as refused:
        sla.save(tx, None, Wanted(**{"name": "Gold", "first_minutes": 60, **change}))
    assert refused.value.field == field
    assert str(refused.value).endswith((".", "conversation."))


def test_a_calendar_in_use_stays(store: Store) -> None:
    with store.transaction() as tx:
        office = calendars.save(tx, None, name="Office", zone="UTC", hours="Mo-Fr 9:00-18:00")
        make_inbox(tx, name="Support", calendar_id=office.id)
    with store.transaction() as tx, pytest.raises(calendars.CalendarError, match="in use by Support"):
        sla.remove_calendar(tx, office.id)
    with store.transaction() as tx:
        other = calendars.save(tx, None, name="Other", zone="UTC", hours="Mo-Fr 9:00-18:00")
        sla.remove_calendar(tx, other.id)
        assert [kept.name for kept in calendars.every(tx)] == ["Office"]
        assert calendars.save(tx, None, name="other", zone="UTC", hours="Mo 9:00-18:00").id != other.id


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"hours": ""}, "hours", "at least one"),
        ({"hours": "Mo 9:00-12:00, 11:00-13:00"}, "hours", "Mo 9:00-12:00 and Mo 11:00-13:00 overlap"),
        ({"hours": "Mo nine"}, "hours", "nine"),
        ({"zone": "Mars"}, "zone", "Mars"),
        ({"name": ""}, "name", "name"),
        ({"holidays": "sometimes"}, "holidays", "sometimes"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(store: Store, change: dict[str, str], field: str, word: str) -> None:
    good = {"name": "Office", "zone": "UTC", "hours": "Mo-Fr 9:00-18:00", "holidays": ""}
    with store.transaction() as tx, pytest.raises(calendars.CalendarError, match=word) as refused:
        calendars.save(tx, None, **(good | change))
    assert refused.value.field == field


def test_a_promise_nearly_due_or_missed_comes_first_in_the_queue(desk: Desk, lead: Viewer, clock: SetClock) -> None:
    store = desk.store
    older = opened(store)
    promised(store, warn_minutes=20)
    clock.advance(timedelta(minutes=5))
    number = opened(store)
    with store.reading() as tx:
        assert [r.id for r in conversations.queue(tx, lead, "all").rows] == [older, number]
    clock.advance(timedelta(minutes=45))
    watch_promises(desk)
    with store.reading() as tx:
        assert [r.id for r in conversations.queue(tx, lead, "all").rows] == [number, older]
        assert [r.id for r in conversations.queue(tx, lead, "due").rows] == [number]


def test_the_due_queue_pages_by_its_index(store: Store, lead: Viewer, clock: SetClock) -> None:
    promised(store)
    numbers = []
    for _ in range(7):
        clock.advance(timedelta(minutes=1))
        numbers.append(opened(store))
    found: list[int] = []
    after = None
    statements: list[tuple[str, Any]] = []
    with store.reading() as tx:
        event.listen(store.engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
        while True:
            page = conversations.queue(tx, lead, "due", after=after, limit=3)
            found += [r.id for r in page.rows]
            if (after := page.next) is None:
                break
        assert found == numbers
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET enable_seqscan = off"))
        sql, values = next(s for s in statements if "due_at" in s[0])
        explain = "EXPLAIN QUERY PLAN " if tx.dialect_name == "sqlite" else "EXPLAIN "
        plan = str(tx.connection().exec_driver_sql(explain + sql, values).all())
    assert "ix_conversations_due" in plan and "Sort" not in plan and "B-TREE" not in plan
