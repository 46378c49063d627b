"""The bell: told to one colleague on all their screens at once, with how it rings, and silent for what they look at."""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIOTestClient

from desk import conversations, notices, reactions
from desk.store import Store
from tests import factories
from tests.realtime.conftest import Screens


def rings(screens: Screens, screen: SocketIOTestClient) -> list[dict[str, Any]]:
    return [what for name, what in screens.told(screen) if name == "notice"]


def test_it_rings_on_every_screen_of_whoever_is_told_and_on_no_other(screens: Screens, store: Store) -> None:
    store.react_with(reactions.react)
    ada, bea = screens.staff("Ada Ant"), screens.staff("Bea Bee")
    hers, also_hers, theirs = screens.screen(ada), screens.screen(ada), screens.screen(bea)
    with store.transaction() as tx:
        notices.choose(tx, ada.id, notices.Choice({"assigned": notices.Ways(sound=True)}))
        number = factories.make_conversation(tx, factories.make_customer(tx, name="Marta Lindqvist")).id
        conversations.assign(tx, number, bea, ada.id)
    (told,) = rings(screens, hers)
    assert told == {
        "unread": 1, "cap": 99, "id": "1", "kind": "assigned", "text": "Bea Bee assigned Marta Lindqvist to you",
        "about": "My order has not arrived", "in_app": True, "sound": True, "browser": False,
    }  # fmt: skip
    assert rings(screens, also_hers) == [told]
    assert rings(screens, theirs) == []
    with store.transaction() as tx:
        notices.read(tx, ada.id)
    assert rings(screens, also_hers) == [{"unread": 0, "cap": 99}]


def test_a_screen_is_told_once_what_is_unread_when_it_comes(screens: Screens, store: Store) -> None:
    ada = screens.staff("Ada Ant")
    with store.transaction() as tx:
        for number in range(3):
            notices.tell(tx, "rule", [ada.id], detail={"rule_id": number, "name": "Loud"})
    screen = screens.screen(ada)
    for _ in range(2):
        screen.emit("open", None)
    assert [what for name, what in screens.told(screen) if name == "bell"] == [{"unread": 3, "cap": 99}]


def test_nothing_sounds_in_quiet_hours_but_the_count_goes_up(screens: Screens, store: Store) -> None:
    store.react_with(reactions.react)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    with store.transaction() as tx:
        ways = {"assigned": notices.Ways(sound=True, browser=True)}
        notices.choose(tx, ada.id, notices.Choice(ways, notices.quiet_of("08:00", "10:00", [])))
        conversations.assign(tx, factories.make_conversation(tx).id, None, ada.id)
    (told,) = rings(screens, screen)
    assert (told["unread"], told["sound"], told["browser"]) == (1, False, False)


def test_what_is_on_a_focused_screen_does_not_ring_and_opening_it_reads_what_had_rung(
    screens: Screens, store: Store
) -> None:
    store.react_with(reactions.react)
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    with store.transaction() as tx:
        number = factories.make_conversation(tx).id
        conversations.assign(tx, number, None, ada.id)
    assert [told["unread"] for told in rings(screens, screen)] == [1]
    screen.emit("open", str(number), callback=True)
    assert rings(screens, screen) == []  # open, but nobody has said that it has the focus
    screen.emit("here", {"visible": True, "focused": True})
    assert [told["unread"] for told in rings(screens, screen)] == [0]
    with store.transaction() as tx:
        conversations.assign(tx, number, None, None)
        conversations.assign(tx, number, None, ada.id)
    assert rings(screens, screen) == []
    screen.emit("here", {"visible": True, "focused": False})
    with store.transaction() as tx:
        conversations.assign(tx, number, None, None)
        conversations.assign(tx, number, None, ada.id)
    assert [told["unread"] for told in rings(screens, screen)] == [1]
    screen.emit("here", {"visible": True, "focused": True})
    screen.disconnect()
    with store.reading() as tx:
        assert notices.looking(tx, number) == set()
