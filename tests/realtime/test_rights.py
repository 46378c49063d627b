"""Whoever loses a right, a team or their session hears nothing more from that commit on, without having to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desk import agents, conversations
from desk.agents import Viewer
from desk.store import Store, Tx
from tests import factories
from tests.realtime.conftest import Screens
from tests.servers.needs import wait_for


def over(screens: Screens) -> None:
    screens.app.extensions["loopdesk.rights"].teller.stop()


@pytest.mark.parametrize(
    "change",
    [
        lambda tx, who: agents.deactivate(tx, who.id),
        lambda tx, who: agents.end_sessions(tx, who.id),
        lambda tx, who: agents.change(tx, who.id, role="agent"),
        lambda tx, who: agents.set_teams(tx, who.id, frozenset()),
    ],
    ids=["removed", "signed out", "another role", "out of a team"],
)
def test_their_sockets_end_with_the_commit(
    screens: Screens, store: Store, change: Callable[[Tx, Viewer], object]
) -> None:
    who, other = screens.staff("Cid Lead", "supervisor"), screens.staff("Ada Ant")
    with store.transaction() as tx:
        team = agents.create_team(tx, "Returns")
        agents.set_teams(tx, who.id, frozenset({team.id}))
        conversation = factories.make_conversation(tx, team_id=team.id)
        found = agents.viewer(tx, who.id)
    over(screens)
    assert found is not None
    theirs, hers = screens.screen(found), screens.screen(other)
    with store.transaction() as tx:
        change(tx, who)
    wait_for(lambda: not theirs.is_connected(), "the socket to end")
    assert hers.is_connected()
    with store.transaction() as tx:
        conversations.set_priority(tx, conversation.id, None, 1)
    screens.told(hers)
    assert screens.app.extensions["loopdesk.company"].all()[0].staff_id == other.id


def test_what_was_rolled_back_ends_nothing(screens: Screens, store: Store) -> None:
    who = screens.staff("Ada Ant")
    screen = screens.screen(who)
    with pytest.raises(RuntimeError), store.transaction() as tx:
        agents.end_sessions(tx, who.id)
        raise RuntimeError("the power went")
    over(screens)
    assert screen.is_connected()
