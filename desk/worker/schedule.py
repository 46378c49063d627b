"""What runs again and again, as one list; the admin's page shows it with when each ran last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from desk import bot, conversations, imports, intake, jobs, lifecycle, privacy, search, segments, visitors
from desk.outbound import uploads
from desk.parts import Desk
from desk.worker.tasks import FILES_BEAT


@dataclass(frozen=True, slots=True)
class Periodic:
    """One periodic task: its name, how often, what it is for, and the function."""

    name: str
    every: timedelta
    purpose: str
    run: Callable[[Desk], None]


def wake_snoozed(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        conversations.wake_due(tx)


def prune_jobs(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.prune(tx)


def forget_challenges(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        visitors.challenge.forget_spent(tx)


def look_after_bot(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        bot.look_after(tx)


def look_after_pieces(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        intake.look_after(tx)


def sweep_uploads(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        uploads.sweep(tx, desk.files)


def consider_by_time(desk: Desk) -> None:
    """Stage rules that speak of time (inactivity, days in stage) can come true without any new fact."""
    with desk.store.reading() as tx:
        due = lifecycle.due_for_consideration(tx, 2000)
    for start in range(0, len(due), 200):
        with desk.store.transaction() as tx:
            for customer_id in due[start : start + 200]:
                jobs.enqueue(
                    tx, "lifecycle.consider", {"customer_id": customer_id}, key=f"lifecycle:{customer_id}", priority=7
                )


def recount_segments(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        segments.recount_due(tx)


def let_archives_go(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        privacy.let_go(tx, desk.files)


def look_at_files(desk: Desk) -> None:
    """A job of its own, because a store that is slow must hold up no mail that is taken in."""
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "files.check", {}, key="files.check", priority=4)


def sweep_files(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "files.sweep", {}, key="files.sweep", priority=9)


def let_lists_go(desk: Desk) -> None:
    with desk.store.reading() as tx:
        old = imports.old(tx)
    for import_id in old:
        with desk.store.transaction() as tx:
            imports.let_go(tx, desk.files, import_id)


def index_news(desk: Desk) -> None:
    """The worker indexes whenever it has nothing else to do; this is for a worker that always has."""
    search.work(desk)


SCHEDULE: tuple[Periodic, ...] = (
    Periodic("wake snoozed", timedelta(seconds=15), "Opens conversations whose snooze is over.", wake_snoozed),
    Periodic("stages by time", timedelta(hours=1), "Looks for stage rules that time made true.", consider_by_time),
    Periodic(
        "segments by time",
        timedelta(minutes=10),
        "Counts again, within the hour, the segments whose conditions speak of time.",
        recount_segments,
    ),
    Periodic(
        "bot endings",
        timedelta(minutes=10),
        "Closes what was left with an answer of the bot, and says how it ended.",
        look_after_bot,
    ),
    Periodic(
        "pieces left over",
        timedelta(minutes=30),
        "Puts pieces of long texts that nobody joins any more into quarantine.",
        look_after_pieces,
    ),
    Periodic(
        "unsent files",
        timedelta(hours=6),
        "Lets go of files whose answer was not sent for a month.",
        sweep_uploads,
    ),
    Periodic(
        "archives",
        timedelta(hours=1),
        "Lets go of exported archives a week after they were made.",
        let_archives_go,
    ),
    Periodic(FILES_BEAT, timedelta(minutes=5), "Writes, reads and removes a file where files are kept.", look_at_files),
    Periodic(
        "sweep files",
        timedelta(days=1),
        "Sets files aside that nobody has referred to for two days, and removes them two days later.",
        sweep_files,
    ),
    Periodic(
        "old lists",
        timedelta(hours=6),
        "Lets go of lists of customers that were brought in a month ago.",
        let_lists_go,
    ),
    Periodic("search index", timedelta(seconds=15), "Indexes what changed, should nobody be idle.", index_news),
    Periodic(
        "spent challenges",
        timedelta(hours=6),
        "Forgets which answers to challenges were used a day ago.",
        forget_challenges,
    ),
    Periodic("prune jobs", timedelta(hours=6), "Removes jobs that were done two days ago.", prune_jobs),
)
