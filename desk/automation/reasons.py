"""Why a rule's condition held, without repeating what the customer wrote: the rule's own words say what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk.facts import CONVERSATION, Among, Compare, Condition, Evidence, FactView, leaves

WORDS = ("message.text", "message.subject", "conversation.subject")


def reasons(condition: Condition | None, view: FactView, at: datetime) -> list[dict[str, Any]]:
    """The evidence as it is kept: [{"fact", "shown", "value", "entry_id", "occurred_at"}]."""
    if condition is None:
        return []
    found = []
    for one in condition.evaluate(view, at).evidence:
        kept = one.as_json()
        kept.pop("entry_ids")
        if one.fact in WORDS:
            kept |= {"shown": _asked(condition, one, view, at), "value": None}
        found.append(kept)
    return found


def _asked(condition: Condition, one: Evidence, view: FactView, at: datetime) -> str:
    """What the rule looked for in words, and found there (or missed)."""
    label = CONVERSATION[one.fact].label
    value = str(view.value(one.fact, at) or "").casefold()
    asked: list[str] = []
    for leaf in leaves(condition.node):
        if getattr(leaf.left, "name", "") != one.fact:
            continue
        if isinstance(leaf, Compare) and isinstance(leaf.right, str):
            asked.append(leaf.right)
        elif isinstance(leaf, Among):
            asked += [option for option in leaf.options if isinstance(option, str)]
    there = [word for word in asked if word.strip().casefold() in value]
    if there:
        return f"{label} says {', '.join(f'“{word}”' for word in there)}"
    return f"{label}: {'given' if value else 'empty'}"
