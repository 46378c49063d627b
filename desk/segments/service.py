"""Saves segments, and keeps one customer's membership right when their facts change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from desk import facts, people
from desk.agents import Viewer
from desk.facts import Condition, ConditionError
from desk.jobs import enqueue
from desk.segments.naming import SEGMENT, dependents, note_uses, one_at_a_time, shelf, used_by
from desk.segments.tables import Segment, SegmentMember
from desk.signals import SegmentChanged
from desk.store import Tx

LONGEST_NAME = 80
LONGEST_CONDITION = 2000
MOST = 200  # segments of one desk: every change of a customer looks at each
_NOBODY: frozenset[int] = frozenset()


class SegmentError(ValueError):
    """A segment that cannot be saved or removed: the field (name, condition, or nothing in particular), and a
    sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def read(tx: Tx, text: str) -> Condition:
    """The condition of a segment as somebody types it. Raises SegmentError."""
    text = " ".join(text.split())
    if len(text) > LONGEST_CONDITION:
        raise SegmentError("condition", f"That is {len(text):,} characters; {LONGEST_CONDITION:,} is the most.")
    try:
        return Condition.parse(text, shelf(tx, lenient=False))
    except ConditionError as error:
        raise SegmentError("condition", str(error)) from error


def every(tx: Tx) -> list[Segment]:
    """All segments by name."""
    return list(tx.scalars(select(Segment).order_by(Segment.name_folded).limit(MOST)))


def conditions(tx: Tx) -> dict[int, Condition]:
    """The condition of every segment, by number, with what the segments that it names mean."""
    known = shelf(tx)
    return {row.id: Condition.parse(row.text, known) for row in known.rows}


def get(tx: Tx, segment_id: int) -> Segment:
    """Raises LookupError."""
    found = tx.get(Segment, segment_id)
    if found is None:
        raise LookupError(f"no segment {segment_id}")
    return found


def save(
    tx: Tx, viewer: Viewer, *, name: str, condition: str, description: str = "", segment_id: int | None = None
) -> Segment:
    """Writes a new segment, or the changed one; a changed condition is counted from the beginning by a job. Raises
    SegmentError with the field that is wrong."""
    one_at_a_time(tx)
    name, wanted = " ".join(name.split()), read(tx, condition)
    text = wanted.kept
    if not name:
        raise SegmentError("name", "A segment needs a name, so that others find it.")
    if len(name) > LONGEST_NAME:
        raise SegmentError("name", f"That is {len(name)} characters; {LONGEST_NAME} is the most.")
    folded = people.fold(name)[:160]
    other = tx.scalar(select(Segment.id).where(Segment.name_folded == folded))
    if other is not None and other != segment_id:
        raise SegmentError("name", f"There is a segment called “{name}” already.")
    now = tx.now()
    if segment_id is None:
        if (tx.scalar(select(func.count()).select_from(Segment)) or 0) >= MOST:
            raise SegmentError("", f"{MOST} segments is the most; remove one that nobody uses.")
        row = Segment(name=name, name_folded=folded, condition=text, created_at=now, updated_at=now, revision=0)
        tx.add(row)
        changed = True
    else:
        row = tx.get(Segment, segment_id, with_for_update=True) or get(tx, segment_id)
        changed = row.condition != text
        row.name, row.name_folded, row.condition, row.updated_at = name, folded, text, now
    row.description, row.staff_id = description.strip()[:2000], viewer.id
    tx.flush()
    if changed:
        _in_no_circle(tx)
        note_uses(tx, SEGMENT, str(row.id), name, wanted.segments)
        for number in [row.id, *dependents(tx, row.id)]:
            _begin_anew(tx, get(tx, number))
        if segment_id is not None:  # nothing can name a new one yet
            tx.announce(SegmentChanged(row.id))
    return row


def _in_no_circle(tx: Tx) -> None:
    """Reads every segment as it would stand now. Raises SegmentError where one comes back to itself, or has become too
    deep or too long by one that it names."""
    known = shelf(tx, lenient=False)
    for row in known.rows:
        try:
            known.by_number(row.id, 0)
        except ConditionError as error:
            raise SegmentError("condition", error.sentence) from error


def _begin_anew(tx: Tx, row: Segment) -> None:
    """Another condition, or another meaning of a segment that it names: nobody is in it before they are counted."""
    row.revision += 1
    row.counted_at, row.looked, row.size = None, 0, 0
    row.changed_at, row.customers = tx.now(), people.count(tx)
    tx.flush()
    tx.execute(delete(SegmentMember).where(SegmentMember.segment_id == row.id))
    begin_count(tx, row)
    tx.flush()


def begin_count(tx: Tx, row: Segment) -> None:
    """Queues a count of all customers, slice by slice; one that is under way for the same condition goes on instead."""
    args = {"segment_id": row.id, "revision": row.revision, "after": 0, "began": tx.now().isoformat()}
    enqueue(tx, "segments.count", args, key=f"segment:{row.id}:{row.revision}", priority=7)


def remove(tx: Tx, segment_id: int) -> None:
    """Removes a segment; the customers stay what they are. Raises LookupError, and SegmentError where a condition names
    it: that would mean something else from then on."""
    one_at_a_time(tx)
    row = get(tx, segment_id)
    uses = [use.label for use in used_by(tx, segment_id)]
    if uses:
        named = uses[0] if len(uses) == 1 else f"{', '.join(uses[:-1])} and {uses[-1]}"
        raise SegmentError("", f"“{row.name}” is used by {named}: take it out there first.")
    note_uses(tx, SEGMENT, str(segment_id), "", ())
    tx.execute(delete(SegmentMember).where(SegmentMember.segment_id == row.id))
    tx.delete(row)
    tx.flush()


def members(tx: Tx, segment_id: int, *, before: int | None = None, limit: int = 50) -> list[tuple[int, datetime]]:
    """(customer, since when) of a segment, the newest customers first; `before` a customer's number goes on."""
    query = select(SegmentMember.customer_id, SegmentMember.since).where(SegmentMember.segment_id == segment_id)
    if before is not None:
        query = query.where(SegmentMember.customer_id < before)
    query = query.order_by(SegmentMember.customer_id.desc()).limit(limit)
    return [(customer_id, since) for customer_id, since in tx.execute(query)]


def inside(tx: Tx, segment_id: int, customer_ids: Collection[int]) -> dict[int, datetime]:
    """Those of the customers who are in a segment, with since when."""
    query = select(SegmentMember.customer_id, SegmentMember.since).where(
        SegmentMember.segment_id == segment_id, SegmentMember.customer_id.in_(sorted(customer_ids))
    )
    return {row.customer_id: row.since for row in tx.execute(query)}


def within(segment_ids: Collection[int]) -> Select[int]:
    """The customers of these segments, as a part of somebody's statement."""
    return select(SegmentMember.customer_id).where(SegmentMember.segment_id.in_(sorted(segment_ids)))


def of_customer(tx: Tx, customer_id: int) -> list[tuple[Segment, datetime]]:
    """The segments that a customer is in, with since when, by name."""
    query = select(Segment, SegmentMember.since).join(SegmentMember, SegmentMember.segment_id == Segment.id)
    query = query.where(SegmentMember.customer_id == customer_id).order_by(Segment.name_folded)
    return [(row, since) for row, since in tx.execute(query)]


def consider(tx: Tx, customer_id: int) -> None:
    """Looks at one customer for every segment, after something new became known of them."""
    rows = conditions(tx)
    if not rows:
        return
    current = people.current_id(tx, customer_id)
    if current != customer_id:  # joined with another: counted once, as who they have become
        _leave(tx, rows.keys(), customer_id)
    names = frozenset(name for condition in rows.values() for name in condition.names)
    view, now = facts.view(tx, current, names=names), tx.now()
    before = frozenset(tx.scalars(select(SegmentMember.segment_id).where(SegmentMember.customer_id == current)))
    holds = frozenset(number for number, condition in rows.items() if condition.holds(view, now))
    settle(tx, {segment_id: {current} for segment_id in holds - before}, {})
    _leave(tx, before - holds, current)


def _leave(tx: Tx, segment_ids: Collection[int], customer_id: int) -> None:
    inside = tx.scalars(
        select(SegmentMember.segment_id).where(
            SegmentMember.customer_id == customer_id, SegmentMember.segment_id.in_(sorted(segment_ids))
        )
    )
    settle(tx, {}, {segment_id: {customer_id} for segment_id in list(inside)})


def _join(insert: Any) -> Any:
    return insert(SegmentMember.__table__).on_conflict_do_nothing(index_elements=["segment_id", "customer_id"])


# A count and a customer's own change may find the same thing out at the same moment.
_JOIN = {"sqlite": _join(sqlite.insert), "postgresql": _join(postgresql.insert)}


def settle(tx: Tx, joined: dict[int, set[int]], left: dict[int, set[int]]) -> None:
    """Writes who came into which segment and who left it (segment -> customers), and how large it is by now."""
    now, came = tx.now(), SegmentMember.customer_id
    for segment_id in sorted(joined.keys() | left.keys()):
        change = 0
        for customer_id in sorted(joined.get(segment_id, _NOBODY)):
            values = {"segment_id": segment_id, "customer_id": customer_id, "since": now}
            # What is returned is what was written; drivers count rows in ways of their own.
            change += len(tx.scalars(_JOIN[tx.dialect_name].values(values).returning(came)).all())
        for some in _slices(sorted(left.get(segment_id, _NOBODY))):
            inside = (SegmentMember.segment_id == segment_id, SegmentMember.customer_id.in_(some))
            change -= len(tx.scalars(delete(SegmentMember).where(*inside).returning(came)).all())
        if change:
            tx.execute(update(Segment).where(Segment.id == segment_id).values(size=Segment.size + change))


def _slices(ids: list[int], size: int = 500) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
