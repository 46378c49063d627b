"""Who may connect, what a screen may open, and who is seen to be there."""

from __future__ import annotations

from desk import agents, conversations, timeline
from desk.store import Store
from tests import factories
from tests.realtime.conftest import Screens


def test_only_a_valid_session_connects(screens: Screens, store: Store) -> None:
    stranger = screens.socketio.test_client(screens.app, flask_test_client=screens.app.test_client())
    assert not stranger.is_connected()
    ada = screens.staff("Ada Ant")
    assert screens.screen(ada).is_connected()
    with store.transaction() as tx:
        agents.end_sessions(tx, ada.id)
    assert not screens.screen(ada).is_connected()


def test_past_the_cap_a_screen_is_refused_and_gets_the_place_that_is_left(screens: Screens) -> None:
    screens.app.config["SOCKET_CAP"] = 1
    ada = screens.staff("Ada Ant")
    first = screens.screen(ada)
    assert first.is_connected()
    assert not screens.screen(ada).is_connected()
    first.disconnect()
    assert screens.screen(ada).is_connected()


def elsewhere(store: Store) -> Store:
    """The same database as another process has it: what is committed there is not heard here."""
    return Store(store.engine, store.clock, store.keys)


def test_somebody_who_was_switched_off_is_sent_away_at_the_next_sign_of_life(screens: Screens, store: Store) -> None:
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    with elsewhere(store).transaction() as tx:
        agents.deactivate(tx, ada.id)
    screen.emit("here", {"writing": False})
    assert not screen.is_connected()


def test_whoever_changes_teams_comes_back_with_new_rooms(screens: Screens, store: Store) -> None:
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    with elsewhere(store).transaction() as tx:
        team = agents.create_team(tx, "Returns")
        agents.set_teams(tx, ada.id, {team.id})
        conversation = factories.make_conversation(tx, team_id=team.id)
    screen.emit("here", {})
    assert not screen.is_connected()  # its own script connects again
    again = screens.screen(ada)
    assert again.emit("open", str(conversation.id), callback=True)["ok"] is True


def test_who_opens_a_conversation_hears_how_it_stands_now(screens: Screens, store: Store) -> None:
    ada, bea = screens.staff("Ada Ant"), screens.staff("Bea Bee")
    with store.transaction() as tx:
        team = agents.create_team(tx, "Returns")
        customer = factories.make_customer(tx)
        conversation = factories.make_conversation(tx, customer)
        line = factories.make_entry(tx, conversation, "Hello")
        theirs = factories.make_conversation(tx, customer, team_id=team.id)
        factories.make_entry(tx, theirs, "Not for everybody")
        conversations.assign(tx, conversation.id, bea, bea.id)
    said = screens.screen(ada).emit("open", str(conversation.id), callback=True)
    assert said["head"] == {"status": "open", "level": "calm", "assignee": str(bea.id)}
    with store.reading() as tx:
        visible = conversations.visible_entries(ada)
        newest = timeline.page(tx, conversation.customer_id, limit=1, visible=visible)[0]
    assert said["newest"] == str(newest.id) != str(line.id)
    assert newest.kind == "assigned"


def test_nonsense_is_not_opened(screens: Screens) -> None:
    screen = screens.screen(screens.staff("Ada Ant"))
    for nonsense in ("x", "-1", "99999999999999", {"id": 1}, ["1"], "1" * 400, 1.5):
        assert screen.emit("open", nonsense, callback=True) == {"ok": False}, nonsense
    assert screen.emit("open", None, callback=True) == {"ok": True}
    assert screen.is_connected()


def test_colleagues_see_who_else_looks_and_who_writes(screens: Screens, store: Store) -> None:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
    ada, bea = screens.staff("Ada Ant"), screens.staff("Bea Bee")
    hers, theirs = screens.screen(ada), screens.screen(bea)
    hers.emit("open", str(conversation.id), callback=True)
    theirs.emit("open", str(conversation.id), callback=True)
    seen = [what for name, what in screens.told(hers) if name == "presence"][-1]
    assert seen == {
        "conversation": str(conversation.id),
        "others": [{"id": bea.id, "name": "Bea Bee", "writing": False}],
    }
    theirs.emit("here", {"writing": True})
    assert [what for name, what in screens.told(hers) if name == "presence"][-1]["others"][0]["writing"] is True
    theirs.disconnect()
    assert [what for name, what in screens.told(hers) if name == "presence"][-1]["others"] == []
