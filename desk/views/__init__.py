"""Saved views: filters in the language of the search, named, ordered and shared."""

from desk.views.service import (
    MOST,
    SHARED,
    BadView,
    NoView,
    change,
    count,
    create,
    every,
    get,
    may_change,
    move,
    page,
    remove,
    rows_of,
)
from desk.views.tables import View

__all__ = [
    "MOST",
    "SHARED",
    "BadView",
    "NoView",
    "View",
    "change",
    "count",
    "create",
    "every",
    "get",
    "may_change",
    "move",
    "page",
    "remove",
    "rows_of",
]
