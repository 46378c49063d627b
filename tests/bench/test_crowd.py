"""The crowd of the benchmark, at a size that ends within seconds: what it measures really happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.crowd import Crowd, Scale, rows, staff
from bench.databases import BUILD
from bench.served import Served, desk
from tests.servers.live import LiveDesk

SMALL = Scale(widgets=8, agents=2, talking=4, a_second=6, replies=2, seconds=2)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    BUILD.mkdir(parents=True, exist_ok=True)
    one = desk("crowd-test", f"sqlite:///{tmp_path / 'desk.sqlite'}", tmp_path, TRUSTED_PROXIES="1")
    yield one
    one.stop()


@pytest.mark.database("sqlite")
def test_every_message_is_seen_and_every_time_is_taken(served: Served, tmp_path: Path) -> None:
    parts = LiveDesk(tmp_path, f"sqlite:///{tmp_path / 'desk.sqlite'}").desk  # the same data, not served twice
    found = asyncio.run(Crowd(served, *staff(parts, SMALL.agents), SMALL).run())
    assert (found["messages"], found["replies"]) == (12, 4)
    assert found["lines_lost"] == found["replies_lost"] == 0
    assert found["acknowledged"]["n"] == 12
    assert found["line"]["n"] >= 1
    assert found["reply"]["n"] == 4
    assert found["row"]["n"] >= 12, "on two screens each, but for those that a newer one stood for"
    assert found["part"]["n"] >= 1
    assert 0 < found["line"]["p50_ms"] <= found["line"]["p99_ms"] <= found["line"]["max_ms"] < 5000
    assert found["threads"] > SMALL.widgets + SMALL.agents
    assert found["compressed"] is False, "it would cost memory for every browser that offers it, which is all of them"
    assert found["megabytes"]["after"] > 50
    assert any("8 widgets, 2 agents" in line for line in rows(found, "sqlite"))


def test_what_is_over_its_target_says_so() -> None:
    times = {"n": 10, "p50_ms": 20.0, "p99_ms": 151.0, "max_ms": 400.0}
    found = {
        "widgets": 1000, "agents": 50, "a_second": 20.0, "threads": 2200, "cores_of_server": 0.8, "cores_of_load": 0.2,
        "line": times, "row": times | {"p99_ms": 149.0}, "acknowledged": times, "reply": times, "part": times,
        "megabytes": {"at_rest": 230, "connected": 320, "after": 501}, "mapped_megabytes": 60, "lines_lost": 0,
        "replies_lost": 1,
    }  # fmt: skip
    said = rows(found, "sqlite")
    assert [line.endswith("over 150 ms") for line in said[1:6]] == [True, False, False, False, False]
    assert "over 500 MB" in said[-1]
    assert "LOST: 0 lines, 1 replies" in said[-1]
