"""The queue of jobs: written in the caller's transaction, leased by a worker, finished with their effect.

A lease is a promise with a time on it. Whoever dies loses it, and the job is due again; whoever finishes must still
hold it, so that of two workers that both believe they have the job only one writes its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult

from desk.jobs.tables import Beat, Job
from desk.signals import JobHanded, JobsWaiting
from desk.store import Tx

LEASE = timedelta(seconds=60)
FILES_AGAIN = timedelta(seconds=30)  # until a job that needs a file looks for its store again
FILES_BEAT = "files answer"  # the periodic task whose state says whether the store of files does
PUT_OFF = "put off: "  # how the error of a job begins that waits for what is away
BACK_OFF = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 28800]  # seconds after the 1st, 2nd, … failure
KEEP_DONE = timedelta(days=2)


class LeaseLost(RuntimeError):
    """This job's lease ran out and somebody else has it now: what was done for it must be rolled back."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A job in the hands of a worker. `attempts` counts this one; `again` tells that an earlier lease ran out."""

    id: int
    task: str
    args: dict[str, Any]
    attempts: int
    max_attempts: int
    lease_by: str
    again: bool


def enqueue(
    tx: Tx,
    task: str,
    args: dict[str, Any],
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    priority: int = 5,
    max_attempts: int = 12,
    at_once: bool = False,
) -> None:
    """Writes a job into the caller's transaction. With `key`, a second one is dropped while the first has not begun.

    A job that is leased may already have read the state that the caller is changing, so a keyed job that is being
    worked on is asked to run once more after it. `at_once` is for what somebody waits for on a screen: where a worker
    of this process has room, the job is written as leased by it and goes over in memory with the commit, without the
    search and the second transaction that leasing takes. Should the process die first, the lease runs out like any.
    """
    if key is not None:
        if (task, key, run_at) in tx.asked:  # several facts of one message ask for the same look
            return
        tx.asked.add((task, key, run_at))
    now = tx.now()
    values: dict[str, Any] = {
        "task": task,
        "args": args,
        "unique_key": key,
        "priority": priority,
        "state": "ready",
        "run_at": run_at or now,
        "attempts": 0,
        "max_attempts": max_attempts,
        "error": "",
        "created_at": now,
        "lease_by": None,
        "lease_until": None,
    }
    hand = tx.hands.get(task) if at_once and run_at is None else None
    if hand is not None and hand.has_room():
        leased = {"state": "leased", "attempts": 1, "lease_by": hand.worker, "lease_until": now + LEASE}
        job_id = _insert_once(tx, Job, values | leased)
        if job_id is not None:
            job = Leased(job_id, task, args, 1, max_attempts, hand.worker, again=False)
            tx.announce(JobHanded(hand.worker, job))
            return
    # The job that stood in the way may end between two of these statements; asking it again would then reach nobody.
    while _insert_once(tx, Job, values) is None:
        if tx.aside(_ASK_AGAIN, {"key": key, "newer": args | {"_again": now.isoformat()}}).first() is not None:
            break
        tx.aside(_SOONER, {"key": key, "sooner": values["run_at"]})
        if tx.aside(_STANDS, {"key": key}).first() is not None:
            break
    tx.announce(JobsWaiting(task))


def _table(row: type[Job] | type[Beat]) -> Table:
    return cast(Table, row.__table__)


_JOBS = _table(Job)
_ASK_AGAIN = (
    update(_JOBS)
    .where(_JOBS.c.unique_key == bindparam("key"), _JOBS.c.state == "leased")
    .values(args=bindparam("newer"))
    .returning(_JOBS.c.id)
)
_STANDS = select(_JOBS.c.id).where(_JOBS.c.unique_key == bindparam("key"), _JOBS.c.state.in_(("ready", "leased")))
# A waiting one takes the sooner of the two times.
_SOONER = (
    update(_JOBS)
    .where(_JOBS.c.unique_key == bindparam("key"), _JOBS.c.state == "ready", _JOBS.c.run_at > bindparam("sooner"))
    .values(run_at=bindparam("sooner"))
)


@lru_cache(maxsize=4)
def _once(dialect: str, row: type[Job] | type[Beat]) -> Any:
    """Made once for each: every message writes two or three jobs."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table = _table(row)
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key)


def _insert_once(tx: Tx, row: type[Job] | type[Beat], values: dict[str, Any]) -> Any:
    """The key of the row, or None where it was there: told by what the insert returns, because its row count is unknown
    on PostgreSQL."""
    found = tx.aside(_once(tx.dialect_name, row), values).first()
    return None if found is None else found[0]


def lease(
    tx: Tx, worker: str, *, limit: int = 1, length: timedelta = LEASE, tasks: Sequence[str] | None = None
) -> list[Leased]:
    """Takes up to `limit` due jobs, most urgent first, oldest first among equals; run-out leases come first of all."""
    now = tx.now()
    lapsed = select(Job).where(Job.state == "leased", Job.lease_until < now).order_by(Job.lease_until)
    due = select(Job).where(Job.state == "ready", Job.run_at <= now).order_by(Job.priority, Job.run_at, Job.id)
    found: list[Job] = []
    for query in (lapsed, due):
        if tasks is not None:
            query = query.where(Job.task.in_(tasks))
        query = query.limit(limit - len(found))
        if tx.dialect_name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        found += tx.scalars(query)
        if len(found) >= limit:
            break
    taken = []
    for job in found:
        again = job.state == "leased"
        job.state = "leased"
        job.lease_by = worker
        job.lease_until = now + length
        job.attempts += 1
        args = {k: v for k, v in job.args.items() if k != "_again"}
        job.args = args
        taken.append(Leased(job.id, job.task, args, job.attempts, job.max_attempts, worker, again))
    tx.flush()
    return taken


_FINISH = (
    update(_table(Job))
    .where(
        _table(Job).c.id == bindparam("job"),
        _table(Job).c.state == "leased",
        _table(Job).c.lease_by == bindparam("worker"),
        _table(Job).c.attempts == bindparam("attempt"),
    )
    .values(state="done", finished_at=bindparam("finished_at"), lease_by=None, lease_until=None, error="")
    .returning(_table(Job).c.args)
)


def renew(tx: Tx, job: Leased, length: timedelta = LEASE) -> None:
    """Keeps a long job. Raises LeaseLost."""
    _mine(tx, job, lease_until=tx.now() + length)


def finish(tx: Tx, job: Leased) -> None:
    """Marks the job done, in the transaction that wrote its effect. Raises LeaseLost, which rolls that effect back."""
    now = tx.now()
    row = tx.aside(
        _FINISH, {"job": job.id, "worker": job.lease_by, "attempt": job.attempts, "finished_at": now}
    ).first()
    if row is None:
        raise LeaseLost(f"job {job.id} ({job.task}) was taken over by another worker")
    if "_again" in row.args:  # asked for once more while it ran
        args = {k: v for k, v in row.args.items() if k != "_again"}
        ready = {"state": "ready", "run_at": now, "attempts": 0, "finished_at": None, "args": args}
        tx.execute(update(_table(Job)).where(_table(Job).c.id == job.id).values(**ready))
        tx.announce(JobsWaiting(job.task))


def put_off(tx: Tx, job: Leased, error: str, until: datetime) -> None:
    """Puts the job back without counting the attempt: what it needs is away, which says nothing about the job. However
    long that lasts, nothing is given up. A lost lease is left alone."""
    row = tx.scalar(
        select(Job).where(Job.id == job.id, Job.state == "leased", Job.lease_by == job.lease_by).with_for_update()
    )
    if row is not None and row.attempts == job.attempts:
        row.error, row.attempts = f"{PUT_OFF}{error}"[:4000], row.attempts - 1
        row.state, row.run_at, row.lease_by, row.lease_until = "ready", until, None, None
        tx.flush()


def put_off_counts(tx: Tx, most: int) -> dict[str, int]:
    """How many jobs of each task were put off and wait still; counting stops at `most` in all."""
    waiting = Job.state.in_(("ready", "leased")), Job.error.startswith(PUT_OFF)
    found = select(Job.task).where(*waiting).limit(most).subquery()
    rows = tx.execute(select(found.c.task, func.count()).group_by(found.c.task))
    return {row[0]: row[1] for row in rows}


def fail(tx: Tx, job: Leased, error: str, *, retry_at: datetime | None = None, final: bool = False) -> bool:
    """Puts the job back with back-off, or among the dead letters. True when it is dead. A lost lease is left alone."""
    row = tx.scalar(
        select(Job).where(Job.id == job.id, Job.state == "leased", Job.lease_by == job.lease_by).with_for_update()
    )
    if row is None or row.attempts != job.attempts:
        return False
    row.error = error[:4000]
    row.lease_by, row.lease_until = None, None
    dead = final or row.attempts >= row.max_attempts
    if dead:
        row.state, row.finished_at = "dead", tx.now()
    else:
        wait = BACK_OFF[min(row.attempts - 1, len(BACK_OFF) - 1)]
        row.state, row.run_at = "ready", retry_at or tx.now() + timedelta(seconds=wait)
    tx.flush()
    return dead


def _mine(tx: Tx, job: Leased, **values: Any) -> None:
    done = tx.execute(
        update(Job)
        .where(
            Job.id == job.id,
            Job.state == "leased",
            Job.lease_by == job.lease_by,
            Job.attempts == job.attempts,
        )
        .values(**values)
    )
    if isinstance(done, CursorResult) and done.rowcount != 1:
        raise LeaseLost(f"job {job.id} ({job.task}) was taken over by another worker")


def any_due(tx: Tx, tasks: Sequence[str] | None = None) -> bool:
    """Whether `lease` would find something: a read that never waits for a writer."""
    now = tx.now()
    for query in (
        select(Job.id).where(Job.state == "ready", Job.run_at <= now),
        select(Job.id).where(Job.state == "leased", Job.lease_until < now),
    ):
        if tasks is not None:
            query = query.where(Job.task.in_(tasks))
        if tx.scalar(query.limit(1)) is not None:
            return True
    return False


def is_open(tx: Tx, key: str) -> bool:
    """Whether a job of this key waits or is being worked on."""
    return (
        tx.scalar(select(Job.id).where(Job.unique_key == key, Job.state.in_(("ready", "leased"))).limit(1)) is not None
    )


def release_leases(tx: Tx, dead: Callable[[str], bool]) -> int:
    """Lets the leases run out now whose holder is dead. They count as run out: the work may have been done in part."""
    done = 0
    for job in tx.scalars(select(Job).where(Job.state == "leased")):
        if job.lease_by is not None and dead(job.lease_by):
            job.lease_until = tx.now() - timedelta(microseconds=1)
            done += 1
    tx.flush()
    return done


def next_due(tx: Tx) -> datetime | None:
    """When the next waiting job is due, or the next lease runs out."""
    ready = tx.scalar(select(func.min(Job.run_at)).where(Job.state == "ready"))
    leased = tx.scalar(select(func.min(Job.lease_until)).where(Job.state == "leased"))
    times = [t for t in (ready, leased) if t is not None]
    return min(times) if times else None


def counts(tx: Tx) -> dict[str, int]:
    """How many jobs wait, run and are dead; done ones are not counted, they are pruned."""
    rows = tx.execute(
        select(Job.state, func.count()).where(Job.state.in_(("ready", "leased", "dead"))).group_by(Job.state)
    )
    found = {row.state: row[1] for row in rows}
    return {state: found.get(state, 0) for state in ("ready", "leased", "dead")}


def dead_letters(tx: Tx, *, before: int | None = None, limit: int = 50) -> list[Job]:
    """Jobs that were given up, newest first."""
    query = select(Job).where(Job.state == "dead").order_by(Job.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Job.id < before)
    return list(tx.scalars(query))


def retry(tx: Tx, job_id: int) -> bool:
    """Gives a dead job another life, unless one with its key is waiting already."""
    row = tx.get(Job, job_id)
    if row is None or row.state != "dead":
        return False
    if row.unique_key is not None:
        twin = tx.scalar(select(Job.id).where(Job.unique_key == row.unique_key, Job.state.in_(("ready", "leased"))))
        if twin is not None:
            return False
    row.state, row.run_at, row.attempts, row.finished_at = "ready", tx.now(), 0, None
    tx.flush()
    tx.announce(JobsWaiting(row.task))
    return True


def prune(tx: Tx, limit: int = 5000) -> int:
    """Removes jobs that were done two days ago or earlier."""
    old = (
        select(Job.id)
        .where(Job.state == "done", Job.finished_at < tx.now() - KEEP_DONE)
        .order_by(Job.finished_at)
        .limit(limit)
    )
    done = tx.execute(delete(Job).where(Job.id.in_(old)).execution_options(synchronize_session=False))
    return done.rowcount if isinstance(done, CursorResult) else 0


def beat(tx: Tx, name: str, every: timedelta) -> bool:
    """True once in each `every` for one caller among however many processes ask: that one runs the periodic task."""
    now = tx.now()
    row = tx.scalar(select(Beat).where(Beat.name == name).with_for_update())
    if row is None:
        first = {"name": name, "next_at": now + every, "last_at": now, "last_error": ""}
        return _insert_once(tx, Beat, first) is not None
    if row.next_at > now:
        return False
    row.next_at, row.last_at = now + every, now
    tx.flush()
    return True


def beat_failed(tx: Tx, name: str, error: str) -> None:
    tx.execute(update(Beat).where(Beat.name == name).values(last_error=error[:4000]))


def beats(tx: Tx) -> dict[str, Beat]:
    """When each periodic task ran last and runs next."""
    return {row.name: row for row in tx.scalars(select(Beat))}
