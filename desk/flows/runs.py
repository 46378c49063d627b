"""Where the dialogue of each conversation stands: begun, moved on, ended. What was answered goes when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from desk.flows.definition import State
from desk.flows.tables import FlowRun, FlowTrial
from desk.store import Tx

TRIALS_KEPT = timedelta(days=1)
MOST_OPEN = timedelta(days=7)  # a dialogue that nobody went on with


def as_json(state: State) -> dict[str, Any]:
    return {**asdict(state), "values": dict(state.values)}


def state_of(given: dict[str, Any]) -> State:
    return State(**given)


def open_run(tx: Tx, conversation_id: int, episode_id: int | None) -> FlowRun | None:
    """The dialogue that goes on. One of an earlier episode is over."""
    row = tx.scalar(select(FlowRun).where(FlowRun.conversation_id == conversation_id, FlowRun.ended_at.is_(None)))
    return row if row is not None and row.episode_id == episode_id else None


def begin(
    tx: Tx, flow_id: int, version_id: int, conversation_id: int, episode_id: int | None, locale: str, state: State
) -> FlowRun:
    """Called by whoever holds the conversation's row. What was still open in it is over."""
    close(tx, conversation_id, "over")
    row = FlowRun(
        flow_id=flow_id,
        version_id=version_id,
        conversation_id=conversation_id,
        episode_id=episode_id,
        locale=locale,
        state=as_json(state),
        sent_step=None,
        began_at=tx.now(),
        ended_at=None,
        ending="",
    )
    tx.add(row)
    tx.flush()
    return row


def move(tx: Tx, row: FlowRun, state: State, because: str) -> None:
    """Writes down where it stands now. An ended one keeps nothing of what was answered."""
    if state.stage == "ended":
        row.state, row.ended_at, row.ending = {}, tx.now(), because
    else:
        row.state = as_json(state)
    tx.flush()


def keep(tx: Tx, row: FlowRun, state: State) -> None:
    """Writes down where it stands, whatever comes next: a hand-over tells what was answered, and then closes it."""
    row.state = as_json(state)
    tx.flush()


def close(tx: Tx, conversation_id: int, ending: str) -> None:
    """Ends what is open in a conversation."""
    for row in tx.scalars(
        select(FlowRun).where(FlowRun.conversation_id == conversation_id, FlowRun.ended_at.is_(None))
    ):
        row.state, row.ended_at, row.ending = {}, tx.now(), ending
    tx.flush()


def sent(tx: Tx, run_id: int, step: int) -> None:
    """A call that changes something is about to be made: it is not made again, whoever dies over it."""
    tx.execute(update(FlowRun).where(FlowRun.id == run_id).values(sent_step=step))


def begun(tx: Tx, conversation_id: int, episode_id: int | None) -> int:
    """How many were begun in an episode."""
    query = select(FlowRun.id).where(FlowRun.conversation_id == conversation_id, FlowRun.episode_id == episode_id)
    return len(tx.scalars(query.limit(20)).all())


def erase(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """What dialogues hold of customers who are erased. They end with it."""
    tx.flush()
    for start in range(0, len(conversation_ids), 500):
        some = conversation_ids[start : start + 500]
        for row in tx.scalars(select(FlowRun).where(FlowRun.conversation_id.in_(some))):
            row.state = {}
            if row.ended_at is None:
                row.ended_at, row.ending = tx.now(), "erased"
    tx.flush()


def look_after(tx: Tx) -> None:
    """What time does: tries go after a day, and what was answered in a dialogue that nobody went on with."""
    now = tx.now()
    tx.execute(delete(FlowTrial).where(FlowTrial.at < now - TRIALS_KEPT))
    tx.execute(
        update(FlowRun)
        .where(FlowRun.ended_at.is_(None), FlowRun.began_at < now - MOST_OPEN)
        .values(state={}, ended_at=now, ending="left")
    )
