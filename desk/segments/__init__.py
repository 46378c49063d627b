"""Segments: saved conditions over facts, with who they hold for, kept as facts come in and as time passes."""

from desk.segments.counting import count, recount_due
from desk.segments.naming import Use, note_uses, read_kept, shelf, spoken, used_by
from desk.segments.preview import Preview, Step, preview
from desk.segments.service import (
    SegmentError,
    conditions,
    consider,
    every,
    get,
    inside,
    members,
    of_customer,
    read,
    remove,
    save,
    within,
)
from desk.segments.tables import Segment

__all__ = [
    "Preview",
    "Segment",
    "SegmentError",
    "Step",
    "Use",
    "conditions",
    "consider",
    "count",
    "every",
    "get",
    "inside",
    "members",
    "note_uses",
    "of_customer",
    "preview",
    "read",
    "read_kept",
    "recount_due",
    "remove",
    "save",
    "shelf",
    "spoken",
    "used_by",
    "within",
]
