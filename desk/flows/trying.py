"""The test console: a flow that a colleague talks to. No customer is touched; its call is made for real, or pasted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from desk.flows import engine, runs, service
from desk.flows.calling import call
from desk.flows.calling import read as read_answer
from desk.flows.definition import Flow
from desk.flows.engine import Facts, Moved, Result
from desk.flows.reading import read
from desk.flows.tables import FlowTrial
from desk.flows.templates import Unfillable, address
from desk.jobs import Leased, enqueue, finish
from desk.parts import Desk
from desk.store import Tx

LONGEST_LINE, MOST_LINES = 2000, 200
SAMPLE = {"customer.email": "somebody@example.com", "customer.user": "somebody"}


def facts_of(tx: Tx, trial: FlowTrial, opening: tuple[bool, str] = (True, "")) -> Facts:
    """As of a customer who has proved an address of an example, or nothing."""
    facts = Facts(trial.locale, tx.now().date(), opening=opening)
    if not trial.verified:
        return facts
    return replace(facts, verified=True, proven=frozenset({SAMPLE["customer.email"]}), customer=SAMPLE)


def begin(tx: Tx, flow_id: int, staff_id: int, locale: str, verified: bool, opening: tuple[bool, str]) -> FlowTrial:
    """A try of the draft as it stands now. Raises FlowError, LookupError."""
    row = service.get(tx, flow_id)
    trial = FlowTrial(
        flow_id=flow_id,
        staff_id=staff_id,
        text=row.draft,
        locale=locale,
        verified=verified,
        state={},
        lines=[],
        calling=False,
        at=tx.now(),
    )
    tx.add(trial)
    _moved(trial, read(trial.text), engine.begin(read(trial.text), facts_of(tx, trial, opening)))
    tx.flush()
    return trial


def get(tx: Tx, trial_id: int, staff_id: int, *, hold: bool = False) -> FlowTrial:
    """A try of one's own. Raises LookupError."""
    row = tx.get(FlowTrial, trial_id, with_for_update=True) if hold else tx.get(FlowTrial, trial_id)
    if row is None or row.staff_id != staff_id:
        raise LookupError("There is no such try.")
    return row


def say(tx: Tx, trial: FlowTrial, text: str, opening: tuple[bool, str]) -> None:
    """Answers as a customer would."""
    text = text.strip()[:LONGEST_LINE]
    if not text or trial.state.get("stage") not in ("asking", "offering"):
        return
    flow, state = read(trial.text), runs.state_of(trial.state)
    trial.lines = [*trial.lines, {"who": "customer", "text": text}][-MOST_LINES:]
    moved = engine.answer(flow, state, text, facts_of(tx, trial, opening))
    if moved is None:
        trial.lines = [*trial.lines, {"who": "desk", "text": "", "because": "over"}]
        trial.state = runs.as_json(replace(state, stage="ended"))
    else:
        _moved(trial, flow, moved)
    tx.flush()


def paste(tx: Tx, trial: FlowTrial, status: int, body: str, opening: tuple[bool, str]) -> None:
    """Answers the call by what was pasted; a status of 0 is a server that does not answer."""
    made = call_of(trial)
    if made is None:
        return
    result = read_answer(made, status, body.encode()) if status else Result(trouble="nobody answered")
    _called(tx, trial, result, "pasted", opening)


def ask_call(tx: Tx, trial: FlowTrial) -> None:
    """Has the call made for real, by a job."""
    if call_of(trial) is None or trial.calling:
        return
    trial.calling = True
    args = {"trial_id": trial.id}
    enqueue(tx, "flows.try", args, key=f"flowtry:{trial.id}", priority=1, max_attempts=1)
    tx.flush()


def call_of(trial: FlowTrial) -> Any:
    """The call that a try waits for."""
    if trial.state.get("stage") != "calling":
        return None
    return read(trial.text).steps[int(trial.state["step"])].call


def shown_call(trial: FlowTrial) -> str:
    """Its method and address as they would be called; no secret can stand in them."""
    made = call_of(trial)
    if made is None:
        return ""
    try:
        return f"{made.method} {address(made, {**trial.state['values'], **(SAMPLE if trial.verified else {})})}"
    except Unfillable as wrong:
        return f"{made.method}: {wrong}"


def work(desk: Desk, job: Leased) -> None:
    """The job `flows.try`: the call outside of any transaction."""
    with desk.store.reading() as tx:
        trial = tx.get(FlowTrial, job.args["trial_id"])
        made = call_of(trial) if trial is not None else None
        values: dict[str, str] = {}
        if trial is not None and made is not None:
            values = {**trial.state["values"], **service.opened(tx, trial.flow_id, read(trial.text).secrets)}
            values |= SAMPLE if trial.verified else {}
    result = None
    if made is not None:
        private = bool(desk.config.get("ALLOW_PRIVATE"))
        result = call(made, values, allow_private=private, key=f"loopdesk-try-{job.args['trial_id']}")
    with desk.store.transaction() as tx:
        trial = tx.get(FlowTrial, job.args["trial_id"], with_for_update=True)
        if trial is not None and result is not None and trial.calling:
            _called(tx, trial, result, "real", (True, ""))
        finish(tx, job)


def _called(tx: Tx, trial: FlowTrial, result: Result, how: str, opening: tuple[bool, str]) -> None:
    flow, state = read(trial.text), runs.state_of(trial.state)
    trial.calling = False
    line = {"who": "call", "how": how, "status": result.status, "text": result.trouble, "saved": dict(result.saved)}
    trial.lines = [*trial.lines, line][-MOST_LINES:]
    _moved(trial, flow, engine.called(flow, state, result, facts_of(tx, trial, opening)))
    tx.flush()


def _moved(trial: FlowTrial, flow: Flow, moved: Moved) -> None:
    line = {
        "who": "bot",
        "text": moved.text,
        "because": moved.because,
        "step": moved.step + 1,
        "of": len(flow.steps),
        "line": flow.steps[min(moved.step, len(flow.steps) - 1)].line,
        "choices": list(moved.choices),
    }
    trial.lines = [*trial.lines, line][-MOST_LINES:]
    trial.state = runs.as_json(moved.state)
