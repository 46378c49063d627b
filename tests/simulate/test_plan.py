"""The planner: reproducible, inside its window, true to its hidden rates, without a database."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.simulate import hours, moods, plan, tail, world
from desk.simulate.steps import Act, Plan, Reply, Resolve, Write

END = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)  # a Sunday night: nobody works
moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def drawn(seed: int = 7, customers: int = 120, days: int = 90) -> Plan:
    return plan(world(), customers=customers, days=days, seed=seed, end=END)


@pytest.fixture(scope="module")
def large() -> Plan:
    return drawn(customers=1500)


def content(found: Plan) -> list[object]:
    """What a plan says, without who is who in memory."""
    return [
        [
            (
                type(s).__name__,
                s.at,
                s.case.number,
                s.case.buyer.email,
                getattr(s, "text", ""),
                getattr(s, "verdict", 0),
            )
            for s in found.steps
        ],
        [(o.at, o.buyer.email, [(x.number, x.value) for x in o.orders]) for o in found.ordered],
    ]


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert content(drawn(3, 30, 20)) == content(drawn(3, 30, 20))
    assert content(drawn(3, 30, 20)) != content(drawn(4, 30, 20))


@pytest.mark.parametrize(("customers", "days"), [(1, 1), (2, 3), (40, 2), (30, 400)])
def test_any_size_can_be_planned_and_stays_in_its_window(customers: int, days: int) -> None:
    found = drawn(1, customers, days)
    assert len(found.buyers) == customers
    assert len({b.email for b in found.buyers}) == customers
    assert all(found.start <= s.at <= found.end for s in found.steps)
    assert [s.at for s in found.steps] == sorted(s.at for s in found.steps)
    assert all(o.at <= found.end for o in found.ordered)
    numbers = [o.number for reported in found.ordered for o in reported.orders]
    assert all(numbers)
    assert len(set(numbers)) == len(numbers)


def test_every_customer_is_heard_of(large: Plan) -> None:
    heard = {c.buyer.number for c in large.cases} | {o.buyer.number for o in large.ordered}
    assert heard == {b.number for b in large.buyers}


def test_a_case_begins_with_its_customer_and_never_answers_before_it_was_asked(large: Plan) -> None:
    first: dict[int, str] = {}
    for step in large.steps:
        first.setdefault(step.case.number, type(step).__name__)
    assert set(first.values()) == {"Write"}


def test_agents_answer_only_the_inboxes_that_are_theirs(large: Plan) -> None:
    for step in large.steps:
        if isinstance(step, (Reply, Act, Resolve)):
            assert step.case.topic.inbox in step.agent.inboxes


def test_addresses_lie_where_no_mail_can_go(large: Plan) -> None:
    assert all(b.email.endswith(".example") and b.email.isascii() for b in large.buyers)


def test_threads_have_one_to_some_messages_in_three_languages_and_three_moods(large: Plan) -> None:
    writes = [s for s in large.steps if isinstance(s, Write) and not s.automatic]
    lengths = Counter(s.case.number for s in writes).values()
    assert min(lengths) == 1
    assert 5 <= max(lengths) <= 14
    assert {s.case.buyer.locale for s in writes} == {"en", "de", "es"}
    found = Counter(moods.mood(s.tension) for s in writes)
    assert found["calm"] > found["strained"] > found["frustrated"] > 0.03 * len(writes)


def test_the_truth_is_satisfied_before_the_carrier_changes_and_less_so_after(large: Plan) -> None:
    verdicts = [s for s in large.steps if isinstance(s, Resolve)]

    def share(found: list[Resolve]) -> float:
        return sum(s.verdict.score >= 4 for s in found) / len(found)

    before = [s for s in verdicts if s.at < large.carrier_from]
    after = [s for s in verdicts if s.case.carrier]
    others = [s for s in verdicts if s.at >= large.carrier_from and s.case.topic.theme != "delivery"]
    assert 0.8 < share(before) < 0.92
    assert share(after) < share(before) - 0.25
    assert abs(share(others) - share(before)) < 0.09


def test_silence_depends_on_what_would_be_said(large: Plan) -> None:
    verdicts = [s.verdict for s in large.steps if isinstance(s, Resolve)]

    def answers(*scores: int) -> float:
        found = [v.answers for v in verdicts if v.score in scores]
        return sum(found) / len(found)

    assert answers(5) > answers(4) > answers(2, 3)
    assert answers(1) > answers(2, 3) - 0.03  # the furious speak, the disappointed go
    assert all(v.score in range(1, 6) for v in verdicts)


def test_a_skilled_agent_has_happier_customers(large: Plan) -> None:
    by: dict[str, list[bool]] = {}
    for step in large.steps:
        if isinstance(step, Resolve):
            by.setdefault(step.agent.key, []).append(step.verdict.score >= 4)
    rates = {key: sum(found) / len(found) for key, found in by.items()}
    assert rates["priya"] > rates["jonas"] > rates["sam"]


def test_the_history_ends_with_one_of_each_kind_of_open_conversation() -> None:
    assert len({tell for tell, _ in tail.TAIL}) == 8
    assert {tell for tell, whose in tail.TAIL if whose == "first"} >= {tail.waiting, tail.pending, tail.snoozed}


@given(moments, st.floats(0, 5000))
def test_work_takes_place_in_working_hours_and_takes_its_time(start: datetime, minutes: float) -> None:
    done = hours.after_work(start, minutes)
    assert done >= start
    open_hours = hours.opening(done.astimezone(hours.ZONE).date())
    assert open_hours is not None
    assert open_hours[0] <= done <= open_hours[1]
    worked = timedelta()
    day = start.astimezone(hours.ZONE).date()
    while day <= done.astimezone(hours.ZONE).date():
        shift = hours.opening(day)
        if shift is not None:
            worked += max(timedelta(), min(done, shift[1]) - max(start, shift[0]))
        day += timedelta(days=1)
    assert abs(worked - timedelta(minutes=minutes)) < timedelta(milliseconds=1)


@given(moments)
def test_the_last_moment_of_work_is_one(at: datetime) -> None:
    found = hours.at_work(at)
    shift = hours.opening(found.astimezone(hours.ZONE).date())
    assert found <= at
    assert shift is not None
    assert shift[0] <= found <= shift[1]


@given(moments, st.integers(0, 100))
def test_nobody_writes_in_their_sleep_again(at: datetime, seed: int) -> None:
    found = hours.awake(at, Random(seed))
    assert found >= at
    assert found - at < timedelta(hours=13)
    assert 7 <= found.astimezone(hours.ZONE).hour < 23


def test_weeks_begin_on_monday_in_the_shops_zone() -> None:
    assert hours.monday(datetime(2026, 11, 15, 23, 30, tzinfo=UTC)) == date(2026, 11, 16)
    assert hours.monday(datetime(2026, 11, 15, 22, 30, tzinfo=UTC)) == date(2026, 11, 9)
