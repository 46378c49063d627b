"""Moves customers: looks at their facts, follows the rules, and writes each move down with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from desk import facts, people, timeline
from desk.agents import Viewer
from desk.facts import FactView, Shelved
from desk.lifecycle.definition import Definition
from desk.lifecycle.engine import TICK, Move, Standing, Walk, holding, walk
from desk.lifecycle.models import definition_of, digest, published, to_ask
from desk.lifecycle.tables import CustomerStage, StageModel, Transition
from desk.signals import StageChanged
from desk.store import Tx

# A fact may become visible a little after the time it says it was recorded: its transaction was still open.
MARGIN = timedelta(minutes=5)
LONGEST_REASON = 1000
# What a transition names as its rule where no rule moved the customer.
STARTED, SWITCHED, BY_HAND = "started", "model_changed", "by_hand"
_NAMES = {STARTED: "New customer", SWITCHED: "Another model applies", BY_HAND: "Moved by hand"}
_OWN_FACTS = ("stage", "stage_model")


class MoveError(ValueError):
    """A move by hand that is not possible; the sentence says why."""


@dataclass(frozen=True)
class Current:
    """The published models, read; `names` are the facts that they look at."""

    rows: tuple[StageModel, ...]
    definitions: tuple[Definition, ...]
    digest: str
    names: frozenset[str]
    newest: datetime | None  # when the last one was published, or a segment that one names was changed

    @classmethod
    def asked(cls, tx: Tx, rows: Sequence[StageModel]) -> Current:
        """With what the segments that they name mean now."""
        return cls.of(rows, *to_ask(tx, rows))

    @classmethod
    def of(cls, rows: Sequence[StageModel], read: Sequence[Definition], meanings: Sequence[Shelved] = ()) -> Current:
        names = frozenset(name for definition in read for name in definition.fact_names)
        times = [row.published_at for row in rows] + [one.changed_at for one in meanings]
        newest = max((time for time in times if time is not None), default=None)
        return cls(tuple(rows), tuple(read), digest(list(rows), meanings), names, newest)

    def row(self, key: str) -> StageModel | None:
        return next((row for row in self.rows if row.key == key), None)


def consider(tx: Tx, customer_id: int, at: datetime | None = None) -> Transition | None:
    """Moves a customer as far as their facts say by now (or `at`); gives the last transition, or None where all stays
    as it is. Asked again without new facts, it changes nothing."""
    customer_id = people.current_id(tx, customer_id)  # who was joined with another has no stage of their own
    current = Current.asked(tx, published(tx))
    if not current.rows:
        return None
    until = at or tx.now()
    row = tx.get(CustomerStage, customer_id, with_for_update=True, populate_existing=True)
    view = facts.view(tx, customer_id, names=current.names)
    first = None if row else facts.first_times(tx, [customer_id]).get(customer_id)
    done = look(current, row, view, first, until)
    if done.standing is None:
        return None
    last = None
    for move in done.moves:
        last = _write(tx, customer_id, current, move, row)
        row = _stand(tx, customer_id, last, row)
    assert row is not None  # where somebody stands, there was a move or a row
    row.considered_at = max(until, row.since)
    row.considered_by = current.digest
    row.due_at = done.due
    row.resting = {"came": sorted(done.standing.rested), "now": sorted(done.standing.resting)}
    tx.flush()
    return last


def look(current: Current, row: CustomerStage | None, view: FactView, first: datetime | None, until: datetime) -> Walk:
    """What the facts say, without writing it down. `first` is when the customer's first fact happened."""
    standing, start = _begin(current, row, view, first, until)
    return walk(current.definitions, view, standing, start, max(start, until))


def _begin(
    current: Current, row: CustomerStage | None, view: FactView, first: datetime | None, until: datetime
) -> tuple[Standing | None, datetime]:
    """Where the walk goes on: at what was looked at last, or earlier where facts came in late."""
    if row is None:
        # A tick before the first fact, so that this fact happens in the stage and its rules see it as new.
        return None, min(until, (first or until + TICK) - TICK)
    came, now = frozenset(row.resting.get("came", ())), frozenset(row.resting.get("now", ()))
    standing = Standing(row.model_key, row.stage, row.since, came, now)
    seen = row.considered_at
    if row.considered_by != current.digest:
        # Other models hold from when they were published, not before.
        return standing, max(row.since, min(until, max(seen, current.newest or seen)))
    late = [
        fact.occurred_at
        for fact in view
        if fact.occurred_at <= seen and fact.recorded_at > seen - MARGIN and fact.name not in _OWN_FACTS
    ]
    if not late:
        return standing, max(row.since, seen)
    if came == now:
        return standing, max(row.since, min(late))
    return replace(standing, resting=came), row.since


def move(tx: Tx, customer_id: int, to: str, viewer: Viewer, reason: str) -> Transition:
    """Moves a customer by hand. Rules that held at that moment keep still until they have been untrue once, so that
    nobody's decision is taken back at once. Raises MoveError."""
    consider(tx, customer_id)
    current = Current.asked(tx, published(tx))
    row = tx.get(CustomerStage, customer_id, with_for_update=True, populate_existing=True)
    model = current.row(row.model_key) if row else None
    if row is None or model is None:
        raise MoveError("No stage model applies to this customer.")
    definition = next(one for one in current.definitions if one.key == model.key)
    if to not in definition.by_key:
        raise MoveError(f"“{to}” is no stage of {definition.name}.")
    if to == row.stage:
        raise MoveError(f"The customer is in {definition.stage_name(to)} already.")
    reason = reason.strip()
    if not reason:
        raise MoveError("Say why, so that the others understand it later.")
    if len(reason) > LONGEST_REASON:
        raise MoveError(f"The reason has {len(reason)} characters; {LONGEST_REASON} is the most.")
    now = max(tx.now(), row.since)
    step = Move(definition, row.stage, to, None, definition.direction(row.stage, to), now)
    transition = _write(tx, customer_id, current, step, row, viewer, reason)
    row = _stand(tx, customer_id, transition, row)
    view = facts.view(tx, customer_id, names=current.names)
    rests = sorted(holding(definition, to, view, now))
    row.resting = {"came": rests, "now": rests}
    row.considered_at, row.considered_by = now, current.digest
    standing = Standing(row.model_key, to, now, frozenset(rests), frozenset(rests))
    row.due_at = walk(current.definitions, view, standing, now, now).due
    tx.flush()
    return transition


def due_for_consideration(tx: Tx, limit: int = 500, after: int = 0) -> list[int]:
    """Customers, by id from `after` on, whom time alone may have moved, or for whom another model was published."""
    query = (
        select(CustomerStage.customer_id)
        .where(CustomerStage.due_at <= tx.now(), CustomerStage.customer_id > after)
        .order_by(CustomerStage.customer_id)
        .limit(limit)
    )
    return list(tx.scalars(query))


def stage_of(tx: Tx, customer_id: int) -> CustomerStage | None:
    """Where a customer stands now; None where no model has claimed them."""
    return tx.get(CustomerStage, customer_id)


def history(tx: Tx, customer_id: int, limit: int = 50) -> list[Transition]:
    """A customer's moves, newest first."""
    query = select(Transition).where(Transition.customer_id == customer_id)
    return list(tx.scalars(query.order_by(Transition.id.desc()).limit(limit)))


def why(tx: Tx, customer_id: int, at: datetime, known_at: datetime | None = None) -> Transition | None:
    """The move that put a customer where they stood at `at`: as the desk knows it now, or as it knew at `known_at`."""
    query = select(Transition).where(Transition.customer_id == customer_id, Transition.held_at <= at)
    if known_at is not None:
        query = query.where(Transition.known_at <= known_at)
    return tx.scalar(query.order_by(Transition.held_at.desc(), Transition.id.desc()).limit(1))


def _write(
    tx: Tx,
    customer_id: int,
    current: Current,
    step: Move,
    row: CustomerStage | None,
    viewer: Viewer | None = None,
    reason: str = "",
) -> Transition:
    """The move, its line on the timeline, and the facts that other conditions read."""
    model = current.row(step.model.key)
    assert model is not None
    rule = step.rule.key if step.rule else BY_HAND if viewer else SWITCHED if step.before else STARTED
    transition = Transition(
        customer_id=customer_id,
        model_id=model.id,
        model_key=model.key,
        model_version=model.version,
        before=step.before,
        after=step.after,
        rule=rule,
        direction=step.direction,
        held_at=step.held_at,
        known_at=tx.now(),
        evidence=[one.as_json() for one in step.evidence],
        staff_id=viewer.id if viewer else None,
    )
    tx.add(transition)
    tx.flush()
    before = step.before
    entry = timeline.record(
        tx,
        customer_id=customer_id,
        kind="stage",
        author="staff" if viewer else "desk",
        occurred_at=step.held_at,
        staff_id=viewer.id if viewer else None,
        detail={
            "before": before,
            "after": step.after,
            "before_name": _name_before(tx, step, row) if before else None,
            "after_name": step.model.stage_name(step.after),
            "model": model.key,
            "model_name": model.name,
            "version": model.version,
            "rule": rule,
            "rule_name": step.rule.name if step.rule else _NAMES[rule],
            "direction": step.direction,
            "evidence": [
                {key: one[key] for key in ("shown", "entry_id", "occurred_at")} for one in transition.evidence
            ],
            "transition_id": transition.id,
        },
        words=timeline.Words(text=reason) if reason else None,
    )
    transition.entry_id = entry.id
    tx.flush()
    facts.record(tx, customer_id, "stage", step.after, occurred_at=step.held_at, entry_id=entry.id)
    if row is None or row.model_key != model.key:
        facts.record(tx, customer_id, "stage_model", model.key, occurred_at=step.held_at, entry_id=entry.id)
    tx.announce(StageChanged(customer_id, transition.id, before, step.after))
    return transition


def _name_before(tx: Tx, step: Move, row: CustomerStage | None) -> str:
    """The name of the stage left, which may be one of another model."""
    assert step.before is not None
    if row is None or (row.model_key == step.model.key and step.before in step.model.by_key):
        return step.model.stage_name(step.before)
    last = tx.get(Transition, row.transition_id)
    old = tx.get(StageModel, last.model_id) if last else None
    return definition_of(old).stage_name(step.before) if old else step.before


def _stand(tx: Tx, customer_id: int, transition: Transition, row: CustomerStage | None) -> CustomerStage:
    if row is None:
        row = CustomerStage(customer_id=customer_id, considered_at=transition.held_at, considered_by="", resting={})
        tx.add(row)
    row.model_key, row.stage = transition.model_key, transition.after
    row.since, row.transition_id = transition.held_at, transition.id
    tx.flush()
    return row
