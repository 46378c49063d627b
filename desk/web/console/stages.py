"""Where a customer stands in their lifecycle, and how they came there, for the ribbon and the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from desk import lifecycle
from desk.facts import FactView, Known
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


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    version: int
    keys: tuple[str, ...]  # in the order of the way
    names: Mapping[str, str]
    outside: frozenset[str]  # stages that leave the way: lapsed, lost


def standing(tx: Tx, known: FactView, reader: Look, now: datetime) -> Stages:
    """From the facts `stage` ("model/stage"), with the names of the published models."""
    history = [(fact, *_parts(fact)) for fact in known.series("stage").facts]
    if not history:
        return Stages((), None)
    models = {row.key: _model(row.name, row.version, row.definition) for row in lifecycle.published(tx)}
    moves = []
    before: tuple[str, str] | None = None
    for fact, model_key, stage in history:
        model = models.get(model_key)
        moves.append(_move(fact, model, stage, before, model_key))
        before = (model_key, stage)
    last, model_key, stage = history[-1]
    return Stages(tuple(moves), _shown(last, models.get(model_key), stage, history, reader, now))


def _parts(fact: Known) -> tuple[str, str]:
    model, slash, stage = str(fact.value).rpartition("/")
    return (model if slash else "", stage)


def _model(name: str, version: int, definition: Mapping[str, Any]) -> _Model:
    stages: Sequence[Mapping[str, Any]] = definition.get("stages") or []
    keys = tuple(str(s.get("key")) for s in stages)
    return _Model(
        name,
        version,
        keys,
        {str(s.get("key")): str(s.get("name") or s.get("key")) for s in stages},
        frozenset(str(s.get("key")) for s in stages if s.get("outside") or s.get("out")),
    )


def _move(
    fact: Known, model: _Model | None, stage: str, before: tuple[str, str] | None, model_key: str
) -> Move:
    if model is None or stage not in model.keys:
        return Move(fact.occurred_at, stage, 0, False, fact.entry_id)
    way = [k for k in model.keys if k not in model.outside]
    step = 0
    if stage in way:
        step = 1 + round(way.index(stage) * (RAMP - 1) / max(1, len(way) - 1))
    back = (
        before is not None
        and before[0] == model_key
        and before[1] in model.keys
        and model.keys.index(stage) < model.keys.index(before[1])
    )
    return Move(fact.occurred_at, model.names[stage], step, back, fact.entry_id)


def _shown(
    last: Known,
    model: _Model | None,
    stage: str,
    history: Sequence[tuple[Known, str, str]],
    reader: Look,
    now: datetime,
) -> Standing | None:
    if model is None:
        return None
    today = reader.here(last.occurred_at).date() == reader.here(now).date()
    since = _("since today") if today else _("since %(date)s", date=reader.date(last.occurred_at, now))
    earlier = history[-2] if len(history) > 1 else None
    if earlier is not None and earlier[2] in model.names:
        since = _("%(since)s, was %(stage)s", since=since, stage=model.names[earlier[2]])
    stood = {s for _fact, _model_key, s in history}
    place = model.keys.index(stage) if stage in model.keys else -1
    steps = []
    for index, key in enumerate(model.keys):
        name = model.names[key]
        if key == stage:
            steps.append(Step("now", _("%(stage)s, now", stage=name)))
        elif index < place:
            steps.append(Step("was", name))
        elif key in stood:
            steps.append(Step("left", _("%(stage)s, left", stage=name)))
        else:
            steps.append(Step("", name))
    return Standing(
        model.names.get(stage, stage), _("%(model)s v%(version)s", model=model.name, version=model.version), since, tuple(steps)
    )
