"""Rules as rows: made, changed, switched, put in order, removed; each change is kept with who made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from desk import agents, segments
from desk.agents import Viewer
from desk.automation.definition import ACTIONS, OWNER, TIMED, Action, Definition, RuleError, read, read_condition
from desk.automation.tables import Rule, RuleChange
from desk.facts import ConditionError
from desk.signals import RuleStopped
from desk.store import Tx

MOST_RULES = 200
IN_FORCE = "automation.in_force"
USE = "rule"  # the kind of what names a segment


def every(tx: Tx) -> list[Rule]:
    """All rules in their order."""
    return list(tx.scalars(select(Rule).where(Rule.removed_at.is_(None)).order_by(Rule.position, Rule.id)))


def get(tx: Tx, rule_id: int) -> Rule:
    """A rule that is not removed. Raises LookupError."""
    row = tx.get(Rule, rule_id)
    if row is None or row.removed_at is not None:
        raise LookupError("There is no such rule.")
    return row


def named(tx: Tx, rule_ids: set[int]) -> dict[int, str]:
    """The names of rules, removed ones too."""
    if not rule_ids:
        return {}
    return {row.id: row.name for row in tx.execute(select(Rule.id, Rule.name).where(Rule.id.in_(sorted(rule_ids))))}


def definition_of(tx: Tx, row: Rule) -> Definition:
    """What a rule says, with what the segments that it names mean now. What
    it was checked for when it was saved may have changed since: a team may be gone."""
    return Definition(
        row.name,
        row.trigger,
        row.wait_minutes,
        read_condition(row.condition, segments.shelf(tx) if "segment #" in row.condition else None),
        tuple(Action.kept(one) for one in row.actions),
        row.per_hour,
        row.per_day,
    )


def condition_of(tx: Tx, row: Rule) -> str:
    """A rule's condition as somebody would write it, with its segments by their names."""
    try:
        condition = definition_of(tx, row).condition
    except ConditionError:
        return row.condition
    return "" if condition is None else str(condition)


def said_of(row: Rule) -> dict[str, Any]:
    """A rule as its history keeps it."""
    return {
        "name": row.name,
        "trigger": row.trigger,
        "wait_minutes": row.wait_minutes,
        "condition": row.condition,
        "actions": row.actions,
        "per_hour": row.per_hour,
        "per_day": row.per_day,
        "enabled": row.enabled,
        "position": row.position,
    }


def save(
    tx: Tx, viewer: Viewer | None, given: Mapping[str, Any], rule_id: int | None = None, key: str | None = None
) -> Rule:
    """Makes a rule (switched off, at the end) or changes one, which makes its next version. Raises RuleError."""
    definition = read(given, segments.shelf(tx, lenient=False))
    missing = targets(tx, definition.actions)
    if missing:
        raise RuleError(missing)
    if rule_id is None:
        count, last = tx.execute(select(func.count(), func.max(Rule.position)).where(Rule.removed_at.is_(None))).one()
        if count >= MOST_RULES:
            raise RuleError({"": f"A desk has {MOST_RULES} rules at most."})
        row = Rule(key=key, position=(last or 0) + 1, enabled=False, version=1, created_at=tx.now())
        tx.add(row)
        before: dict[str, Any] = {}
    else:
        row = get(tx, rule_id)
        before = said_of(row)
    unchanged = before and {name: before[name] for name in definition.as_json()} == definition.as_json()
    if unchanged:
        return row
    row.name, row.trigger, row.wait_minutes = definition.name, definition.trigger, definition.wait_minutes
    row.condition = "" if definition.condition is None else definition.condition.kept
    row.actions = [action.as_json() for action in definition.actions]
    row.per_hour, row.per_day = definition.per_hour, definition.per_day
    row.staff_id, row.updated_at = viewer.id if viewer else None, tx.now()
    row.failures, row.stopped = 0, ""
    if before:
        row.version += 1
        if row.enabled and (before["trigger"], before["wait_minutes"]) != (row.trigger, row.wait_minutes):
            row.looked_to = tx.now()
    tx.flush()
    try:
        named_here = definition.condition.segments if definition.condition is not None else ()
        segments.note_uses(tx, USE, str(row.id), f"the rule “{row.name}”", named_here)
    except LookupError as gone:
        told = "A segment that is named here has been removed in the meantime."
        raise RuleError({"condition": told}) from gone
    _keep(tx, row, "changed" if before else "made", before, viewer)
    return row


def targets(tx: Tx, actions: Sequence[Action]) -> dict[str, str]:
    """What is wrong with actions because a colleague or a team is not there, by the action."""
    problems = {}
    teams = {team.id for team in agents.teams(tx)} if actions else set()
    for n, action in enumerate(actions):
        needs = ACTIONS[action.do][1]
        if needs == "team" and action.value not in teams:
            problems[f"actions.{n}"] = "This team is not there any more."
        elif (
            needs in ("staff", "someone")
            and action.value != OWNER
            and agents.viewer(tx, int(action.value or 0)) is None
        ) or (isinstance(action.staff, int) and agents.viewer(tx, action.staff) is None):
            problems[f"actions.{n}"] = "This colleague works here no more."
    return problems


def switch(tx: Tx, viewer: Viewer | None, rule_id: int, on: bool, stopped: str = "") -> Rule:
    """Switches a rule on or off. One that speaks of a time passed looks at those whose time is up from now on. Without
    a viewer it is the desk that does, and `stopped` says why."""
    row = get(tx, rule_id)
    if row.enabled == on:
        return row
    before = said_of(row)
    row.enabled, row.failures, row.stopped, row.updated_at = on, 0, stopped, tx.now()
    row.looked_to = tx.now() if on and row.trigger in TIMED else None
    if viewer is not None:
        row.staff_id = viewer.id
    tx.flush()
    tx.memo.pop(IN_FORCE, None)
    _keep(tx, row, "stopped" if stopped else "on" if on else "off", before, viewer)
    if stopped:
        tx.announce(RuleStopped(row.id, row.name))
    return row


def move(tx: Tx, viewer: Viewer, rule_id: int, *, up: bool) -> None:
    """Puts a rule one place up or down; at the end it stays where it is."""
    rows = every(tx)
    place = next((n for n, row in enumerate(rows) if row.id == rule_id), None)
    if place is None:
        raise LookupError("There is no such rule.")
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    row, before = rows[place], said_of(rows[place])
    rows[place], rows[other] = rows[other], rows[place]
    for position, one in enumerate(rows, 1):
        one.position = position
    tx.flush()
    _keep(tx, row, "moved", before, viewer)


def remove(tx: Tx, viewer: Viewer, rule_id: int) -> None:
    """Takes a rule away for good; what it did stays in its log."""
    row = get(tx, rule_id)
    before = said_of(row)
    row.enabled, row.removed_at, row.updated_at = False, tx.now(), tx.now()
    tx.flush()
    segments.note_uses(tx, USE, str(row.id), "", ())
    _keep(tx, row, "removed", before, viewer)


def _keep(tx: Tx, row: Rule, what: str, before: dict[str, Any], viewer: Viewer | None) -> None:
    tx.add(
        RuleChange(
            rule_id=row.id,
            version=row.version,
            what=what,
            before=before,
            after=said_of(row),
            staff_id=viewer.id if viewer else None,
            at=tx.now(),
        )
    )
    tx.flush()


def changes(tx: Tx, rule_id: int, limit: int = 30) -> list[RuleChange]:
    """What was changed of a rule, newest first."""
    query = select(RuleChange).where(RuleChange.rule_id == rule_id).order_by(RuleChange.id.desc()).limit(limit)
    return list(tx.scalars(query))


_IN_FORCE = select(Rule.__table__.c.trigger, Rule.__table__.c.wait_minutes).where(Rule.__table__.c.enabled)


def in_force(tx: Tx) -> dict[str, int]:
    """What sets a rule off that is on, with the shortest wait of those that are a time passed: asked once for a
    transaction, and one short statement where a desk has no rule on."""
    found: dict[str, int] | None = tx.memo.get(IN_FORCE)
    if found is None:
        found = tx.memo[IN_FORCE] = {}
        for trigger, wait in tx.aside(_IN_FORCE):
            found[trigger] = min(found.get(trigger, wait or 0), wait or 0)
    return found


def by_trigger(tx: Tx, trigger: str) -> list[Rule]:
    """The rules that are on and wait for this, in their order."""
    query = select(Rule).where(Rule.enabled, Rule.trigger == trigger).order_by(Rule.position, Rule.id)
    return list(tx.scalars(query))
