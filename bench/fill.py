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
from desk.store import Store, prepare_engine

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


def _fingerprint() -> str:
    """Changes with the rows that would be written and with the tables that they go into (not with their layout)."""
    digest = hashlib.sha256()
    for path in (Path(__file__).with_name("rows.py"), *sorted((ROOT / "migrations" / "versions").glob("*.py"))):
        digest.update(ast.dump(ast.parse(path.read_text())).encode())
    return digest.hexdigest()[:10]


def filled(database: Database, size: Size) -> tuple[str, dict[str, Any]]:
    """The name of a filled database, made now if it is not there yet, and what is in it."""
    import_tables()
    BUILD.mkdir(parents=True, exist_ok=True)
    name, folder = f"{size.name}_{_fingerprint()}", folder_of(database, size)
    notes = BUILD / f"{database.name}-{name}.json"
    if database.exists(name) and notes.exists():
        return name, json.loads(notes.read_text())
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    making = f"making_{size.name}"
    database.create(making)
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "bootstrap"],
        cwd=ROOT, env=environment(folder, database.url(making)), check=True, capture_output=True,
    )  # fmt: skip
    ground = _ground(database.url(making), folder)
    with database.bulk(making) as bulk:
        writer = Writer(bulk)
        story = Story(writer, size, ground)
        story.customers()
        story.conversations()
        writer.flush()
    database.drop(name)
    database.rename(making, name)
    found = {
        "rows": dict(writer.counts),
        "seconds": round(time.perf_counter() - start, 1),
        "megabytes": database.megabytes(name),
    }
    notes.write_text(json.dumps(found))
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
