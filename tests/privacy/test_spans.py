"""When a span is over: never within it, at the end of a day of the inbox, whatever clocks and calendars do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.privacy.spans import BadRule, Span, Terms, checked, cut_off, ends

# Midnight is skipped in some of them, comes twice in others, and one left out a whole day.
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu")
zones = st.sampled_from(ZONES).map(ZoneInfo)
spans = st.one_of(
    st.builds(Span, st.integers(7, 4000), st.just("days")), st.builds(Span, st.integers(1, 240), st.just("months"))
)
FIRST = datetime(2005, 1, 1, tzinfo=UTC)
moments = st.integers(0, 30 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
HOUR = timedelta(hours=1)


@given(moments, spans, zones)
def test_nothing_goes_within_its_span_and_all_goes_within_two_days_after(
    start: datetime, span: Span, zone: ZoneInfo
) -> None:
    due, here = ends(start, span, zone), start.astimezone(zone)
    least = timedelta(days=span.number if span.unit == "days" else 28 * span.number)
    most = timedelta(days=span.number if span.unit == "days" else 31 * span.number)
    lost = timedelta(days=1) if zone.key == "Pacific/Apia" else timedelta(0)  # it left out a day of the calendar
    assert start + least - HOUR - lost <= due <= start + most + timedelta(days=2)
    last = (due - timedelta(seconds=1)).astimezone(zone).date()
    if span.unit == "days":
        assert (
            timedelta(0) <= here.date() + timedelta(days=span.number) - last <= timedelta(days=1)
        )  # Apia had a day less
    else:
        months = (last.year - here.year) * 12 + last.month - here.month
        assert months == span.number or zone.key == "Pacific/Apia"
        assert last.day <= here.day


@given(moments, moments, spans, zones)
def test_what_was_before_is_over_before(one: datetime, other: datetime, span: Span, zone: ZoneInfo) -> None:
    first, second = sorted((one, other))
    if second - first > HOUR:  # clocks that go back over midnight give one day twice
        assert ends(first, span, zone) <= ends(second, span, zone)


@given(moments, moments, spans, zones)
def test_the_line_that_is_drawn_for_the_database_is_the_same(
    start: datetime, now: datetime, span: Span, zone: ZoneInfo
) -> None:
    line = cut_off(now, span, zone)
    if abs(start - line) > HOUR:
        assert (start < line) == (ends(start, span, zone) <= now)


@pytest.mark.parametrize(
    ("start", "span", "zone", "due"),
    [
        # The 31st of a month after which comes a shorter one, and a leap year.
        (datetime(2026, 1, 31, 12, tzinfo=UTC), Span(1, "months"), "UTC", datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2022, 2, 28, 12, tzinfo=UTC), Span(24, "months"), "UTC", datetime(2024, 2, 29, tzinfo=UTC)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), Span(12, "months"), "UTC", datetime(2025, 3, 1, tzinfo=UTC)),
        # Half past midnight in Berlin is the day before in London; clocks go forward in between.
        (datetime(2026, 2, 27, 23, 30, tzinfo=UTC), Span(30), "Europe/Berlin", datetime(2026, 3, 30, 22, tzinfo=UTC)),
        # Midnight is skipped: the day begins at one.
        (datetime(2018, 9, 4, 12, tzinfo=UTC), Span(60), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ],
)
def test_days_that_are_easily_got_wrong(start: datetime, span: Span, zone: str, due: datetime) -> None:
    assert ends(start, span, ZoneInfo(zone)) == due


def test_a_day_that_never_was() -> None:
    """In Apia the 30th of December 2011 was left out: what ends on it ends with the moment at which it would be."""
    due = ends(datetime(2011, 11, 30, 20, tzinfo=UTC), Span(30), ZoneInfo("Pacific/Apia"))
    assert due.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2011, 12, 31)


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (Terms(number=29, unit="days"), "30 days at least"),
        (Terms(number=1, unit="months"), "shorter than 30 days"),
        (Terms(number=0), "30 days at least"),
        (Terms(number=5000), "a hundred years"),
        (Terms(unit="weeks"), "days or in months"),
        (Terms(raw_days=3), "Raw messages"),
        (Terms(spam_days=1), "7 days at least"),
        (Terms(aside_days=6), "7 days at least"),
        (Terms(what="files", persons=True), "Persons"),
        (Terms(what="some"), "Say what goes"),
        (Terms(what="follow"), "Say what goes"),
    ],
)
def test_what_is_no_rule(terms: Terms, why: str) -> None:
    with pytest.raises(BadRule, match=why):
        checked(terms, own=False)
