"""Conversations given out by policy: after the commit, never twice, never more than somebody can take."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, assigning, calendars, conversations, reactions, settings, timeline
from desk.agents import Viewer
from desk.assigning import Able, Assignment, Wanted
from desk.clock import SetClock
from desk.parts import Desk
from desk.signals import ConversationOpened
from desk.store import Store
from desk.worker import run_one
from desk.worker.schedule import watch_presence
from tests.factories import make_conversation, make_customer, make_inbox, make_staff, make_team

NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)


class House:
    """A team of some people and an inbox that is theirs, with everything that follows from a signal."""

    def __init__(self, desk: Desk, clock: SetClock, people: int = 2) -> None:
        self.desk, self.store, self.clock = desk, desk.store, clock
        self.store.react_with(reactions.react)
        with self.store.transaction() as tx:
            staff = [make_staff(tx, name=name) for name in ("Mira", "Noah", "Olga", "Pia")[:people]]
            team = make_team(tx, *staff, name="Support")
            self.lead_id = make_staff(tx, "supervisor", name="Lea").id
            self.team_id, self.ids = team.id, [one.id for one in staff]
            self.inbox_id = make_inbox(tx, team_id=team.id).id

    def viewer(self, staff_id: int) -> Viewer:
        with self.store.reading() as tx:
            found = agents.viewer(tx, staff_id)
        assert found is not None
        return found

    def policy(self, mode: str = "round", **fields: Any) -> None:
        with self.store.transaction() as tx:
            assigning.save_policy(tx, None, self.team_id, Wanted(mode, **fields))

    def here(self, *staff_ids: int, drafts: list[int] | None = None) -> None:
        with self.store.transaction() as tx:
            for staff_id in staff_ids:
                assigning.sign(tx, staff_id, active=True, drafts=drafts)

    def able(self, staff_id: int, **fields: Any) -> None:
        with self.store.transaction() as tx:
            assigning.save_work(tx, staff_id, Able(**fields))

    def opened(self, locale: str | None = None, **fields: Any) -> int:
        with self.store.transaction() as tx:
            customer = make_customer(tx, locale=locale)
            row = make_conversation(tx, customer, settings.inbox(tx, self.inbox_id), **fields)
            tx.announce(ConversationOpened(row.customer_id, row.id, row.episode_id or 0))
            return row.id

    def work(self) -> None:
        while run_one(self.desk, "test", ["assigning.choose", "assigning.again"]):
            pass

    def owner(self, conversation_id: int) -> int | None:
        with self.store.reading() as tx:
            found = conversations.row_of(tx, conversation_id)
        assert found is not None
        return found.assignee_id

    def lines(self, conversation_id: int, kind: str) -> list[dict[str, Any]]:
        with self.store.reading() as tx:
            return [e.detail for e in timeline.of_conversation(tx, conversation_id, kinds=(kind,))]


@pytest.fixture
def house(desk: Desk, clock: SetClock) -> House:
    return House(desk, clock)


def test_turn_by_turn_and_the_line_says_why(house: House) -> None:
    house.policy("round")
    house.here(*house.ids)
    house.able(house.ids[0], capacity=5)
    numbers = [house.opened() for _ in range(4)]
    assert [house.owner(n) for n in numbers] == [None] * 4  # nothing before the commit's own jobs
    house.work()
    mira, noah = house.ids
    assert Counter(house.owner(n) for n in numbers) == {mira: 2, noah: 2}
    said = [d["because"] for n in numbers for d in house.lines(n, "assigned") if d["after"] == mira]
    assert sorted((s["how"], s["open"], s["capacity"]) for s in said) == [("round", 1, 5), ("round", 2, 5)]


def test_by_hand_nothing_is_given(house: House) -> None:
    house.here(*house.ids)
    number = house.opened()
    house.work()
    house.policy("hand")
    watch_presence(house.desk)
    house.work()
    assert house.owner(number) is None and house.lines(number, "waits") == []


def test_a_chat_weighs_more_than_a_mail(house: House) -> None:
    house.policy("load")
    house.here(*house.ids)
    for staff_id in house.ids:
        house.able(staff_id, capacity=4)
    first = house.opened(channel="chat")
    house.work()
    rest = [house.opened() for _ in range(6)]
    house.work()
    owners = Counter(house.owner(n) for n in rest)
    taken = house.owner(first)
    assert taken is not None and owners[taken] == 1 and owners[None] == 1
    assert max(owners.values()) == 4
    waiting = next(n for n in rest if house.owner(n) is None)
    assert [d["reason"] for d in house.lines(waiting, "waits")] == ["full"]
    with house.store.transaction() as tx:
        conversations.resolve(tx, first, None)
    house.work()
    assert house.owner(waiting) is not None  # as soon as there is room


def test_at_most_so_many_of_a_channel(house: House) -> None:
    house.policy("round")
    house.here(house.ids[0])
    house.able(house.ids[0], capacity=100, most={"chat": 1})
    one, two, mail = house.opened(channel="chat"), house.opened(channel="chat"), house.opened()
    house.work()
    assert sorted(filter(None, map(house.owner, (one, two, mail)))) == [house.ids[0]] * 2
    assert house.owner(mail) == house.ids[0]


def test_nobody_there_is_said_once_and_looked_at_again_when_somebody_comes(house: House) -> None:
    house.policy("round")
    number = house.opened()
    house.work()
    watch_presence(house.desk)
    house.work()
    assert [d["reason"] for d in house.lines(number, "waits")] == ["offline"]
    house.here(house.ids[1])
    house.work()
    assert house.owner(number) == house.ids[1]


def test_away_is_not_online_and_a_lost_screen_runs_out(house: House) -> None:
    house.policy("round")
    house.here(*house.ids)
    with house.store.transaction() as tx:
        assigning.choose_state(tx, house.ids[0], True)
    first = house.opened()
    house.work()
    assert house.owner(first) == house.ids[1]
    house.clock.advance(timedelta(minutes=3))  # nobody said anything since, as after a server that died
    second = house.opened()
    house.work()
    assert house.owner(second) is None
    with house.store.transaction() as tx:
        assigning.choose_state(tx, house.ids[0], False)
    house.work()
    assert house.owner(second) == house.ids[0]


def test_only_in_working_hours(house: House) -> None:
    with house.store.transaction() as tx:
        calendar = calendars.save(tx, None, name="Day", zone="UTC", hours="Mo-Fr 9:00-17:00", holidays="").id
    house.able(house.ids[0], calendar_id=calendar)
    house.policy("round")
    house.clock.set(NIGHT)
    house.here(house.ids[0])
    number = house.opened()
    house.work()
    assert [d["reason"] for d in house.lines(number, "waits")] == ["hours"]
    house.clock.advance(timedelta(hours=12))
    house.here(house.ids[0])
    watch_presence(house.desk)
    house.work()
    assert house.owner(number) == house.ids[0]


def test_languages_and_labels_ask_for_who_knows_them(house: House) -> None:
    mira, noah = house.ids
    house.policy("round", by_language=True, by_label=True)
    house.here(*house.ids)
    house.able(noah, languages=frozenset({"de"}), skills=frozenset({"Refunds"}))
    german, labelled = house.opened("de-AT"), house.opened(labels=("refunds", "blue"))
    french, plain = house.opened("fr"), house.opened(labels=("blue",))
    house.work()
    assert (house.owner(german), house.owner(labelled)) == (noah, noah)
    assert house.lines(german, "assigned")[-1]["because"]["language"] == "de"
    assert house.owner(french) is None and house.lines(french, "waits")[-1]["language"] == "fr"
    assert house.owner(plain) == mira


def test_what_somebody_gives_away_goes_to_another(house: House) -> None:
    house.policy("round")
    house.here(*house.ids)
    number = house.opened()
    house.work()
    first = house.owner(number)
    assert first is not None
    with house.store.transaction() as tx:
        conversations.assign(tx, number, house.viewer(first), None)
    house.work()
    second = house.owner(number)
    assert {first, second} == set(house.ids)
    with house.store.transaction() as tx:
        conversations.assign(tx, number, house.viewer(second or 0), None)
    house.work()
    assert house.owner(number) is None
    assert [d["reason"] for d in house.lines(number, "waits")] == ["declined"]
    with house.store.reading() as tx:
        found = {share.staff_id: share for share in assigning.shares(tx)}
    assert found[first].long["declined"] == 1 and found[first].long["policy"] == 1


def test_while_the_bot_talks_nobody_is_given_it(house: House) -> None:
    house.policy("round")
    house.here(*house.ids)
    number = house.opened(bot="talking")
    house.work()
    assert house.owner(number) is None and house.lines(number, "waits") == []


def test_two_processes_at_once_give_nothing_twice_and_nobody_too_much(house: House, desk: Desk) -> None:
    house.here(*house.ids)
    for staff_id in house.ids:
        house.able(staff_id, capacity=3)
    numbers = [house.opened() for _ in range(12)]
    house.policy("load")
    others = [Store(desk.store.engine, desk.store.clock, desk.store.keys) for _ in range(4)]
    for store in others:
        store.react_with(reactions.react)

    def choose(at: int) -> None:
        for number in numbers if at % 2 else reversed(numbers):
            others[at].attempt(lambda tx, n=number: assigning.give(tx, n))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(choose, range(4)))
    owners = Counter(house.owner(n) for n in numbers)
    assert owners == {house.ids[0]: 3, house.ids[1]: 3, None: 6}
    with house.store.reading() as tx:
        given = Counter(tx.scalars(select(Assignment.conversation_id)))
    assert set(given.values()) == {1} and len(given) == 6


def test_conversations_of_no_team_are_given_to_anybody(house: House) -> None:
    house.here(house.lead_id)
    with house.store.transaction() as tx:
        assigning.save_policy(tx, None, None, Wanted("round"))
    number = house.opened(team_id=None)
    house.work()
    assert house.owner(number) == house.lead_id
