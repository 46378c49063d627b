"""Macros run by a person: actions in one transaction, each line saying by which macro, and what takes them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk import conversations, timeline
from desk.agents import Viewer
from desk.automation.acting import Result, perform
from desk.automation.canned import BY_HAND, ENDING
from desk.automation.definition import MOST_ACTIONS, Action
from desk.automation.tables import Canned
from desk.conversations import Conversation
from desk.store import Tx

REOPEN = "reopen"  # what takes a status back, beside the actions themselves


@dataclass(frozen=True, slots=True)
class Ran:
    """What a macro did, and the steps that take back what can be: [action, value], in their order."""

    results: list[Result]
    undo: list[list[Any]]


def actions_of(row: Canned) -> tuple[Action, ...]:
    """What a macro does at once. With a text, its status waits until that is sent (`then_of`): an answer to a
    conversation that is resolved already would open it again."""
    actions = tuple(Action.kept(one) for one in row.actions)
    if row.texts:
        actions = tuple(one for one in actions if one.do not in ENDING)
    # Given to another team it may be out of sight, and the rest could not be done by this person any more.
    return tuple(sorted(actions, key=lambda one: one.do == "team"))


def then_of(row: Canned) -> str:
    """What a macro does once its text is sent: "resolve", "pending", "snooze:24", or nothing."""
    for one in row.actions if row.texts else ():
        if one["do"] in ENDING:
            return f"snooze:{one['value']}" if one["do"] == "snooze" else str(one["do"])
    return ""


def by_macro(row: Canned, *, back: bool = False) -> dict[str, Any]:
    """What the lines of a macro say in their detail."""
    return {"by_macro": {"id": row.id, "name": row.name} | ({"back": True} if back else {})}


def run(tx: Tx, viewer: Viewer, conversation_id: int, row: Canned) -> Ran:
    """Does what a macro does at once, as this person. What this conversation does not allow is told and the rest is
    done. Raises NotVisible."""
    conversation = conversations.get(tx, conversation_id, viewer)
    before = _standing(tx, conversation)
    actions = actions_of(row)
    with timeline.because(tx, by_macro(row)):
        results = perform(tx, conversation_id, row.name, actions, viewer)
    undo = []
    for action, result in zip(actions, results, strict=True):
        if result.how == "done":
            undo += _back(action, before)
    return Ran(results, undo[::-1])


def _standing(tx: Tx, conversation: Conversation) -> dict[str, Any]:
    names = ("assignee_id", "team_id", "priority", "status")
    return {name: getattr(conversation, name) for name in names}


def _back(action: Action, before: dict[str, Any]) -> list[list[Any]]:
    match action.do:
        case "assign" | "unassign":
            owner = before["assignee_id"]
            return [["assign", owner] if owner is not None else ["unassign", None]]
        case "team":  # whoever had it and is not of the new team lost it on the way
            owner = [["assign", before["assignee_id"]]] if before["assignee_id"] is not None else []
            return [*owner, ["team", before["team_id"]]] if before["team_id"] is not None else []
        case "priority":
            return [["priority", before["priority"]]]
        case "label" | "unlabel":
            return [["unlabel" if action.do == "label" else "label", action.value]]
        case "pending" | "snooze" | "resolve":
            return [[REOPEN, None]]
    return []  # a note stays, and so does a task: colleagues may have read it


def take_back(tx: Tx, viewer: Viewer, conversation_id: int, row: Canned, steps: Sequence[Sequence[Any]]) -> int:
    """Takes the steps that a run named, and gives how many of them did something. Raises NotVisible, and ValueError
    for what is no such step."""
    conversation = conversations.get(tx, conversation_id, viewer)
    if len(steps) > 2 * MOST_ACTIONS:
        raise ValueError("too many steps")
    done = 0
    with timeline.because(tx, by_macro(row, back=True)):
        for do, value in steps:
            if do == REOPEN:
                if conversation.status != "open":
                    conversations.reopen(tx, conversation_id, viewer)
                    done += 1
                continue
            if do not in BY_HAND or do in (*ENDING, "note", "task") or not isinstance(value, int | str | None):
                raise ValueError("no such step")
            (result,) = perform(tx, conversation_id, row.name, (Action(do, value),), viewer)
            done += result.how == "done"
    return done
