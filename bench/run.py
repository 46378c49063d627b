"""`make bench`: fills both databases, measures all of it beside its floor, prints a table, writes results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import (
    arrival,
    channels,
    console,
    corridor,
    crowd,
    imports,
    mail,
    pages,
    receive,
    search,
    segments,
    served,
    timeline,
    widget,
)
from bench.databases import BUILD, NAMES, Database, Postgres, Sqlite
from bench.fill import FULL, QUICK, Sample, filled, folder_of, sample
from bench.rows import Size

RESULTS = Path(__file__).with_name("results.json")
TARGETS = (
    crowd.TARGETS
    | console.TARGETS
    | {
        "page_ratio": 0.333,  # of the floor's rate, queue and conversation pages
        "inbound_to_screen_p50_ms": 25.0,
        "start_seconds": 4.0,
    }
)
HELD = ("queue", "conversation")  # the pages that the target speaks of, with their parts


@dataclass(frozen=True)
class Depth:
    """How much is asked of each."""

    size: Size
    rounds: int
    requests: int
    mails: int
    walk_rounds: int
    walk: int
    starts: int
    received: int
    listed: int
    lines: tuple[str, ...]
    words: Size
    known: int
    crowd: bool


_FULL_LINES, _QUICK_LINES = ("full", "five"), ("quick", "half")
DEPTHS = {
    "full": Depth(FULL, 5, 160, 205, 5, 100, 3, 10_000, 100_000, _FULL_LINES, search.MILLION, segments.CUSTOMERS, True),
    "quick": Depth(QUICK, 3, 48, 45, 3, 30, 1, 500, 10_000, _QUICK_LINES, search.LITTLE, 2500, False),
}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(database: Database, depth: Depth) -> dict[str, Any]:
    """Everything on one database, on a copy of the filled one."""
    say(f"{database.name}: filling, or finding it filled")
    source, notes = filled(database, depth.size)
    name = f"run_{depth.size.name}"
    database.copy(source, name)
    found: dict[str, Any] = {"filled": notes}
    try:
        wanted = sample(database, name)
        found["statements"] = pages.statements(database, name, depth.size, wanted)
        found |= _served(database, name, depth, wanted)
        say(f"{database.name}: the corridor")
        found["corridor"] = corridor.measure(
            database, name, depth.size, wanted, rounds=depth.walk_rounds, count=depth.walk
        )
    finally:
        database.drop(name)
    say(f"{database.name}: customers by a list")
    found["imports"] = imports.measure(database, depth.listed)
    say(f"{database.name}: timelines, at two sizes")
    found["timeline"] = timeline.measure(database, depth.lines)
    say(f"{database.name}: searches")
    found["search"] = search.measure(database, depth.words)
    say(f"{database.name}: segments")
    found["segments"] = segments.measure(database, depth.known)
    if depth.crowd:
        say(f"{database.name}: a thousand widgets and fifty agents")
        found["crowd"] = crowd.measure(database, depth.size)
        say(f"{database.name}: the console, with everything open")
        found["console"] = console.measure(database, depth.size)
    return found


def _served(database: Database, name: str, depth: Depth, wanted: Sample) -> dict[str, Any]:
    """What is asked of running servers: start, memory, pages, pushes."""
    url, folder, smtp = database.url(name), folder_of(database, depth.size), served.free_port()
    starts = []
    for _ in range(depth.starts):
        desk = served.desk(database.name, url, folder)
        starts.append(desk.seconds)
        desk.stop()
    desk = served.desk(database.name, url, folder, SMTP_PORT=str(smtp))
    starts.append(desk.seconds)
    target = str(database.path(name)) if isinstance(database, Sqlite) else url.replace("+psycopg", "")
    floor = served.floor(database.name, database.name, target)
    found: dict[str, Any] = {"start_seconds": round(statistics.median(starts), 2)}
    try:
        desk.settle()
        found["memory_mb"] = {"at_rest": desk.megabytes(), "floor_at_rest": floor.megabytes()}
        say(f"{database.name}: pages")
        found["pages"] = pages.measure(
            desk, floor, wanted, *pages.viewer_of(database, name), rounds=depth.rounds, count=depth.requests
        )
        say(f"{database.name}: inbound to screen")
        found["inbound_to_screen"] = arrival.measure(desk, smtp, floor, wanted, mails=depth.mails)
        found["memory_mb"]["after"] = desk.megabytes()
        desk.stop()
        say(f"{database.name}: chat, SMS and 200 widgets")
        keys = channels.inboxes(database, name, depth.size)
        desk = served.desk(database.name, url, folder, TRUSTED_PROXIES="1")
        desk.settle()
        found["channels"] = channels.measure(desk, floor, keys, count=depth.mails)
        found["memory_mb"]["with_models"] = desk.megabytes()
    finally:
        desk.stop()
        floor.stop()
    return found


def measure_mail() -> dict[str, Any]:
    """The mail channel on published mails, or why not."""
    folder = mail.folder()
    if folder is None:
        say(f"mail: skipped, {mail.SKIPPED}")
        return {"skipped": f"skipped, {mail.SKIPPED}"}
    say("mail: parsing, stripping, bounces")
    return mail.measure(folder)


def table(results: dict[str, Any]) -> str:
    """The results for reading; what misses its target ends with its name."""
    lines = [
        f"{'':30} {'a second':>9} {'floor':>8} {'ratio':>6} {'p50 ms':>8} {'p95 ms':>8} {'alone':>7} {'queries':>8}"
    ]
    for name in NAMES:
        found = results[name]
        rows = found["filled"]["rows"]
        lines.append(
            f"{name}: {rows['conversations']:,} conversations, {rows['entries']:,} entries, "
            f"{found['filled']['megabytes']:,} MB, filled in {found['filled']['seconds']} s"
        )
        for page, got in found["pages"].items():
            low = page.split(",")[0] in HELD and got["ratio"] < TARGETS["page_ratio"]
            lines.append(
                f"  {page:28} {got['rate']:9.1f} {got['floor_rate']:8.1f} {got['ratio']:6.3f} {got['p50_ms']:8.1f} "
                f"{got['p95_ms']:8.1f} {got['alone_p50_ms']:7.1f} {found['statements'][page]:8d}"
                + ("  below a third" if low else "")
            )
        walk = found["corridor"]
        lines.append(
            f"  {'mails through the corridor':28} {walk['mails_per_second']:9.1f} "
            f"{walk['floor_commits_per_second']:8.1f} {walk['ratio']:6.3f} {walk['ms_per_mail']:8.1f}"
        )
        screen = found["inbound_to_screen"]
        for key, label in (
            ("entry", "last byte to line on screen"), ("row", "last byte to row on screen"),
            ("entry_after_250", "250 to line on screen"), ("accept", "last byte to 250"), ("echo", "floor: bare echo"),
        ):  # fmt: skip
            slow = key == "entry" and screen[key]["p50_ms"] > TARGETS["inbound_to_screen_p50_ms"]
            lines.append(
                f"  {label:28} {'':25} {screen[key]['p50_ms']:8.1f} {screen[key]['p95_ms']:8.1f}"
                + ("  over 25 ms" if slow else "")
            )
        more = found["channels"]
        for label, times in (
            ("chat: acknowledged", more["chat"]["acknowledged"]), ("chat: line on screen", more["chat"]["screen"]),
            ("SMS: webhook answered", more["sms"]["answered"]), ("SMS: line on screen", more["sms"]["screen"]),
        ):  # fmt: skip
            lines.append(f"  {label:28} {'':25} {times['p50_ms']:8.1f} {times['p95_ms']:8.1f}")
        crowd = more["crowd"]
        lines.append(
            f"  {'200 widgets, an event each':28} {crowd['desk']['a_second']:9.1f} {crowd['floor']['a_second']:8.1f} "
            f"{crowd['ratio']:6.3f} {crowd['desk']['p50_ms']:8.1f} {crowd['desk']['p95_ms']:8.1f}"
        )
        late = "  over 4 s" if found["start_seconds"] > TARGETS["start_seconds"] else ""
        memory = found["memory_mb"]
        lines.append(f"  second start {found['start_seconds']} s{late}")
        lines.append(
            f"  memory {memory['at_rest']:.0f} MB at rest (floor {memory['floor_at_rest']:.0f}), "
            f"{memory['after']:.0f} MB after the run, {memory['with_models']:.0f} MB after chat with the models loaded"
        )
    lines += ["customers by a list:"]
    for name in NAMES:
        lines += imports.rows_of(results[name]["imports"], name)
    for part, label in ((timeline, "timeline"), (search, "search"), (segments, "segments")):
        for name in NAMES:
            lines += [f"{label}, {name}:", *part.rows(results[name][label])]
    for name in NAMES:
        if "crowd" in results[name]:
            lines += crowd.rows(results[name]["crowd"], name)
    for name in NAMES:
        if "console" in results[name]:
            lines += ["the console:", *console.rows(results[name]["console"], name)]
    published = results["mail"]
    lines += [f"mail: {published['skipped']}"] if "skipped" in published else ["mail:", *mail.rows(published)]
    lines += receive.rows(results["receive"])
    lines += widget.rows(results["widget"])
    lines.append(
        f"load average before {results['load_before']}, after {results['load_after']}, {results['cpus']} cores"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows; ends within two minutes")
    parser.add_argument("--only", choices=NAMES, help="one database (prints JSON and writes nothing)")
    asked = parser.parse_args()
    depth = DEPTHS["quick" if asked.quick else "full"]
    random.seed(1)
    BUILD.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    results: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "depth": depth.size.name,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load_before": [round(x, 1) for x in os.getloadavg()],
        "targets": TARGETS,
    }
    for make in (Sqlite, Postgres):
        if asked.only and make.name != asked.only:
            continue
        database = make()
        try:
            results[database.name] = measure(database, depth)
        finally:
            database.close()
    if not asked.only:
        results["mail"] = measure_mail()
        say("many mails with files")
        results["receive"] = receive.measure(depth.received)
        results["widget"] = widget.measure()
    results["load_after"] = [round(x, 1) for x in os.getloadavg()]
    results["seconds"] = round(time.perf_counter() - began)
    if asked.only:
        print(json.dumps(results, indent=1))
        return
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))
    say(f"{results['seconds']} s; {RESULTS.name} holds all of it")


if __name__ == "__main__":
    main()
