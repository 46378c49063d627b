"""The governor: when a resolved episode is followed by a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.surveys.governor import ASKED, REASONS, Earlier, Situation, decide, draw

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
PLAIN = Situation(at=NOW)
DAY = timedelta(days=1)


def earlier(days: float, *, answered: bool = False, open_for: float = 14) -> Earlier:
    return Earlier(NOW - days * DAY, NOW - days * DAY + open_for * DAY, answered)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ASKED),
        ({"enabled": False}, "switched_off"),
        ({"spam": True}, "spam"),
        ({"resolved": False}, "reopened"),
        ({"customer_wrote": False}, "automatic"),
        ({"internal": {"by": "colleague"}}, "internal"),
        ({"human_replies": 0}, "not_answered"),
        ({"address": ""}, "no_address"),
        ({"stopped_at": NOW - 400 * DAY}, "opted_out"),
        ({"left_out": {"condition": 'segment "VIP"'}}, "left_out"),
        ({"left_out": {"condition": "csat >= 4"}, "earlier": earlier(3)}, "left_out"),
        ({"suppressed": {"why": "legal"}}, "suppressed"),
        ({"suppressed": {"why": "legal"}, "stopped_at": NOW}, "opted_out"),
        ({"elsewhere": 12}, "frustrated_now"),
        ({"share": 40.0, "draw": 39.99}, ASKED),
        ({"share": 40.0, "draw": 40.0}, "not_drawn"),
        ({"share": 40.0, "draw": 99.0, "earlier": earlier(3)}, "still_open"),  # drawn among those who could be asked
        ({"earlier": earlier(3)}, "still_open"),
        ({"earlier": earlier(3, answered=True)}, "cooldown"),
        ({"earlier": earlier(3, open_for=2)}, "cooldown"),
        ({"earlier": earlier(20, open_for=30)}, "still_open"),
        ({"earlier": earlier(14, answered=True)}, ASKED),  # the day the quiet period ends
        ({"earlier": earlier(13.99, answered=True)}, "cooldown"),
        ({"earlier": earlier(14)}, ASKED),  # closed at this very moment
        ({"earlier": earlier(0, answered=True), "cooldown": timedelta(0)}, ASKED),
        ({"earlier": earlier(1), "cooldown": timedelta(0)}, "still_open"),
        # Angry people are asked: leaving them out would flatter the score.
        ({"level": "frustrated"}, ASKED),
        ({"level": "strained"}, ASKED),
        # What cannot be asked at all is named before what must not be asked today.
        ({"spam": True, "human_replies": 0, "earlier": earlier(1)}, "spam"),
        ({"stopped_at": NOW, "earlier": earlier(1)}, "opted_out"),
    ],
)
def test_one_reason_for_each_situation(change: dict[str, object], reason: str) -> None:
    decision = decide(replace(PLAIN, **change))
    assert (decision.asked, decision.reason) == (reason == ASKED, reason)


def test_the_detail_says_until_when_it_stays_quiet() -> None:
    decision = decide(replace(PLAIN, earlier=earlier(4, answered=True)))
    assert decision.detail == {
        "asked_at": "2026-03-08T09:00:00+00:00",
        "until": "2026-03-22T09:00:00+00:00",
        "days": 14.0,
    }


times = st.timedeltas(timedelta(days=-60), timedelta(days=60)).map(lambda d: NOW + d)
earliers = st.none() | st.builds(
    lambda sent, length, answered: Earlier(sent, sent + length, answered),
    times.filter(lambda t: t <= NOW),
    st.timedeltas(timedelta(hours=1), timedelta(days=90)),
    st.booleans(),
)
situations = st.builds(
    Situation,
    at=st.just(NOW),
    enabled=st.booleans(),
    cooldown=st.timedeltas(timedelta(0), timedelta(days=60)),
    spam=st.booleans(),
    resolved=st.booleans(),
    customer_wrote=st.booleans(),
    human_replies=st.integers(0, 4),
    address=st.sampled_from(["", "noor@example.org"]),
    stopped_at=st.none() | times,
    earlier=earliers,
    level=st.sampled_from(["calm", "strained", "frustrated"]),
)


@given(situations)
def test_asked_means_that_nothing_speaks_against_it(s: Situation) -> None:
    decision = decide(s)
    assert decision.reason in REASONS
    assert decision.asked == (decision.reason == ASKED)
    speaks_against = (
        not s.enabled
        or s.spam
        or not s.resolved
        or not s.customer_wrote
        or s.human_replies == 0
        or s.address == ""
        or s.stopped_at is not None
        or (s.earlier is not None and not s.earlier.answered and s.earlier.expires_at > s.at)
        or (s.earlier is not None and s.at < s.earlier.sent_at + s.cooldown)
    )
    assert decision.asked != speaks_against


@given(situations, st.sampled_from(["calm", "strained", "frustrated"]))
def test_how_angry_somebody_is_changes_nothing(s: Situation, level: str) -> None:
    assert decide(replace(s, level=level)) == decide(s)


@given(situations)
def test_no_two_questions_lie_closer_than_the_quiet_period(s: Situation) -> None:
    if decide(s).asked and s.earlier is not None:
        assert s.at - s.earlier.sent_at >= s.cooldown


@given(st.integers(0, 999_999), st.integers(1, 2**62))
def test_a_draw_is_a_number_below_a_hundred_and_always_the_same(seed: int, episode_id: int) -> None:
    number = draw(seed, "csat", episode_id)
    assert 0 <= number < 100
    assert number == draw(seed, "csat", episode_id)


@pytest.mark.parametrize("share", [5, 25, 50, 90])
def test_a_share_of_many_is_that_share_and_another_seed_draws_others(share: int) -> None:
    """5,000 draws: the standard deviation of the share is at most 0.71 points, so that 4 of them are 2.9."""
    one, other = ({n for n in range(1, 5001) if draw(seed, "csat", n) < share} for seed in (1, 2))
    for drawn in (one, other):
        assert abs(100 * len(drawn) / 5000 - share) < 2.9
    together = 100 * len(one & other) / 5000
    assert abs(together - share * share / 100) < 2.9, "the two know nothing of each other"
    assert {n for n in one if draw(1, "csat", n) < share / 2} < one
