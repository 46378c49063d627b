"""The figures of a blind sample: counted by hand, and right on the average over many samples of a known desk."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from desk.reports.blind import blind, estimates
from desk.reports.frustration import Share
from desk.sentiment.sampling import Drawn, SampleView

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def drawn(place: int, chance: float, verdict: str | None) -> Drawn:
    said = verdict in ("calm", "upset", "unsure")
    return Drawn(place, 1000 + place, chance, verdict, 7 if said else None, NOW if said else None)


def sample(flagged: list[str | None], calm: list[str | None], of: tuple[int, int]) -> SampleView:
    rows = [(0.6, verdict) for verdict in flagged] + [(0.05, verdict) for verdict in calm]
    return SampleView(1, NOW, 7, *of, tuple(drawn(n, chance, verdict) for n, (chance, verdict) in enumerate(rows, 1)))


def test_each_kind_stands_for_all_that_it_was_drawn_from() -> None:
    found = blind(sample(["upset"] * 15 + ["calm"] * 5, ["calm"] * 38 + ["upset"] * 2, (200, 1800)))
    assert (found.precision, found.missed) == (Share(15, 20), Share(2, 40))
    assert found.recall is not None and found.false_alarms is not None
    # 150 of 200 flagged ones were upset, and 90 of 1,800 calm ones.
    assert round(found.recall.value, 4) == round(150 / 240, 4)
    assert round(found.false_alarms.value, 4) == round(50 / 1760, 4)
    assert found.recall.interval.low < found.recall.value < found.recall.interval.high
    assert {band.low: band.were for band in found.bands if band.were.n} == {0.0: Share(2, 40), 0.5: Share(15, 20)}


def test_what_helps_nobody_is_in_no_figure_and_what_is_left_is_told() -> None:
    found = blind(sample(["upset", "unsure", "gone", None], ["calm", "unsure", None], (10, 10)))
    assert (found.of, found.judged, found.unsure, found.left) == (6, 2, 2, 2)
    assert (found.precision, found.missed) == (Share(1, 1), Share(0, 1))
    assert found.recall is None and found.false_alarms is None  # too few to speak of all
    assert len(found.rows) == 4


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Desks of 500 flagged messages (70 % rightly) and 9,500 calm ones (4 % of them missed), sampled 400 times."""
    chance = Random(3)
    truth = 500 * 0.7 / (500 * 0.7 + 9500 * 0.04)
    held = 0
    for _ in range(400):
        flagged = sum(chance.random() < 0.7 for _ in range(40))
        calm = sum(chance.random() < 0.04 for _ in range(80))
        held += estimates((500, flagged, 40), (9500, calm, 80))[0].interval.holds(truth)
    assert 0.92 <= held / 400 <= 0.99


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(1, 200),
    st.integers(1, 200),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_share_lies_within_its_interval_and_between_none_and_all(
    flagged: int, calm: int, n_flagged: int, n_calm: int, upset: float, missed: float
) -> None:
    kinds = (flagged, round(upset * n_flagged), n_flagged), (calm, round(missed * n_calm), n_calm)
    for one in estimates(*kinds):
        assert 0 <= one.interval.low <= one.value <= one.interval.high <= 1
    assert estimates(*kinds) == estimates(*kinds)
