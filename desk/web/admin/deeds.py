"""Actions as a form asks for them: rows of what to do, each with a field for every kind of what it needs."""

from __future__ import annotations

from typing import Any

from flask import request

from desk import automation

NEEDS = {do: needs for do, (_label, needs) in automation.ACTIONS.items()}


def typed() -> list[dict[str, Any]]:
    """What the form says; rows in which nothing was chosen are none."""
    form = request.form
    values = {name: form.getlist(f"value_{name}") for name in set(NEEDS.values()) if name}
    actions = []
    for place, do in enumerate(form.getlist("do")[: automation.MOST_ACTIONS + 1]):
        if not do:
            continue
        given = values.get(NEEDS.get(do, ""), [])
        action: dict[str, Any] = {"do": do, "value": given[place] if place < len(given) else None}
        if do == "task":
            for name in ("staff", "hours"):
                more = form.getlist(f"value_task_{name}")
                action[name] = more[place] if place < len(more) else None
        actions.append(action)
    return actions
