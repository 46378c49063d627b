"""Segments over a hundred thousand customers: the estimate while one writes, and the count over all of them.

`python -m bench.segments [--customers N]` fills both databases or finds them filled, and prints the rows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import Any

from sqlalchemy import create_engine

from bench import beside
from bench.databases import NAMES, Database, Postgres, Sqlite
from bench.fill import filled, folder_of
from bench.pages import SUPERVISOR, Page
from bench.rows import Size
from bench.stories import Known
from desk import agents, people, segments
from desk.clock import SystemClock
from desk.files import Blobs
from desk.keys import KeyRing
from desk.parts import Desk
from desk.store import Store, prepare_engine
from desk.web.customers.rows import StageNames
from desk.web.customers.rows import rows as rows_of_customers
from desk.worker import run_one

CUSTOMERS = 100_000
TARGET_MS = 250.0  # an estimate, while somebody writes
ROUNDS = 15
CONDITIONS = {
    "one number": "attribute.seats > 20",
    "unhappy and still here": "csat <= 2 and days since message.received < 30",
    "asked three times in a week": "count(conversation.opened, 7 days) >= 3",
    "five parts": 'count(order.placed) >= 1 and days since order.placed > 60 and attribute.plan is "Gold" '
    'and csat is unknown and not frustration is "frustrated"',
}  # fmt: skip
LIST = 25
PAGES = (
    Page("customers", "/customers/", "/customers?", SUPERVISOR),
    Page("customers, by name", "/customers/?q=maya", "/customers?", SUPERVISOR),
    Page("customers of a segment", "/customers/?segment=1", "/customers?", SUPERVISOR),
    Page("segments", "/customers/segments", "/customers?", SUPERVISOR),
    Page("segment, with its estimate", "/customers/segments/1", "/customers?", SUPERVISOR, share=0.3),
)


def size_of(customers: int) -> Size:
    return Size(f"known{customers}", customers, 1)


def measure(database: Database, customers: int = CUSTOMERS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Milliseconds of estimates and of the list of customers, and customers counted a second, on a copy."""
    size = size_of(customers)
    source, notes = filled(database, size, Known)
    name = f"segments_{customers}"
    database.copy(source, name)
    folder = folder_of(database, size)
    engine = prepare_engine(create_engine(database.url(name)))
    store = Store(engine, SystemClock(), KeyRing.load(folder / "keys"))
    try:
        found: dict[str, Any] = {"customers": customers, "facts": notes["rows"]["facts"]}
        found["estimates"] = {label: _estimates(store, text, rounds) for label, text in CONDITIONS.items()}
        found["list"] = _list(store, rounds)
        desk = Desk(store=store, files=Blobs(folder / "files"))
        found["counts"] = {label: _count(desk, label, text) for label, text in CONDITIONS.items()}
        engine.dispose()
        found["pages"] = beside.measure(database, name, size, PAGES)
    finally:
        engine.dispose()
        database.drop(name)
    return found


def _estimates(store: Store, text: str, rounds: int) -> dict[str, float]:
    times = []
    with store.reading() as tx:
        condition = segments.read(tx, text)
    for turn in range(rounds + 1):
        began = time.perf_counter()
        with store.reading() as tx:
            segments.preview(tx, condition)
        if turn:
            times.append((time.perf_counter() - began) * 1000)
    return _summary(times)


def _list(store: Store, rounds: int) -> dict[str, float]:
    """What the page of all customers reads: one page of rows, somewhere in the list, and how many there are."""
    times = []
    for turn in range(rounds + 1):
        began = time.perf_counter()
        with store.reading() as tx:
            before = None if turn % 2 else 1000 * (turn + 1)
            ids = people.newest(tx, before=before, limit=LIST + 1)
            rows_of_customers(tx, ids[:LIST], StageNames.of(tx, "en"))
            people.count(tx)
        if turn:
            times.append((time.perf_counter() - began) * 1000)
    return _summary(times)


def _count(desk: Desk, label: str, text: str) -> dict[str, Any]:
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, 1)
        assert viewer is not None
        number = segments.save(tx, viewer, name=label, condition=text).id
    began, slices = time.perf_counter(), []
    while True:
        start = time.perf_counter()
        if not run_one(desk, "bench", ["segments.count"]):
            break
        slices.append((time.perf_counter() - start) * 1000)
    seconds = time.perf_counter() - began
    with desk.store.reading() as tx:
        row = segments.get(tx, number)
        assert row.counted_at is not None
        return {
            "members": row.size,
            "seconds": round(seconds, 2),
            "customers_s": round(row.customers / seconds),
            "slice_p95_ms": _summary(slices)["p95_ms"],
        }


def _summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1)}


def rows(found: dict[str, Any]) -> list[str]:
    """One database's results for reading."""
    lines = [f"  {found['customers']:,} customers, {found['facts']:,} facts"]
    for label, got in found["estimates"].items():
        count = found["counts"][label]
        slow = "  over 250 ms" if got["p95_ms"] > TARGET_MS else ""
        lines.append(
            f"  {label:28} estimate {got['p50_ms']:7.1f} / {got['p95_ms']:7.1f} ms; {count['members']:7,} found in "
            f"{count['seconds']:5.1f} s, {count['customers_s']:7,} customers/s, a slice {count['slice_p95_ms']:.0f} ms"
            f"{slow}"
        )
    listed = found["list"]
    lines.append(f"  {'the list of customers':28} page     {listed['p50_ms']:7.1f} / {listed['p95_ms']:7.1f} ms")
    return lines + beside.rows(found["pages"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--only", choices=NAMES, help="one database")
    asked = parser.parse_args()
    for make in (Sqlite, Postgres):
        if asked.only and make.name != asked.only:
            continue
        database = make()
        try:
            found = measure(database, asked.customers)
            print(f"{database.name}: segments, p50 / p95; load {os.getloadavg()[0]:.1f}")
            print("\n".join(rows(found)), flush=True)
        finally:
            database.close()


if __name__ == "__main__":
    main()
