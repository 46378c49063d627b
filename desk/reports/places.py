"""Where a page of rows ends and the next begins, as an address carries it: a time and a number."""

from __future__ import annotations

from datetime import datetime

from desk.i18n import N_
from desk.reports.filters import FilterError


def place_after(at: datetime, number: int) -> str:
    """The place behind a row."""
    return f"{at.isoformat()}~{number}"


def read_place(after: str) -> tuple[datetime, int]:
    """The other way. Raises FilterError for what no page gave out."""
    at, _, number = after.partition("~")
    try:
        place = datetime.fromisoformat(at), int(number)
    except ValueError:
        place = None
    if place is None or place[0].tzinfo is None or not 0 <= place[1] < 2**63:
        raise FilterError(N_("That page of rows does not exist: begin at the first one."))
    return place
