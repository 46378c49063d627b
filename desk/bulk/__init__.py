"""Changes of many conversations at once, each in a transaction of its own, and all of them taken back by one press."""

from desk.bulk.service import (
    ACTIONS,
    MOST,
    UNDO,
    Action,
    apply,
    begin,
    finish_undo,
    read,
    start_undo,
    take_back,
)

__all__ = [
    "ACTIONS",
    "MOST",
    "UNDO",
    "Action",
    "apply",
    "begin",
    "finish_undo",
    "read",
    "start_undo",
    "take_back",
]
