"""The console's benchmark, at a size that ends within seconds: what it measures really happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.console import Screens, felt, rows, weights
from bench.crowd import staff
from bench.databases import BUILD
from bench.served import Served, desk, sign_in
from tests import factories
from tests.servers.live import LiveDesk


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    BUILD.mkdir(parents=True, exist_ok=True)
    one = desk("console-test", f"sqlite:///{tmp_path / 'desk.sqlite'}", tmp_path, TRUSTED_PROXIES="1")
    yield one
    one.stop()


@pytest.mark.database("sqlite")
def test_a_change_is_seen_on_each_screen_and_every_page_is_weighed(
    served: Served, tmp_path: Path, launched_browser: Browser
) -> None:
    parts = LiveDesk(tmp_path, f"sqlite:///{tmp_path / 'desk.sqlite'}").desk  # the same data, not served twice
    with parts.store.transaction() as tx:
        inbox = factories.make_inbox(tx).id
        numbers = []
        for _ in range(30):
            made = factories.make_conversation(tx, inbox_id=inbox)
            factories.make_entry(tx, made)
            numbers.append(made.id)
    _key, emails = staff(parts, 2)
    with ThreadPoolExecutor(1) as aside:  # the browser of the tests has a loop in this thread
        found = aside.submit(lambda: asyncio.run(Screens(served, emails, numbers[:4]).run())).result()
    assert found["lost"] == 0
    assert found["row"]["n"] == 8, "four changes on two screens"
    assert 0 < found["row"]["p50_ms"] <= found["last_screen"]["max_ms"] < 5000
    hers, theirs = (sign_in(served.port, email, f"198.19.1.{n}") for n, email in enumerate(emails))
    heavy = weights(launched_browser, served, hers, numbers[0])
    assert heavy["/console/all"]["all"] > heavy["/console/all"]["page"] > 2000
    assert heavy["/console/all"]["answers"] > 10, "scripts and styles came with it"
    hand = felt(launched_browser, served, hers, theirs)
    assert hand["listed"] == 30
    assert hand["paint"]["n"] >= hand["pressed"] > 40
    assert hand["shift"] >= 0


def test_what_is_over_its_target_says_so() -> None:
    page = {"rate": 100.0, "floor_rate": 400.0, "ratio": 0.25, "alone_p50_ms": 9.0}
    times = {"n": 10, "p50_ms": 20.0, "p99_ms": 101.0, "max_ms": 400.0}
    found = {
        "open": 100_000, "pages": {"queue": page}, "screens": {"row": times, "last_screen": times, "lost": 2},
        "weights": {"/console/all": {"page": 30_000, "all": 210_000}, "/wall/": {"page": 9000, "all": 300_000}},
        "felt": {"listed": 500, "paint": times, "shift": 0.02, "shifted": ["ribbon"]},
    }  # fmt: skip
    said = rows(found, "sqlite")
    assert [line for line in said if line.endswith("below a third")]
    assert [line for line in said if line.endswith("over 100 ms")] == [said[2], said[-2]]
    assert [line.endswith("over 200 KiB") for line in said if "KiB, " in line] == [True, False]
    assert "LOST: 2 rows" in "\n".join(said)
    assert said[-1].endswith("JUMPS: ribbon")
