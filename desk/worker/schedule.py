"""What runs again and again, as one list; the admin's page shows it with when each ran last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from desk import bot, conversations, jobs, lifecycle, search
from desk.parts import Desk


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


def look_after_bot(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        bot.look_after(tx)


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


def index_news(desk: Desk) -> None:
    """The worker indexes whenever it has nothing else to do; this is for a worker that always has."""
    search.work(desk)


SCHEDULE: tuple[Periodic, ...] = (
    Periodic("wake snoozed", timedelta(seconds=15), "Opens conversations whose snooze is over.", wake_snoozed),
    Periodic("stages by time", timedelta(hours=1), "Looks for stage rules that time made true.", consider_by_time),
    Periodic(
        "bot endings",
        timedelta(minutes=10),
        "Closes what was left with an answer of the bot, and says how it ended.",
        look_after_bot,
    ),
    Periodic("search index", timedelta(seconds=15), "Indexes what changed, should nobody be idle.", index_news),
    Periodic("prune jobs", timedelta(hours=6), "Removes jobs that were done two days ago.", prune_jobs),
)
