"""The console as agents have it: fifty screens that show a change, pages where everything is open, weight, keys, jumps.

- From asking for a change to its row on each of fifty screens: the commit lies between, so that from commit to screen
  it takes less. Each change is of a conversation of its own, and lifts its row.
- List and conversation with 100,000 OPEN conversations, beside the floor.
- What each page weighs at first, every answer of the desk packed by gzip as a proxy packs it.
- From a key to the next paint with 500 conversations in the list (Event Timing), and whether anything jumps while
  changes come in (Layout Instability; what follows a key within half a second is not counted, there is none).

Alone: `python -m bench.console` (both databases at full size; `--quick`, `--only`).
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench import pages
from bench.corridor import opened
from bench.crowd import spread, staff
from bench.crowd_people import CSRF, Agent, Watch
from bench.databases import BUILD, Database, Postgres, Sqlite
from bench.fill import FULL, QUICK, filled, folder_of, sample
from bench.rows import Size
from bench.served import Served, desk, floor, sign_in
from bench.wire import a_few_at_once, connected

TARGETS = {"first_load_kib": 200.0, "paint_ms": 100.0, "shift": 0.0, "commit_to_screen_p99_ms": 100.0}
SCREENS, A_SECOND = 50, 2.0
LISTED = 500
WEIGHED = ("/console/all", "/console/c/{c}?view=all", "/wall/", "/reports/csat", "/search/", "/admin/", "/profile")
COLLEAGUE = "staff11@desk.example"  # a supervisor, who may see what the first one has open
OPEN_PAGES = pages.PAGES[:4]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
# An event that is shorter than the shortest that is told (16 ms) counts as half of that.
WATCH = """() => {
    window.felt = []; window.jumps = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (one.interactionId) window.felt.push([one.interactionId, one.duration, one.name]);
        }
    }).observe({ type: "event", durationThreshold: 16, buffered: false });
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (one.hadRecentInput) continue;
            const where = one.sources.map(({ node }) => node?.id || node?.className || node?.nodeName || "?");
            window.jumps.push([one.value, where.slice(0, 3).join(" ")]);
        }
    }).observe({ type: "layout-shift", buffered: false });
}"""


def everything_open(database: Database, name: str) -> int:
    """Opens every conversation of a filled desk, each with an urgency of its own. Gives how many there are."""
    db = database.connect(name)
    db.execute(
        "update conversations set status = 'open', snoozed_until = null, "
        "waiting_since = coalesce(waiting_since, last_at), urgency = urgency + (id * 7919 % 10007) / 100.0"
    )
    count = db.execute("select count(*) from conversations where status = 'open'").fetchall()[0][0]
    db.close()
    database.settle(name)
    return int(count)


def visible(database: Database, name: str, count: int) -> list[int]:
    """Open conversations that everybody sees, from the middle of the queue."""
    db = database.connect(name)
    rows = db.execute(
        "select id from conversations where status = 'open' and team_id is null and priority = 0 "
        f"order by urgency desc limit {count} offset {count}"
    ).fetchall()
    db.close()
    return [int(row[0]) for row in rows]


class Screens:
    """Fifty open consoles, and one that changes things."""

    def __init__(self, served: Served, emails: list[str], changed: list[int]) -> None:
        self.served, self.changed = served, changed
        self.agents = [Agent(n, served.port, Watch()) for n in range(len(emails))]
        self.emails = emails
        self.asked: dict[str, float] = {}
        self.shown: dict[str, list[float]] = defaultdict(list)
        self.answered: list[float] = []

    def _hear(self, seen: set[str]) -> Callable[[str, float], None]:
        def heard(event: str, now: float) -> None:
            if not event.startswith('["row"'):
                return
            number = json.loads(event)[1]["id"]
            if number in self.asked and number not in seen:
                seen.add(number)
                self.shown[number].append((now - self.asked[number]) * 1000)

        return heard

    async def _seat(self, agent: Agent) -> None:
        agent.wire = await connected(self.served.port, "/socket.io/", {"Cookie": agent.cookie}, None, self._hear(set()))

    async def run(self) -> dict[str, Any]:
        for agent, email in zip(self.agents, self.emails, strict=True):
            agent.cookie = sign_in(self.served.port, email, agent.address)
        await a_few_at_once(4, [self._seat(agent) for agent in self.agents])
        first = self.agents[0]
        _status, page = await first.http("GET", "/console/all")
        token = CSRF.search(page)
        assert token is not None, page[:300]
        first.csrf = token[1]
        await asyncio.sleep(2)
        cpu, began = self.served.cpu_seconds(), time.perf_counter()
        for number in self.changed:
            await self._change(first, number)
        lasted, cpu = time.perf_counter() - began, self.served.cpu_seconds() - cpu
        await asyncio.sleep(2)
        for agent in self.agents:
            agent.close()
        await asyncio.sleep(0.2)
        every = [ms for times in self.shown.values() for ms in times]
        last = [max(times) for times in self.shown.values()]
        return {
            "screens": len(self.agents),
            "row": spread(every),
            "last_screen": spread(last),
            "answered": spread(self.answered),
            "lost": len(self.changed) * len(self.agents) - len(every),
            "cores_of_server": round(cpu / lasted, 2),
        }

    async def _change(self, agent: Agent, number: int) -> None:
        due = time.perf_counter() + 1 / A_SECOND
        self.asked[str(number)] = began = time.perf_counter()
        status, page = await agent.http("POST", f"/console/c/{number}/priority", "priority=1")
        self.answered.append((time.perf_counter() - began) * 1000)
        assert status == 200, (status, page[:300])
        await asyncio.sleep(max(0.0, due - time.perf_counter()))


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _signed_in(browser: Browser, served: Served, cookie: str) -> Page:
    base = f"http://127.0.0.1:{served.port}"
    context = browser.new_context(base_url=base, viewport={"width": 1440, "height": 900})
    name, _equals, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": base}])
    return context.new_page()


def _into(answers: list[Response]) -> Callable[[Response], None]:
    return lambda answer: answers.append(answer)


def weights(browser: Browser, served: Served, cookie: str, conversation: int) -> dict[str, Any]:
    """Of each page, in a browser that has seen none: bytes of the page alone, of all that it brings, and answers."""
    found: dict[str, Any] = {}
    for path in WEIGHED:
        page = _signed_in(browser, served, cookie)
        answers: list[Response] = []
        page.on("response", _into(answers))
        page.goto(path.format(c=conversation))
        page.wait_for_timeout(2500)
        sizes = [len(gzip.compress(one.body(), 6)) for one in answers if one.ok and one.status != 204]
        found[path.replace("{c}", "…").partition("?")[0]] = {
            "page": sizes[0],
            "all": sum(sizes),
            "answers": len(sizes),
        }
        page.context.close()
    return found


def felt(browser: Browser, served: Served, cookie: str, other: str) -> dict[str, Any]:
    """What a person with a long list feels: keys until the next paint, and jumps while changes come in."""
    page = _signed_in(browser, served, cookie)
    page.goto("/console/all")
    page.wait_for_selector("#shell[data-live=yes]")
    rows_there = "document.querySelectorAll('#rows li[data-k]').length"
    while (before := page.evaluate(rows_there)) < LISTED and page.locator("#rows [data-more]").count():
        page.evaluate(
            "() => { const box = document.getElementById('queue-scroll'); box.scrollTop = box.scrollHeight; }"
        )
        for _ in range(100):  # asked now and then: the page lets nobody evaluate a condition in it
            if page.evaluate(rows_there) > before:
                break
            page.wait_for_timeout(50)
    page.evaluate("() => { document.getElementById('queue-scroll').scrollTop = 0; }")
    page.evaluate(WATCH)
    listed = page.evaluate(rows_there)
    pressed = _press(page)
    times = _interactions(page.evaluate("window.felt"), pressed)
    page.wait_for_timeout(1200)
    page.evaluate("() => { window.jumps = []; }")
    colleague = _signed_in(browser, served, other)
    colleague.goto("/profile")
    _change_around(page, colleague)
    jumps = page.evaluate("window.jumps")
    for one in (page, colleague):
        one.context.close()
    return {
        "listed": listed,
        "pressed": pressed,
        "paint": spread(times),
        "shift": round(sum(value for value, _where in jumps), 4),
        "shifted": sorted({where for _value, where in jumps})[:6],
    }


def _press(page: Page) -> int:
    """Keys and clicks as they come; gives how many."""
    keys = ["j"] * 12 + ["x", "j", "x", "j", "x", "Escape"] + ["k"] * 4
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    links = page.locator("#rows a.convo")
    for n in (2, 5, 3):
        links.nth(n).click()
        page.wait_for_timeout(500)
    more = ["r", *"It leaves today", "Escape", "Control+k", *"res", "Escape"]
    for key in more:
        page.keyboard.press("Space" if key == " " else key)
        page.wait_for_timeout(60)
    page.wait_for_timeout(400)
    return len(keys) + 3 + len(more)


def _interactions(told: list[tuple[int, float, str]], pressed: int) -> list[float]:
    """The longest event of each interaction; those that were too short to be told are there as half of the shortest."""
    longest: dict[int, float] = {}
    for number, duration, _name in told:
        longest[number] = max(duration, longest.get(number, 0.0))
    return [*longest.values(), *[8.0] * max(0, pressed - len(longest))]


def _change_around(page: Page, other: Page) -> None:
    """Thirty changes by somebody else: rows rise and fall, notes come into the open conversation."""
    csrf = str(other.evaluate("document.querySelector('meta[name=csrf-token]').content"))
    here = page.evaluate("document.getElementById('work').dataset.conversation")
    rows = page.locator("#rows li[data-k]").evaluate_all("all => all.slice(4, 24).map((one) => one.id.slice(1))")
    headers = {"X-CSRFToken": csrf, "HX-Request": "true", "X-Part": "1"}
    for n, number in enumerate(rows):
        form: dict[str, str | float | bool] = {"priority": "1" if n % 2 else "-1"}
        assert other.request.post(f"/console/c/{number}/priority", form=form, headers=headers).ok
        if n % 2:
            note: dict[str, str | float | bool] = {
                "text": f"Note {n} of somebody else.",
                "mode": "note",
                "request_id": f"bench-{time.time_ns()}",
            }
            assert other.request.post(f"/console/c/{here}/reply", form=note, headers=headers).ok
        page.wait_for_timeout(80)
    page.wait_for_timeout(1500)


def measure(database: Database, size: Size, *, rounds: int = 5, count: int = 160, changes: int = 120) -> dict[str, Any]:
    """On a copy of the filled database where everything is open, with a server of its own."""
    source, _notes = filled(database, size)
    name = f"console_{size.name}"
    database.copy(source, name)
    try:
        found: dict[str, Any] = {"open": everything_open(database, name)}
        wanted = sample(database, name)
        _key, emails = staff(opened(database, name, size), SCREENS)
        served = desk(
            f"console-{database.name}", database.url(name), folder_of(database, size), TRUSTED_PROXIES="1",
            SOCKET_CAP=str(SCREENS + 20),
        )  # fmt: skip
        target = str(database.path(name)) if isinstance(database, Sqlite) else _plain(database.url(name))
        beneath = floor(f"console-{database.name}", database.name, target)
        try:
            served.settle()
            found["pages"] = pages.measure(
                served, beneath, wanted, *pages.viewer_of(database, name), rounds=rounds, count=count, pages=OPEN_PAGES
            )
            found["screens"] = asyncio.run(Screens(served, emails, visible(database, name, changes)).run())
            with chromium() as browser:
                lead = sign_in(served.port, pages.SUPERVISOR)
                found["weights"] = weights(browser, served, lead, wanted.conversation_ids[0])
                found["felt"] = felt(browser, served, lead, sign_in(served.port, COLLEAGUE))
        finally:
            served.stop()
            beneath.stop()
    finally:
        database.drop(name)
    return found


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def rows(found: dict[str, Any], name: str) -> list[str]:
    """The lines of the table; what misses its target says so."""
    lines = [f"  {name}: {found['open']:,} conversations, all of them open"]
    for page, got in found["pages"].items():
        low = got["ratio"] < 0.333
        lines.append(
            f"    {page:26} {got['rate']:8.1f} a second, floor {got['floor_rate']:8.1f}, ratio {got['ratio']:.3f}, "
            f"alone {got['alone_p50_ms']:.1f} ms" + ("  below a third" if low else "")
        )
    screens = found["screens"]
    for key, label in (("row", "asked to row, each screen"), ("last_screen", "asked to the last screen")):
        got = screens[key]
        slow = key == "row" and got["p99_ms"] > TARGETS["commit_to_screen_p99_ms"]
        lines.append(
            f"    {label:26} p50 {got['p50_ms']:7.1f} ms   p99 {got['p99_ms']:7.1f} ms   n {got['n']:6,}"
            + ("  over 100 ms" if slow else "")
        )
    if screens["lost"]:
        lines.append(f"    LOST: {screens['lost']} rows")
    for path, got in found["weights"].items():
        heavy = path.startswith("/console") and got["all"] > TARGETS["first_load_kib"] * 1024
        lines.append(
            f"    {path:26} {got['page'] / 1024:7.1f} KiB, {got['all'] / 1024:7.1f} KiB with all that it brings"
            + ("  over 200 KiB" if heavy else "")
        )
    hand = found["felt"]
    paint = hand["paint"]
    lines.append(
        f"    key to paint, {hand['listed']} rows      p50 {paint['p50_ms']:7.1f} ms   p99 {paint['p99_ms']:7.1f} ms   "
        f"n {paint['n']:6,}" + ("  over 100 ms" if paint["p99_ms"] > TARGETS["paint_ms"] else "")
    )
    jumped = f"  JUMPS: {', '.join(hand['shifted'])}" if hand["shift"] > TARGETS["shift"] else ""
    lines.append(f"    layout shift while changes come in {hand['shift']:.4f}{jumped}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="on a desk with a tenth of the rows")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    few: dict[str, int] = {"rounds": 3, "count": 48, "changes": 20} if asked.quick else {}
    for make in (Sqlite, Postgres):
        if asked.only in (None, make.name):
            database = make()
            try:
                load = os.getloadavg()[0]
                found = measure(database, QUICK if asked.quick else FULL, **few)
            finally:
                database.close()
            print(json.dumps(found))
            print("\n".join(rows(found, database.name)), f"\n    load average {load:.1f} before", flush=True)


if __name__ == "__main__":
    main()
