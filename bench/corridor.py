"""The corridor: mails a second, kept and walked one after the other in this process, beside one-row commits."""

from __future__ import annotations

import statistics
import time
from typing import Any

from sqlalchemy import create_engine

import config
from bench.arrival import TO, mail_of
from bench.databases import Database
from bench.fill import Sample, folder_of
from bench.rows import Size
from desk import inbound, intake, reactions, settings
from desk.channels.base import discover
from desk.clock import SystemClock
from desk.db import import_tables
from desk.files import Blobs
from desk.keys import KeyRing
from desk.parts import Desk
from desk.store import Store, prepare_engine


def opened(database: Database, name: str, size: Size) -> Desk:
    """The parts of a desk on a filled database, as the commands put them together."""
    import_tables()
    folder = folder_of(database, size)
    url = database.url(name)
    store = Store(prepare_engine(create_engine(url)), SystemClock(), KeyRing.load(folder / "keys"))
    store.react_with(reactions.react)
    return Desk(
        store=store, files=Blobs(folder / "files"), config=config.read({"DATA": str(folder), "DATABASE_URL": url})
    )


def measure(database: Database, name: str, size: Size, sample: Sample, *, rounds: int, count: int) -> dict[str, Any]:
    """Mails a second through door and corridor, what `flask mail receive` does; commits a second of one plain row."""
    desk, channels = opened(database, name, size), discover()
    with desk.store.reading() as tx:
        inbox = settings.inbox_for_address(tx, "email", TO)
    assert inbox is not None
    plain = database.connect(name)
    plain.execute("create table if not exists bench_rows (id integer primary key, said text)")
    place = "%s" if database.name == "postgresql" else "?"
    statement = f"insert into bench_rows values ({place}, {place})"
    walks, commits, ratios, number, states = [], [], [], 0, set()
    for round_ in range(rounds + 1):
        start = time.perf_counter()
        for n in range(count):
            plain.execute(statement, (round_ * count + n, "x" * 400))
        under = count / (time.perf_counter() - start)
        start = time.perf_counter()
        for _ in range(count):
            number += 1
            chosen = number % len(sample.customer_ids)
            raw = mail_of(number, sample.customer_ids[chosen], sample.conversation_ids[chosen])
            stored = desk.files.put(raw), len(raw)
            with desk.store.transaction() as tx:
                row = intake.keep(tx, desk.files, stored, channel="email", door="file", inbox_id=inbox.id, queue=False)
                assert row is not None
                arrival_id = row.id
            states.add(inbound.take(desk, arrival_id, channels).state)
        over = count / (time.perf_counter() - start)
        if round_:  # the first one only warms
            walks.append(over)
            commits.append(under)
            ratios.append(over / under)
    assert states == {"accepted"}, states
    plain.close()
    desk.store.engine.dispose()
    return {
        "mails_per_second": round(statistics.median(walks), 1),
        "floor_commits_per_second": round(statistics.median(commits), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ms_per_mail": round(1000 / statistics.median(walks), 2),
    }
