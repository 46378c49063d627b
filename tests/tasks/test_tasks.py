"""Tasks of conversations: added, ticked off, opened again, given away, and listed to whoever may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from desk import agents, conversations, merging, notices, tasks, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import NotPossible, NotVisible
from desk.people.tables import Customer
from desk.store import Tx
from desk.worker import drain
from tests.factories import make_conversation, make_customer, make_entry
from tests.notices.conftest import Office, office

__all__ = ["office"]


def add(office: Office, by: Viewer | None, what: str = "Call the warehouse", **more: object) -> int:
    with office.store.transaction() as tx:
        return tasks.add(tx, office.number, by, what, **more).id  # type: ignore[arg-type]


def shown(office: Office) -> list[tuple[str, int | None, bool]]:
    with office.store.reading() as tx:
        found = tasks.of_conversation(tx, office.number)
        return [(one.text, one.assignee_id, one.done_at is not None) for one in found]


def lines(office: Office) -> list[tuple[str, str]]:
    with office.store.reading() as tx:
        found = timeline.of_conversation(tx, office.number, 50, ("task",))
        return [(str(one.detail["what"]), one.text) for one in found]


def test_a_task_is_added_ticked_off_and_opened_again_and_each_is_a_line(office: Office) -> None:
    number = add(office, office.ada, "  Call   the warehouse ", assignee_id=office.bea.id)
    assert shown(office) == [("Call the warehouse", office.bea.id, False)]
    with office.store.transaction() as tx:
        assert tasks.tick(tx, number, office.bea)
        assert not tasks.tick(tx, number, office.bea)
    assert shown(office) == [("Call the warehouse", office.bea.id, True)]
    with office.store.transaction() as tx:
        assert tasks.reopen(tx, number, office.ada)
        assert not tasks.reopen(tx, number, office.ada)
        assert tasks.give(tx, number, office.ada, None)
        assert not tasks.give(tx, number, office.ada, None)
        assert tasks.change(tx, number, office.ada, text="Call them twice", assignee_id=None, due_at=None)
    assert shown(office) == [("Call them twice", None, False)]
    assert lines(office) == [
        ("added", "Call the warehouse"), ("done", "Call the warehouse"), ("reopened", "Call the warehouse"),
        ("given", "Call the warehouse"), ("changed", "Call them twice"),
    ]  # fmt: skip


def test_what_is_no_task_is_refused_in_a_sentence(office: Office, clock: SetClock) -> None:
    for what, why in (("  ", "what is to be done"), ("x" * 301, "300 letters")):
        with pytest.raises(NotPossible, match=why):
            add(office, office.ada, what)
    with pytest.raises(NotPossible, match="passed already"):
        add(office, office.ada, due_at=clock.now())
    with pytest.raises(NotPossible, match="may not see"):
        add(office, office.ada, assignee_id=office.dora.id)
    with pytest.raises(NotPossible, match="works here"):
        add(office, office.ada, assignee_id=987654)
    with pytest.raises(NotVisible):
        add(office, office.dora)
    number = add(office, office.ada)
    with office.store.transaction() as tx, pytest.raises(NotVisible):
        tasks.tick(tx, number, office.dora)
    with office.store.transaction() as tx, pytest.raises(NotVisible):
        tasks.tick(tx, number + 1, office.ada)
    for _ in range(tasks.MOST - 1):
        add(office, office.ada)
    with pytest.raises(NotPossible, match="as many open tasks"):
        add(office, office.ada)


def test_whoever_is_given_a_task_is_told_and_when_its_time_comes(office: Office, clock: SetClock) -> None:
    number = add(office, office.ada, assignee_id=office.bea.id, due_at=clock.now() + timedelta(hours=2))
    (told,) = office.told(office.bea)
    assert (told.kind, told.by, told.detail) == ("task", "Ada Ant", {})
    add(office, office.ada, "My own", assignee_id=office.ada.id)
    assert office.told(office.ada) == []
    drain(office.desk)
    assert len(office.told(office.bea)) == 1
    clock.advance(timedelta(hours=2))
    drain(office.desk)
    assert [one.detail for one in office.told(office.bea)] == [{"what": "due"}, {}]
    with office.store.transaction() as tx:
        tasks.change(
            tx, number, office.ada, text="Later", assignee_id=office.bea.id, due_at=clock.now() + timedelta(hours=4)
        )
        tasks.change(
            tx, number, office.ada, text="Later", assignee_id=office.bea.id, due_at=clock.now() + timedelta(hours=1)
        )
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert len(office.told(office.bea)) == 3
    clock.advance(timedelta(hours=3))  # the time that it was moved away from
    drain(office.desk)
    assert len(office.told(office.bea)) == 3


def test_what_was_ticked_off_rings_no_more(office: Office, clock: SetClock) -> None:
    number = add(office, office.carla, assignee_id=office.bea.id, due_at=clock.now() + timedelta(hours=2))
    with office.store.transaction() as tx:
        tasks.tick(tx, number, office.bea)
    clock.advance(timedelta(hours=3))
    drain(office.desk)
    assert [one.detail for one in office.told(office.bea)] == [{}]


def test_one_chooses_how_tasks_and_reminders_are_told(office: Office) -> None:
    office.chooses(office.bea, "task", in_app=False, push=False)
    add(office, office.ada, assignee_id=office.bea.id)
    assert office.told(office.bea) == []
    assert {"task", "reminder"} <= set(notices.KINDS)


def test_lists_show_each_their_own_and_what_they_may_see_page_by_page(office: Office, clock: SetClock) -> None:
    with office.store.transaction() as tx:
        other = make_conversation(tx, make_customer(tx, name="Noor"))  # of no team: everybody's
        for n in range(5):
            tasks.add(tx, other.id, office.carla, f"Open {n}", assignee_id=office.dora.id)
    soon = add(office, office.ada, "Soon", assignee_id=office.bea.id, due_at=clock.now() + timedelta(minutes=5))
    add(office, office.ada, "Done", assignee_id=office.bea.id)
    with office.store.transaction() as tx:
        tasks.tick_all(tx, office.number, office.ada)
        tasks.reopen(tx, soon, office.ada)
    clock.advance(timedelta(minutes=6))
    with office.store.reading() as tx:

        def names(who: Viewer, which: str) -> list[str]:
            found, place = [], None
            while True:
                page = tasks.page(tx, who, which, after=place, limit=2)
                found += [one.text for one in page.rows]
                place = page.next
                if place is None:
                    return found

        every = [f"Open {n}" for n in range(5)]
        assert names(office.bea, "mine") == ["Soon"]
        assert names(office.bea, "team") == ["Soon", *every]
        assert names(office.dora, "team") == every, "the other conversation is of a team that she is not in"
        assert names(office.dora, "mine") == every
        assert names(office.carla, "overdue") == ["Soon"]
        assert names(office.dora, "overdue") == []
        assert tasks.counts(tx, office.bea) == {"mine": 1, "team": 6, "overdue": 1}
        assert tasks.page(tx, office.bea, "team").rows[0].customer == "Marta Lindqvist"
        assert tasks.open_in(tx, [office.number, other.id]) == {office.number: 1, other.id: 5}


def test_tasks_go_where_their_lines_go_and_back(office: Office) -> None:
    with office.store.transaction() as tx:
        row = conversations.get(tx, office.number, None)
        make_entry(tx, row)
        into = make_conversation(tx, tx.get_one(Customer, row.customer_id), team_id=row.team_id)
        make_entry(tx, into)
    add(office, office.ada)
    with office.store.transaction() as tx:
        move = merging.talks.merge(tx, office.number, into.id, office.ada)
    with office.store.reading() as tx:
        assert tasks.open_in(tx, [office.number, into.id]) == {into.id: 1}
    with pytest.raises(NotPossible, match="merged into another"):
        add(office, office.ada, "Too late")
    with office.store.transaction() as tx:
        merging.talks.undo(tx, move.id, office.ada)
    with office.store.reading() as tx:
        assert tasks.open_in(tx, [office.number, into.id]) == {office.number: 1}


def test_what_somebody_had_to_do_is_the_owners_when_they_leave_or_nobodys(office: Office, clock: SetClock) -> None:
    office.assign(office.ada, office.ada)
    add(office, office.carla, "First", assignee_id=office.bea.id)
    with office.store.transaction() as tx:
        tasks.remind(tx, office.number, office.bea, clock.now() + timedelta(hours=1))
        agents.deactivate(tx, office.bea.id)
    with office.store.reading() as tx:
        assert tasks.reminders(tx, office.bea) == []
    assert shown(office) == [("First", office.ada.id, False)]
    assert lines(office)[-1] == ("left", "First")
    assert [one.kind for one in office.told(office.ada)] == ["task"]
    with office.store.transaction() as tx:
        agents.deactivate(tx, office.ada.id)
    assert shown(office) == [("First", None, False)]


def test_a_reminder_rings_once_where_it_was_moved_to_and_not_where_it_was_called_off(
    office: Office, clock: SetClock
) -> None:
    first, second = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    with office.store.transaction() as tx:
        assert tasks.remind(tx, office.number, office.ada, first)
        assert not tasks.remind(tx, office.number, office.ada, first)
        tasks.remind(tx, office.number, office.bea, first)
        assert tasks.remind(tx, office.number, office.ada, second)
        assert tasks.call_off(tx, office.number, office.bea)
        assert not tasks.call_off(tx, office.number, office.bea)
        assert [(one.at, one.customer) for one in tasks.reminders(tx, office.ada)] == [(second, "Marta Lindqvist")]
        for at in (clock.now(), clock.now() + timedelta(days=400)):
            with pytest.raises(NotPossible, match="within a year"):
                tasks.remind(tx, office.number, office.ada, at)
        with pytest.raises(NotVisible):
            tasks.remind(tx, office.number, office.dora, first)
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert office.told(office.ada) == office.told(office.bea) == []
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert office.kinds(office.ada) == ["reminder"] and office.told(office.bea) == []
    with office.store.reading() as tx:
        assert tasks.reminder_of(tx, office.number, office.ada) is None


def test_a_reminder_brings_back_what_was_put_aside(office: Office, clock: SetClock) -> None:
    def stands() -> str:
        with office.store.reading() as tx:
            return conversations.get(tx, office.number, None).status

    with office.store.transaction() as tx:
        conversations.snooze(tx, office.number, office.ada, None)
        tasks.remind(tx, office.number, office.bea, clock.now() + timedelta(hours=1))
    office.assign(office.ada, office.carla)
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert stands() == "snoozed", "it is Ada's, and Bea's reminder is hers alone"
    assert office.kinds(office.bea) == ["reminder"]
    with office.store.transaction() as tx:
        tasks.remind(tx, office.number, office.ada, clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert stands() == "open"


def test_nobody_is_reminded_of_what_they_may_not_see_any_more(office: Office, clock: SetClock) -> None:
    with office.store.transaction() as tx:
        tasks.remind(tx, office.number, office.bea, clock.now() + timedelta(hours=1))
        agents.set_teams(tx, office.bea.id, frozenset())
    clock.advance(timedelta(hours=1))
    drain(office.desk)
    assert office.told(office.bea) == []
    with office.store.reading() as tx:
        assert tasks.reminder_of(tx, office.number, office.bea) is None


def test_a_list_of_tasks_is_one_walk_along_an_index(office: Office) -> None:
    """Looked at on both databases: nothing is sorted, and no table is read whole."""
    with office.store.transaction() as tx:
        others = [make_conversation(tx) for _ in range(30)]
        for other in others:
            for n in range(20):
                staff = (office.ada, office.bea, office.carla)[n % 3].id
                tx.add(
                    tasks.Task(
                        conversation_id=other.id, entry_id=n, assignee_id=staff, due_at=None,
                        sort_at=tx.now() + timedelta(minutes=n), made_at=tx.now(),
                        done_at=tx.now() if n % 4 else None,
                    )
                )  # fmt: skip
        tx.flush()
        if tx.dialect_name == "postgresql":
            tx.execute(text("ANALYZE"))
            tx.execute(text("SET LOCAL enable_seqscan = off"))
            tx.execute(text("SET LOCAL enable_bitmapscan = off"))
            tx.execute(text("SET LOCAL enable_sort = off"))  # fifty rows are sorted sooner than walked in order
        for which, index in (("mine", "ix_tasks_mine"), ("team", "ix_tasks_open"), ("overdue", "ix_tasks_open")):
            plan = plan_of(tx, lambda which=which: tasks.page(tx, office.ada, which, after=(tx.now(), 1)))
            assert index in plan, plan
            assert "TEMP B-TREE" not in plan and "Sort" not in plan, plan


def plan_of(tx: Tx, run: Callable[[], object]) -> str:
    """How the database goes about the first statement that `run` sends."""
    said: list[tuple[str, object]] = []

    def hear(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        said.append((statement, parameters))

    event.listen(tx.connection(), "before_cursor_execute", hear)
    run()
    event.remove(tx.connection(), "before_cursor_execute", hear)
    statement, parameters = said[0]
    how = "EXPLAIN QUERY PLAN " if tx.dialect_name == "sqlite" else "EXPLAIN "
    rows = tx.connection().exec_driver_sql(how + statement, parameters).all()  # type: ignore[arg-type]
    return "\n".join(str(row) for row in rows)
