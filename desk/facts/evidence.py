"""Why a condition holds: the facts that made it so, each with a line to show and the entry to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.facts.catalog import FactType, find
from desk.facts.evaluate import elapsed_from, inside, truth, value_of, within
from desk.facts.syntax import (
    OPERANDS,
    All,
    Among,
    AnyOf,
    Compare,
    Elapsed,
    InSegment,
    IsKnown,
    Latest,
    Leaf,
    Measure,
    Node,
    Not,
    Operand,
    Unless,
    number_text,
)
from desk.facts.view import FactValue, FactView, Known

MOST_ENTRIES = 10
MOST_REASONS = 4  # of one segment, in its line


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason. `entry_id` and `occurred_at` are of the newest fact it rests on (None: there is none, and that is the
    reason); `entry_ids` are the entries of all of them, newest first, ten at most."""

    fact: str
    shown: str
    value: float | str | bool | None
    entry_id: int | None
    occurred_at: datetime | None
    entry_ids: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "fact": self.fact,
            "shown": self.shown,
            "value": self.value,
            "entry_id": self.entry_id,
            "occurred_at": self.occurred_at.isoformat() if self.occurred_at else None,
            "entry_ids": list(self.entry_ids),
        }


def evidence(node: Node, view: FactView, at: datetime) -> tuple[Evidence, ...]:
    """The facts that decide the answer at `at`, each once, in the order of the condition."""
    found: dict[tuple[str, str], Evidence] = {}
    for leaf in _deciding(node, view, at):
        told = [_of_segment(leaf, view, at)] if isinstance(leaf, InSegment) else _of_leaf(leaf, view, at)
        for one in told:
            found.setdefault((one.fact, one.shown), one)
    return tuple(found.values())


def _of_segment(node: InSegment, view: FactView, at: datetime) -> Evidence:
    """In or not in a segment, with the facts that make it so in the same line."""
    holds = inside(node, view, at)
    because = evidence(node.means, view, at) if node.means is not None else ()
    reasons = "; ".join(one.shown for one in because[:MOST_REASONS])
    if node.means is None:
        reasons = "it is no more"
    shown = f"{'In' if holds else 'Not in'} segment {node.name or f'#{node.id}'}"
    entries = tuple(dict.fromkeys(entry for one in because for entry in one.entry_ids))[:MOST_ENTRIES]
    newest = max((one.occurred_at for one in because if one.occurred_at is not None), default=None)
    first = entries[0] if entries else None
    shown += f" because {reasons}" if reasons else ""
    return Evidence(f"segment:{node.id}", shown, holds, first, newest, entries)


def _deciding(node: Node, view: FactView, at: datetime) -> list[Leaf | InSegment]:
    """The comparisons, and the segments, that made the answer what it is."""
    if isinstance(node, Not):
        return _deciding(node.part, view, at)
    if isinstance(node, (All, AnyOf)):
        answer = truth(node, view, at)
        # A true "and" rests on all of its parts, a true "or" on those that hold; and the other way round.
        return [leaf for part in node.parts if truth(part, view, at) is answer for leaf in _deciding(part, view, at)]
    if isinstance(node, Unless):
        overruled = truth(node, view, at) is False and truth(node.main, view, at) is not False
        return _deciding(node.exception if overruled else node.main, view, at)
    return [node]


def _of_leaf(leaf: Leaf, view: FactView, at: datetime) -> list[Evidence]:
    both = [leaf.left]
    if isinstance(leaf, Compare) and isinstance(leaf.right, OPERANDS):
        both.append(leaf.right)
    return [_of_operand(operand, _tells(leaf), view, at) for operand in both]


def _tells(leaf: Leaf) -> bool:
    """Whether the rule itself names the value; the free words of an attribute are not shown otherwise."""
    return (
        not isinstance(leaf, IsKnown)
        and not (isinstance(leaf, Compare) and leaf.op in ("!=", "contains"))
        and not (isinstance(leaf, Among) and leaf.negated)
    )


def _of_operand(operand: Operand, tells: bool, view: FactView, at: datetime) -> Evidence:
    declared = find(operand.name) or FactType("any", operand.name, "", "")
    label = declared.label or operand.name
    facts = _facts(operand, view, at)
    newest = facts[-1] if facts else None
    value = value_of(operand, view, at)
    words = {"open": declared.kind == "any" and isinstance(value, str) and not tells}
    shown = _shown(operand, declared, label, value, hidden=words["open"])
    entries = [fact.entry_id for fact in reversed(facts[-MOST_ENTRIES:]) if fact.entry_id is not None]
    plain = value.isoformat() if isinstance(value, datetime) else value
    return Evidence(
        operand.name,
        shown,
        None if words["open"] else plain,
        entries[0] if entries else None,
        newest.occurred_at if newest else None,
        tuple(dict.fromkeys(entries)),
    )


def _facts(operand: Operand, view: FactView, at: datetime) -> list[Known]:
    if isinstance(operand, Measure):
        facts = within(operand, view, at) or []
        if operand.function == "last":
            return facts[-1:]
        return facts[-2:-1] if operand.function == "previous" else facts
    fact = elapsed_from(operand, view, at) if isinstance(operand, Elapsed) else view.series(operand.name).latest(at)
    return [fact] if fact else []


def _shown(operand: Operand, declared: FactType, label: str, value: FactValue, *, hidden: bool) -> str:
    if isinstance(operand, Elapsed):
        return _shown_elapsed(operand, label, value)
    if isinstance(operand, Latest):
        return _valued(label, value, declared, hidden=hidden)
    window = f" in {operand.window}" if operand.window is not None and str(operand.window) != "in stage" else ""
    window = " in this stage" if str(operand.window) == "in stage" else window
    if operand.function == "last":
        return _valued(label, value, declared, hidden=hidden) + (window if value is None else "")
    if operand.function == "previous":
        return f"{_valued(label, value, declared, hidden=hidden)} before that"
    if operand.function == "count":
        kept = "" if operand.keep is None else f" {str(operand)[len(operand.function) + 1 :].split(',')[0].rstrip(')')}"
        kept = kept.replace(f" {operand.name}", "", 1)
        times = number_text(float(value or 0)) if isinstance(value, (int, float)) else "0"
        return f"{label}{kept}: {'none' if times == '0' else f'{times} ×'}{window}"
    if not isinstance(value, (int, float)):
        return f"{label}: nothing known{window}"
    words = {"sum": "in all", "average": "on average", "lowest": "at least", "highest": "at most"}
    return f"{label}: {number_text(round(float(value), 2))} {words[operand.function]}{window}"


def _shown_elapsed(operand: Elapsed, label: str, value: FactValue) -> str:
    if not isinstance(value, (int, float)):
        return f"{label}: never"
    amount = number_text(float(int(value * 10) / 10 if abs(value) < 10 else int(value)))
    unit = f"{operand.unit}{'' if amount == '1' else 's'}"
    if operand.name == "stage" and not operand.first and not operand.until:
        return f"{amount} {unit} in this stage"
    if operand.until:
        return f"{label} in {amount} {unit}"
    return f"{'First ' if operand.first else ''}{label} {amount} {unit} ago"


def _valued(label: str, value: FactValue, declared: FactType, *, hidden: bool) -> str:
    if value is None:
        return f"{label}: not known" if declared.valued else f"{label}: never"
    if hidden:
        return f"{label}: given"
    if isinstance(value, bool):
        return f"{label}: {'yes' if value else 'no'}"
    if isinstance(value, datetime):
        return f"{label}: {value.date().isoformat()}"
    if isinstance(value, str):
        return f"{label}: {value}"
    unit = f" {declared.unit}" if declared.unit not in ("", "money", "value") else ""
    return f"{label} {number_text(float(value))}{unit}"
