"""Moves a flow on: from what was said, or what a call gave, to the next words, the next call, or a person. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from desk.flows import sayings, slots
from desk.flows.definition import TRIES, Call, Flow, State, Step
from desk.flows.templates import words

Because = Literal[
    "asked", "again", "looking", "still", "told", "left", "failed", "stuck", "policy", "unverified", "offered", "wanted"
]
HANDS_OVER = frozenset({"stuck", "policy", "unverified", "wanted"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a flow may know of its surroundings. `proven`: addresses that the writer has proved, folded. `opening`:
    whether somebody is there, and the sentence about it."""

    locale: str
    today: date
    verified: bool = False
    proven: Collection[str] = ()
    opening: tuple[bool, str] = (True, "")
    customer: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gave. `trouble` is empty where its status was one of those that the flow takes."""

    status: int = 0
    saved: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a flow stands after a move, and what that takes. `step` is the one that it came to, from 0."""

    state: State
    says: tuple[str, ...]
    because: Because
    step: int
    choices: tuple[str, ...] = ()
    call: Call | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(one for one in self.says if one)

    @property
    def ended(self) -> bool:
        return self.state.stage == "ended"

    @property
    def hands_over(self) -> bool:
        return self.because in HANDS_OVER


def begin(flow: Flow, facts: Facts) -> Moved:
    """The first words of a flow. Who would be refused at its call is told so before they answer anything."""
    if flow.needs_verified and not facts.verified:
        return _end(State(), "unverified", (sayings.unverified(facts.locale),))
    return _run(flow, State(), facts, ())


def answer(flow: Flow, state: State, text: str, facts: Facts) -> Moved | None:
    """What follows from a customer's words. None where they belong to no question of the flow."""
    if state.stage == "calling":
        return Moved(state, (sayings.still(facts.locale),), "still", state.step)
    if slots.wants_person(text):
        return _end(state, "wanted", (sayings.person(facts.locale),))
    if state.stage == "offering":
        said = slots.yes_or_no(text)
        if said == "yes":
            return _end(state, "wanted", (sayings.person(facts.locale),))
        return _end(state, "left", (sayings.all_right(facts.locale),)) if said == "no" else None
    if state.stage != "asking":
        return None
    if slots.leaves(text):
        return _end(state, "left", (sayings.left(facts.locale, "http" in state.values),))
    step = flow.steps[state.step]
    assert step.ask is not None
    checked = slots.check(step.ask, text, facts.locale, facts.today, facts.proven)
    if checked.wrong is None:
        values = {**state.values, step.ask.key: checked.value}
        return _run(flow, State(state.step + 1, "running", values), facts, ())
    if checked.wrong == "unproven" and not facts.proven:  # asking again would not prove it
        return _end(state, "unverified", (sayings.unverified(facts.locale),))
    if state.tries >= TRIES:
        return _end(state, "stuck", (sayings.stuck(facts.locale),))
    again = step.ask.again
    said_again = words(again.of(facts.locale), state.values) if again else sayings.again(facts.locale, checked.wrong)
    tried = replace(state, tries=state.tries + 1)
    return Moved(tried, (said_again,), "again", state.step, _choices(step, facts.locale))


def called(flow: Flow, state: State, result: Result, facts: Facts) -> Moved:
    """What follows from the answer to a call. Trouble is said as it is, and a person is offered."""
    call = flow.steps[state.step].call
    assert call is not None
    if result.trouble:
        own = call.failed.of(facts.locale) if call.failed else sayings.failed(facts.locale, call.method == "GET")
        said = words(own, state.values)
        offer = replace(state, stage="offering", tries=0)
        return Moved(offer, (said, sayings.offer(facts.locale)), "failed", state.step, sayings.yes_no(facts.locale))
    values = {**state.values, **result.saved, "http": str(result.status)}
    return _run(flow, State(state.step + 1, "running", values), facts, ())


def _holds(step: Step, values: Mapping[str, str]) -> bool:
    return all(
        slots.folded(values.get(name, "")) in {slots.folded(one) for one in wanted} for name, wanted in step.when
    )


def _run(flow: Flow, state: State, facts: Facts, says: tuple[str, ...]) -> Moved:
    """From the state's step down to the next that waits for something, or to the end."""
    values = dict(state.values)
    last = state.step
    for number in range(state.step, len(flow.steps)):
        step = flow.steps[number]
        if not _holds(step, values):
            continue
        last = number
        at = State(number, "asking", values)
        if step.ask is not None:
            asks = words(step.ask.text.of(facts.locale), _shown(flow, values, facts.locale))
            return Moved(at, (*says, asks), "asked", number, _choices(step, facts.locale))
        if step.call is not None:
            if step.call.verified and not facts.verified:
                return _end(at, "unverified", (*says, sayings.unverified(facts.locale)))
            waiting = step.call.waiting.of(facts.locale) if step.call.waiting else sayings.looking(facts.locale)
            said = (*says, words(waiting, _shown(flow, values, facts.locale)))
            return Moved(replace(at, stage="calling"), said, "looking", number, call=step.call)
        if step.kind == "hours":
            values["open"] = "yes" if facts.opening[0] else "no"
            says = (*says, facts.opening[1])
        if step.say is not None:
            says = (*says, words(step.say.of(facts.locale), _shown(flow, values, facts.locale)))
        if step.kind == "person":
            return _end(at, "policy", says)
        if step.end:
            break
    return _end(State(last, "running", values), "told", says or (sayings.all_right(facts.locale),))


def _shown(flow: Flow, values: Mapping[str, str], locale: str) -> dict[str, str]:
    """Values as a customer reads them: a choice by its words."""
    out = dict(values)
    for step in flow.steps:
        if step.ask is not None and step.ask.key in out:
            for key, text in step.ask.choices:
                if out[step.ask.key] == key:
                    out[step.ask.key] = text.of(locale)
    return out


def _choices(step: Step, locale: str) -> tuple[str, ...]:
    if step.ask is None:
        return ()
    if step.ask.kind == "yes_no":
        return sayings.yes_no(locale)
    return tuple(text.of(locale) for _, text in step.ask.choices)


def _end(state: State, because: Because, says: tuple[str, ...]) -> Moved:
    return Moved(replace(state, stage="ended"), says, because, state.step)


def given(flow: Flow, values: Mapping[str, str], locale: str) -> list[tuple[str, str]]:
    """What the customer has answered, as (slot, words), in the order of the questions."""
    shown = _shown(flow, values, locale)
    return [(s.ask.key, shown[s.ask.key]) for s in flow.steps if s.ask is not None and s.ask.key in shown]
