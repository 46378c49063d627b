"""The newest 50 of a customer's timeline, all of it and filtered: `python -m bench.timeline [quick] [full] [five]`.

`five` has five million entries and takes minutes to fill; it is asked for by name and part of no other run.
"""

from __future__ import annotations

import statistics
import sys
import time

from sqlalchemy import create_engine

from bench.databases import Postgres, Sqlite
from bench.fill import FULL, QUICK, filled, folder_of, sample
from bench.rows import Size
from desk import timeline
from desk.clock import SystemClock
from desk.keys import KeyRing
from desk.store import Store, prepare_engine

FIVE = Size("five", 200_000, 500_000)
SIZES = {size.name: size for size in (QUICK, FULL, FIVE)}
SIEVES = {
    "everything": timeline.sieve_of([], None),
    "messages": timeline.sieve_of(["messages"], None),
    "stages, which are rare": timeline.sieve_of(["stages"], None),
    "by SMS": timeline.sieve_of([], "sms"),
}
ROUNDS = 10


def measure(store: Store, customers: tuple[int, ...]) -> dict[str, tuple[float, float]]:
    """p50 and p95 in milliseconds of each sieve, over the customers in turn, after each was read once."""
    found = {}
    for name, sieve in SIEVES.items():
        times = []
        for turn in range(ROUNDS + 1):
            for customer in customers:
                start = time.perf_counter()
                with store.reading() as tx:
                    timeline.page(tx, customer, limit=51, sieve=sieve)
                if turn:
                    times.append((time.perf_counter() - start) * 1000)
        cuts = statistics.quantiles(times, n=20)
        found[name] = (statistics.median(times), cuts[18])
    return found


def main() -> None:
    wanted = [SIZES[name] for name in sys.argv[1:] or ("full",)]
    for make in (Sqlite, Postgres):
        database = make()
        try:
            for size in wanted:
                name, notes = filled(database, size)
                customers = sample(database, name, 100).customer_ids
                engine = prepare_engine(create_engine(database.url(name)))
                store = Store(engine, SystemClock(), KeyRing.load(folder_of(database, size) / "keys"))
                print(f"{database.name}, {notes['rows']['entries']:,} entries, p50 / p95 in ms")
                for sieve, (middle, most) in measure(store, customers).items():
                    print(f"  {sieve:24} {middle:7.2f} {most:7.2f}", flush=True)
                engine.dispose()
        finally:
            database.close()


if __name__ == "__main__":
    main()
