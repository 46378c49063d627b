"""Customers brought in by a list: read, tried out, written in slices, and what was refused given back."""

from desk.imports.deciding import OUTCOMES
from desk.imports.mapping import KINDS_OF_ADDRESS, TARGETS, BadMapping, Column, Plan, suggest
from desk.imports.reader import DELIMITERS, ENCODINGS, MOST_BYTES, Layout, Row, Unreadable, count, layout, rows
from desk.imports.service import (
    WORKING,
    Kept,
    NotNow,
    begin,
    get,
    guarded,
    layout_of,
    let_go,
    newest,
    old,
    read_again,
    refusals,
    refused_rows,
    run,
    stop,
    try_out,
)
from desk.imports.tables import Import, ImportRefusal
from desk.imports.working import work

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "KINDS_OF_ADDRESS",
    "MOST_BYTES",
    "OUTCOMES",
    "TARGETS",
    "WORKING",
    "BadMapping",
    "Column",
    "Import",
    "ImportRefusal",
    "Kept",
    "Layout",
    "NotNow",
    "Plan",
    "Row",
    "Unreadable",
    "begin",
    "count",
    "get",
    "guarded",
    "layout",
    "layout_of",
    "let_go",
    "newest",
    "old",
    "read_again",
    "refusals",
    "refused_rows",
    "rows",
    "run",
    "stop",
    "suggest",
    "try_out",
    "work",
]
