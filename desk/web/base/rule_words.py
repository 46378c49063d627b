"""Rules in words: when, if, then, and how a firing went, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from desk import agents, automation
from desk.store import Tx

TRIGGERS = {
    "opened": _l("a conversation is opened"),
    "reopened": _l("a resolved conversation is opened again"),
    "message": _l("the customer writes a message"),
    "answered": _l("a colleague answers"),
    "status": _l("the status changes"),
    "resolved": _l("a conversation is resolved"),
    "assigned": _l("it is given to somebody, or back"),
    "priority": _l("the priority changes"),
    "label": _l("a label is put on or taken off"),
    "frustration": _l("the level of frustration changes"),
    "stage": _l("the customer moves to another stage"),
    "survey": _l("the customer answers a survey"),
    "unanswered": _l("the customer has waited for an answer for"),
    "silent": _l("the customer has not written since our answer for"),
}
ACTIONS = {
    "assign": _l("Give it to a colleague"),
    "unassign": _l("Give it back to the queue"),
    "team": _l("Give it to a team"),
    "priority": _l("Set the priority"),
    "label": _l("Put on a label"),
    "unlabel": _l("Take off a label"),
    "pending": _l("Wait for the customer"),
    "snooze": _l("Snooze it"),
    "resolve": _l("Resolve it"),
    "note": _l("Write a note"),
    "task": _l("Add a task"),
    "reply": _l("Answer the customer"),
    "notify": _l("Mail a colleague"),
}
PRIORITIES = {1: _l("high"), 0: _l("normal"), -1: _l("low")}
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
UNIT_WORDS = {"minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}
OUTCOMES = {
    "done": _l("Done"),
    "partly": _l("Done in part"),
    "unchanged": _l("Was so already"),
    "refused": _l("Not done here"),
    "failed": _l("Failed"),
    "held": _l("Held back"),
}
TONES = {"done": "ok", "partly": "warn", "unchanged": "line", "refused": "line", "failed": "danger", "held": "warn"}
HOW = {
    "done": _l("done"),
    "unchanged": _l("was so already"),
    "refused": _l("not done"),
    "failed": _l("failed"),
}
CHANGES = {
    "made": _l("made it"),
    "changed": _l("changed it"),
    "on": _l("switched it on"),
    "off": _l("switched it off"),
    "moved": _l("moved it"),
    "removed": _l("removed it"),
    "stopped": _l("switched itself off"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """Colleagues and teams that a rule can name."""

    staff: Mapping[int, str]
    teams: Mapping[int, str]

    @classmethod
    def of(cls, tx: Tx) -> Names:
        return cls(agents.names(tx), {team.id: team.name for team in agents.teams(tx)})


def span(minutes: int) -> str:
    """90 minutes, 4 hours, 1 day."""
    if minutes % UNITS["days"] == 0:
        return ngettext("%(num)s day", "%(num)s days", minutes // UNITS["days"])
    if minutes % UNITS["hours"] == 0:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // UNITS["hours"])
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def amount(minutes: int | None) -> tuple[int | str, str]:
    """A time as the form shows it: how many, of what."""
    if not minutes:
        return "", "hours"
    unit = next(unit for unit in ("days", "hours", "minutes") if minutes % UNITS[unit] == 0)
    return minutes // UNITS[unit], unit


def when(trigger: str, wait: int | None) -> str:
    """What sets a rule off."""
    words = str(TRIGGERS.get(trigger, trigger))
    return f"{words} {span(wait)}" if wait else words


def then(actions: Sequence[Mapping[str, Any]], names: Names) -> list[str]:
    """What a rule does, one text each."""
    return [action(one, names) for one in actions]


def action(one: Mapping[str, Any], names: Names) -> str:
    do, value = str(one.get("do")), one.get("value")
    words = str(ACTIONS.get(do, do))
    match automation.ACTIONS.get(do, ("", ""))[1]:
        case "staff":
            return _("Give it to %(name)s", name=names.staff.get(int(value or 0), "?"))
        case "team":
            return _("Give it to the team %(name)s", name=names.teams.get(int(value or 0), "?"))
        case "someone" if value == automation.OWNER:
            return _("Mail whose it is")
        case "someone":
            return _("Mail %(name)s", name=names.staff.get(int(value or 0), "?"))
        case "priority":
            return _("Set the priority to %(level)s", level=PRIORITIES.get(int(value or 0), ""))
        case "hours":
            return _("Snooze it for %(time)s", time=span(int(value or 0) * 60))
        case "label":
            return _("Put on “%(label)s”", label=value) if do == "label" else _("Take off “%(label)s”", label=value)
        case "task":
            first = " ".join(str(value or "").split())
            whom = one.get("staff")
            parts = [f"{words}: “{first[:60]}{'…' if len(first) > 60 else ''}”"]
            if whom:
                name = _("whose it is") if whom == automation.OWNER else names.staff.get(int(whom), "?")
                parts.append(_("for %(name)s", name=name))
            if one.get("hours"):
                parts.append(_("due in %(time)s", time=span(int(one["hours"]) * 60)))
            return ", ".join(parts)
        case "text":
            first = " ".join(str(value or "").split())
            return f"{words}: “{first[:60]}{'…' if len(first) > 60 else ''}”"
    return words
