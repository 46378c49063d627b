"""Customers brought in by a list: rows a second of the dry run and of the run, half of them known already.

Alone: `python -m bench.imports [ROWS]`, on both databases.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bench.databases import BUILD, Database, Postgres, Sqlite
from desk import agents, imports
from desk.clock import SystemClock
from desk.files import Blobs
from desk.imports import Column, Kept, Plan
from desk.keys import KeyRing
from desk.parts import Desk
from desk.store import Base, Store, prepare_engine
from desk.worker import run_one

ROWS, TARGET = 100_000, 60.0  # seconds for so many
PLAN = Plan(
    (
        Column("name"), Column("email"), Column("phone"), Column("locale"),
        Column("attribute", "plan", "Plan", "text", (), True),
        Column("attribute", "seats", "Seats", "number", (), True),
        Column("attribute", "since", "Since", "time", (), True),
    ),
    region="SE",
)  # fmt: skip


def listed(rows: int, start: int = 0) -> bytes:
    """A list as a shop writes it: seven columns, every other customer with a phone, one row in a hundred wrong."""
    out = io.StringIO()
    out.write("Name,Email,Phone,Language,Plan,Seats,Since\n")
    for n in range(start, start + rows):
        address = f"customer{n}@kund.example" if n % 100 else "nobody"
        phone = f"+4670{n:07}" if n % 2 else ""
        out.write(f'"Lind, Maya {n}",{address},{phone},sv,{("Free", "Gold")[n % 2]},{n % 40},2024-0{1 + n % 9}-11\n')
    return out.getvalue().encode()


def bring(desk: Desk, content: bytes) -> dict[str, Any]:
    """One list to the end, without what is looked at in the background afterwards."""
    began = time.perf_counter()
    how = imports.layout(content)
    rows = imports.count(content, how)
    kept = Kept("customers.csv", desk.files.put(content), len(content), how, rows)
    looked = time.perf_counter() - began
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, 1)
        assert viewer is not None
        import_id = imports.begin(tx, desk.files, viewer, kept).id
        imports.try_out(tx, import_id, PLAN)
    times, processor = [], 0.0
    for step in ("try", "run"):
        if step == "run":
            with desk.store.transaction() as tx:
                imports.run(tx, import_id, viewer)
        began, processor = time.perf_counter(), time.process_time()
        while run_one(desk, "bench", ["imports.work"]):
            pass
        processor = time.process_time() - processor
        times.append(time.perf_counter() - began)
    with desk.store.reading() as tx:
        row = imports.get(tx, import_id)
    return {
        "rows": rows,
        "made": row.made,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "refused": row.refused,
        "state": row.state,
        "look_s": round(looked, 2),
        "try_s": round(times[0], 1),
        "run_s": round(times[1], 1),
        "run_processor_s": round(processor, 1),  # of this process alone
        "try_rows_s": round(rows / times[0]),
        "run_rows_s": round(rows / times[1]),
    }


def measure(database: Database, rows: int = ROWS) -> dict[str, Any]:
    """New customers all of them; then a list of as many, half of whom are known by it."""
    name = "imports"
    database.drop(name)
    database.create(name)
    engine = prepare_engine(create_engine(database.url(name)))
    Base.metadata.create_all(engine)
    try:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(engine, SystemClock(), KeyRing([b"a key of thirty-two bytes, no less"]))
            desk = Desk(store=store, files=Blobs(Path(folder)))
            with store.transaction() as tx:
                agents.create(tx, email="lead@kiln.example", name="Ada", role="supervisor")
            fresh = bring(desk, listed(rows))
            half = bring(desk, listed(rows, rows // 2))
        return {"fresh": fresh, "half": half}
    finally:
        engine.dispose()
        database.drop(name)


def rows_of(found: dict[str, Any], database: str) -> list[str]:
    """The lines of the table."""
    lines = []
    for label, one in found.items():
        whole = one["run_s"] * ROWS / one["rows"]
        lines.append(
            f"  {database:10} {label:6} {one['run_rows_s']:7,} rows/s run, {one['try_rows_s']:7,} rows/s dry run; "
            f"{ROWS:,} in {whole:.1f} s{'  over' if whole > TARGET else ''}, "
            f"{one['run_processor_s'] * ROWS / one['rows']:.1f} s of them by the processor for the desk itself"
        )
    return lines


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"customers by a list, {asked:,} rows, load {os.getloadavg()[0]:.1f}:")
    for make in (Sqlite, Postgres):
        base: Database = make()
        try:
            measured = measure(base, asked)
            print("\n".join(rows_of(measured, base.name)), flush=True)
            print(json.dumps(measured), file=sys.stderr)
        finally:
            base.close()
