"""Who acts right now: said once where a request begins, so that no function hands a name down for the log's sake."""

from __future__ import annotations

from contextvars import ContextVar

_ACTING: ContextVar[int | None] = ContextVar("acting", default=None)


def acts(staff_id: int | None) -> None:
    """From now on, in this thread, this colleague acts; None: the desk itself, or somebody whom it does not know."""
    _ACTING.set(staff_id)


def acting() -> int | None:
    """Who acts in this thread."""
    return _ACTING.get()
