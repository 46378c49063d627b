"""The two ways in: a history on any desk, and the sample desk that a first run begins with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from desk import jobs, people, reactions
from desk.clock import SetClock
from desk.nlp import Without
from desk.parts import Desk
from desk.signals import FactRecorded, Signal
from desk.simulate import furnishing, library, scenery, truth
from desk.simulate.planner import plan
from desk.simulate.play import Player
from desk.simulate.truth import Truth
from desk.simulate.visits import prepare
from desk.simulate.world import world
from desk.store import Reaction, Store, Tx

log = logging.getLogger(__name__)

Drain = Callable[[Desk], int]

UNHURRIED = frozenset({"message.received", "conversation.opened", "conversation.reopened", "first_response_minutes"})
PATIENCE = timedelta(hours=12)

SAMPLE_CUSTOMERS, SAMPLE_DAYS, SAMPLE_SEED = 120, 90, 28
SAMPLE_PASSWORD = "kettles-and-cups"  # of invented people, on a desk of invented people; printed by `make run`
SAMPLE_LOGINS = ("agent@kiln.example", "supervisor@kiln.example", "admin@kiln.example")


def simulate(desk: Desk, *, customers: int, days: int, seed: int, drain: Drain, progress: bool) -> Truth:
    """Fills a desk with a history of `customers` over the last `days`, through the same functions that people use.

    The same seed on an empty desk gives the same history; a further run adds another one. The hidden true rates are
    kept in DATA_DIR/simulation-truth.json, whose content is returned. Nothing may work on the desk meanwhile: jobs of
    the past would be worked off in the present. Raises ValueError where a mail could really be sent.
    """
    if customers < 1 or days < 1:
        raise ValueError("A simulation needs at least one customer and one day.")
    return _run(desk, customers=customers, days=days, seed=seed, drain=drain, progress=progress, passwords=None)


def fill_sample_desk(desk: Desk, *, drain: Drain, progress: bool) -> Truth:
    """The first-run sample: the invented shop Kiln & Co. with its people, who can sign in, and a modest history."""
    passwords = dict.fromkeys((*SAMPLE_LOGINS, *(a.email for a in world().agents)), SAMPLE_PASSWORD)
    with desk.store.transaction() as tx:
        scenery.leads(tx, passwords)
        library.write(tx)
    known = _run(
        desk,
        customers=SAMPLE_CUSTOMERS,
        days=SAMPLE_DAYS,
        seed=SAMPLE_SEED,
        drain=drain,
        progress=progress,
        passwords=passwords,
    )
    agent, lead, _ = SAMPLE_LOGINS
    with desk.store.transaction() as tx:
        furnishing.furnish(tx, lead, agent)
    return known


def sample_logins() -> list[str]:
    """The lines that `make run` shows."""
    return [f"{email}  password {SAMPLE_PASSWORD}" for email in SAMPLE_LOGINS]


def _patient(end: datetime) -> Reaction:
    """The desk's own reactions; only that what a message says of a stage may wait for what follows it that day.

    On a living desk each message has its customer's stage looked at again at once. Over a history of months that would
    be most of the work, and a message alone hardly ever moves anybody.
    """

    def react(tx: Tx, signal: Signal) -> None:
        if isinstance(signal, FactRecorded) and signal.name in UNHURRIED:
            jobs.enqueue(
                tx,
                "lifecycle.consider",
                {"customer_id": signal.customer_id},
                key=f"lifecycle:{signal.customer_id}",
                run_at=min(tx.now() + PATIENCE, end),
                priority=4,
            )
        else:
            reactions.react(tx, signal)

    return react


def _run(
    desk: Desk,
    *,
    customers: int,
    days: int,
    seed: int,
    drain: Drain,
    progress: bool,
    passwords: Mapping[str, str] | None,
) -> Truth:
    end = desk.store.clock.now().replace(microsecond=0)
    with desk.store.reading() as tx:
        scenery.check(tx)
        before = people.count(tx)
        number = before and tx.scalar(select(func.max(people.Customer.id)))
        able = scenery.channels(tx)
    drawn = plan(
        world(), customers=customers, days=days, seed=seed, end=end, mark=number or 0, channels=frozenset(able)
    )
    quick = Without()
    if drawn.questions:
        prepare(desk, Desk(store=desk.store, files=desk.files, config=desk.config, models=quick))
    clock = SetClock(drawn.start)
    store = Store(desk.store.engine, clock, desk.store.keys, desk.store.public_url)
    store.react_with(_patient(drawn.end))
    # Months are played in seconds: the word list hears these moods, and reading each message would take a minute.
    past = Desk(store=store, files=desk.files, config=desk.config, models=quick)
    # What visitors ask the help centre is answered as on a living desk: some dozens of turns cost seconds.
    asking = Desk(store=store, files=desk.files, config=desk.config, models=desk.models)
    with store.transaction() as tx:
        stage = scenery.build(tx, world(), passwords)
    folder = Path(desk.config["DATA_DIR"])
    known = truth.load(folder) if before else Truth()  # what is left of another desk does not count here
    known.runs.append(
        {
            "seed": seed,
            "customers": customers,
            "days": days,
            "from": drawn.start.isoformat(),
            "to": drawn.end.isoformat(),
            "carrier_changed": drawn.carrier_from.isoformat(),
        }
    )
    Player(past, asking, clock, stage, known, drain, f"{seed}.{number or 0}").play(drawn, progress=progress)
    known.count("customers", customers)
    folder.mkdir(parents=True, exist_ok=True)
    known.save(folder)
    return known
