"""Buckets and meters: what fits is taken, what does not is told, and nobody gets more than was said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.realtime.flood import EVENTS, PATIENCE, Bucket, Meter, Pace


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
