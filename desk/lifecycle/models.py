"""Stage models as rows: installed templates, drafts, and the versions that are published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from desk import facts, segments
from desk.jobs import enqueue
from desk.lifecycle import reading
from desk.lifecycle.definition import Definition, ModelError
from desk.lifecycle.tables import CustomerStage, StageModel
from desk.store import Tx

TEMPLATES = Path(__file__).parent / "templates"
FIRST = "commerce"  # followed from the first day on, until somebody publishes another one
BATCH = 500


STAGES = "stages"  # by which segments know who uses them


def definition_of(model: StageModel, shelf: facts.Shelf | None = None) -> Definition:
    """The content of a version: its stages with names and criteria, its rules with their conditions. To ask conditions
    that name segments, hand it the `shelf` of these."""
    return reading.stored(model.definition, shelf)


def to_ask(tx: Tx, models: Sequence[StageModel]) -> tuple[list[Definition], list[facts.Shelved]]:
    """Their contents with what the segments that they name mean now, and all these segments."""
    if not any(reading.names_segments(model.definition) for model in models):
        return [definition_of(model) for model in models], []
    shelf = segments.shelf(tx)
    read = [definition_of(model, shelf) for model in models]
    return read, shelf.reached(number for definition in read for number in definition.segments)


def published(tx: Tx) -> list[StageModel]:
    """The models in force, in the order in which they claim customers."""
    query = select(StageModel).where(StageModel.state == "published").order_by(StageModel.rank, StageModel.key)
    return list(tx.scalars(query))


def versions(tx: Tx, key: str | None = None) -> list[StageModel]:
    """Every version of one model, or of all, newest first."""
    query = select(StageModel).order_by(StageModel.key, StageModel.version.desc())
    return list(tx.scalars(query if key is None else query.where(StageModel.key == key)))


def digest(models: list[StageModel], meanings: Iterable[facts.Shelved] = ()) -> str:
    """Tells whether other models were published since, or segments that they name have got another meaning."""
    said = [f"{model.key}:{model.version}" for model in models] + [f"{one.id}:{one.text}" for one in meanings]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:32]


def save(tx: Tx, given: Mapping[str, Any] | Definition) -> StageModel:
    """Keeps a checked model as the next version of its key, as a draft. Raises ModelError."""
    definition = given if isinstance(given, Definition) else reading.read(given, segments.shelf(tx, lenient=False))
    newest = tx.scalar(select(func.max(StageModel.version)).where(StageModel.key == definition.key)) or 0
    return _add(tx, definition, newest + 1)


def publish(tx: Tx, model_id: int) -> StageModel:
    """Puts a version in force instead of the one of its key before. Customers are looked at again soon, by the jobs
    that follow. Raises LookupError, and ModelError for a version that cannot be used."""
    model = tx.get(StageModel, model_id)
    if model is None:
        raise LookupError("There is no such stage model.")
    definition = definition_of(model)
    if model.state == "published":
        return model
    now = tx.now()
    before = StageModel.key == model.key, StageModel.state == "published"
    for retired in tx.scalars(select(StageModel.id).where(*before)).all():
        segments.note_uses(tx, STAGES, str(retired), "", ())
    retire = update(StageModel).where(*before).values(state="retired")
    tx.execute(retire.execution_options(synchronize_session="fetch"))
    _note(tx, model, definition)
    model.state, model.published_at = "published", now
    model.review_on = now + timedelta(days=definition.review_every_days)
    tx.flush()
    _look_again(tx)
    _consider_unstaged(tx)
    return model


def segment_changed(tx: Tx, segment_id: int) -> None:
    """Looks at everybody again soon where a rule in force names this segment, or one that names it."""
    _, named = to_ask(tx, published(tx))
    if any(row.id == segment_id for row in named):
        _look_again(tx)


def _look_again(tx: Tx) -> None:
    now = tx.now()
    tx.execute(
        update(CustomerStage)
        .where((CustomerStage.due_at.is_(None)) | (CustomerStage.due_at > now))
        .values(due_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _note(tx: Tx, model: StageModel, definition: Definition) -> None:
    """What a version names cannot be taken away while it is a draft or in force."""
    label = f"version {model.version} of the stage model “{model.name}”"
    try:
        segments.note_uses(tx, STAGES, str(model.id), label, definition.segments)
    except LookupError as gone:
        raise ModelError(["A segment that a rule names has been removed: write the rule anew."]) from gone


def install_templates(tx: Tx) -> list[StageModel]:
    """Adds the shipped models that are not there yet (by key and version); publishes one where none ever was."""
    there = {(model.key, model.version) for model in versions(tx)}
    added = []
    for path in sorted(TEMPLATES.glob("*.yaml")):
        given = reading.load_yaml(path.read_text("utf-8"))
        definition = reading.read(given)
        version = int(given.get("version", 1))
        if (definition.key, version) not in there:
            added.append(_add(tx, definition, version))
    if not tx.scalar(select(StageModel.id).where(StageModel.published_at.is_not(None)).limit(1)):
        first = next((model for model in added if model.key == FIRST), None)
        if first is not None:
            publish(tx, first.id)
    return added


def _add(tx: Tx, definition: Definition, version: int) -> StageModel:
    model = StageModel(
        key=definition.key,
        version=version,
        name=definition.name,
        state="draft",
        rank=definition.rank,
        definition=definition.as_json(),
        created_at=tx.now(),
    )
    tx.add(model)
    tx.flush()
    if definition.segments:
        _note(tx, model, definition)
    return model


def _consider_unstaged(tx: Tx) -> None:
    """Queues those whom no model has claimed so far; there is no row that could be marked as due."""
    after = 0
    while ids := facts.customer_ids(tx, after, BATCH):
        after = ids[-1]
        staged = set(tx.scalars(select(CustomerStage.customer_id).where(CustomerStage.customer_id.in_(ids))))
        for customer_id in ids:
            if customer_id not in staged:
                enqueue(
                    tx,
                    "lifecycle.consider",
                    {"customer_id": customer_id},
                    key=f"lifecycle:{customer_id}",
                    priority=7,
                )


__all__ = [
    "ModelError",
    "definition_of",
    "digest",
    "install_templates",
    "publish",
    "published",
    "save",
    "segment_changed",
    "to_ask",
    "versions",
]
