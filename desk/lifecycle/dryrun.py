"""What a stage model would do if it were published now, to the customers there are; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from desk import facts, segments
from desk.lifecycle import reading
from desk.lifecycle.definition import Definition
from desk.lifecycle.models import published
from desk.lifecycle.service import Current, look
from desk.lifecycle.tables import CustomerStage, StageModel
from desk.store import Tx

BATCH = 500
FIRST_FEW = 10


def dry_run(
    tx: Tx, given: Mapping[str, Any] | Definition, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Who would move, from where to where: {"model", "version", "customers": looked at, "moving": how many would move,
    "moves": [{"from": stage or null, "to", "rules": [key…], "count", "customers": [id…]}]}, most first. A stage of
    another model is written "model/stage". `progress` is told how many were looked at. Raises ModelError."""
    definition = given if isinstance(given, Definition) else reading.read(given, segments.shelf(tx, lenient=False))
    current, model = _as_if_published(tx, definition)
    now = tx.now()
    found: dict[tuple[str | None, str], dict[str, Any]] = {}
    looked = moving = after = 0
    while ids := facts.customer_ids(tx, after, BATCH):
        after = ids[-1]
        query = select(CustomerStage).where(CustomerStage.customer_id.in_(ids))
        rows = {row.customer_id: row for row in tx.scalars(query)}
        views = facts.views(tx, ids, names=current.names)
        firsts = facts.first_times(tx, [customer_id for customer_id in ids if customer_id not in rows])
        for customer_id in ids:
            row = rows.get(customer_id)
            done = look(current, row, views[customer_id], firsts.get(customer_id), now)
            looked += 1
            came = (row.model_key, row.stage) if row else None
            goes = (done.standing.model, done.standing.stage) if done.standing else None
            if goes is None or goes == came:
                continue
            moving += 1
            key = (_said(came, model.key) if came else None, _said(goes, model.key))
            one = found.setdefault(key, {"from": key[0], "to": key[1], "rules": [], "count": 0, "customers": []})
            one["count"] += 1
            one["rules"] += [m.rule.key for m in done.moves if m.rule and m.rule.key not in one["rules"]]
            if len(one["customers"]) < FIRST_FEW:
                one["customers"].append(customer_id)
        if progress is not None:
            progress(looked)
    moves = sorted(found.values(), key=lambda one: (-one["count"], one["from"] or "", one["to"]))
    return {"model": model.key, "version": model.version, "customers": looked, "moving": moving, "moves": moves}


def _as_if_published(tx: Tx, definition: Definition) -> tuple[Current, StageModel]:
    """The models in force, with this one in the place of its key. The row is made up and belongs to no session."""
    rows = published(tx)
    newest = tx.scalar(
        select(StageModel.version).where(StageModel.key == definition.key).order_by(StageModel.version.desc()).limit(1)
    )
    draft = StageModel(
        key=definition.key,
        version=(newest or 0) + 1,
        name=definition.name,
        rank=definition.rank,
        definition=definition.as_json(),
        published_at=tx.now(),
    )
    others = [row for row in rows if row.key != definition.key]
    return Current.asked(tx, sorted([*others, draft], key=lambda row: (row.rank, row.key))), draft


def _said(standing: tuple[str, str], key: str) -> str:
    model, stage = standing
    return stage if model == key else f"{model}/{stage}"
