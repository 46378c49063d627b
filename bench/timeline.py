"""The newest 50 of a customer's timeline, all of it and filtered, at one million entries and at five.

`python -m bench.timeline` measures both sizes in turns on both databases, `… quick full` any two or more by name.
`five` has five million entries, the timelines of `full` five times over; what was filled once is kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from sqlalchemy import create_engine

from bench.databases import NAMES, Database, Postgres, Sqlite
from bench.fill import FULL, QUICK, filled, folder_of, multiplied, sample
from bench.rows import Size
from desk import timeline
from desk.clock import SystemClock
from desk.keys import KeyRing
from desk.store import Store, prepare_engine

GROWTH = 2.0  # of the median, from the first size to the last
LITTLE = Size("little", 800, 2000)
TIMES = {"half": (QUICK, 5), "five": (FULL, 5)}  # a size, so many times
NAMES_OF_SIZES = ("little", "quick", "half", "full", "five")
SIEVES = {
    "everything": timeline.sieve_of([], None),
    "messages": timeline.sieve_of(["messages"], None),
    "feedback": timeline.sieve_of(["feedback"], None),
    "stages, which are rare": timeline.sieve_of(["stages"], None),
    "by SMS": timeline.sieve_of([], "sms"),
    "messages by mail": timeline.sieve_of(["messages"], "email"),
}
CUSTOMERS, ROUNDS = 100, 10


def _filled(database: Database, name: str) -> tuple[str, dict[str, Any], Size]:
    if name in TIMES:
        size, times = TIMES[name]
        return *multiplied(database, size, times, *filled(database, size)), size
    size = {one.name: one for one in (LITTLE, QUICK, FULL)}[name]
    return *filled(database, size), size


def measure(database: Database, sizes: Sequence[str] = ("full", "five")) -> dict[str, Any]:
    """Milliseconds (p50, p95) of each sieve at each size, over the same number of customers with 60 to 400 lines, after
    each was read once. The sizes take turns, so that whatever else the machine does falls on all of them."""
    with ExitStack() as open_ones:
        stores, customers, entries, filling = {}, {}, {}, {}
        for size in sizes:
            name, notes, source = _filled(database, size)
            customers[size] = sample(database, name, CUSTOMERS).customer_ids
            entries[size], filling[size] = notes["rows"]["entries"], notes["seconds"]
            engine = prepare_engine(create_engine(database.url(name)))
            open_ones.callback(engine.dispose)
            stores[size] = Store(engine, SystemClock(), KeyRing.load(folder_of(database, source) / "keys"))
        times: dict[tuple[str, str], list[float]] = {}
        for turn in range(ROUNDS + 1):
            for name, store in stores.items():
                for sieve in SIEVES:
                    found = _round(store, customers[name], sieve)
                    if turn:  # the first one warms up
                        times.setdefault((name, sieve), []).extend(found)
    first, last = sizes[0], sizes[-1]
    middle = {key: statistics.median(some) for key, some in times.items()}
    return {
        "entries": entries,
        "filled_seconds": filling,
        "ms": {
            name: {
                sieve: [round(middle[name, sieve], 2), round(statistics.quantiles(times[name, sieve], n=20)[18], 2)]
                for sieve in SIEVES
            }
            for name in entries
        },
        "growth": {sieve: round(middle[last, sieve] / middle[first, sieve], 2) for sieve in SIEVES},
    }


def _round(store: Store, customers: tuple[int, ...], sieve: str) -> list[float]:
    times = []
    for customer in customers:
        start = time.perf_counter()
        with store.reading() as tx:
            timeline.page(tx, customer, limit=51, sieve=SIEVES[sieve])
        times.append((time.perf_counter() - start) * 1000)
    return times


def rows(found: dict[str, Any]) -> list[str]:
    """One database's results for reading; what grows too much says so."""
    sizes = [f"{entries:,} entries" for entries in found["entries"].values()]
    lines = [f"  {'newest 50, p50 / p95 in ms':28} {'':>4}" + "".join(f"{size:>22}" for size in sizes) + "  growth"]
    for sieve, growth in found["growth"].items():
        cells = "".join(f"{middle:>13.2f} /{most:>7.2f}" for middle, most in (ms[sieve] for ms in found["ms"].values()))
        lines.append(f"  {sieve:28} {'':>4}{cells}  {growth:5.2f}{'  over 2' if growth >= GROWTH else ''}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", choices=[*NAMES_OF_SIZES, []], help="two or more (full and five)")
    parser.add_argument("--only", choices=NAMES, help="one database")
    asked = parser.parse_args()
    wanted = asked.sizes or ("full", "five")
    for make in (Sqlite, Postgres):
        if asked.only and make.name != asked.only:
            continue
        database = make()
        try:
            found = measure(database, wanted)
            filling = ", ".join(f"{name} {seconds} s" for name, seconds in found["filled_seconds"].items())
            print(f"{database.name}: filled in {filling}; load {os.getloadavg()[0]:.1f}")
            print("\n".join(rows(found)), flush=True)
        finally:
            database.close()


if __name__ == "__main__":
    main()
