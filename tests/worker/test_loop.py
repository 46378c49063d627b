"""The loop: jobs are worked off as they are written, failures go on, the dead are taken over, beats beat once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import jobs
from desk.clock import SetClock
from desk.jobs import Leased
from desk.jobs.tables import Beat, Job
from desk.parts import Desk
from desk.worker import SCHEDULE, TASKS, Loop, loop, reclaim, run_one
from tests.servers.needs import wait_for


def _done(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        jobs.finish(tx, job)


def _states(desk: Desk) -> list[str]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Job.state).order_by(Job.id)))


def test_a_job_is_worked_off_as_soon_as_its_transaction_commits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()

    def task(desk: Desk, job: Leased) -> None:
        _done(desk, job)
        ran.set()

    monkeypatch.setitem(TASKS, "t", task)
    monkeypatch.setattr(loop, "IDLE", 30.0)  # only a wake-up can be as quick as this
    running = Loop(desk, ["t"], "test")
    running.start()
    try:
        with desk.store.transaction() as tx:
            jobs.enqueue(tx, "t", {})
        assert ran.wait(10)
    finally:
        running.stop()
    assert _states(desk) == ["done"]


def test_a_loop_leaves_other_people_s_tasks_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "mine", _done)
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "theirs", {})
        jobs.enqueue(tx, "mine", {})
    assert run_one(desk, "w", ["mine"])
    assert not run_one(desk, "w", ["mine"])
    assert _states(desk) == ["ready", "done"]


def test_a_task_that_raises_is_tried_again_and_the_others_go_on(
    desk: Desk, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: Desk, _job: Leased) -> None:
        raise ValueError("poison")

    monkeypatch.setitem(TASKS, "broken", broken)
    monkeypatch.setitem(TASKS, "fine", _done)
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "broken", {}, max_attempts=2, priority=0)
        jobs.enqueue(tx, "fine", {})
    assert run_one(desk, "w")
    assert run_one(desk, "w")
    assert _states(desk) == ["ready", "done"]
    clock.advance(timedelta(hours=1))
    assert run_one(desk, "w")
    with desk.store.reading() as tx:
        (letter,) = jobs.dead_letters(tx)
        assert letter.error == "ValueError: poison"


def test_a_job_of_an_unknown_task_is_not_lost(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "of the next version", {})
    assert run_one(desk, "w")
    with desk.store.reading() as tx:
        assert "no task called" in tx.scalars(select(Job.error)).one()
    assert _states(desk) == ["ready"]


def test_what_a_dead_process_of_this_machine_held_is_taken_over_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, "t", _done)
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "t", {})
        jobs.enqueue(tx, "t", {})
    host = loop.worker_name().split(":")[0]
    with desk.store.transaction() as tx:
        jobs.lease(tx, f"{host}:999999999:dead")
        jobs.lease(tx, "another-machine:1:alive")
    assert not run_one(desk, "w")
    assert reclaim(desk) == 1
    assert run_one(desk, "w")
    assert sorted(_states(desk)) == ["done", "leased"]


def test_a_long_job_keeps_its_lease(desk: Desk, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(desk: Desk, job: Leased) -> None:
        begun.set()
        may_end.wait(20)
        _done(desk, job)

    monkeypatch.setitem(TASKS, "slow", slow)
    monkeypatch.setattr(loop, "RENEW_EVERY", 0.02)
    running = Loop(desk, ["slow"], "test")
    running.start()
    try:
        with desk.store.transaction() as tx:
            jobs.enqueue(tx, "slow", {})
        assert begun.wait(10)
        clock.advance(jobs.LEASE * 0.9)

        def renewed() -> Any:
            with desk.store.reading() as tx:
                until = tx.scalars(select(Job.lease_until)).one()
            return until is not None and until > clock.now() + jobs.LEASE / 2

        wait_for(renewed, "the lease to be renewed", 10)
    finally:
        may_end.set()
        running.stop()
    assert _states(desk) == ["done"]


def test_each_periodic_task_runs_once_in_its_time_and_a_failure_is_kept(
    desk: Desk, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def tidy(_desk: Desk) -> None:
        ran.append("tidy")
        raise OSError("disk full")

    monkeypatch.setattr(loop, "SCHEDULE", (type(SCHEDULE[0])("tidy", timedelta(minutes=1), "tidies", tidy),))
    for _ in range(3):
        loop.beat_all(desk)
    assert ran == ["tidy"]
    clock.advance(timedelta(minutes=1))
    loop.beat_all(desk)
    assert ran == ["tidy", "tidy"]
    with desk.store.reading() as tx:
        assert tx.get_one(Beat, "tidy").last_error == "OSError: disk full"


def test_the_schedule_runs_on_an_empty_desk(desk: Desk) -> None:
    loop.beat_all(desk)
    with desk.store.reading() as tx:
        rows = jobs.beats(tx)
    assert {p.name for p in SCHEDULE} == set(rows)
    assert {row.last_error for row in rows.values()} == {""}


def test_a_job_that_somebody_waits_for_goes_over_with_its_commit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    ran = threading.Event()

    def task(desk: Desk, job: Leased) -> None:
        seen.append((job.lease_by, job.attempts))
        _done(desk, job)
        ran.set()

    monkeypatch.setitem(TASKS, "t", task)
    monkeypatch.setattr(loop, "IDLE", 30.0)
    running = Loop(desk, ["t"], "test")
    leased: list[str] = []
    monkeypatch.setattr(jobs, "lease", lambda *a, **k: leased.append("looked for") or [])
    running.start()
    desk.store.hands = {"t": running}
    try:
        with desk.store.transaction() as tx:
            jobs.enqueue(tx, "t", {}, key="one", at_once=True)
            assert tx.scalars(select(Job.state)).all() == ["leased"]
        assert ran.wait(10)
    finally:
        running.stop()
    assert seen == [(running.worker, 1)]
    assert leased == []  # nobody had to look for it
    assert _states(desk) == ["done"]


def test_what_was_rolled_back_is_not_handed_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Leased] = []
    monkeypatch.setitem(TASKS, "t", lambda _desk, job: ran.append(job))
    running = Loop(desk, ["t"], "test")
    running.start()
    desk.store.hands = {"t": running}
    try:
        with pytest.raises(RuntimeError), desk.store.transaction() as tx:
            jobs.enqueue(tx, "t", {}, at_once=True)
            raise RuntimeError("the power went")
    finally:
        running.stop()
    assert ran == []
    assert _states(desk) == []


def test_a_worker_with_its_hands_full_leaves_the_next_to_anybody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "t", _done)
    full = Loop(desk, ["t"], "test")  # not started: what it is handed stays in its hands
    desk.store.listen(full._hear)
    desk.store.hands = {"t": full}
    for _ in range(loop.HANDED + 1):
        with desk.store.transaction() as tx:
            jobs.enqueue(tx, "t", {}, at_once=True)
    assert _states(desk) == ["leased"] * loop.HANDED + ["ready"]
    assert run_one(desk, "somebody else")
    assert _states(desk) == ["leased"] * loop.HANDED + ["done"]


def test_what_a_process_was_handed_when_it_died_is_taken_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "t", _done)
    gone = Loop(desk, ["t"], "test")
    gone.worker = f"{loop.worker_name().split(':')[0]}:999999999:dead"
    desk.store.hands = {"t": gone}
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "t", {}, at_once=True)
    desk.store.hands = {}
    assert not run_one(desk, "w")
    assert reclaim(desk) == 1
    assert run_one(desk, "w")
    assert _states(desk) == ["done"]


def test_screens_are_told_before_the_next_job_begins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    ended = threading.Event()

    def task(desk: Desk, job: Leased) -> None:
        order.append(f"job {job.args['n']}")
        _done(desk, job)

    def breathe() -> None:
        order.append("told")
        if len(order) == 4:
            ended.set()

    monkeypatch.setitem(TASKS, "t", task)
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "t", {"n": 1})
        jobs.enqueue(tx, "t", {"n": 2})
    running = Loop(desk, ["t"], "test", breathe=breathe)
    running.start()
    try:
        assert ended.wait(10)
    finally:
        running.stop()
    assert order == ["job 1", "told", "job 2", "told"]


def test_of_many_that_come_at_once_by_every_way_none_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def task(desk: Desk, job: Leased) -> None:
        ran.append(job.args["n"])
        _done(desk, job)

    monkeypatch.setitem(TASKS, "t", task)
    running = Loop(desk, ["t"], "test", breathe=lambda: None)
    running.start()
    desk.store.hands = {"t": running}

    def come(first: int) -> None:
        for n in range(first, first + 40):
            with desk.store.transaction() as tx:
                jobs.enqueue(tx, "t", {"n": n}, at_once=n % 3 > 0)

    doors = [threading.Thread(target=come, args=(first,)) for first in (0, 40, 80, 120)]
    try:
        for door in doors:
            door.start()
        for door in doors:
            door.join()
        wait_for(lambda: len(ran) == 160, "all of them to be worked off", 60)
    finally:
        running.stop()
    assert sorted(ran) == list(range(160))
    assert set(_states(desk)) == {"done"}


def test_the_index_lets_mails_go_first_and_goes_on_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now, pieces = [1000.0], list[float]()
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(loop.search, "work", lambda _desk: pieces.append(now[0]) or True)
    busy = Loop(desk, [], "test", periodic=True)  # not started: its rests are called one by one
    busy._wake.set()  # a job is always on its way
    for _ in range(30):
        busy._rest()
        now[0] += 0.1
    assert pieces[0] == 1000.0
    assert 1.0 <= pieces[1] - pieces[0] < 1.2, "jobs come first, but not for longer than a second"
    assert len(pieces) == 3
