"""Searches over a filled desk: rare words, words that most lines hold, filters, misspelt names.

`python -m bench.search [--quick] [--only NAME]` fills both databases or finds them filled, indexes a copy by the
command that an admin would use, and prints the rows.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from typing import Any

from sqlalchemy import create_engine

from bench.databases import NAMES, ROOT, Database, Postgres, Sqlite
from bench.fill import FULL, QUICK, environment, filled, folder_of
from bench.pages import AGENT
from bench.rows import Size
from desk import agents, search
from desk.agents import Viewer
from desk.clock import SystemClock
from desk.keys import KeyRing
from desk.store import Store, Tx, prepare_engine

BAR_MS = 50.0
LEAD = "staff11@desk.example"
ROUNDS = 15


def searches(size: Size, rng: random.Random) -> dict[str, str]:
    """What is looked for, by name. A sentence of the filling stands in a fifth of all lines, "the" in nearly all."""
    number = rng.randrange(1, size.conversations)
    return {
        "a rare word": f"({number}) porcupine ",
        "a frequent word": "the ",
        "a frequent beginning": "the",
        "two words": "crack glaze ",
        "a phrase": '"one of the six bowls" ',
        "never together": "porcupine kettle ",
        "word and filters": "invoice is:open sentiment:frustrated after:2026-06-01 ",
        "frequent word, filter": "the assignee:me ",
        "filters alone": "is:open sentiment:frustrated",
        "a name": "Lucia Serrano",
        "a misspelt name": "Jonsa Lindqvits",
        "an address": f"customer{rng.randrange(1, size.customers)}@",
        "a number": f"#{number}",
    }


def everything(tx: Tx, viewer: Viewer, text: str) -> int:
    """What the page asks of the index for one text: lines, conversations, customers."""
    prepared = search.prepare(tx, viewer, text)
    said = search.best_lines(tx, prepared, search.RANKED)
    threads = search.best_threads(tx, prepared, said.hits, 6)
    found = [hit.snippet for hit in [*said.hits[:6], *threads.hits]]
    return len(found) + len(search.people(tx, prepared, limit=5).hits)


def rebuild(database: Database, name: str, size: Size) -> float:
    """Indexes the filled desk; seconds."""
    env = environment(folder_of(database, size), database.url(name))
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "search", "rebuild", "--anew"]
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def measure(database: Database, size: Size, rounds: int = ROUNDS) -> dict[str, Any]:
    """Milliseconds of each search, for an agent of two teams and for a supervisor, warm."""
    source, notes = filled(database, size)
    name = f"search_{size.name}"
    database.copy(source, name)
    try:
        found: dict[str, Any] = {"lines": notes["rows"]["contents"], "megabytes_before": database.megabytes(name)}
        found["rebuild_seconds"] = round(rebuild(database, name, size), 1)
        found["megabytes"] = database.megabytes(name)
        engine = prepare_engine(create_engine(database.url(name)))
        store = Store(engine, SystemClock(), KeyRing.load(folder_of(database, size) / "keys"))
        found["searches"] = {who: _times(store, who, size, rounds) for who in (AGENT, LEAD)}
        engine.dispose()
    finally:
        database.drop(name)
    return found


def _times(store: Store, email: str, size: Size, rounds: int) -> dict[str, Any]:
    with store.reading() as tx:
        staff = agents.by_email(tx, email)
        viewer = agents.viewer(tx, staff.id) if staff is not None else None
    assert viewer is not None
    out: dict[str, Any] = {}
    rng = random.Random(5)
    for label in searches(size, rng):
        times, hits = [], 0
        for turn in range(rounds + 1):
            text = searches(size, rng)[label]
            began = time.perf_counter()
            with store.reading() as tx:
                hits = everything(tx, viewer, text)
            if turn:  # the first one warms up
                times.append((time.perf_counter() - began) * 1000)
        times.sort()
        out[label] = {
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(times[int(len(times) * 0.95)], 1),
            "hits": hits,
        }
    return out


def rows(found: dict[str, Any]) -> list[str]:
    """One database's results for reading; what misses the bar says so."""
    lines = [
        f"  {found['lines']:,} lines indexed in {found['rebuild_seconds']} s, "
        f"{found['megabytes_before']:,} MB before and {found['megabytes']:,} MB after"
    ]
    for who, times in found["searches"].items():
        for label, got in times.items():
            slow = "  over 50 ms" if got["p95_ms"] > BAR_MS else ""
            numbers = f"{got['p50_ms']:8.1f} {got['p95_ms']:8.1f} {got['hits']:6d}"
            lines.append(f"  {label:24} {who.partition('@')[0]:8} {numbers}{slow}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--only", choices=NAMES, help="one database")
    asked = parser.parse_args()
    size = QUICK if asked.quick else FULL
    for make in (Sqlite, Postgres):
        if asked.only and make.name != asked.only:
            continue
        database = make()
        try:
            print(f"{database.name}: p50, p95 in ms, hits; load {os.getloadavg()[0]:.1f}")
            print("\n".join(rows(measure(database, size))), flush=True)
        finally:
            database.close()


if __name__ == "__main__":
    main()
