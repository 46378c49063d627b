"""What waits for somebody who went away goes back, but never what they keep or have begun to answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk import assigning, calendars, conversations
from desk.clock import SetClock
from desk.parts import Desk
from desk.worker.schedule import watch_presence
from tests.assigning.test_giving import House


@pytest.fixture
def house(desk: Desk, clock: SetClock) -> House:
    house = House(desk, clock)
    house.policy("round", away_minutes=20, at_end=True)
    return house


def pass_(house: House, minutes: int, *here: int) -> None:
    """Time passes in which these people are at the desk."""
    for _ in range(minutes):
        house.clock.advance(timedelta(minutes=1))
        house.here(*here)
    watch_presence(house.desk)
    house.work()


def test_what_waits_goes_to_a_colleague_who_is_there(house: House) -> None:
    mira, noah = house.ids
    house.here(mira)
    waits, answered = house.opened(), house.opened()
    house.work()
    with house.store.transaction() as tx:
        row = conversations.get(tx, answered, None)
        conversations.agent_replied(tx, row, 1, mira, "On its way", tx.now())
    with house.store.transaction() as tx:
        assigning.choose_state(tx, mira, True)
    pass_(house, 19, noah)
    assert house.owner(waits) == mira
    pass_(house, 1, noah)
    assert (house.owner(waits), house.owner(answered)) == (noah, mira)
    back = house.lines(waits, "assigned")[-2]["because"]
    assert (back["back"], back["from"], back["minutes"]) == ("away", "Mira", 20)
    with house.store.reading() as tx:
        found = {share.staff_id: share for share in assigning.shares(tx)}
    assert found[mira].long["back"] == 1 and found[noah].long["policy"] == 1


def test_what_is_kept_by_hand_or_begun_to_answer_stays(house: House) -> None:
    mira, noah = house.ids
    house.here(mira)
    kept, begun, plain = house.opened(), house.opened(), house.opened()
    house.work()
    with house.store.transaction() as tx:
        assigning.keep(tx, kept, house.viewer(mira), True)
    house.here(mira, drafts=[begun])
    pass_(house, 40, noah)  # her screen is gone
    assert (house.owner(kept), house.owner(begun), house.owner(plain)) == (mira, mira, noah)


def test_a_draft_on_one_device_is_not_lost_by_another(house: House) -> None:
    mira = house.ids[0]
    with house.store.transaction() as tx:
        assigning.sign(tx, mira, active=True, drafts=[7], device="desk")
        assigning.sign(tx, mira, active=True, drafts=[9], device="phone")
        assigning.sign(tx, mira, active=True, drafts=[], device="phone")
        assert assigning.drafting(tx, mira) == {7}


def test_what_is_given_to_somebody_who_is_away_waits_for_them_as_long(house: House) -> None:
    mira, noah = house.ids
    house.here(mira)
    with house.store.transaction() as tx:
        assigning.choose_state(tx, mira, True)
    pass_(house, 30)
    number = house.opened(team_id=house.team_id)
    with house.store.transaction() as tx:
        conversations.assign(tx, number, house.viewer(house.lead_id), mira)
    pass_(house, 19, noah)
    assert house.owner(number) == mira
    pass_(house, 1, noah)
    assert house.owner(number) == noah


def test_at_the_end_of_hours_what_waits_goes_back_unless_they_are_still_at_it(house: House) -> None:
    mira, noah = house.ids
    house.policy("round", at_end=True)
    with house.store.transaction() as tx:
        calendar = calendars.save(tx, None, name="Day", zone="UTC", hours="Mo-Fr 8:00-10:00", holidays="").id
    house.able(mira, calendar_id=calendar)
    house.here(mira)
    number = house.opened()
    house.work()
    assert house.clock.now() == datetime(2026, 3, 2, 9, tzinfo=UTC)
    pass_(house, 65, mira, noah)
    assert house.owner(number) == mira  # she is still there
    pass_(house, 5, noah)
    assert house.owner(number) == noah
    assert house.lines(number, "assigned")[-2]["because"]["back"] == "hours"


def test_without_the_setting_nothing_goes_back(house: House) -> None:
    house.policy("round")
    house.here(house.ids[0])
    number = house.opened()
    house.work()
    pass_(house, 60, house.ids[1])
    assert house.owner(number) == house.ids[0]


def test_only_who_has_it_keeps_it(house: House) -> None:
    house.here(house.ids[0])
    number = house.opened()
    house.work()
    with house.store.transaction() as tx, pytest.raises(conversations.NotPossible, match="Only who has"):
        assigning.keep(tx, number, house.viewer(house.ids[1]), True)
