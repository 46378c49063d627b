"""Periods, buckets and filters: what an address may say, and where days begin."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports.choices import NOBODY, Choices
from desk.reports.filters import PERIODS, FilterError, Filters, midnight, parse, period_days

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # a Friday; already Saturday in Stockholm
CHOICES = Choices(
    inboxes={1: "Support"},
    teams={4: "First line"},
    staff={7: "Priya Raman"},
    stages={("commerce", "loyalty"): "Loyalty"},
    models={"commerce": "Commerce"},
    current={"commerce": ("loyalty",)},
    channels=("email",),
    kinds=("csat",),
)
ZONES = [
    "UTC",
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "America/Havana",
]


def read(zone: str = "Europe/Stockholm", **args: str) -> Filters:
    renamed = {name.rstrip("_"): value for name, value in args.items()}
    return parse(renamed, now=NOW, zone=zone, choices=CHOICES)


def test_the_default_is_this_week_and_the_twelve_before() -> None:
    filters = read()
    assert (filters.first, filters.last, filters.period) == (date(2026, 8, 24), date(2026, 11, 21), "13w")


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("7d", date(2026, 11, 15), date(2026, 11, 21)),
        ("30d", date(2026, 10, 23), date(2026, 11, 21)),
        ("month", date(2026, 11, 1), date(2026, 11, 21)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ("quarter", date(2026, 10, 1), date(2026, 11, 21)),
        ("year", date(2025, 11, 22), date(2026, 11, 21)),
    ],
)
def test_periods_end_today_where_the_reader_is(period: str, first: date, last: date) -> None:
    filters = read(period=period)
    assert (filters.first, filters.last) == (first, last)
    assert read("UTC", period=period).last in (last, last - timedelta(days=1))


@given(st.dates(date(2001, 1, 1), date(2198, 1, 1)), st.sampled_from(PERIODS))
def test_every_period_is_in_order_and_not_in_the_future(today: date, period: str) -> None:
    first, last = period_days(period, today)
    assert first <= last <= today


def test_an_open_end_is_filled_in() -> None:
    assert (read(from_="2026-11-01").first, read(from_="2026-11-01").last) == (date(2026, 11, 1), date(2026, 11, 21))
    assert read(to="2026-11-10").first == date(2026, 8, 12)
    assert read(from_="2026-12-24").last == date(2026, 12, 24)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({"period": "ever"}, "There is no period called “ever”."),
        ({"from_": "yesterday"}, "“yesterday” is not a day such as 2026-11-22."),
        ({"from_": "2026-02-30"}, "“2026-02-30” is not a day such as 2026-11-22."),
        ({"from_": "0001-01-01"}, "The day 0001-01-01 is out of reach: the years 2000 to 2199 are known."),
        ({"from_": "2026-11-02", "to": "2026-11-01"}, "The period ends on 2026-11-01, before it begins on 2026-11-02."),
        (
            {"from_": "2020-01-01", "to": "2026-11-01"},
            "A report covers three years at most; this period has 2496 days.",
        ),
        ({"inbox": "9"}, "There is no inbox 9."),
        ({"inbox": "none"}, "There is no inbox none."),
        ({"team": "-1"}, "There is no team -1."),
        ({"agent": "Priya"}, "There is no agent Priya."),
        ({"agent": "9" * 60}, f"There is no agent {'9' * 40}."),
        ({"agent": "٧"}, "There is no agent ٧."),
        ({"stage": "commerce/reach"}, "There is no stage “commerce/reach”."),
        ({"stage": "advocacy"}, "There is no stage “advocacy”."),
        ({"channel": "fax"}, "There is no channel “fax”."),
        ({"score": "11"}, "“11” is not a score: scores go from 0 to 10."),
        ({"score": "five"}, "“five” is not a score: scores go from 0 to 10."),
    ],
)
def test_what_cannot_be_read_is_answered_in_one_sentence(args: dict[str, str], sentence: str) -> None:
    with pytest.raises(FilterError) as refused:
        read(**args)
    assert str(refused.value) == sentence
    assert refused.value.template % refused.value.values == sentence


@given(
    st.dictionaries(st.sampled_from(["period", "from", "to", "inbox", "agent", "stage", "score"]), st.text(max_size=30))
)
def test_any_address_gives_filters_or_a_sentence(args: dict[str, str]) -> None:
    try:
        filters = parse(args, now=NOW, zone="Europe/Stockholm", choices=CHOICES)
    except FilterError as refused:
        filters, sentence = None, str(refused)
    assert filters.first <= filters.last if filters else sentence.endswith(".")


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"period": "30d", "inbox": "1", "agent": "7"},
        {"from": "2026-01-01", "to": "2026-03-01", "team": "none", "stage": "commerce/loyalty", "score": "5"},
        {"stage": "loyalty"},
        {"agent": "none", "stage": "none", "channel": "email", "team": "4"},
    ],
)
def test_a_choice_reads_back_from_its_address(args: dict[str, str]) -> None:
    filters = parse(args, now=NOW, zone="UTC", choices=CHOICES)
    assert parse(filters.query(), now=NOW, zone="UTC", choices=CHOICES) == filters


def test_without_one_is_not_the_same_as_all() -> None:
    assert read(agent="none").staff_id == NOBODY
    assert read(stage="none").stage == ("", "")
    assert read().staff_id is None


def test_an_unknown_zone_counts_in_utc() -> None:
    assert read("Mars/Olympus").zone == "UTC"
    assert read("../etc/passwd").zone == "UTC"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 1000), st.sampled_from(ZONES))
def test_buckets_fill_the_period_without_gap_or_overlap(first: date, length: int, zone: str) -> None:
    filters = Filters(first, first + timedelta(days=length), zone)
    buckets = filters.buckets()
    assert (buckets[0].low, buckets[-1].high) == (filters.low, filters.high)
    assert (buckets[0].first, buckets[-1].last) == (filters.first, filters.last)
    for one, other in itertools.pairwise(buckets):
        assert one.high == other.low
        assert one.last + timedelta(days=1) == other.first
    assert len(buckets) <= 62


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_an_instant_lies_in_its_local_day(at: datetime, zone: str) -> None:
    day = at.astimezone(ZoneInfo(zone)).date()
    assert midnight(day, zone) <= at < midnight(day + timedelta(days=1), zone)


def test_the_weeks_in_which_the_clocks_change_are_longer_and_shorter() -> None:
    weeks = Filters(date(2026, 3, 2), date(2026, 11, 29), "Europe/Stockholm").buckets()
    hours = {week.first: (week.high - week.low) / timedelta(hours=1) for week in weeks}
    assert hours[date(2026, 3, 23)] == 167  # 29 March: one hour less
    assert hours[date(2026, 10, 19)] == 169  # 25 October: one more
    assert hours[date(2026, 6, 1)] == 168
    assert weeks[0].low == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert all(week.first.weekday() == 0 for week in weeks)


def test_where_midnight_is_skipped_the_day_begins_at_the_change() -> None:
    # Cuba turned its clocks from 00:00 to 01:00 on 8 March 2026.
    assert midnight(date(2026, 3, 8), "America/Havana") == datetime(2026, 3, 8, 5, tzinfo=UTC)


def test_weeks_at_the_ends_are_cut_and_said_to_be() -> None:
    weeks = Filters(date(2026, 10, 28), date(2026, 11, 20), "UTC").buckets()
    assert [(week.first, week.whole) for week in weeks] == [
        (date(2026, 10, 28), False),
        (date(2026, 11, 2), True),
        (date(2026, 11, 9), True),
        (date(2026, 11, 16), False),
    ]


@pytest.mark.parametrize(
    ("days", "grain", "count"), [(1, "day", 1), (21, "day", 21), (22, "week", 4), (421, "month", 14)]
)
def test_the_grain_follows_the_length(days: int, grain: str, count: int) -> None:
    filters = Filters(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days - 1), "UTC")
    assert (filters.grain(), len(filters.buckets())) == (grain, count)


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    filters = Filters(date(2026, 8, 24), date(2026, 11, 20), "UTC", "13w", staff_id=7)
    assert filters.before() == Filters(date(2026, 5, 27), date(2026, 8, 23), "UTC", "", staff_id=7)
