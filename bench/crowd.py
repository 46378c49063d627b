"""A crowd on one process: a thousand widgets and fifty agents; from a widget's send to the line on an agent's screen.

The load is one asyncio process, because the machine has two cores. Each widget has an address of its own, told by the
proxy that TRUSTED_PROXIES=1 stands for: a desk takes forty sockets of one address, and a thousand visitors have a
thousand. Messages come by chance (a Poisson process), whether or not the ones before are answered.

Alone: `python -m bench.crowd` (both databases at full size; `--quick`, `--only`, `--seconds`, `--rate`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from dataclasses import dataclass
from typing import Any

from bench.corridor import opened
from bench.crowd_people import RUNNING, Agent, Watch, Widget
from bench.databases import BUILD, Database, Postgres, Sqlite
from bench.fill import FULL, PASSWORD, QUICK, filled, folder_of
from bench.load import quantile
from bench.rows import Size
from bench.served import Served, desk, sign_in
from bench.wire import a_few_at_once, connected
from desk import agents, settings
from desk.parts import Desk

TARGETS = {"screen_p99_ms": 150.0, "megabytes": 500.0}


@dataclass(frozen=True)
class Scale:
    """How large a crowd."""

    widgets: int = 1000
    agents: int = 50
    talking: int = 300  # of the widgets; behind the others somebody reads the site's page
    a_second: float = 5.0  # messages of all visitors together: each of those who talk writes once a minute
    replies: float = 2.0  # a second, of all agents together
    seconds: float = 60.0


def staff(parts: Desk, count: int) -> tuple[str, list[str]]:
    """A widget with the assistant off and room for this rate, and agents who can log in; its key, their addresses."""
    emails = [f"crowd{n}@desk.example" for n in range(count)]
    with parts.store.transaction() as tx:
        key = settings.create_inbox(
            tx,
            channel="chat",
            name="Crowd",
            address="crowd.example",
            brand_id=settings.brands(tx)[0].id,
            config={"bot": False, "per_minute": 6000},
        ).key
        for n, email in enumerate(emails):
            agents.create(tx, email=email, name=f"Agent {n}", role="agent", password=PASSWORD)
    parts.store.engine.dispose()
    return key, emails


class Crowd:
    """All of it against one server."""

    def __init__(self, served: Served, key: str, emails: list[str], scale: Scale) -> None:
        self.served, self.key, self.emails, self.scale = served, key, emails, scale
        self.watch = Watch()
        self.agents = [Agent(n, served.port, self.watch) for n in range(len(emails))]
        self.widgets = [Widget(n, self.watch) for n in range(scale.widgets)]
        self._late: list[float] = []

    async def run(self) -> dict[str, Any]:
        rest = self.served.megabytes()
        for agent, email in zip(self.agents, self.emails, strict=True):
            agent.cookie = sign_in(self.served.port, email, agent.address)
        await a_few_at_once(4, [self._seat_agent(agent) for agent in self.agents])
        start = time.perf_counter()
        await a_few_at_once(16, [self._seat_widget(widget) for widget in self.widgets])
        connecting = time.perf_counter() - start
        connected_mb, threads = self.served.megabytes(), self.served.threads()
        scale, talking = self.scale, self.widgets[: self.scale.talking]
        await self._paced([widget.say() for widget in talking], max(10.0, scale.a_second))
        await a_few_at_once(4, [agent.open(self.widgets[agent.number].conversation) for agent in self.agents])
        await asyncio.sleep(2)
        self.watch.counted_from = len(self.watch.sent)
        self._late.clear()
        self.watch.times["part"].clear()
        cpu, own, began = self.served.cpu_seconds(), time.process_time(), time.perf_counter()
        chance = random.Random(5)
        # Half of what is written is written where an agent looks: they look at those who write.
        writers = [
            chance.choice(talking[: scale.agents] if chance.random() < 0.5 else talking)
            for _ in range(int(scale.seconds * scale.a_second))
        ]
        answers = [chance.choice(self.agents) for _ in range(int(scale.seconds * scale.replies))]
        await asyncio.gather(
            self._paced([widget.say() for widget in writers], scale.a_second),
            self._paced([agent.reply() for agent in answers], scale.replies),
        )
        lasted = time.perf_counter() - began
        cpu, own = self.served.cpu_seconds() - cpu, time.process_time() - own
        await asyncio.sleep(2)
        found = self._found()
        after = self.served.megabytes()
        packed = self.widgets[0].wire.packed
        for agent in self.agents:
            agent.rest()
        while RUNNING:
            await asyncio.gather(*RUNNING)
        for agent in self.agents:
            agent.close()
        for widget in self.widgets:
            widget.wire.close()
        await asyncio.sleep(0.2)  # the connections are closed by the loop
        return found | {
            "widgets": scale.widgets,
            "agents": scale.agents,
            "a_second": round(len(writers) / lasted, 1),
            "connected_a_second": round(scale.widgets / connecting, 1),
            "megabytes": {"at_rest": rest, "connected": connected_mb, "after": after},
            "mapped_megabytes": self.served.mapped_megabytes(),
            "threads": threads,
            "compressed": packed,
            "cores_of_server": round(cpu / lasted, 2),
            "cores_of_load": round(own / lasted, 2),
            "load_late_p99_ms": round(quantile(self._late, 0.99), 1),
        }

    async def _seat_agent(self, agent: Agent) -> None:
        agent.wire = await connected(self.served.port, "/socket.io/", {"Cookie": agent.cookie}, None, agent.hear)

    async def _seat_widget(self, widget: Widget) -> None:
        auth = {"inbox": self.key, "visitor": None, "locale": "en"}
        headers = {"X-Forwarded-For": widget.address, "Origin": "https://shop.example"}
        widget.wire = await connected(self.served.port, "/widget/socket.io/", headers, auth, widget.hear)
        answer, _now = await widget.wire.ask("hello", {})
        if not answer["ok"]:
            raise RuntimeError(f"hello was refused: {answer}")

    async def _paced(self, work: list[Any], a_second: float) -> None:
        """Begins each at its own moment, drawn beforehand, however long the ones before take."""
        chance, due, running = random.Random(len(work)), time.perf_counter(), []
        for each in work:
            due += chance.expovariate(a_second)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._late.append((time.perf_counter() - due) * 1000)
            running.append(asyncio.ensure_future(each))
        await asyncio.gather(*running)

    def _found(self) -> dict[str, Any]:
        watch = self.watch
        counted = range(watch.counted_from, len(watch.sent))
        seen = [n for n in counted if watch.sent[n].widget < self.scale.agents]
        return {
            **{name: spread(times) for name, times in watch.times.items()},
            "messages": len(counted),
            "replies": len(watch.replied),
            "lines_lost": len([n for n in seen if n not in watch.lines]),
            "replies_lost": len(watch.replied) - len(watch.answers),
        }


def spread(times: list[float]) -> dict[str, float]:
    """Milliseconds: the median, the 99th per cent and the longest, with how many there were."""
    return {
        "n": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(quantile(times, 0.99), 1),
        "max_ms": round(max(times), 1),
    }


def measure(database: Database, size: Size, scale: Scale = Scale()) -> dict[str, Any]:
    """On a copy of the filled database, with a server of its own."""
    source, _notes = filled(database, size)
    name = f"crowd_{size.name}"
    database.copy(source, name)
    try:
        key, emails = staff(opened(database, name, size), scale.agents)
        served = desk(
            f"crowd-{database.name}", database.url(name), folder_of(database, size), TRUSTED_PROXIES="1",
            VISITOR_SOCKET_CAP=str(scale.widgets + 100), SOCKET_CAP=str(scale.agents + 10),
        )  # fmt: skip
        try:
            served.settle()
            return asyncio.run(Crowd(served, key, emails, scale).run())
        finally:
            served.stop()
    finally:
        database.drop(name)


def rows(found: dict[str, Any], name: str) -> list[str]:
    """The lines of the table; what misses its target says so."""
    lines = [
        f"  {name}: {found['widgets']:,} widgets, {found['agents']} agents, {found['a_second']} messages a second, "
        f"{found['threads']:,} threads, {found['cores_of_server']} of a core (the load itself {found['cores_of_load']})"
    ]
    for key, label in (
        ("line", "sent to line on screen"), ("row", "sent to row, each screen"),
        ("acknowledged", "sent to acknowledged"), ("reply", "reply to widget"),
        ("part", "a part of the console"),
    ):  # fmt: skip
        got = found[key]
        slow = key in ("line", "row") and got["p99_ms"] > TARGETS["screen_p99_ms"]
        lines.append(
            f"    {label:26} p50 {got['p50_ms']:7.1f} ms   p99 {got['p99_ms']:7.1f} ms   n {got['n']:6,}"
            + ("  over 150 ms" if slow else "")
        )
    memory = found["megabytes"]
    most = max(memory.values())
    lines.append(
        f"    memory {memory['at_rest']:.0f} MB at rest, {memory['connected']:.0f} connected, "
        f"{memory['after']:.0f} after, {found['mapped_megabytes']:.0f} of them pages of files"
        + ("  over 500 MB" if most > TARGETS["megabytes"] else "")
        + (f"  LOST: {found['lines_lost']} lines, {found['replies_lost']} replies" if _lost(found) else "")
    )
    return lines


def _lost(found: dict[str, Any]) -> int:
    return int(found["lines_lost"]) + int(found["replies_lost"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="on a desk with a tenth of the rows")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=Scale.seconds)
    parser.add_argument("--rate", type=float, default=Scale.a_second, help="messages of visitors a second")
    asked = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    for make in (Sqlite, Postgres):
        if asked.only in (None, make.name):
            database = make()
            try:
                load = os.getloadavg()[0]
                found = measure(
                    database, QUICK if asked.quick else FULL, Scale(seconds=asked.seconds, a_second=asked.rate)
                )
            finally:
                database.close()
            print(json.dumps(found))
            print("\n".join(rows(found, database.name)), f"\n    load average {load:.1f} before", flush=True)


if __name__ == "__main__":
    main()
