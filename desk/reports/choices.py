"""What a report can be filtered by, with the names that people know: inboxes, teams, agents, stages, segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, select

from desk.agents.tables import Staff, Team
from desk.lifecycle.tables import StageModel
from desk.segments.tables import Segment
from desk.settings.tables import Inbox
from desk.store import Tx
from desk.surveys.tables import Invitation

NOBODY = 0  # without an agent, without a team; no row has this id


@dataclass(frozen=True, slots=True)
class Choices:
    """Names by id, in the order of the lists.

    `stages` is {(model, stage): name}, `current` the stages of each published model in its order, `kinds` the kinds of
    survey that were ever asked, `segments` the saved ones.
    """

    inboxes: Mapping[int, str]
    teams: Mapping[int, str]
    staff: Mapping[int, str]
    stages: Mapping[tuple[str, str], str]
    models: Mapping[str, str]
    current: Mapping[str, tuple[str, ...]]
    channels: tuple[str, ...]
    kinds: tuple[str, ...]
    segments: Mapping[int, str] = field(default_factory=dict)
    counting: frozenset[int] = frozenset()  # segments of which not everybody is known yet

    def stage_name(self, model: str | None, stage: str | None) -> str:
        """What a stage is called; without its model, as the first model that has such a stage calls it. Empty for none.

        A stage that no model knows is called by its key.
        """
        if not stage:
            return ""
        if model:
            return self.stages.get((model, stage), stage)
        return next((name for (_model, key), name in self.stages.items() if key == stage), stage)

    def knows_stage(self, model: str, stage: str) -> bool:
        return (model, stage) in self.stages or (not model and any(key == stage for _model, key in self.stages))


def choices(tx: Tx, language: str = "en") -> Choices:
    """Everything there is to choose from, people who have left and stages of retired models included.

    Stages and models are named in `language` where their model has such names.
    """
    stages, models, current = _stages(tx, language)
    found = tx.execute(select(Segment.id, Segment.name, Segment.counted_at).order_by(Segment.name_folded)).all()
    return Choices(
        inboxes={row.id: row.name for row in tx.execute(select(Inbox.id, Inbox.name).order_by(Inbox.name, Inbox.id))},
        teams={row.id: row.name for row in tx.execute(select(Team.id, Team.name).order_by(Team.name, Team.id))},
        staff={row.id: row.name for row in tx.execute(select(Staff.id, Staff.name).order_by(Staff.name, Staff.id))},
        stages=stages,
        models=models,
        current=current,
        channels=tuple(tx.scalars(select(Inbox.channel).distinct().order_by(Inbox.channel))),
        kinds=_kinds(tx),
        segments={row.id: row.name for row in found},
        counting=frozenset(row.id for row in found if row.counted_at is None),
    )


def _kinds(tx: Tx) -> tuple[str, ...]:
    """The kinds that somebody was ever asked: one look into the index for each, never a scan."""
    return tuple(
        kind
        for kind in ("csat", "nps", "ces")
        if tx.scalar(select(Invitation.id).where(Invitation.kind == kind).limit(1)) is not None
    )


def _named(thing: Mapping[str, Any], language: str) -> str:
    return (thing.get("names") or {}).get(language) or thing.get("name") or thing["key"]


def _stages(tx: Tx, language: str) -> tuple[dict[tuple[str, str], str], dict[str, str], dict[str, tuple[str, ...]]]:
    """Stages of the published models in their order, then those that only retired versions know."""
    published_first = case((StageModel.state == "published", 0), else_=1)
    rows = tx.execute(
        select(StageModel.key, StageModel.name, StageModel.state, StageModel.definition)
        .where(StageModel.state != "draft")
        .order_by(published_first, StageModel.rank, StageModel.key, StageModel.version.desc())
    )
    stages: dict[tuple[str, str], str] = {}
    models: dict[str, str] = {}
    current: dict[str, tuple[str, ...]] = {}
    for row in rows:
        models.setdefault(row.key, _named({"key": row.key, "name": row.name} | row.definition, language))
        named = {stage["key"]: _named(stage, language) for stage in row.definition.get("stages", [])}
        for stage, name in named.items():
            stages.setdefault((row.key, stage), name)
        if row.state == "published":
            current.setdefault(row.key, tuple(named))
    return stages, models, current
