"""Every task by its name: a function of the desk and the leased job, which finishes the job with its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache

from desk import inbound, lifecycle, outbound, settings, surveys
from desk.channels.base import Channel, discover
from desk.channels.email.check import check
from desk.jobs import Leased, LeaseLost, finish
from desk.parts import Desk
from desk.store import Tx

Task = Callable[[Desk, Leased], None]
PATIENCE = 5  # times that the corridor may fail on a message before a person is asked to look


@lru_cache(maxsize=1)
def channels() -> dict[str, Channel]:
    """Every channel there is."""
    return discover()


def take(desk: Desk, job: Leased) -> None:
    """Walks one arrival through the corridor."""
    arrival_id = job.args["arrival_id"]

    def done(tx: Tx) -> None:
        finish(tx, job)

    try:
        inbound.take(desk, arrival_id, channels(), done)
    except LeaseLost:
        raise
    except Exception as error:
        if job.attempts < PATIENCE:
            raise
        inbound.give_up(desk, arrival_id, f"Taking it in failed {job.attempts} times: {type(error).__name__}.", done)


def deliver(desk: Desk, job: Leased) -> None:
    outbound.deliver(desk, job, channels())


def consider_survey(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        surveys.consider(tx, job.args["episode_id"])
        finish(tx, job)


def look_after_card(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        surveys.look_after(tx, job.args["invitation_id"])
        finish(tx, job)


def consider_stage(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        lifecycle.consider(tx, job.args["customer_id"])
        finish(tx, job)


def check_inbox(desk: Desk, job: Leased) -> None:
    """Tries an inbox's servers, outside of any transaction, and keeps what it found for the page."""
    with desk.store.reading() as tx:
        config = settings.opened(tx, settings.inbox(tx, job.args["inbox_id"]))
    steps = check(config)
    broken = next((step for step in steps if not step.ok), None)
    with desk.store.transaction() as tx:
        settings.note_check(
            tx,
            job.args["inbox_id"],
            f"{broken.title}: {broken.detail}" if broken else "",
            [asdict(step) for step in steps],
        )
        finish(tx, job)


TASKS: dict[str, Task] = {
    "inbound.take": take,
    "outbound.deliver": deliver,
    "surveys.consider": consider_survey,
    "surveys.card": look_after_card,
    "lifecycle.consider": consider_stage,
    "inbox.check": check_inbox,
}

# These wait for other people's servers; they have a thread of their own, so that a slow one holds nothing else up.
OUTSIDE = frozenset({"outbound.deliver", "inbox.check"})
