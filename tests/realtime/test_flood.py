"""Buckets and meters: what fits is taken, what does not is told, and nobody gets more than was said."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.realtime.flood import EVENTS, FROM_ADDRESS, PATIENCE, Bucket, Meter, Pace
from desk.realtime.visitor_events import VisitorEvents
from desk.realtime.visitor_seats import Refusal, Seat
from desk.settings.tables import Inbox


@given(
    size=st.integers(1, 20),
    rate=st.floats(0.1, 10),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_never_more_than_the_bucket_and_what_fell_into_it(size: int, rate: float, gaps: list[float]) -> None:
    bucket, now, taken = Bucket(size, rate), 100.0, 0
    begun = now
    for gap in gaps:
        now += gap
        wait = bucket.take(now)
        if wait == 0:
            taken += 1
        else:
            assert bucket.take(now + wait * 1.001 + 1e-6) == 0, "after the wait that was told it is given"
            now += wait * 1.001 + 1e-6
            taken += 1
        assert taken <= size + (now - begun) * rate + 1e-6


def test_a_burst_is_told_once_and_a_flood_is_ended() -> None:
    meter = Meter()
    verdicts = [meter.judge(0.0, 10)[0] for _ in range(1000)]
    assert verdicts[: int(EVENTS[0])] == ["take"] * int(EVENTS[0])
    assert verdicts.count("tell") == 1
    assert verdicts.index("close") <= EVENTS[0] * (PATIENCE + 1) + 1


def test_large_packets_are_measured_by_their_size() -> None:
    meter = Meter()
    verdicts = [meter.judge(0.0, 1 << 20)[0] for _ in range(60)]
    assert verdicts[:3] == ["take", "take", "tell"]
    assert "close" in verdicts


def test_who_behaves_is_forgiven() -> None:
    meter, now = Meter(), 0.0
    for _ in range(50):
        for _ in range(90):
            assert meter.judge(now, 10)[0] != "close"
        now += 60


def test_each_key_has_its_own_bucket_and_few_are_kept() -> None:
    pace = Pace(lambda: Bucket(1, 0.5), remembered=3)
    assert pace.take("a", 0) == 0
    assert pace.take("a", 0) == 2
    assert pace.take("b", 0) == 0
    for key in "cde":
        pace.take(key, 0)
    assert pace.take("a", 0) == 0, "the longest unused is forgotten"


def test_a_key_with_a_pace_of_its_own_follows_what_is_set() -> None:
    pace = Pace(lambda: Bucket(600, 10))
    assert [pace.take("7", 100.0, a_minute=10) for _ in range(11)] == [0] * 10 + [6]
    assert pace.take("8", 100.0, a_minute=10) == 0, "another inbox has its own"
    assert pace.take("7", 106.0, a_minute=10) == 0
    assert pace.take("7", 106.0, a_minute=20) == 0, "what is set anew holds at once"


class Nobody:
    """As much of the visitors' side as limits ask for."""

    desk: Any = None

    def on(self, event: str, handler: Any) -> None:
        """Nobody calls."""

    @staticmethod
    def now() -> float:
        return 100.0


def seat(visitor: str, address: str) -> Seat:
    return Seat("s", 1, "k", visitor, None, "", "en", "UTC", ("", ""), False, False, address)


def test_one_address_with_many_visitors_is_slowed_down_and_its_neighbour_is_not() -> None:
    events = VisitorEvents(cast(Any, Nobody()), lambda *_: None)
    inbox = Inbox(id=1, config={})
    for n in range(int(FROM_ADDRESS[0])):
        events._slow_down(seat(f"v{n}", "192.0.2.7"), inbox)
    with pytest.raises(Refusal, match="slow_down") as refusal:
        events._slow_down(seat("another", "192.0.2.7"), inbox)
    assert refusal.value.values["retry_after"] == 1
    events._slow_down(seat("noor", "192.0.2.8"), inbox)
