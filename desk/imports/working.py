"""Works a list off, slice after slice, each in a transaction of its own: a dry run that writes nothing, and the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert

from desk import agents, facts, people
from desk.facts import FactError
from desk.files import MissingBlob
from desk.imports.deciding import OUTCOMES, Ledger, decide
from desk.imports.mapping import Plan, Said, said
from desk.imports.reader import Row, rows
from desk.imports.service import WORKING, get, layout_of, queue
from desk.imports.tables import Import, ImportRefusal
from desk.jobs import enqueue
from desk.parts import Desk
from desk.people import Key, NewAddress
from desk.store import Tx

SLICE = 500  # rows a transaction: a twentieth of a second, and no message waits longer than that
TRIED = 2000  # rows a slice of a dry run, which keeps nobody waiting
A_JOB = 10_000  # rows a job: a few seconds, after which whatever else is to be done in bulk has its turn

Done = Callable[[Tx], None]


class _Over(Exception):
    """Somebody stopped it, or another job has it."""


def work(desk: Desk, args: dict[str, Any], done: Done) -> None:
    """The task `imports.work`: the next portion of a list. `done` finishes the job."""
    import_id, revision = args["import_id"], args["revision"]
    with desk.store.reading() as tx:
        row = get(tx, import_id)
        name = agents.names(tx).get(row.staff_id, "")
    if row.revision != revision or row.state not in WORKING or row.sha256 is None:
        _finish(desk, done)
        return
    try:
        content = desk.files.get(row.sha256)
        plan, how = Plan.of(row.mapping), layout_of(row)
        trying = row.state == "trying"
        slices = (
            [said(one, plan, how.header) for one in some]
            for some in _slices(rows(content, how, 1 if trying else row.line), TRIED if trying else SLICE)
        )
        if trying:
            _try(desk, row, plan, slices, done)
        else:
            _run(desk, row, plan, slices, f"imported from {row.name} by {name}", done)
    except _Over:
        _finish(desk, done)
    except MissingBlob:
        _fail(desk, row, "The list itself is gone from the store of files; bring it in again.", done)
    except FactError as error:
        _fail(desk, row, f"An attribute was changed meanwhile: {error}", done)


def _slices(found: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while some := list(islice(found, size)):
        yield some


def _finish(desk: Desk, done: Done) -> None:
    with desk.store.transaction() as tx:
        done(tx)


def _fail(desk: Desk, row: Import, problem: str, done: Done) -> None:
    with desk.store.transaction() as tx:
        found = get(tx, row.id, lock=True)
        if found.revision == row.revision and found.state in WORKING:
            found.state = "read" if found.state == "trying" else "failed"
            found.problem, found.ended_at = problem, tx.now()
        done(tx)


def _mine(tx: Tx, row: Import, line: int | None = None) -> Import:
    """The import, locked. Raises _Over where it is not ours any more."""
    found = get(tx, row.id, lock=True)
    if found.revision != row.revision or found.state != row.state or (line is not None and found.line != line):
        raise _Over
    return found


def _try(desk: Desk, row: Import, plan: Plan, slices: Iterator[list[Said]], done: Done) -> None:
    """A dry run is one job, because what its rows would make is known in memory alone; after a crash it begins anew."""
    ledger = Ledger()
    with desk.store.transaction() as tx:
        _mine(tx, row)
        tx.execute(delete(ImportRefusal).where(ImportRefusal.import_id == row.id))
    for some in slices:
        with desk.store.reading() as tx:
            _learn(tx, ledger, some, plan)
        decide(ledger, some, plan)
        ledger.settle()
        with desk.store.transaction() as tx:
            found = _mine(tx, row)
            found.line = some[-1].number
            for outcome in OUTCOMES:
                setattr(found, outcome, ledger.counts[outcome])
            found.examples = {name: list(kept) for name, kept in ledger.examples.items()}
            _refuse(tx, row.id, ledger)
    with desk.store.transaction() as tx:
        found = _mine(tx, row)
        found.state, found.ended_at = "tried", tx.now()
        done(tx)


def _run(desk: Desk, row: Import, plan: Plan, slices: Iterator[list[Said]], because: str, done: Done) -> None:
    line, taken = row.line, 0
    if plan.confirmed:
        because = f"confirmed by the shop: {because}"
    for some in slices:

        def write(tx: Tx, some: list[Said] = some, line: int = line) -> None:
            _write(tx, _mine(tx, row, line), plan, some, because)

        desk.store.attempt(write, repeatable=True)
        line, taken = some[-1].number, taken + len(some)
        if taken >= A_JOB:
            with desk.store.transaction() as tx:
                _mine(tx, row, line)
                queue(tx, row.id, row.revision, line)
                done(tx)
            return
    with desk.store.transaction() as tx:
        found = _mine(tx, row, line)
        found.state, found.ended_at = "done", tx.now()
        done(tx)


def _write(tx: Tx, row: Import, plan: Plan, some: Sequence[Said], because: str) -> None:
    ledger = Ledger()
    _learn(tx, ledger, some, plan)
    decide(ledger, some, plan)
    fresh = sorted((number for number in ledger.people if number < 0), reverse=True)
    profiles = {
        number: {"name": one.name, "locale": one.locale, "zone": one.zone, "stopped": one.stopped}
        for number, one in ledger.people.items()
        if number < 0 or one.dirty
    }
    made = people.make_many(tx, [profiles[number] for number in fresh])
    place = {number: n for n, number in enumerate(fresh)}
    evidence = "verified" if plan.confirmed else "inferred"
    new = (
        NewAddress(place.get(number, number), number < 0, key[0], shown, ledger.people[number].name, evidence, because)
        for number, key, shown in ledger.new_addresses
    )
    people.add_addresses(tx, new, made)
    people.confirm_many(tx, ledger.confirmed, because)
    people.change_many(tx, {number: one for number, one in profiles.items() if number > 0})
    now = tx.now()
    known = {number: made[place[number]] if number < 0 else number for number in ledger.touched}
    facts.record_many(
        tx,
        (
            (known[number], name, value)
            for number in sorted(ledger.touched)
            for name, value in ledger.people[number].new_facts.items()
        ),
        occurred_at=now,
    )
    _refuse(tx, row.id, ledger)
    row.line = some[-1].number
    for outcome in OUTCOMES:
        setattr(row, outcome, getattr(row, outcome) + ledger.counts[outcome])
    row.examples = {
        outcome: [*row.examples.get(outcome, []), *ledger.examples.get(outcome, [])][:5] for outcome in OUTCOMES
    }
    if known:
        enqueue(tx, "customers.consider", {"ids": sorted(known.values())}, priority=7)


def _learn(tx: Tx, ledger: Ledger, some: Sequence[Said], plan: Plan) -> None:
    """Reads what these rows need: who has their addresses, how they are called, what their attributes are."""
    keys: set[Key] = {key for one in some for key, _ in one.addresses if not one.why} - ledger.owners.keys()
    owners = people.owners(tx, keys)
    ids = {owner.customer_id for owner in owners.values()} - ledger.people.keys()
    ledger.learn(owners, people.profiles(tx, ids))
    names = {f"attribute.{column.key}" for column in plan.columns if column.to == "attribute"}
    if names and ids:
        now = tx.now()
        for number, view in facts.views(tx, sorted(ids), at=now, names=names).items():
            ledger.people[number].facts = {name: view.value(name) for name in names if view.latest(name) is not None}


def _refuse(tx: Tx, import_id: int, ledger: Ledger) -> None:
    if ledger.refusals:
        values = [{"import_id": import_id, "line": line, "why": why} for line, why in ledger.refusals]
        tx.execute(insert(ImportRefusal), values)
        ledger.refusals.clear()
