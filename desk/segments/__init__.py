"""Segments: saved conditions over facts, with who they hold for, kept as facts come in and as time passes."""

from desk.segments.counting import count, recount_due
from desk.segments.preview import Preview, Step, preview
from desk.segments.service import (
    SegmentError,
    consider,
    every,
    get,
    inside,
    members,
    of_customer,
    read,
    remove,
    save,
)
from desk.segments.tables import Segment

__all__ = [
    "Preview",
    "Segment",
    "SegmentError",
    "Step",
    "consider",
    "count",
    "every",
    "get",
    "inside",
    "members",
    "of_customer",
    "preview",
    "read",
    "recount_due",
    "remove",
    "save",
]
