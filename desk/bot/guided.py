"""Flows in a conversation: which one goes on or begins, what it says, the call that it makes, the person at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk import calendars, conversations, flows, people, settings, timeline
from desk.bot.decide import Decision
from desk.bot.phrases import wants_person
from desk.bot.service import Turn, hand_over, say, step_back
from desk.bot.shelf import Shelf
from desk.bot.starts import STARTS, pressed
from desk.conversations import Conversation
from desk.flows import Facts, Flow, FlowRun, Live, Moved, Result, State
from desk.i18n import best
from desk.jobs import Leased, LeaseLost, enqueue, finish
from desk.parts import Desk
from desk.store import Tx
from desk.timeline import EntryView

PROVES = frozenset({"user", "email", "phone"})  # a browser that came back is not a person


@dataclass(frozen=True, slots=True)
class Standing:
    """The flow that goes on in a conversation, in the version that it began with."""

    run_id: int
    flow_id: int
    version_id: int
    locale: str
    flow: Flow
    state: State


@dataclass(frozen=True, slots=True)
class Guided:
    """A move of a flow, complete, before it is written. `run_id` is None where it begins."""

    flow_id: int
    version_id: int
    run_id: int | None
    locale: str
    flow: Flow
    moved: Moved
    confidence: float | None = None
    threshold: float | None = None

    def turn(self, *, rich: bool, question_id: int | None) -> Turn:
        """Its words. Where a channel has no buttons, the choices are counted and the way to a person is in words."""
        moved, text = self.moved, self.moved.text
        if not rich and not moved.hands_over:
            text = "\n\n".join(filter(None, [text, flows.numbered(moved.choices), flows.way_out(self.locale)]))
        decision = Decision("flow", moved.because)
        if moved.hands_over:
            decision = Decision("hand_over", "asked" if moved.because == "wanted" else moved.because)
        return Turn(
            decision=decision,
            locale=self.locale,
            text=text or flows.way_out(self.locale),
            threshold=self.threshold,
            question_id=question_id,
            flow=self.said(),
        )

    def said(self) -> dict[str, Any]:
        """Which flow, which step, why: nothing that a customer wrote."""
        step = min(self.moved.step, len(self.flow.steps) - 1)
        return {
            "id": self.flow_id,
            "version": self.version_id,
            "name": self.flow.name,
            "step": step + 1,
            "steps": len(self.flow.steps),
            "at": self.flow.steps[step].label,
            "why": self.moved.because,
            "began": self.run_id is None,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "choices": list(self.moved.choices),
        }


def standing(tx: Tx, conversation_id: int, episode_id: int | None) -> Standing | None:
    row = flows.open_run(tx, conversation_id, episode_id)
    return None if row is None else _standing(tx, row)


def _standing(tx: Tx, row: FlowRun) -> Standing:
    flow = flows.of_version(tx, row.version_id)
    return Standing(row.id, row.flow_id, row.version_id, row.locale, flow, flows.state_of(row.state))


def facts_of(tx: Tx, conversation: Conversation, said: EntryView | None) -> Facts:
    """What a flow may know. Who wrote is known where the address or the site's sign-in proves it; a mail must have
    passed the checks of its sender besides, and a typed address proves nothing."""
    inbox = settings.inbox(tx, conversation.inbox_id)
    version = calendars.version_of(tx, inbox.calendar_id)
    rules = calendars.rules(tx, version)
    now, locale = tx.now(), best(people.customer(tx, conversation.customer_id).locale, inbox.locale)
    facts = Facts(locale, now.astimezone(ZoneInfo(rules.zone if rules else "UTC")).date())
    found = calendars.opening(rules, now)
    facts = replace(facts, opening=(found.open, flows.opening(locale, found, rules, now)))
    if said is None or said.identity_id is None:
        return facts
    writer = people.identity(tx, said.identity_id)
    trusted = said.channel != "email" or (said.detail.get("trust") or {}).get("verdict") == "passed"
    if writer.kind not in PROVES or writer.evidence != "verified" or not trusted:
        return facts
    own = [one for one in people.identities(tx, conversation.customer_id) if one.evidence == "verified"]
    mails = [one.value for one in own if one.kind == "email"]
    customer = {"customer.email": writer.value if writer.kind == "email" else mails[0] if mails else ""}
    if writer.kind == "user":
        customer["customer.user"] = writer.value.rpartition("@")[0]
    return replace(facts, verified=True, proven=frozenset(m.casefold() for m in mails), customer=customer)


def go_on(at: Standing, texts: Sequence[str], facts: Facts) -> Guided | None:
    """What follows from what was written. Of several messages the first that answers counts."""
    facts, moved = replace(facts, locale=at.locale), None
    for text in texts:
        moved = flows.answer(at.flow, at.state, text, facts)
        if moved is None or moved.because != "again":
            break
    return None if moved is None else Guided(at.flow_id, at.version_id, at.run_id, at.locale, at.flow, moved)


def start(
    desk: Desk,
    said: str,
    question: str,
    locale: str,
    live: Sequence[Live],
    shelf: Shelf | None,
    facts: Facts,
) -> Guided | None:
    """The flow that a question begins, by its button or by likeness; None where it begins none."""
    confidence = threshold = None
    found = pressed(said, live)
    if found is None:
        started = STARTS.find(desk, locale, question, live, shelf)
        if started is None:
            return None
        found, confidence, threshold = started.live, started.confidence, started.threshold
    spoken = best(locale, facts.locale)
    button = found.flow.button
    if confidence is None and button is not None:  # two words on a button say more of the language than of themselves
        mine = [code for code, words in button.texts if flows.folded(words) == flows.folded(said)]
        spoken = facts.locale if facts.locale in mine or not mine else mine[0]
    moved = flows.begin(found.flow, replace(facts, locale=spoken))
    return Guided(found.flow_id, found.version_id, None, spoken, found.flow, moved, confidence, threshold)


def write(tx: Tx, conversation: Conversation, move: Guided, turn: Turn, at: datetime) -> None:
    """Says a move and writes down where the flow stands; called by whoever holds the conversation's row."""
    state, episode_id = move.moved.state, conversation.episode_id
    row = flows.open_run(tx, conversation.id, episode_id) if move.run_id is not None else None
    if row is None:
        row = flows.begin_run(tx, move.flow_id, move.version_id, conversation.id, episode_id, move.locale, state)
    say(tx, conversation, turn, at)
    if move.moved.hands_over:
        flows.keep(tx, row, state)
        step_back(tx, conversation, turn.decision.why, at)
        return
    flows.move(tx, row, state, move.moved.because)
    if state.stage == "calling":  # somebody waits for it: the clock runs on
        if move.moved.call is not None:
            args = {"run_id": row.id, "step": state.step}
            enqueue(tx, "bot.call", args, key=f"call:{row.id}:{state.step}", priority=1, max_attempts=3, at_once=True)
        return
    conversations.bot_answered(tx, conversation, turn.text, at)


def make_call(desk: Desk, job: Leased) -> None:
    """The job `bot.call`: calls outside of any transaction, then goes on with the flow, if it still waits for this."""
    run_id, step = int(job.args["run_id"]), int(job.args["step"])
    try:
        result = _called(desk, run_id, step)
        with desk.store.transaction() as tx:
            if result is not None:
                _took(tx, run_id, step, result)
            finish(tx, job)
    except LeaseLost:
        raise
    except Exception:
        if job.attempts < job.max_attempts:
            raise
        with desk.store.transaction() as tx:
            row = tx.get(FlowRun, run_id)
            if row is not None and row.ended_at is None:
                hand_over(tx, row.conversation_id, "bot")
            finish(tx, job)


def _called(desk: Desk, run_id: int, step: int) -> Result | None:
    """What the call gave; None where nobody waits for it any more. One that changes something is made once."""
    with desk.store.transaction() as tx:
        found = tx.get(FlowRun, run_id)
        if found is None:
            return None
        conversation = conversations.get(tx, found.conversation_id, None)  # its row first, as everywhere
        row = tx.get(FlowRun, run_id, with_for_update=True)
        if row is None or not _waits(row, step):
            return None
        at = _standing(tx, row)
        made = at.flow.steps[step].call
        assert made is not None
        last = timeline.of_conversation(tx, row.conversation_id, 1, ("message",))
        facts = facts_of(tx, conversation, last[0] if last else None)
        if made.verified and not facts.verified:
            return Result(trouble="its writer is not verified any more")
        if made.method != "GET" and row.sent_step == step:
            return Result(trouble="it may have been made already, and is not made twice")
        values = {**at.state.values, **flows.opened(tx, row.flow_id, at.flow.secrets)}
        if made.verified:
            values |= facts.customer
        flows.sent(tx, run_id, step)
    private = bool(desk.config.get("ALLOW_PRIVATE"))
    return flows.call(made, values, allow_private=private, key=f"loopdesk-{run_id}-{step}")


def _waits(row: FlowRun, step: int) -> bool:
    return row.ended_at is None and row.state.get("stage") == "calling" and row.state.get("step") == step


def _took(tx: Tx, run_id: int, step: int, result: Result) -> None:
    found = tx.get(FlowRun, run_id)
    if found is None:
        return
    conversation = conversations.get(tx, found.conversation_id, None)  # its row first, as everywhere
    row = tx.get(FlowRun, run_id, with_for_update=True)
    if row is None or not _waits(row, step) or conversation.bot != "talking" or conversation.assignee_id is not None:
        return
    said = timeline.of_conversation(tx, conversation.id, 5, ("message", "bot"))
    last = next((one for one in said if one.kind == "message"), None)
    newest = max(said, key=lambda one: one.id, default=None)
    if newest is not None and newest.kind == "message" and wants_person(newest.text):
        return  # their own turn, which is queued, gets them one
    at = _standing(tx, row)
    facts = replace(facts_of(tx, conversation, last), locale=at.locale)
    moved = flows.called(at.flow, at.state, result, facts)
    move = Guided(at.flow_id, at.version_id, at.run_id, at.locale, at.flow, moved)
    turn = move.turn(rich=conversation.channel == "chat", question_id=None)
    call: dict[str, Any] = {"status": result.status, "trouble": result.trouble}
    turn = replace(turn, flow={**move.said(), "call": call})
    write(tx, conversation, move, turn, tx.now())
