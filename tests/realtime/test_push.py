"""What a commit tells the screens: rows and lines, once each, to who may see them and to nobody else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import timedelta

from desk import agents, conversations, outbound, timeline
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.signals import ConversationChanged, Signal
from desk.store import Store
from tests import factories
from tests.realtime.conftest import Screens


def names(told: list[tuple[str, dict[str, str]]]) -> list[str]:
    return [name for name, _ in told]


def opened(store: Store, **fields: object) -> Conversation:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx, **fields)
        factories.make_entry(tx, conversation)
        return conversation


def test_a_note_is_told_as_a_line_and_a_row_in_each_ones_language_and_zone(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    ada = screens.staff("Ada Ant")
    bea = screens.staff("Bea Bee", locale="de", zone="America/Lima")
    hers, theirs = screens.screen(ada), screens.screen(bea)
    for screen in (hers, theirs):
        assert screen.emit("open", str(conversation.id), callback=True)["ok"] is True
        screens.told(screen)
    with store.transaction() as tx:
        outbound.note(tx, conversation.id, ada, "Only for us")
    english, german = screens.told(hers), screens.told(theirs)
    assert names(english).count("entry") == names(german).count("entry") == 1
    line = dict(english)["entry"]
    assert "Only for us" in line["html"]
    assert line["kind"] == "note"
    assert ">9:00" in line["html"]
    assert "Private note" in line["html"]
    assert ">04:00" in dict(german)["entry"]["html"]


def test_rows_say_where_they_belong(screens: Screens, store: Store, clock: SetClock) -> None:
    conversation = opened(store)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    screens.told(screen)
    with store.transaction() as tx:
        conversations.set_level(tx, conversations.get(tx, conversation.id, None), "frustrated", 0.9)
    row = dict(screens.told(screen))["row"]
    assert row["id"] == str(conversation.id)
    assert set(row["keys"]) == {"all", "unassigned", "frustrated", "longest"}
    assert re.search(rf'id="c{conversation.id}"', row["html"])
    clock.advance(timedelta(minutes=1))
    with store.transaction() as tx:
        conversations.assign(tx, conversation.id, ada, ada.id)
        conversations.resolve(tx, conversation.id, ada)
    last = [what for name, what in screens.told(screen) if name == "row"][-1]
    assert set(last["keys"]) == {"resolved"}
    assert last["rev"] > row["rev"]


def test_many_changes_of_one_moment_are_one_telling(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    screen = screens.screen(screens.staff("Ada Ant"))
    screens.told(screen)
    screens.push.tell([ConversationChanged(conversation.id, conversation.customer_id)] * 5)
    assert names(screens.told(screen)) == ["row"]


def test_what_was_rolled_back_is_never_told(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    screen.emit("open", str(conversation.id), callback=True)
    screens.told(screen)
    try:
        with store.transaction() as tx:
            outbound.note(tx, conversation.id, ada, "Never said")
            raise RuntimeError("the power went")
    except RuntimeError:
        pass
    assert screens.told(screen) == []


def test_other_teams_hear_neither_rows_nor_lines(screens: Screens, store: Store) -> None:
    ada, eve = screens.staff("Ada Ant"), screens.staff("Eve Elk")
    with store.transaction() as tx:
        team = agents.create_team(tx, "Returns")
        agents.set_teams(tx, ada.id, {team.id})
        customer = factories.make_customer(tx)
        theirs = factories.make_conversation(tx, customer, team_id=team.id)
        everybodys = factories.make_conversation(tx, customer)
        found = agents.viewer(tx, ada.id)
    assert found is not None
    inside, outside = screens.screen(found), screens.screen(eve)
    assert inside.emit("open", str(theirs.id), callback=True)["ok"] is True
    assert outside.emit("open", str(theirs.id), callback=True) == {"ok": False}
    # Eve has the same customer's timeline open, by a conversation that is hers to see.
    assert outside.emit("open", str(everybodys.id), callback=True)["ok"] is True
    screens.told(inside), screens.told(outside)
    with store.transaction() as tx:
        outbound.note(tx, theirs.id, found, "Between us")
        conversations.set_level(tx, conversations.get(tx, theirs.id, None), "strained", 0.5)
    assert "entry" in names(screens.told(inside))
    told = screens.told(outside)
    assert "Between us" not in str(told)
    assert "row" not in names(told)
    assert "entry" not in names(told)


def test_who_loses_sight_of_a_conversation_is_told_that_it_is_gone(screens: Screens, store: Store) -> None:
    ada, eve = screens.staff("Ada Ant"), screens.staff("Eve Elk")
    with store.transaction() as tx:
        team = agents.create_team(tx, "Returns")
        agents.set_teams(tx, ada.id, {team.id})
        conversation = factories.make_conversation(tx, team_id=team.id, assignee_id=eve.id)
        lead = agents.viewer(tx, ada.id)
    assert lead is not None
    screen = screens.screen(eve)
    with store.transaction() as tx:
        conversations.set_level(tx, conversations.get(tx, conversation.id, None), "strained", 0.5)
    assert "row" in names(screens.told(screen))
    with store.transaction() as tx:
        conversations.assign(tx, conversation.id, lead, lead.id)
    told = screens.told(screen)
    assert ("gone", str(conversation.id)) in [(name, what.get("id")) for name, what in told]
    assert "row" not in names(told)


def test_the_first_change_since_a_start_takes_the_row_from_whoever_may_not_see_it(
    screens: Screens, store: Store
) -> None:
    ada, eve = screens.staff("Ada Ant"), screens.staff("Eve Elk")
    conversation = opened(store)  # everybody read it with their page, and nothing was told of it yet
    hers, theirs = screens.screen(ada), screens.screen(eve)
    with store.transaction() as tx:
        team = agents.create_team(tx, "Returns")
        inbox = factories.make_inbox(tx, team_id=team.id)
        to = factories.identity_of(tx, conversation.customer_id)
        conversations.rehome(tx, conversation.id, None, inbox, to)
    told = screens.told(theirs)
    assert ("gone", str(conversation.id)) in [(name, what.get("id")) for name, what in told]
    assert "row" not in names(told)
    assert "row" not in names(screens.told(hers))
    with store.transaction() as tx:
        conversations.set_priority(tx, conversation.id, None, 1)
    assert names(screens.told(theirs)) == []  # once is enough


def test_a_delivery_that_moves_on_replaces_its_line(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    screen.emit("open", str(conversation.id), callback=True)
    with store.transaction() as tx:
        entry = outbound.reply(tx, conversation.id, ada, "It is on its way.")
    first = [what for name, what in screens.told(screen) if name == "entry" and what["id"] == str(entry.id)]
    assert "Waiting to be sent" in first[0]["html"]
    with store.transaction() as tx:
        delivery = outbound.delivery_of(tx, [entry.id])[entry.id]
        tx.get_one(outbound.Delivery, delivery.id).state = "sent"
        timeline.changed(tx, entry.id)
    again = dict(screens.told(screen))["entry"]
    assert again["id"] == str(entry.id)
    assert "Sent<" in again["html"]


def test_nobody_on_screen_costs_nothing(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    with store.transaction() as tx:
        conversations.set_level(tx, conversations.get(tx, conversation.id, None), "strained", 0.5)
    assert screens.push.teller.idle
    assert not screens.push.teller.began


def test_who_settles_tells_what_waits_in_their_own_thread(screens: Screens, store: Store) -> None:
    conversation = opened(store)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    screens.told(screen)
    assert screens.push.teller.settle()  # nothing waits
    tellers: list[str] = []
    tell = screens.push.teller._tell

    def telling(signals: Iterable[Signal]) -> None:
        tellers.append(threading.current_thread().name)
        tell(signals)

    screens.push.teller._tell = telling  # type: ignore[method-assign]
    screens.push.teller._ensure_thread = lambda: None  # type: ignore[method-assign]
    with store.transaction() as tx:
        conversations.assign(tx, conversation.id, ada, ada.id)
    assert screens.push.teller.settle()
    assert tellers == [threading.current_thread().name]
    assert "row" in [event["name"] for event in screen.get_received()]
    assert screens.push.teller.settle(0)  # told, so nobody waits any longer
