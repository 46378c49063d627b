"""Searches over a desk with a million messages: rare words, words that most lines hold, phrases, filters, names.

`python -m bench.search [--quick] [--only NAME]` fills both databases or finds them filled, indexes a copy by the
command that an admin would use, keeps it, and prints the rows; and the same five times over, with what that costs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from bench import beside
from bench.databases import BUILD, NAMES, ROOT, Database, Postgres, Sqlite
from bench.fill import environment, filled, fingerprint, folder_of, multiplied
from bench.pages import AGENT, Page
from bench.rows import Size
from bench.stories import WORDS, Wordy, vocabulary
from desk import agents, search
from desk.agents import Viewer
from desk.clock import SystemClock
from desk.keys import KeyRing
from desk.store import Store, Tx, prepare_engine
from desk.timeline.tables import Entry

BAR_MS = 50.0
GROWTH, TIMES = 2.0, 5  # of the median at so many times the lines
MILLION = Size("words", 56_000, 139_000)  # 1,000,000 lines with words
TENTH = Size("words_tenth", 5_600, 13_900)
LITTLE = Size("words_little", 560, 1_390)
LEAD = "staff11@desk.example"
ROUNDS = 40
MAILS = 100  # whose way into the index is timed
TYPED = ("the", "parcel glaze", "bowls is:open", "invoice", "porcupine", "Lucia Serrano", "carrier")
PAGES = (
    Page("search", "/search/?q={q}", "/found?q={q}&", texts=TYPED),
    Page("search, part", "/search/?q={q}", "/found?q={q}&", part=True, texts=TYPED),
    Page("search, messages", "/search/?tab=messages&q={q}", "/found?q={q}&", part=True, texts=TYPED),
)
SOURCES = tuple(ROOT / "desk" / "search" / f"{name}.py" for name in ("tables", "index", "words"))

Make = Callable[[random.Random], str]


def searches(size: Size) -> dict[str, Make]:
    """What is looked for, by name: a maker of texts, so that searches are for different ones. A sentence of the filling
    stands in a fifth of all lines, "the" in nearly all; the words of the vocabulary are as often as a language's."""
    words = vocabulary(random.Random(11), WORDS)

    def of(low: int, high: int) -> Make:
        return lambda rng: words[rng.randrange(low, high)]

    often, sometimes, rarely = of(0, 20), of(300, 3000), of(20_000, 50_000)

    def number(rng: random.Random) -> int:
        return rng.randrange(1, size.conversations)

    def begun(rng: random.Random) -> str:
        whole = rng.choice((often, sometimes, rarely, lambda _: "parcel", lambda _: "carrier", lambda _: "problem"))(
            rng
        )
        return whole[: rng.randint(3, max(3, len(whole)))]

    return {
        "in nearly all lines": lambda rng: "the ",
        "a frequent word": lambda rng: f"{often(rng)} ",
        "a word now and then": lambda rng: f"{sometimes(rng)} ",
        "a rare word": lambda rng: f"{rarely(rng)} ",
        "a word of a number": lambda rng: f"({number(rng)}) porcupine ",
        "as one types": begun,
        "a frequent beginning": lambda rng: rng.choice(("the", "par", "car", "pro", "quest")),
        "two words": lambda rng: "crack glaze ",
        "frequent and rare": lambda rng: f"the {rarely(rng)} ",
        "two now and then": lambda rng: f"{sometimes(rng)} {sometimes(rng)} ",
        "a phrase": lambda rng: rng.choice(('"one of the six bowls" ', '"the dishwasher" ', '"of the six"')),
        "a phrase of nobody": lambda rng: '"the the invoice" ',
        "never together": lambda rng: "porcupine kettle ",
        "less a word": lambda rng: f"the -{often(rng)} ",
        "word and filters": lambda rng: "invoice is:open sentiment:frustrated after:2026-06-01 ",
        "frequent, is mine": lambda rng: "the assignee:me ",
        "frequent, is snoozed": lambda rng: "the is:snoozed ",
        "frequent, one customer's": lambda rng: f"the from:customer{rng.randrange(1, size.customers)}@ ",
        "frequent, long ago": lambda rng: "the before:2026-01-15 ",
        "rare and filters": lambda rng: f"{rarely(rng)} is:resolved assignee:me ",
        "filters alone": lambda rng: "is:open sentiment:frustrated",
        "a name": lambda rng: rng.choice(("Lucia Serrano", "Maya Okafor", "Jonas", "Yuki")),
        "a misspelt name": lambda rng: rng.choice(("Jonsa Lindqvits", "Lucai Serano", "Okafro", "Great Haddda")),
        "an address": lambda rng: f"customer{rng.randrange(1, size.customers)}@",
        "a number": lambda rng: f"#{number(rng)}",
    }


def everything(tx: Tx, viewer: Viewer, text: str) -> int:
    """What the page asks of the index for one text: lines, conversations, customers."""
    prepared = search.prepare(tx, viewer, text)
    said = search.best_lines(tx, prepared, search.RANKED)
    threads = search.best_threads(tx, prepared, said.hits, 6)
    found = [hit.snippet for hit in [*said.hits[:6], *threads.hits]]
    return len(found) + len(search.people(tx, prepared, limit=5).hits)


def indexed(database: Database, size: Size) -> tuple[str, dict[str, Any]]:
    """The name of a filled and indexed database, made now by the command of an admin if it is not there yet."""
    source, notes = filled(database, size, Wordy)
    name = f"{size.name}_indexed_{fingerprint(Path(__file__).with_name('stories.py'), *SOURCES)}"
    said = BUILD / f"{database.name}-{name}.json"
    if database.exists(name) and said.exists():
        return name, json.loads(said.read_text())
    making = f"indexing_{size.name}"
    database.copy(source, making)
    found: dict[str, Any] = {"lines": notes["rows"]["contents"], "megabytes_before": database.megabytes(making)}
    env = environment(folder_of(database, size), database.url(making))
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "search", "rebuild", "--anew"]
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    found["rebuild_seconds"] = round(time.perf_counter() - began, 1)
    found["megabytes"] = database.megabytes(making)
    database.drop(name)
    database.rename(making, name)
    said.write_text(json.dumps(found))
    return name, found


def measure(database: Database, size: Size = MILLION, rounds: int = ROUNDS, only: str = "") -> dict[str, Any]:
    """Milliseconds of each search, for an agent of two teams and for a supervisor, warm, with one desk's lines and with
    five times as many, in turns; and what a mail costs."""
    name, found = indexed(database, size)
    more, _ = multiplied(database, size, TIMES, name, {"rows": {"contents": found["lines"]}}, indexed=True)
    with ExitStack() as open_ones:
        stores = []
        for each in (name, more):
            engine = prepare_engine(create_engine(database.url(each)))
            open_ones.callback(engine.dispose)
            stores.append(Store(engine, SystemClock(), KeyRing.load(folder_of(database, size) / "keys")))
        once, often = dict[str, Any](), dict[str, Any]()
        for who in (AGENT, LEAD):
            once[who], often[who] = _times(stores, who, size, rounds, only)
        found = found | {"searches": once, "times": TIMES, "searches_of_more": often, "mail": _mails(stores[0])}
    if not only:
        found["pages"] = beside.measure(database, name, size, PAGES)
    return found


def _times(stores: Sequence[Store], email: str, size: Size, rounds: int, only: str) -> list[dict[str, Any]]:
    """For each of the stores, which take turns with each text."""
    with stores[0].reading() as tx:
        staff = agents.by_email(tx, email)
        viewer = agents.viewer(tx, staff.id) if staff is not None else None
    assert viewer is not None
    out: list[dict[str, Any]] = [{} for _ in stores]
    rng = random.Random(5)
    for label, make in searches(size).items():
        if only and only not in label:
            continue
        times: list[list[float]] = [[] for _ in stores]
        hits = [0] * len(stores)
        for turn in range(rounds + 2):
            text = make(rng)
            for place, store in enumerate(stores):
                began = time.perf_counter()
                with store.reading() as tx:
                    hits[place] += bool(everything(tx, viewer, text))
                if turn > 1:  # the first two warm up
                    times[place].append((time.perf_counter() - began) * 1000)
        for place, found in enumerate(out):
            found[label] = _summary(times[place]) | {"found": round(hits[place] / (rounds + 2), 2)}
    return out


def _mails(store: Store) -> dict[str, Any]:
    """What a mail costs: the note in its own transaction, and the index behind it, one mail at a time and many."""
    with store.reading() as tx:
        query = select(Entry.id, Entry.conversation_id).where(Entry.kind == "message").order_by(Entry.id.desc())
        mails = tx.execute(query.limit(2 * MAILS)).all()
    noted, alone = [], []
    for entry_id, conversation_id in mails[:MAILS]:
        with store.transaction() as tx:
            tx.connection()
            began = time.perf_counter()
            _note(tx, entry_id, conversation_id)
            noted.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        store.attempt(search.catch_up, repeatable=True)
        alone.append((time.perf_counter() - began) * 1000)
    with store.transaction() as tx:
        for entry_id, conversation_id in mails[MAILS:]:
            _note(tx, entry_id, conversation_id)
    began = time.perf_counter()
    while store.attempt(search.catch_up, repeatable=True):
        pass
    together = (time.perf_counter() - began) * 1000 / MAILS
    return {"note": _summary(noted), "alone": _summary(alone), "together_ms": round(together, 2)}


def _note(tx: Tx, entry_id: int, conversation_id: int) -> None:
    search.note(tx, entry_id=entry_id)
    search.note(tx, conversation_id=conversation_id)


def _summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1)}


def rows(found: dict[str, Any]) -> list[str]:
    """One database's results for reading; what misses the bar says so."""
    rate, mail = found["lines"] / found["rebuild_seconds"], found["mail"]
    lines = [
        f"  {found['lines']:,} lines indexed in {found['rebuild_seconds']} s, {rate:,.0f} a second; "
        f"{found['megabytes_before']:,} MB before and {found['megabytes']:,} MB after",
        f"  a mail: {mail['note']['p50_ms']} ms to note it, {mail['alone']['p50_ms']} ms in the index behind it, "
        f"{mail['together_ms']} ms where {MAILS} wait",
        f"  {'':26} {'an agent: p50, p95':>20} {'a supervisor: p50, p95':>26}   found"
        f"   {found['times']} times the lines: the same",
    ]
    mine, theirs = found["searches"].values()
    mine_of_more, theirs_of_more = found["searches_of_more"].values()
    for label, got in mine.items():
        lead = theirs[label]
        many = (mine_of_more[label], theirs_of_more[label])
        slow = "  over 50 ms" if max(got["p95_ms"], lead["p95_ms"]) > BAR_MS else ""
        growth = max(more["p50_ms"] / max(0.1, few["p50_ms"]) for more, few in zip(many, (got, lead), strict=True))
        slow += f"  {growth:.1f} times as long" if growth >= GROWTH else ""
        lines.append(
            f"  {label:26} {got['p50_ms']:11.1f} {got['p95_ms']:8.1f} {lead['p50_ms']:17.1f} {lead['p95_ms']:8.1f}"
            f"   {got['found']:4.0%}   " + "".join(f"{one['p50_ms']:9.1f} {one['p95_ms']:8.1f}" for one in many) + slow
        )
    return lines + beside.rows(found.get("pages", {}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    parser.add_argument("--only", choices=NAMES, help="one database")
    parser.add_argument("--search", default="", help="only searches with this in their name")
    asked = parser.parse_args()
    for make in (Sqlite, Postgres):
        if asked.only and make.name != asked.only:
            continue
        database = make()
        try:
            found = measure(database, TENTH if asked.quick else MILLION, only=asked.search)
            print(f"{database.name}: searches, p50 and p95 in ms; load {os.getloadavg()[0]:.1f}")
            print("\n".join(rows(found)), flush=True)
        finally:
            database.close()


if __name__ == "__main__":
    main()
