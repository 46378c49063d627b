"""The loop that works jobs off: lease, run, renew while it runs, back off when it fails, wake when there is more."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from desk import jobs, search
from desk.files import FilesUnreachable
from desk.jobs import Leased, LeaseLost
from desk.parts import Desk
from desk.signals import JobHanded, JobsWaiting, Signal
from desk.worker.doors import Doors
from desk.worker.schedule import SCHEDULE
from desk.worker.tasks import AWAITED, BULK, OUTSIDE, TASKS

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds between looks at the periodic tasks
IDLE = 1.0  # seconds between looks when nothing wakes us; another process may have written a job
QUIET = 0.25  # seconds without a job before the index of the search goes on: mails and screens come first
STALE = 1.0  # seconds after which it goes on between two jobs, or a busy desk would never index what it takes in
HANDED = 8  # jobs that may wait in memory for one thread; far fewer than a lease would outlast
SETTLED = 3.0  # seconds after the start until the models are loaded, should nobody have asked for them before
RENEW_EVERY = jobs.LEASE.total_seconds() / 3


def worker_name() -> str:
    """Host, process and a nonce: enough to tell whether whoever holds a lease is still alive."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Loop:
    """Works off the jobs of some tasks in one thread, until it is stopped."""

    def __init__(
        self,
        desk: Desk,
        tasks: Sequence[str],
        name: str,
        *,
        periodic: bool = False,
        breathe: Callable[[], object] | None = None,
    ) -> None:
        """`breathe` runs between two jobs: it may wait a moment for those who tell the screens of the last one."""
        self.desk = desk
        self.tasks = list(tasks)
        self.periodic = periodic
        self.worker = worker_name()
        self._breathe = breathe
        self._handed: deque[Leased] = deque()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._current: Leased | None = None
        self._look_again = 0.0
        self._indexed = 0.0  # when the index last went on, by the monotonic clock
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._keeper = threading.Thread(target=self._keep, name=f"{name}-lease", daemon=True)

    def start(self) -> None:
        self.desk.store.listen(self._hear)
        self._thread.start()
        self._keeper.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ends after the job in hand; a job that takes longer keeps its lease until that runs out."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout)
        self.desk.store.unlisten(self._hear)

    def _hear(self, signal: Signal) -> None:
        if isinstance(signal, JobHanded):
            if signal.worker == self.worker:
                self._handed.append(signal.job)
                self._wake.set()
        elif isinstance(signal, JobsWaiting) and (not signal.task or signal.task in self.tasks):
            self._wake.set()

    def has_room(self) -> bool:
        """Whether what is handed over now begins soon: if too many wait, any worker may take the next."""
        return len(self._handed) < HANDED and not self._stop.is_set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                found = self._next()
            except Exception:
                log.exception("the worker could not reach its jobs; it tries again")
                found = False
            if not found:
                self._rest()
            elif self._breathe is not None:
                self._breathe()
        while self._handed:  # leased to us, so nobody else would come for them soon
            run_leased(self.desk, self._handed.popleft(), self._hold)

    def _next(self) -> bool:
        """Works one job off, those handed over first; False where there is none."""
        if self._handed:
            if self._breathe is not None:
                self._breathe()  # the commit that handed it over is being told
            run_leased(self.desk, self._handed.popleft(), self._hold)
            return True
        if self.periodic and time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK_EVERY
            beat_all(self.desk)
        return run_one(self.desk, self.worker, self.tasks, self._hold)

    def _rest(self) -> None:
        """Waits for what wakes us. Where nobody does, the index goes on by a piece, and then rests for as long as that
        took: whoever else writes to SQLite gets their turn, and whoever else computes here."""
        if not self.periodic:
            self._wake.wait(IDLE)
            return
        if self._wake.wait(QUIET) and time.monotonic() < self._indexed + STALE:
            return
        began = time.monotonic()
        try:
            behind = search.work(self.desk)
        except Exception:
            log.exception("the index of the search could not go on; it tries again")
            behind = False
        self._indexed = time.monotonic()
        self._wake.wait(self._indexed - began if behind else IDLE - QUIET)

    def _hold(self, job: Leased | None) -> None:
        self._current = job

    def _keep(self) -> None:
        while not self._stop.wait(RENEW_EVERY):
            job = self._current
            if job is None:
                continue
            try:
                with self.desk.store.transaction() as tx:
                    jobs.renew(tx, job)
            except LeaseLost:
                log.warning("job %s (%s) was taken over", job.id, job.task)
            except Exception:
                log.exception("a lease could not be renewed")


def run_one(desk: Desk, worker: str, tasks: Sequence[str] | None = None, hold: object = None) -> bool:
    """Leases and runs one due job; False where none is due. A job that fails is put back, never lost."""
    with desk.store.reading() as tx:
        if not jobs.any_due(tx, tasks):
            return False
    with desk.store.transaction() as tx:
        leased = jobs.lease(tx, worker, tasks=tasks)
    if not leased:
        return False
    run_leased(desk, leased[0], hold)
    return True


def run_leased(desk: Desk, job: Leased, hold: object = None) -> None:
    """Runs a job that this process has leased."""
    if callable(hold):
        hold(job)
    try:
        task = TASKS.get(job.task)
        if task is None:
            raise LookupError(f"there is no task called {job.task}")
        task(desk, job)
    except LeaseLost as error:
        log.warning("%s", error)
    except FilesUnreachable as error:
        log.warning("job %s (%s) waits for its files: %s", job.id, job.task, error)
        with desk.store.transaction() as tx:
            jobs.put_off(tx, job, f"its files cannot be read or stored now: {error}", tx.now() + jobs.FILES_AGAIN)
    except Exception as error:
        log.exception("job %s (%s) failed, attempt %s", job.id, job.task, job.attempts)
        with desk.store.transaction() as tx:
            jobs.fail(tx, job, f"{type(error).__name__}: {error}")
    finally:
        if callable(hold):
            hold(None)


def drain(desk: Desk, limit: int = 100_000) -> int:
    """Runs due jobs here and now until none is left: for commands, simulation and tests."""
    worker = worker_name()
    done = 0
    while done < limit and run_one(desk, worker):
        done += 1
    return done


def beat_all(desk: Desk) -> None:
    """Runs the periodic tasks that are due, each in one process only."""
    with desk.store.reading() as tx:
        rows = jobs.beats(tx)
        now = tx.now()
    for periodic in SCHEDULE:
        row = rows.get(periodic.name)
        if row is not None and row.next_at > now:
            continue
        with desk.store.transaction() as tx:
            mine = jobs.beat(tx, periodic.name, periodic.every)
        if not mine:
            continue
        try:
            periodic.run(desk)
        except Exception as error:
            log.exception("the periodic task %s failed", periodic.name)
            with desk.store.transaction() as tx:
                jobs.beat_failed(tx, periodic.name, f"{type(error).__name__}: {error}")


def reclaim(desk: Desk) -> int:
    """Gives back the leases of processes of this machine that are dead, without waiting for their time to run out."""
    host = socket.gethostname()[:40]

    def dead(worker: str) -> bool:
        name, _, rest = worker.partition(":")
        pid = rest.partition(":")[0]
        if name != host or not pid.isdigit():
            return False
        if int(pid) == os.getpid():
            return True  # an earlier process had our number: we have leased nothing yet
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    with desk.store.transaction() as tx:
        return jobs.release_leases(tx, dead)


class Background:
    """The threads that one process works with: inside and outside work, what a chat waits for, bulk; and the doors."""

    def __init__(self, desk: Desk, breathe: Callable[[], object] | None = None) -> None:
        inside = [name for name in TASKS if name not in OUTSIDE | AWAITED | BULK]
        self.desk = desk
        self.loops = [
            Loop(desk, inside, "jobs-inside", periodic=True, breathe=breathe),
            Loop(desk, sorted(OUTSIDE), "jobs-outside"),
            Loop(desk, sorted(AWAITED), "jobs-awaited"),
            Loop(desk, sorted(BULK), "jobs-bulk"),
        ]
        self.doors = Doors(desk)
        # The first message would wait two seconds for the models; whoever opens a page right after the start, as long.
        self._warming = threading.Timer(SETTLED, desk.models.warm)
        self._warming.daemon = True

    def start(self) -> None:
        reclaim(self.desk)
        for loop in self.loops:
            loop.start()
        self.desk.store.hands = {task: loop for loop in self.loops for task in loop.tasks}
        self.doors.start()
        self._warming.start()

    def stop(self) -> None:
        self._warming.cancel()
        self.desk.store.hands = {}
        self.doors.stop()  # first: nothing new comes in while the last job ends
        for loop in self.loops:
            loop.stop()
