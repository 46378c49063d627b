"""The ribbon's geometry: what happened when has its place, nothing leaves the strip, the last days are wide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from desk.web.console.ribbon import NEAR_SHARE, Ask, Axis, Contact, Life, Move, Sound, ribbon

NOW = datetime(2026, 11, 22, 14, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
AGO = st.timedeltas(timedelta(0), timedelta(days=900))
LEVELS = st.sampled_from(("calm", "strained", "frustrated"))


def ago(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


@given(since=AGO, times=st.lists(AGO, min_size=2, max_size=20))
def test_later_is_never_further_left(since: timedelta, times: list[timedelta]) -> None:
    axis = Axis(NOW - since, NOW)
    places = [axis.x(NOW - t) for t in sorted(times, reverse=True)]
    assert places == sorted(places)
    assert all(0 <= x <= 100 for x in places)


@given(
    since=AGO,
    sounds=st.lists(st.tuples(AGO, st.floats(0, 1), LEVELS), max_size=30),
    moves=st.lists(AGO, max_size=8),
    asks=st.lists(st.tuples(AGO, st.sampled_from(("csat", "nps", "ces")), st.none() | st.integers(0, 10)), max_size=10),
)
def test_any_life_can_be_drawn(since, sounds, moves, asks) -> None:  # type: ignore[no-untyped-def]
    life = Life(
        NOW - since,
        [Move(NOW - t, f"Stage {n}", n % 6) for n, t in enumerate(sorted(moves, reverse=True))],
        [Sound(NOW - t, f, level) for t, f, level in sorted(sounds, key=lambda s: s[0], reverse=True)],
        [Ask(NOW - t, kind, score) for t, kind, score in sorted(asks, key=lambda a: a[0], reverse=True)],
    )
    drawn = ribbon(life, NOW, BERLIN)
    assert all(b.x >= 0 and b.width > 0 and b.x + b.width <= 100.01 for b in drawn.bands)
    assert all(0 <= d.x <= 100 for d in drawn.dots)
    assert all("nan" not in s.path and "inf" not in s.path for s in drawn.wave)
    assert [m.x for m in drawn.marks] == sorted(m.x for m in drawn.marks)


def test_a_short_life_is_even_and_a_long_one_stretches_its_last_days() -> None:
    short = Axis(ago(days=10), NOW)
    assert len(short.knots) == 2
    long = Axis(ago(days=500), NOW)
    assert long.x(ago(days=6)) == 100 - NEAR_SHARE
    assert long.x(ago(days=1)) - long.x(ago(days=2)) > 20 * (long.x(ago(days=100)) - long.x(ago(days=101)))


def test_the_wave_gets_rougher_and_falls_silent() -> None:
    life = Life(ago(days=10), (), [Sound(ago(days=9), 0.1, "calm"), Sound(ago(days=1), 0.9, "frustrated")])
    drawn = ribbon(life, NOW, UTC)
    assert [s.level for s in drawn.wave] == ["calm", "quiet", "frustrated"]
    assert drawn.level == "frustrated"
    assert drawn.wave[-1].path.endswith(" 38")  # the line ends on its base, at the edge
    assert drawn.wave[-1].path.split()[-2] == "L1000"
    assert ribbon(Life(ago(days=10), (), [Sound(ago(days=9), 0.9, "frustrated")]), NOW, UTC).level == ""  # long ago


def test_an_unhappy_answer_opens_a_loop_and_a_good_one_closes_it() -> None:
    bad, good = Ask(ago(days=3), "csat", 2), Ask(ago(days=1), "csat", 5)
    open_ = ribbon(Life(ago(days=30), asks=[bad]), NOW, UTC).loop
    assert open_ is not None
    assert (open_.closed_at, open_.days(NOW)) == (None, 3)
    closed = ribbon(Life(ago(days=30), asks=[bad, good]), NOW, UTC).loop
    assert closed is not None
    assert closed.closed_at == good.at
    assert ribbon(Life(ago(days=30), asks=[good]), NOW, UTC).loop is None
    assert ribbon(Life(ago(days=30), asks=[Ask(ago(days=1), "nps", 6)]), NOW, UTC).loop is not None


def test_dots_tell_their_tone_and_stand_beside_each_other() -> None:
    asks = [Ask(ago(days=20), "csat", 5), Ask(ago(days=20, minutes=-5), "nps", 3), Ask(ago(days=1), "csat", None)]
    drawn = ribbon(Life(ago(days=30), asks=asks), NOW, UTC)
    assert [d.tone for d in drawn.dots] == ["good", "bad", "held"]
    assert drawn.dots[0].y != drawn.dots[1].y


def test_thousands_of_contacts_are_still_one_strip() -> None:
    contacts = [Contact(NOW - timedelta(minutes=n), "email") for n in range(20_000, 0, -1)]
    drawn = ribbon(Life(ago(days=400), contacts=contacts), NOW, UTC)
    assert 0 < len(drawn.ticks) <= 300


def test_two_moves_in_the_same_second_leave_the_later_one() -> None:
    moves = [Move(ago(days=5), "Awareness", 1), Move(ago(days=5), "Engagement", 2, True, 9)]
    [band] = ribbon(Life(ago(days=10), moves), NOW, UTC).bands
    assert (band.name, band.back, band.entry_id) == ("Engagement", True, 9)


def test_what_is_dated_after_now_is_not_drawn() -> None:
    later = NOW + timedelta(hours=1)
    life = Life(NOW, [Move(later, "Loyalty", 5)], [Sound(later, 1, "frustrated")], [Ask(later, "csat", 1)])
    drawn = ribbon(life, NOW, UTC)
    assert (drawn.bands, drawn.wave, drawn.dots, drawn.loop) == ((), (), (), None)


def test_a_narrow_band_has_no_name_rather_than_half_of_one() -> None:
    moves = [Move(ago(days=400), "Awareness", 1), Move(ago(days=398), "Engagement", 2)]
    drawn = ribbon(Life(ago(days=400), moves), NOW, UTC)
    assert [b.name for b in drawn.bands] == ["", "Engagement"]
