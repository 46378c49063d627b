"""Counts a segment over all customers, a slice a job, so that a long count never stands before a customer's message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from desk import facts, people
from desk.facts import Condition
from desk.jobs import enqueue
from desk.parts import Desk
from desk.segments.service import begin_count, conditions, every, settle
from desk.segments.tables import Segment, SegmentMember
from desk.store import Tx

SLICE = 2000  # customers a job: about a tenth of a second
BATCH = 500
OFTEN = timedelta(minutes=55)


def count(desk: Desk, args: dict[str, Any], done: Callable[[Tx], None]) -> None:
    """The task `segments.count`: looks at the next slice of customers and queues the one after it. What it finds is
    looked at once more where it is written: facts may have come in meanwhile. `done` finishes the job."""
    segment_id, revision, after = args["segment_id"], args["revision"], args["after"]
    with desk.store.reading() as tx:
        row = tx.get(Segment, segment_id)
        if row is None or row.revision != revision:
            row = None
        else:
            condition = conditions(tx)[segment_id]
            ids, changed = _look(tx, condition, segment_id, after)
    with desk.store.transaction() as tx:
        if row is not None:
            row = tx.get(Segment, segment_id, with_for_update=True)
        if row is not None and row.revision == revision:
            _write(tx, condition, segment_id, changed)
            row.looked = (0 if after == 0 else row.looked) + len(ids)
            if len(ids) == SLICE:
                onward = args | {"after": ids[-1]}
                enqueue(tx, "segments.count", onward, key=f"segment:{segment_id}:{revision}:{ids[-1]}", priority=7)
            else:
                _end(tx, row, datetime.fromisoformat(args["began"]))
        done(tx)


def _look(tx: Tx, condition: Condition, segment_id: int, after: int) -> tuple[list[int], set[int]]:
    """The next customers, and those of them whose membership is not what the condition says."""
    ids = people.ids(tx, after, SLICE)
    if not ids:
        return [], set(_inside(tx, segment_id, after, None))
    holds = set(holding(tx, condition, ids))
    last = ids[-1] if len(ids) == SLICE else None
    return ids, holds ^ set(_inside(tx, segment_id, after, last))


def holding(tx: Tx, condition: Condition, ids: list[int]) -> list[int]:
    """Those of the customers for whom the condition holds now."""
    now, found = tx.now(), []
    for start in range(0, len(ids), BATCH):
        views = facts.views(tx, ids[start : start + BATCH], names=condition.names)
        found += [customer_id for customer_id, view in views.items() if condition.holds(view, now)]
    return found


def _inside(tx: Tx, segment_id: int, after: int, upto: int | None) -> list[int]:
    query = select(SegmentMember.customer_id).where(
        SegmentMember.segment_id == segment_id, SegmentMember.customer_id > after
    )
    if upto is not None:
        query = query.where(SegmentMember.customer_id <= upto)
    return list(tx.scalars(query))


def _write(tx: Tx, condition: Condition, segment_id: int, changed: set[int]) -> None:
    if not changed:
        return
    current = [customer_id for customer_id in sorted(changed) if people.current_id(tx, customer_id) == customer_id]
    holds = set(holding(tx, condition, current))
    settle(tx, {segment_id: holds}, {segment_id: changed - holds})


def _end(tx: Tx, row: Segment, began: datetime) -> None:
    tx.flush()
    inside = select(func.count()).select_from(SegmentMember).where(SegmentMember.segment_id == row.id)
    row.size = tx.scalar(inside) or 0
    row.customers, row.counted_at = row.looked, began


def recount_due(tx: Tx) -> int:
    """Queues a count of the segments that time alone can change and that were not counted within the hour; gives how
    many."""
    due, known = 0, conditions(tx)
    for row in every(tx):
        old = row.counted_at is not None and row.counted_at <= tx.now() - OFTEN
        if old and known[row.id].timed:
            begin_count(tx, row)
            due += 1
    return due
