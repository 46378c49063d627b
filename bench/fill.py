"""Fills a desk to the size that is measured: customers, conversations, entries with words, scores, deliveries, surveys.

Rows are written past the corridor, as a desk of a year's work would hold them: in the order of time, so that a
customer's lines lie scattered where the database does not cluster them. A filled database is kept in build/bench and
copied for each run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bench.databases import BUILD, ROOT, Database
from bench.rows import FIRST, LAST, Ground, Size, Story, Writer
from desk import agents
from desk.agents.tables import TeamMember
from desk.agents.teams import create_team
from desk.clock import SystemClock
from desk.db import import_tables
from desk.keys import KeyRing
from desk.store import Base, Store, prepare_engine

FULL = Size("full", 40_000, 100_000)
QUICK = Size("quick", 4_000, 10_000)
PASSWORD = "warm kiln, cold clay"


def folder_of(database: Database, size: Size) -> Path:
    """The data folder (keys, files) of a filled desk."""
    return BUILD / f"data-{database.name}-{size.name}"


def environment(folder: Path, url: str, **more: str) -> dict[str, str]:
    """What a desk on this data and database is told; nothing of ours leaks in."""
    ours = {"PUBLIC_URL", "WORKER", "SMTP_PORT", "LMTP_PORT", "REDIS_URL", "PORT", "HOST", "DEMO"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DATA": str(folder), "DATABASE_URL": url, "DEMO": "0", "LOG_LEVEL": "warning", **more}


def _ground(url: str, folder: Path) -> Ground:
    """Teams, colleagues who can log in, and a second inbox, by the desk's own functions."""
    engine = prepare_engine(create_engine(url))
    store = Store(engine, SystemClock(), KeyRing.load(folder / "keys"))
    with store.transaction() as tx:
        teams = [create_team(tx, name).id for name in ("Orders", "Returns", "Workshop")]
        staff = []
        for n in range(1, 13):
            role = "supervisor" if n > 10 else "agent"
            made = agents.create(
                tx, email=f"staff{n}@desk.example", name=f"{FIRST[n - 1]} {LAST[n % 10]}", role=role, password=PASSWORD
            )
            staff.append(made.id)
            for team in (teams[n % 3], teams[(n + 1) % 3]):
                tx.add(TeamMember(team_id=team, staff_id=made.id))
        connection = tx.connection()
        inbox = connection.exec_driver_sql("select id, brand_id from inboxes order by id").first()
        survey = connection.exec_driver_sql("select id from surveys where kind = 'csat'").first()
        assert inbox is not None and survey is not None
    engine.dispose()
    return Ground((inbox[0],), tuple(teams), tuple(staff), inbox[1], survey[0])


def fingerprint(*more: Path) -> str:
    """Changes with the rows that would be written, with how they are indexed, and with the tables that they go into
    (not with their layout)."""
    digest = hashlib.sha256()
    ours = (Path(__file__).with_name("rows.py"), ROOT / "desk" / "search" / "words.py", *more)
    for path in (*ours, *sorted((ROOT / "migrations" / "versions").glob("*.py"))):
        digest.update(ast.dump(ast.parse(path.read_text())).encode())
    return digest.hexdigest()[:10]


def _flask(folder: Path, url: str, *words: str) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    subprocess.run(command, cwd=ROOT, env=environment(folder, url), check=True, capture_output=True)


def filled(database: Database, size: Size, story: type[Story] = Story) -> tuple[str, dict[str, Any]]:
    """The name of a filled database, made now if it is not there yet, and what is in it. Sizes of other stories have
    names of their own."""
    import_tables()
    BUILD.mkdir(parents=True, exist_ok=True)
    known = () if story is Story else (Path(__file__).with_name("stories.py"),)
    name, folder = f"{size.name}_{fingerprint(*known)}", folder_of(database, size)
    notes = BUILD / f"{database.name}-{name}.json"
    if database.exists(name) and notes.exists():
        return name, json.loads(notes.read_text())
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    making = f"making_{size.name}"
    database.create(making)
    _flask(folder, database.url(making), "bootstrap")
    ground = _ground(database.url(making), folder)
    with database.bulk(making) as bulk:
        writer = Writer(bulk)
        told = story(writer, size, ground)
        told.customers()
        told.conversations()
        writer.flush()
    seconds = round(time.perf_counter() - start, 1)
    start = time.perf_counter()
    _flask(folder, database.url(making), "search", "rebuild", "--anew")  # or the worker would do it while we measure
    database.settle(making)
    indexing = round(time.perf_counter() - start, 1)
    database.drop(name)
    database.rename(making, name)
    found = {
        "rows": dict(writer.counts),
        "seconds": seconds,
        "indexing_seconds": indexing,
        "megabytes": database.megabytes(name),
    }
    notes.write_text(json.dumps(found))
    return name, found


# What a customer's timeline hangs on, and which of its columns are numbers of what: a copy of a desk has others.
_NUMBERED = {
    "customers": {"id": "customer"},
    "identities": {"id": "customer", "customer_id": "customer", "origin_customer_id": "customer"},
    "conversations": {
        "id": "conversation", "customer_id": "customer", "episode_id": "conversation", "reply_identity_id": "customer",
    },
    "episodes": {"id": "conversation", "conversation_id": "conversation", "customer_id": "customer"},
    "contents": {"id": "entry"},
    "entries": {
        "id": "entry", "customer_id": "customer", "conversation_id": "conversation", "episode_id": "conversation",
        "identity_id": "customer", "content_id": "entry",
    },
}  # fmt: skip
_INDEX = {
    "search_lines": {"id": "place", "entry_id": "entry", "conversation_id": "conversation"},
    "search_threads": {"id": "conversation"},
    "search_people": {"id": "customer"},
}
_ADDRESS = {"value", "value_folded"}  # no two customers have one
_FAR = 1_500_000_000_000_000_000  # between the numbers of one copy's lines and the next's
_LATER = 1 << 40  # between the places of their lines in the index: nine minutes
_END = 1 << 62


def multiplied(
    database: Database, size: Size, times: int, source: str, notes: dict[str, Any], *, indexed: bool = False
) -> tuple[str, dict[str, Any]]:
    """A filled database with all its timelines so many times, each time of other customers, and with `indexed` what the
    search knows of them: the database copies rows a hundred times as fast as they are told."""
    numbered = _NUMBERED | (_INDEX if indexed else {})
    name = f"{source}_times_{times}"
    said = BUILD / f"{database.name}-{name}.json"
    if database.exists(name) and said.exists():
        return name, json.loads(said.read_text())
    start, making = time.perf_counter(), f"multiplying_{size.name}"
    database.copy(source, making)
    shifts = {"customer": size.customers, "conversation": size.conversations, "entry": _FAR, "place": _LATER}
    ends = shifts | {"place": _END}
    with database.bulk(making) as bulk:
        for table, numbers in numbered.items():
            columns = [column.name for column in Base.metadata.tables[table].columns]
            key = "id" if table != "entries" else "customer_id"
            if table in _INDEX:  # its places overlap with those of the copies: what is copied is set aside first
                bulk.run(f'create temporary table to_copy as select * from "{table}"')
            for turn in range(1, times):
                taken = [
                    f'"{c}" + {turn * shifts[numbers[c]]}' if c in numbers
                    else f"'{turn}.' || \"{c}\"" if table == "identities" and c in _ADDRESS
                    else f'"{c}"'
                    for c in columns
                ]  # fmt: skip
                names = ", ".join(f'"{c}"' for c in columns)
                copied = "to_copy" if table in _INDEX else table
                bulk.run(
                    f'insert into "{table}" ({names}) select {", ".join(taken)} from "{copied}" '
                    f'where "{key}" <= {ends[numbers[key]]}'
                )
            if table in _INDEX:
                bulk.run("drop table to_copy")
    database.drop(name)
    database.rename(making, name)
    rows = {table: count * (times if table in numbered else 1) for table, count in notes["rows"].items()}
    found = {"rows": rows, "seconds": round(time.perf_counter() - start, 1), "megabytes": database.megabytes(name)}
    said.write_text(json.dumps(found))
    return name, found


@dataclass(frozen=True)
class Sample:
    """What the runs ask for: conversations of customers with a full timeline, that an agent of two teams may see."""

    conversation_ids: tuple[int, ...]
    customer_ids: tuple[int, ...]


def sample(database: Database, name: str, count: int = 40) -> Sample:
    """Conversations without a team (everybody sees them) whose customers have 50 entries or more."""
    db = database.connect(name)
    rows = db.execute(
        "select max(c.id), c.customer_id from conversations c join (select customer_id from entries "
        "group by customer_id having count(*) between 60 and 400) e on e.customer_id = c.customer_id "
        "where c.team_id is null group by c.customer_id order by 2"
    ).fetchall()
    db.close()
    chosen = random.Random(3).sample(rows, min(count, len(rows)))
    return Sample(tuple(r[0] for r in chosen), tuple(r[1] for r in chosen))
