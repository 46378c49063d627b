"""Some pages of a desk on a database that another part has filled, beside the floor on the same one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench import pages, served
from bench.databases import Database, Sqlite
from bench.fill import Sample, folder_of
from bench.pages import Page
from bench.rows import Size


def measure(
    database: Database, name: str, size: Size, wanted: Sequence[Page], *, rounds: int = 3, count: int = 60
) -> dict[str, Any]:
    """Rates of the pages and of their floors, as `pages.measure` gives them."""
    url = database.url(name)
    target = str(database.path(name)) if isinstance(database, Sqlite) else url.replace("+psycopg", "")
    desk = served.desk(f"{database.name}-beside", url, folder_of(database, size))
    try:
        floor = served.floor(f"{database.name}-beside", database.name, target)
        try:
            desk.settle()
            viewer = pages.viewer_of(database, name)
            return pages.measure(desk, floor, Sample((), ()), *viewer, rounds=rounds, count=count, pages=wanted)
        finally:
            floor.stop()
    finally:
        desk.stop()


def rows(found: dict[str, Any]) -> list[str]:
    """The lines of the table."""
    return [
        f"  page: {name:28} {got['rate']:8.1f} a second, floor {got['floor_rate']:8.1f}, ratio {got['ratio']:.3f}; "
        f"{got['p50_ms']:.1f} / {got['p95_ms']:.1f} ms behind seven others, {got['alone_p50_ms']:.1f} ms alone"
        for name, got in found.items()
    ]
