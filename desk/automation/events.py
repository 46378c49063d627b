"""What happened, as rules hear of it: each becomes a job in the transaction in which it happened, and only where a rule
that is on waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import conversations, timeline
from desk.automation.service import in_force
from desk.jobs import enqueue
from desk.signals import (
    AgentReplied,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    CustomerWrote,
    EntryRecorded,
    Signal,
)
from desk.store import Tx

PRIORITY = 4
CAUSED = "automation.caused"
# Lines that are an event by themselves.
LINES = {
    "status": "status",
    "assigned": "assigned",
    "priority": "priority",
    "label": "label",
    "sentiment": "frustration",
    "stage": "stage",
    "survey_answered": "survey",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a conversation. `key` tells it from every other; `chain` are the rules that led to it;
    `entry_id` is the line that tells of it."""

    trigger: str
    conversation_id: int
    at: datetime
    key: str
    entry_id: int | None = None
    chain: tuple[int, ...] = ()

    def as_args(self) -> dict[str, Any]:
        # The number of a line as text: a JSON number of some readers cannot hold it.
        return {
            "trigger": self.trigger,
            "conversation_id": self.conversation_id,
            "at": self.at.isoformat(),
            "key": self.key,
            "entry_id": None if self.entry_id is None else str(self.entry_id),
            "chain": list(self.chain),
        }

    @classmethod
    def of(cls, args: dict[str, Any]) -> Event:
        entry_id = args.get("entry_id")
        return cls(
            str(args["trigger"]),
            int(args["conversation_id"]),
            datetime.fromisoformat(str(args["at"])),
            str(args["key"]),
            None if entry_id is None else int(entry_id),
            tuple(int(one) for one in args.get("chain") or ()),
        )


def ask(tx: Tx, event: Event) -> None:
    """Lets the rules look at an event, by a job."""
    enqueue(tx, "automation.consider", event.as_args(), key=f"rules:{event.key}", priority=PRIORITY)


def happened(tx: Tx, signal: Signal) -> None:
    """Hears every signal of the desk, inside its transaction."""
    waits_for = in_force(tx)
    if not waits_for:
        return
    match signal:
        case ConversationOpened() if "opened" in waits_for:
            _ask(tx, signal, "opened", signal.conversation_id, signal.episode_id)
        case ConversationReopened() if "reopened" in waits_for:
            _ask(tx, signal, "reopened", signal.conversation_id, signal.episode_id)
        case ConversationResolved() if "resolved" in waits_for:
            _ask(tx, signal, "resolved", signal.conversation_id, signal.episode_id)
        case AgentReplied() if "answered" in waits_for:
            _ask(tx, signal, "answered", signal.conversation_id, signal.entry_id, signal.entry_id)
        case CustomerWrote():
            if "message" in waits_for:
                _ask(tx, signal, "message", signal.conversation_id, signal.entry_id, signal.entry_id)
            if "unanswered" in waits_for:
                _came_late(tx, signal, timedelta(minutes=waits_for["unanswered"]))
        case EntryRecorded() if LINES.get(signal.kind) in waits_for:
            _line(tx, signal)


def _line(tx: Tx, signal: EntryRecorded) -> None:
    conversation_id, chain = signal.conversation_id, _led_here(tx, signal)
    if signal.kind == "stage":
        chain = chain or _led_by_evidence(tx, signal.entry_id)
    if conversation_id is None:  # of the customer alone: what they wrote in last is meant
        conversation_id = conversations.latest_of(tx, signal.customer_id)
    if conversation_id is not None:
        key = f"{signal.kind}:{signal.entry_id}"
        ask(tx, Event(LINES[signal.kind], conversation_id, tx.now(), key, signal.entry_id, chain))


def _ask(tx: Tx, signal: Signal, trigger: str, conversation_id: int, number: int, entry_id: int | None = None) -> None:
    chain = _led_here(tx, signal)
    ask(tx, Event(trigger, conversation_id, tx.now(), f"{trigger}:{number}", entry_id, chain))


def _came_late(tx: Tx, signal: CustomerWrote, wait: timedelta) -> None:
    """A message that was under way longer than a rule waits: the clock has passed its time already."""
    conversation = conversations.get(tx, signal.conversation_id, None)
    since = conversation.waiting_since
    if since is not None and since + wait <= tx.now():
        ask(tx, timed("unanswered", conversation.id, since, tx.now()))


def timed(trigger: str, conversation_id: int, since: datetime, at: datetime) -> Event:
    """A time passed since `since`: the same event however often the clock is read."""
    return Event(trigger, conversation_id, at, f"{trigger}:{conversation_id}:{since.isoformat()}")


# -- chains


def led(tx: Tx, signals: Sequence[Signal], chain: tuple[int, ...]) -> None:
    """Marks signals as what a rule brought about."""
    caused = tx.memo.setdefault(CAUSED, {})
    for signal in signals:
        caused[id(signal)] = chain


def _led_here(tx: Tx, signal: Signal) -> tuple[int, ...]:
    """The rules that led to a signal. What only follows from what they did, within the same transaction, is theirs
    too."""
    caused: dict[int, tuple[int, ...]] = tx.memo.get(CAUSED, {})
    if id(signal) in caused:
        return caused[id(signal)]
    return tuple(dict.fromkeys(rule for chain in caused.values() for rule in chain))


def _led_by_evidence(tx: Tx, entry_id: int) -> tuple[int, ...]:
    """The rules whose lines a move between stages rests on: what they did came back by way of a fact."""
    entry = timeline.one(tx, entry_id)
    found: dict[int, None] = {}
    for one in (entry.detail.get("evidence") or []) if entry is not None else []:
        line = timeline.one(tx, int(one["entry_id"])) if one.get("entry_id") else None
        by = (line.detail.get("by_rule") or {}) if line is not None else {}
        for rule in [*by.get("chain", ()), *([by["id"]] if "id" in by else ())]:
            found[int(rule)] = None
    return tuple(found)
