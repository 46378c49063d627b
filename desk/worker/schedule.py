"""What runs again and again, as one list; the admin's page shows it with when each ran last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from desk import (
    assigning,
    automation,
    bot,
    conversations,
    imports,
    intake,
    jobs,
    knowledge,
    lifecycle,
    notices,
    privacy,
    questions,
    search,
    segments,
    sla,
    visitors,
)
from desk.i18n import N_
from desk.outbound import uploads
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


def watch_promises(desk: Desk) -> None:
    """A transaction for each conversation: none is held while another is looked at."""
    with desk.store.reading() as tx:
        due = sla.due_now(tx)
    for conversation_id in due:
        with desk.store.transaction() as tx:
            sla.tick(tx, conversation_id)


def watch_presence(desk: Desk) -> None:
    """What waits for people who went away goes back, each in a transaction of its own; then what waits for anybody is
    looked at, because hours begin by time alone."""
    with desk.store.reading() as tx:
        if not assigning.all_policies(tx):
            return
        back = assigning.due(tx)
    for one in back:
        with desk.store.transaction() as tx:
            assigning.take_back(tx, one)
    with desk.store.transaction() as tx:
        assigning.again(tx, 20)


def prune_jobs(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.prune(tx)


def forget_challenges(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        visitors.challenge.forget_spent(tx)


def look_after_bot(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        bot.look_after(tx)
        bot.replay.forget_old(tx)


def group_questions(desk: Desk) -> None:
    with desk.store.reading() as tx:
        if not questions.waiting(tx):
            return
    with desk.store.transaction() as tx:
        questions.ask_to_group(tx)


def look_after_pieces(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        intake.look_after(tx)


def sweep_uploads(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        uploads.sweep(tx, desk.files)


def clear_pictures(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        knowledge.sweep(tx, desk.files)


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


def read_the_clock(desk: Desk) -> None:
    """Rules that speak of a time passed; where none is on, this is one short look."""
    with desk.store.transaction() as tx:
        automation.look(tx)


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


def let_content_go(desk: Desk) -> None:
    """A job, because what is due may be a lot, and nobody shall wait for it."""
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "privacy.retain", {}, key="retain", priority=9)


def let_lists_go(desk: Desk) -> None:
    with desk.store.reading() as tx:
        old = imports.old(tx)
    for import_id in old:
        with desk.store.transaction() as tx:
            imports.let_go(tx, desk.files, import_id)


def index_news(desk: Desk) -> None:
    """The worker indexes whenever it has nothing else to do; this is for a worker that always has."""
    search.work(desk)


def forget_notices(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        notices.forget(tx)


SCHEDULE: tuple[Periodic, ...] = (
    Periodic("wake snoozed", timedelta(seconds=15), N_("Opens conversations whose snooze is over."), wake_snoozed),
    Periodic(
        "promises",
        timedelta(seconds=10),
        N_("Warns of promised answers that are nearly due, and says which were missed."),
        watch_promises,
    ),
    Periodic(
        "assignment",
        timedelta(seconds=30),
        N_("Takes back what waits for people who went away, and looks for somebody for what is nobody's."),
        watch_presence,
    ),
    Periodic("stages by time", timedelta(hours=1), N_("Looks for stage rules that time made true."), consider_by_time),
    Periodic("rules by time", timedelta(seconds=30), N_("Looks for whom a rule's time is up."), read_the_clock),
    Periodic(
        "segments by time",
        timedelta(minutes=10),
        N_("Counts again, within the hour, the segments whose conditions speak of time."),
        recount_segments,
    ),
    Periodic(
        "bot endings",
        timedelta(minutes=10),
        N_("Closes what was left with an answer of the bot, and says how it ended."),
        look_after_bot,
    ),
    Periodic(
        "questions",
        timedelta(seconds=30),
        "Puts what customers asked lately into groups that mean the same.",
        group_questions,
    ),
    Periodic(
        "pieces left over",
        timedelta(minutes=30),
        N_("Puts pieces of long texts that nobody joins any more into quarantine."),
        look_after_pieces,
    ),
    Periodic(
        "unsent files",
        timedelta(hours=6),
        N_("Lets go of files whose answer was not sent for a month."),
        sweep_uploads,
    ),
    Periodic(
        "loose pictures",
        timedelta(hours=6),
        N_("Lets go of pictures that no article has used for a month."),
        clear_pictures,
    ),
    Periodic(
        "archives",
        timedelta(hours=1),
        N_("Lets go of exported archives a week after they were made."),
        let_archives_go,
    ),
    Periodic(
        jobs.FILES_BEAT,
        timedelta(minutes=5),
        N_("Writes, reads and removes a file where files are kept."),
        look_at_files,
    ),
    Periodic(
        "sweep files",
        timedelta(days=1),
        N_("Sets files aside that nobody has referred to for two days, and removes them two days later."),
        sweep_files,
    ),
    Periodic(
        "retention",
        timedelta(hours=6),
        N_("Lets go of what was said longer ago than the rule of its inbox keeps it."),
        let_content_go,
    ),
    Periodic(
        "old lists",
        timedelta(hours=6),
        N_("Lets go of lists of customers that were brought in a month ago."),
        let_lists_go,
    ),
    Periodic("search index", timedelta(seconds=15), N_("Indexes what changed, should nobody be idle."), index_news),
    Periodic(
        "spent challenges",
        timedelta(hours=6),
        N_("Forgets which answers to challenges were used a day ago."),
        forget_challenges,
    ),
    Periodic(
        "old notices",
        timedelta(hours=1),
        N_("Lets go of what colleagues were told three months ago."),
        forget_notices,
    ),
    Periodic("prune jobs", timedelta(hours=6), N_("Removes jobs that were done two days ago."), prune_jobs),
)
