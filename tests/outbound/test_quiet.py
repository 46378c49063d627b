"""Quiet hours: nothing automatic goes to a telephone at night, by its owner's clock; all of it goes later."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from desk import outbound, settings, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.outbound.quiet import quiet_end
from desk.parts import Desk
from desk.people.tables import Customer
from desk.store import Store
from desk.surveys.tables import Invitation, SurveyDecision
from desk.worker import drain
from tests.surveys.situations import asked, by_sms

HOURS = st.integers(0, 23).map(time)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "no/where"])
MOMENTS = st.integers(1_735_689_600, 1_798_761_600).map(lambda s: datetime.fromtimestamp(s, UTC))


@pytest.mark.parametrize(
    ("at", "zone", "ends"),
    [
        ("2026-03-02T20:59", "UTC", None),
        ("2026-03-02T21:00", "UTC", "2026-03-03T08:00"),
        ("2026-03-03T03:00", "UTC", "2026-03-03T08:00"),
        ("2026-03-03T07:59", "UTC", "2026-03-03T08:00"),
        ("2026-03-03T08:00", "UTC", None),
        ("2026-03-02T20:30", "Europe/Berlin", "2026-03-03T07:00"),
        ("2026-03-02T12:00", "America/Los_Angeles", "2026-03-02T16:00"),
        ("2026-03-28T22:00", "Europe/Berlin", "2026-03-29T06:00"),  # the night when clocks go forward
    ],
)
def test_the_night_ends_by_the_customers_clock(at: str, zone: str, ends: str | None) -> None:
    found = quiet_end(datetime.fromisoformat(at).replace(tzinfo=UTC), zone, time(21), time(8))
    assert found == (datetime.fromisoformat(ends).replace(tzinfo=UTC) if ends else None)


@given(MOMENTS, ZONES, HOURS, HOURS)
def test_what_waits_goes_within_a_day_and_at_the_hour_when_the_quiet_ends(
    at: datetime, zone: str, begins: time, ends: time
) -> None:
    found = quiet_end(at, zone, begins, ends)
    if begins == ends:
        assert found is None
    if found is not None:
        assert timedelta(0) < found - at <= timedelta(hours=25)
        here = found.astimezone(ZoneInfo("UTC" if zone == "no/where" else zone))
        assert here.hour == ends.hour or here.dst()  # an hour that a change of clocks leaves out
        assert quiet_end(found, zone, begins, ends) is None or here.hour != ends.hour


def test_a_question_at_night_waits_for_the_morning_and_says_so(desk: Desk, clock: SetClock) -> None:
    clock.set(datetime(2026, 3, 2, 22, 30, tzinfo=UTC))
    with desk.store.transaction() as tx:
        ask = asked(tx, by=by_sms)
    morning = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    with desk.store.reading() as tx:
        (row,) = tx.scalars(select(outbound.Delivery))
        (decision,) = tx.scalars(select(SurveyDecision))
        entry = timeline.one(tx, tx.get_one(Invitation, ask.invitation_id).entry_id or 0)
    assert (row.state, row.detail) == ("queued", "quiet hours: it waits until 08:00 (UTC)")
    assert decision.detail["waits_until"] == morning.isoformat()
    assert entry is not None
    assert entry.detail["waits_until"] == morning.isoformat()
    for at, state in ((morning - timedelta(minutes=1), "queued"), (morning, "sent")):
        clock.set(at)
        drain(desk)
        with desk.store.reading() as tx:
            assert tx.scalars(select(outbound.Delivery.state)).one() == state


def test_it_is_the_customers_night_that_counts(store: Store, clock: SetClock) -> None:
    clock.set(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    with store.transaction() as tx:
        ask = asked(tx, by=by_sms)
        (row,) = tx.scalars(select(outbound.Delivery))
        assert row.detail == ""
        tx.get_one(Customer, ask.customer_id).zone = "America/Los_Angeles"
        assert outbound.quiet_until(tx, "sms", ask.inbox_id, ask.customer_id) == datetime(2026, 3, 2, 16, tzinfo=UTC)
        assert outbound.quiet_until(tx, "email", ask.inbox_id, ask.customer_id) is None
        settings.set(tx, "sms.quiet_from", "08:00", None)
        assert outbound.quiet_until(tx, "sms", ask.inbox_id, ask.customer_id) is None


def test_what_was_late_already_is_held_at_the_last_moment(desk: Desk, clock: SetClock) -> None:
    clock.set(datetime(2026, 3, 2, 20, 59, tzinfo=UTC))
    with desk.store.transaction() as tx:
        asked(tx, by=by_sms)
    clock.set(datetime(2026, 3, 2, 21, 1, tzinfo=UTC))
    drain(desk)
    with desk.store.reading() as tx:
        row = tx.scalars(select(outbound.Delivery)).one()
        assert (row.state, row.attempts) == ("queued", 0)
        assert "08:00" in row.detail
        assert tx.scalars(select(Conversation.id)).first()
