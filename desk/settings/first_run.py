"""The first run of a desk: four steps, each done or left for later, until all are behind it or somebody closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from desk.settings.tables import FirstRunStep
from desk.store import Tx

STEPS = ("company", "inbox", "invite", "test")
ALL = "all"
DONE, SKIPPED, CLOSED = "done", "skipped", "closed"


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How far a desk has come: `steps` says of each that was taken how: done or skipped."""

    steps: Mapping[str, str]
    closed: bool

    @property
    def is_open(self) -> bool:
        """Whether it is still to be shown: not once each step was taken or left."""
        return not self.closed and any(step not in self.steps for step in STEPS)

    @property
    def untouched(self) -> bool:
        """Whether nobody has begun it."""
        return self.is_open and not self.steps

    @property
    def current(self) -> str:
        """The step to go on with: the first that nobody took; at the end, the last one."""
        return next((step for step in STEPS if step not in self.steps), STEPS[-1])


def first_run(tx: Tx) -> FirstRun:
    """How far the desk has come."""
    rows = {row.step: row.how for row in tx.scalars(select(FirstRunStep))}
    return FirstRun({step: how for step, how in rows.items() if step in STEPS}, ALL in rows)


def take_step(tx: Tx, step: str, how: str, staff_id: int | None) -> None:
    """Keeps that a step was done, or skipped; what is done stays so. Raises KeyError for what is no step."""
    if step not in STEPS:
        raise KeyError(step)
    _keep(tx, step, how, staff_id)


def close_first_run(tx: Tx, staff_id: int | None) -> None:
    """Shows it never again."""
    _keep(tx, ALL, CLOSED, staff_id)


def _keep(tx: Tx, step: str, how: str, staff_id: int | None) -> None:
    row = tx.get(FirstRunStep, step)
    if row is None:
        tx.add(FirstRunStep(step=step, how=how, at=tx.now(), staff_id=staff_id))
    elif row.how != DONE:
        row.how, row.at, row.staff_id = how, tx.now(), staff_id
    tx.flush()
