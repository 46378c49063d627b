"""What a rule says, read and checked: when, if, then. Pure; the sentences are for whoever writes a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.facts import Condition, ConditionError, Shelf
from desk.i18n import N_

LONGEST_NAME = 120
LONGEST_TEXT = 4000
MOST_ACTIONS = 8
MOST_PER_HOUR, MOST_PER_DAY = 10_000, 100
PER_HOUR, PER_DAY = 60, 3
LONGEST_WAIT = 90 * 24 * 60  # minutes

# What can happen. Those of TIMED are a time that passed.
TRIGGERS: dict[str, str] = {
    "opened": "a conversation is opened",
    "reopened": "a resolved conversation is opened again",
    "message": "the customer writes a message",
    "answered": "a colleague answers",
    "status": "the status changes",
    "resolved": "a conversation is resolved",
    "assigned": "the conversation is given to somebody, or back",
    "priority": "the priority changes",
    "label": "a label is put on or taken off",
    "frustration": "the level of frustration changes",
    "stage": "the customer moves to another stage",
    "survey": "the customer answers a survey",
    "unanswered": "the customer has waited for an answer for",
    "silent": "the customer has not written since our answer for",
}
TIMED = ("unanswered", "silent")

# What can be done, and what each action needs to know.
ACTIONS: dict[str, tuple[str, str]] = {
    "assign": ("give it to", "staff"),
    "unassign": ("give it back to the queue", ""),
    "team": ("give it to the team", "team"),
    "priority": ("set the priority to", "priority"),
    "label": ("put on the label", "label"),
    "unlabel": ("take off the label", "label"),
    "pending": ("wait for the customer", ""),
    "snooze": ("snooze it for", "hours"),
    "resolve": ("resolve it", ""),
    "note": ("write a note", "text"),
    "task": ("add a task", "task"),
    "reply": ("answer the customer", "text"),
    "notify": ("mail a colleague", "someone"),
}
PRIORITIES = (-1, 0, 1)
OWNER = "assignee"  # whom `notify` and `task` can name beside a colleague
LONGEST_TASK = 300

VARIABLES: dict[str, str] = {
    "customer.name": N_("the customer's name, or “there” where none is known"),
    "customer.first_name": N_("the first word of it"),
    "conversation.number": N_("the number of the conversation"),
    "conversation.subject": N_("its subject"),
    "agent.name": N_("whose it is, or the name of the brand where it is nobody's"),
    "brand.name": N_("the name of the brand that was written to"),
}
_VARIABLE = re.compile(r"\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}")


class RuleError(ValueError):
    """A rule that cannot be kept: `problems` says what is wrong, by the field (`actions.0` for the first action)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `value` is what its kind needs: an id, a priority, hours, a label, a text; None for nothing. Of
    a task, whose text that is, `staff` says whom it is for (a colleague, OWNER, nobody) and `hours` when it is due."""

    do: str
    value: int | str | None = None
    staff: int | str | None = None
    hours: int | None = None

    @classmethod
    def kept(cls, one: Mapping[str, Any]) -> Action:
        """As `as_json` gave it."""
        return cls(str(one["do"]), one.get("value"), one.get("staff"), one.get("hours"))

    def as_json(self) -> dict[str, Any]:
        more = {"staff": self.staff, "hours": self.hours} if self.do == "task" else {}
        return {"do": self.do, "value": self.value, **more}


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole rule. `condition` is None where it always holds."""

    name: str
    trigger: str
    wait_minutes: int | None
    condition: Condition | None
    actions: tuple[Action, ...]
    per_hour: int = PER_HOUR
    per_day: int = PER_DAY

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "trigger": self.trigger,
            "wait_minutes": self.wait_minutes,
            "condition": "" if self.condition is None else self.condition.kept,
            "actions": [action.as_json() for action in self.actions],
            "per_hour": self.per_hour,
            "per_day": self.per_day,
        }


def read(given: Mapping[str, Any], shelf: Shelf | None = None) -> Definition:
    """Reads and checks a rule, whose condition can name the segments of `shelf`. Raises RuleError with all that is
    wrong with it."""
    problems: dict[str, str] = {}
    name = " ".join(str(given.get("name") or "").split())
    if not name:
        problems["name"] = "A rule needs a name, by which the timeline tells of it."
    elif len(name) > LONGEST_NAME:
        problems["name"] = f"The name has {len(name)} characters; {LONGEST_NAME} is the most."
    trigger = str(given.get("trigger") or "")
    if trigger not in TRIGGERS:
        problems["trigger"] = "Choose what sets the rule off."
    wait = None
    if trigger in TIMED:
        wait = _whole(given.get("wait_minutes"))
        if wait is None or not 1 <= wait <= LONGEST_WAIT:
            problems["wait"] = "Say how long: from one minute to 90 days."
    condition = None
    try:
        condition = read_condition(str(given.get("condition") or ""), shelf)
    except ConditionError as error:
        problems["condition"] = error.sentence
    actions = _actions(given.get("actions") or (), problems)
    per_hour, per_day = _whole(given.get("per_hour", PER_HOUR)), _whole(given.get("per_day", PER_DAY))
    if per_hour is None or not 1 <= per_hour <= MOST_PER_HOUR:
        problems["per_hour"] = f"A number from 1 to {MOST_PER_HOUR:,}."
    if per_day is None or not 1 <= per_day <= MOST_PER_DAY:
        problems["per_day"] = f"A number from 1 to {MOST_PER_DAY}."
    if problems:
        raise RuleError(problems)
    assert per_hour is not None and per_day is not None
    return Definition(name, trigger, wait, condition, actions, per_hour, per_day)


def read_condition(text: str, shelf: Shelf | None = None) -> Condition | None:
    """The condition of a rule, with what its segments mean on `shelf`; None for an empty one, which always holds.
    Raises ConditionError."""
    if not text.strip():
        return None
    if shelf is None:
        return Condition.parse(text, about="conversation")
    return Condition.parse(text, shelf, about="conversation")


def read_actions(
    given: Sequence[Mapping[str, Any]], problems: dict[str, str], allowed: Sequence[str]
) -> tuple[Action, ...]:
    """Some actions that a person runs, of the kinds in `allowed`; what is wrong with them goes to `problems`."""
    for n, one in enumerate(given):
        if one.get("do") in ACTIONS and one.get("do") not in allowed:
            problems[f"actions.{n}"] = "Nobody can do this by a macro."
    return _actions(given, problems) if given else ()


def read_text(given: object) -> tuple[str, str]:
    """A text with variables, checked, and what is wrong with it."""
    value, wrong = _value("text", given)
    return str(value or ""), wrong


def unfilled(text: str) -> list[str]:
    """The variables that still stand in a text, each once."""
    return list(dict.fromkeys(name for name in _VARIABLE.findall(text) if name in VARIABLES))


def _whole(value: object) -> int | None:
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def _actions(given: Sequence[Mapping[str, Any]], problems: dict[str, str]) -> tuple[Action, ...]:
    if not given:
        problems["actions"] = "A rule does at least one thing."
    if len(given) > MOST_ACTIONS:
        problems["actions"] = f"It does {MOST_ACTIONS} things at most."
    found = []
    for n, one in enumerate(given[:MOST_ACTIONS]):
        do = str(one.get("do") or "")
        if do not in ACTIONS:
            problems[f"actions.{n}"] = "Choose what to do."
            continue
        value, wrong = _value(ACTIONS[do][1], one.get("value"))
        action = Action(do, value)
        if do == "task":
            action, unfit = _task(str(value or ""), one)
            wrong = wrong or unfit
        if wrong:
            problems[f"actions.{n}"] = wrong
        found.append(action)
    return tuple(found)


def _task(text: str, one: Mapping[str, Any]) -> tuple[Action, str]:
    """A task with whom it is for and when it is due, and what is wrong with that."""
    whom, until = str(one.get("staff") or "").strip(), str(one.get("hours") or "").strip()
    staff = OWNER if whom == OWNER else _whole(whom)
    hours = _whole(until)
    action = Action("task", " ".join(text.split()), staff, hours)
    if len(str(action.value)) > LONGEST_TASK:
        return action, f"A task has {LONGEST_TASK} letters at most."
    if whom and staff is None:
        return action, "Choose whom the task is for."
    if until and not (hours and 1 <= hours <= LONGEST_WAIT // 60):
        return action, "From one hour to 90 days."
    return action, ""


def _value(needs: str, given: object) -> tuple[int | str | None, str]:
    """What an action needs, checked, and what is wrong with it. Whether a colleague or a team is there, is asked of the
    database."""
    text = str(given if given is not None else "").replace("\r\n", "\n").strip()
    number = _whole(text)
    match needs:
        case "":
            return None, ""
        case "staff":
            return number, "" if number else "Choose a colleague."
        case "team":
            return number, "" if number else "Choose a team."
        case "someone":
            return (OWNER, "") if text == OWNER else (number, "" if number else "Choose who is mailed.")
        case "priority":
            return number, "" if number in PRIORITIES else "A priority is low, normal or high."
        case "hours":
            return number, "" if number and 1 <= number <= LONGEST_WAIT // 60 else "From one hour to 90 days."
        case "label":
            label = " ".join(text.split())
            return label, "" if label and len(label) <= 60 else "A label has 1 to 60 characters."
    if not text or len(text) > LONGEST_TEXT:
        return text[:LONGEST_TEXT], f"Write a text of {LONGEST_TEXT:,} characters at most."
    unknown = [name for name in _VARIABLE.findall(text) if name not in VARIABLES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        return text, f"There is no variable {{{unknown[0]}}}. There are {known}."
    return text, ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables filled in; what they bring is not looked into again."""
    return _VARIABLE.sub(lambda found: values.get(found.group(1), found.group(0)), text)
