"""How much the queues hold: told to every console by itself, each with what its viewer may see, once for a burst."""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIOTestClient

from desk import agents, conversations
from desk.store import Store
from tests import factories
from tests.realtime.conftest import Screens
from tests.servers.needs import wait_for


def last(screens: Screens, screen: SocketIOTestClient, seen: list[dict[str, Any]]) -> dict[str, int]:
    """What was told last; all of it is kept in `seen`."""
    seen += screens.counts(screen)
    return seen[-1]["counts"] if seen else {}


def test_each_console_is_told_what_its_viewer_may_see(screens: Screens, store: Store) -> None:
    ada, bea = screens.staff("Ada Ant"), screens.staff("Bea Bee")
    with store.transaction() as tx:
        team_id = agents.create_team(tx, "Parcels").id
        agents.set_teams(tx, bea.id, frozenset({team_id}))
    hers, theirs = screens.screen(ada), screens.screen(bea)
    with store.transaction() as tx:
        ours = factories.make_conversation(tx, team_id=team_id)
        factories.make_conversation(tx)
        conversations.assign(tx, ours.id, None, bea.id)
    told_to_ada: list[dict[str, Any]] = []
    told_to_bea: list[dict[str, Any]] = []
    wait_for(lambda: last(screens, theirs, told_to_bea).get("all") == 2, "both for who is in the team", 5)
    found = told_to_bea[-1]["counts"]
    assert (found["mine"], found["unassigned"], found[f"team-{team_id}"]) == (1, 1, 1)
    assert told_to_bea[-1]["cap"] == conversations.CAP
    wait_for(lambda: last(screens, hers, told_to_ada).get("all") == 1, "one for who is not", 5)
    assert f"team-{team_id}" not in told_to_ada[-1]["counts"]


def test_what_changes_together_is_counted_together_and_the_last_word_is_right(screens: Screens, store: Store) -> None:
    ada = screens.staff("Ada Ant")
    screen, told = screens.screen(ada), []
    with store.transaction() as tx:
        numbers = [factories.make_conversation(tx).id for _ in range(12)]
    for number in numbers:
        with store.transaction() as tx:
            conversations.assign(tx, number, None, ada.id)
    wait_for(lambda: last(screens, screen, told).get("mine") == 12, "all twelve", 10)
    assert len(told) < 12
