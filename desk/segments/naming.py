"""Segments as other conditions name them: the shelf that reads them, and who uses which, so that none is taken away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import delete, func, select

from desk import settings
from desk.facts import Condition, Shelf, Shelved, literal_text, shelf_of
from desk.segments.tables import Segment, SegmentUse
from desk.store import Tx

LONGEST_LABEL = 200
# Of these kinds this package knows itself what they are called, so that another name is shown at once.
SEGMENT, SURVEY = "segment", "survey"


@dataclass(frozen=True, slots=True)
class Use:
    """Something whose condition names a segment: what kind of thing, its number or key there, and what it is called."""

    kind: str
    key: str
    label: str


def shelf(tx: Tx, *, lenient: bool = True) -> Shelf:
    """What every segment's name means now. A lenient one (the default) reads what was kept; whoever reads what somebody
    has just typed takes one that is not, and then says who uses what with `note_uses`."""
    tx.flush()
    query = select(Segment.id, Segment.name, Segment.condition, Segment.changed_at).order_by(Segment.id)
    return shelf_of(tuple(Shelved(*row) for row in tx.execute(query)), lenient=lenient)


def spoken(tx: Tx, but: int | None = None) -> list[tuple[str, str]]:
    """Every segment as a condition names it, with what it is for: to be offered where one is written. `but` leaves one
    out: the one whose own condition that is."""
    query = select(Segment.id, Segment.name, Segment.description).order_by(Segment.name_folded)
    return [(f"segment {literal_text(row.name)}", row.description) for row in tx.execute(query) if row.id != but]


def read_kept(tx: Tx, text: str) -> Condition:
    """A condition as it was kept (`Condition.kept`), with what its segments mean now."""
    return Condition.parse(text, shelf(tx) if "segment #" in text else shelf_of((), lenient=True))


def one_at_a_time(tx: Tx) -> None:
    """Two who change what names what at the same instant could close a circle that neither of them sees, or take away
    what the other one has just named. PostgreSQL needs the lock; SQLite has one writer anyway."""
    if tx.dialect_name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(crc32(b"segments") & 0x7FFFFFFF, 0)))


def note_uses(tx: Tx, kind: str, key: str, label: str, segment_ids: Collection[int]) -> None:
    """Writes down which segments the conditions of one thing name now; none where it is taken away or put out of force.
    From then on they cannot be removed. Raises LookupError for a segment that has gone in the meantime."""
    one_at_a_time(tx)
    tx.flush()
    wanted = sorted(set(segment_ids))
    if wanted and len(tx.scalars(select(Segment.id).where(Segment.id.in_(wanted))).all()) < len(wanted):
        raise LookupError("a segment that is named here has been removed in the meantime")
    tx.execute(delete(SegmentUse).where(SegmentUse.kind == kind, SegmentUse.key == key))
    tx.insert_many(
        SegmentUse.__table__,
        [{"segment_id": segment_id, "kind": kind, "key": key, "label": label[:LONGEST_LABEL]} for segment_id in wanted],
    )


def used_by(tx: Tx, segment_id: int) -> list[Use]:
    """What names a segment, by what it is called."""
    query = select(SegmentUse.kind, SegmentUse.key, SegmentUse.label).where(SegmentUse.segment_id == segment_id)
    return sorted(
        (Use(kind, key, _called(tx, kind, key) or label) for kind, key, label in tx.execute(query)), key=_place
    )


def _called(tx: Tx, kind: str, key: str) -> str:
    """What it is called by now, where this package can look."""
    if kind == SEGMENT:
        row = tx.get(Segment, int(key))
        return f"the segment “{row.name}”" if row is not None else ""
    if kind == SURVEY:
        return f"the survey of the inbox “{settings.inbox(tx, int(key)).name}”"
    return ""


def _place(use: Use) -> tuple[str, str, str]:
    return use.kind, use.label, use.key


def dependents(tx: Tx, segment_id: int) -> list[int]:
    """The segments that name this one, or one that does, by number."""
    known = shelf(tx)
    return [
        row.id
        for row in known.rows
        if row.id != segment_id and any(r.id == segment_id for r in known.reached([row.id]))
    ]
