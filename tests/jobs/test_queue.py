"""Jobs: nothing is lost, nothing is done twice, and a dead worker's job goes on."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import jobs
from desk.clock import SetClock
from desk.jobs import queue
from desk.jobs.tables import Job
from desk.store import Store


def _states(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.scalars(select(Job.state).order_by(Job.id)))


def _lease(store: Store, worker: str = "w", **more: object) -> list[jobs.Leased]:
    with store.transaction() as tx:
        return jobs.lease(tx, worker, **more)  # type: ignore[arg-type]


def test_a_job_lives_and_dies_with_its_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction() as tx:
        jobs.enqueue(tx, "t", {})
        raise RuntimeError
    assert _lease(store) == []
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {"a": 1})
    assert [j.args for j in _lease(store)] == [{"a": 1}]


def test_urgent_first_then_oldest_and_none_before_its_time(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "late", {}, run_at=tx.now() + timedelta(minutes=1))
        jobs.enqueue(tx, "plain", {})
        jobs.enqueue(tx, "urgent", {}, priority=0)
    assert [j.task for j in _lease(store, limit=5)] == ["urgent", "plain"]
    clock.advance(timedelta(minutes=1))
    assert [j.task for j in _lease(store, limit=5)] == ["late"]


def test_two_workers_never_hold_the_same_job(store: Store) -> None:
    with store.transaction() as tx:
        for n in range(6):
            jobs.enqueue(tx, "t", {"n": n})
    first, second = _lease(store, "a", limit=3), _lease(store, "b", limit=9)
    assert {j.id for j in first}.isdisjoint(j.id for j in second)
    assert len(first) + len(second) == 6


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_cannot_finish(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {})
    (slow,) = _lease(store, "a")
    clock.advance(jobs.LEASE + timedelta(seconds=1))
    (again,) = _lease(store, "b")
    assert again.id == slow.id
    assert again.again
    with pytest.raises(jobs.LeaseLost), store.transaction() as tx:
        jobs.enqueue(tx, "effect of the slow one", {})
        jobs.finish(tx, slow)
    with store.transaction() as tx:
        jobs.finish(tx, again)
    assert _states(store) == ["done"]


def test_renewing_keeps_a_long_job(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {})
    (job,) = _lease(store, "a")
    for _ in range(3):
        clock.advance(jobs.LEASE * 0.8)
        with store.transaction() as tx:
            jobs.renew(tx, job)
        assert _lease(store, "b") == []


def test_failures_back_off_and_end_among_the_dead_letters_from_where_they_can_be_retried(
    store: Store, clock: SetClock
) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {}, max_attempts=3)
    waits = []
    for attempt in range(3):
        (job,) = _lease(store)
        before = clock.now()
        with store.transaction() as tx:
            dead = jobs.fail(tx, job, "the server said no")
        assert dead == (attempt == 2)
        if not dead:
            with store.reading() as tx:
                due = jobs.next_due(tx)
            assert due is not None
            waits.append(due - before)
            assert _lease(store) == []
            clock.set(due)
    assert waits == sorted(waits)
    assert waits[0] > timedelta(0)
    with store.transaction() as tx:
        (letter,) = jobs.dead_letters(tx)
        assert letter.error == "the server said no"
        assert jobs.retry(tx, letter.id)
    assert len(_lease(store)) == 1


def test_a_key_is_queued_once(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {"v": 1}, key="k")
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {"v": 1}, key="k")
    (job,) = _lease(store, limit=5)
    with store.transaction() as tx:
        jobs.finish(tx, job)
        jobs.enqueue(tx, "t", {"v": 2}, key="k")
    assert len(_lease(store, limit=5)) == 1


def test_a_key_that_is_asked_for_while_it_runs_runs_once_more(store: Store) -> None:
    """It may have read the state before the change that asks for it again."""
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {"v": 1}, key="k")
    (job,) = _lease(store)
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {"v": 1}, key="k")
    with store.transaction() as tx:
        jobs.finish(tx, job)
    (once_more,) = _lease(store)
    assert once_more.args == {"v": 1}
    with store.transaction() as tx:
        jobs.finish(tx, once_more)
    assert _states(store) == ["done"]


def test_a_sooner_time_wins_for_a_key_that_waits(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {}, key="k", run_at=tx.now() + timedelta(days=1))
        jobs.enqueue(tx, "t", {}, key="k")
    assert len(_lease(store)) == 1


def test_leases_of_dead_processes_are_given_back_at_once(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {})
        jobs.enqueue(tx, "t", {})
    _lease(store, "dead")
    _lease(store, "alive")
    with store.transaction() as tx:
        assert jobs.release_leases(tx, lambda worker: worker == "dead") == 1
    (again,) = _lease(store, "other", limit=5)
    assert again.again


def test_a_beat_is_one_caller_s_in_each_period(store: Store, clock: SetClock) -> None:
    def ask() -> bool:
        with store.transaction() as tx:
            return jobs.beat(tx, "tidy", timedelta(minutes=5))

    assert [ask(), ask()] == [True, False]
    clock.advance(timedelta(minutes=5))
    assert [ask(), ask()] == [True, False]


def test_done_jobs_are_pruned_and_dead_ones_stay(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "a", {})
        jobs.enqueue(tx, "b", {}, max_attempts=1)
    done, dead = _lease(store, limit=2)
    with store.transaction() as tx:
        jobs.finish(tx, done)
        jobs.fail(tx, dead, "no")
    clock.advance(timedelta(days=3))
    with store.transaction() as tx:
        assert jobs.prune(tx) == 1
        assert tx.scalar(select(func.count()).select_from(Job)) == 1
        assert jobs.counts(tx) == {"ready": 0, "leased": 0, "dead": 1}


@pytest.mark.database("postgresql")  # SQLite has one writer at a time: nobody comes in between
def test_a_job_that_ends_while_it_is_asked_for_once_more_is_done_once_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {}, key="k")
    (job,) = _lease(store)
    insert, ended = queue._insert_once, []

    def end() -> None:
        with store.transaction() as other:
            jobs.finish(other, job)

    def then_it_ends(*args: Any) -> Any:
        found = insert(*args)
        if found is None and not ended:
            ended.append(True)
            worker = Thread(target=end)
            worker.start()
            worker.join()
        return found

    monkeypatch.setattr(queue, "_insert_once", then_it_ends)
    with store.transaction() as tx:
        jobs.enqueue(tx, "t", {}, key="k")
    assert ended
    assert [j.task for j in _lease(store)] == ["t"]
