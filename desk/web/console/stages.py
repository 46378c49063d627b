"""Where a customer stands in their lifecycle, and how they came there, for the ribbon and the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from desk import lifecycle
from desk.lifecycle import Definition, Stage, Transition
from desk.store import Tx
from desk.web.console.look import Look
from desk.web.console.ribbon import Move

RAMP = 5  # the bands of tokens.css deepen in five steps


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the model: `css` is was, now, left (stood here, stepped back) or nothing."""

    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage now, as the panel shows it."""

    name: str
    model: str
    since: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stages:
    """The moves for the ribbon, and the standing for the panel; nothing where no model was ever followed."""

    moves: tuple[Move, ...]
    shown: Standing | None


def standing(tx: Tx, customer_id: int, reader: Look, now: datetime) -> Stages:
    """The customer's moves with the names of the models in force; one that no model knows keeps its key."""
    history = lifecycle.history(tx, customer_id)[::-1]
    if not history:
        return Stages((), None)
    models = {row.key: lifecycle.definition_of(row) for row in lifecycle.published(tx)}
    moves = tuple(
        Move(
            one.held_at,
            _name(models.get(one.model_key), one.after, reader),
            _step(models.get(one.model_key), one.after),
            one.direction == "backward",
            one.entry_id,
        )
        for one in history
    )
    last = history[-1]
    model = models.get(last.model_key)
    return Stages(moves, None if model is None else _shown(last, model, history, reader, now))


def _name(model: Definition | None, key: str, reader: Look) -> str:
    stage = model.by_key.get(key) if model is not None else None
    return stage.name_in(reader.language) if stage is not None else key


def _way(model: Definition) -> list[Stage]:
    """The stages that lead forward, in their order."""
    return sorted((s for s in model.stages if s.kind == "forward"), key=lambda s: s.order)


def _step(model: Definition | None, key: str) -> int:
    """Which of the five bands a stage has; 0 outside the way (lapsed, left, unknown)."""
    way = [stage.key for stage in _way(model)] if model is not None else []
    if key not in way:
        return 0
    return 1 + round(way.index(key) * (RAMP - 1) / max(1, len(way) - 1))


def _shown(last: Transition, model: Definition, history: Sequence[Transition], reader: Look, now: datetime) -> Standing:
    today = reader.here(last.held_at).date() == reader.here(now).date()
    since = _("since today") if today else _("since %(date)s", date=reader.date(last.held_at, now))
    if last.before is not None:
        since = _("%(since)s, was %(stage)s", since=since, stage=_name(model, last.before, reader))
    stood = {one.after for one in history}
    here = model.by_key.get(last.after)
    steps = []
    for stage in _way(model) + ([here] if here is not None and here.kind != "forward" else []):
        name = stage.name_in(reader.language)
        if stage.key == last.after:
            steps.append(Step("now", _("%(stage)s, now", stage=name)))
        elif here is not None and here.kind == "forward" and stage.order < here.order:
            steps.append(Step("was", name))
        elif stage.key in stood:
            steps.append(Step("left", _("%(stage)s, left", stage=name)))
        else:
            steps.append(Step("", name))
    name, version = model.name_in(reader.language), last.model_version
    return Standing(
        _name(model, last.after, reader), _("%(model)s v%(version)s", model=name, version=version), since, tuple(steps)
    )
