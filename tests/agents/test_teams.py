"""Teams and who is in them."""

from __future__ import annotations

import pytest

from desk import agents
from desk.store import Store
from tests.factories import make_staff


def test_members_come_and_go_and_twice_is_once(store: Store) -> None:
    with store.transaction() as tx:
        ada, bo = make_staff(tx, name="Ada"), make_staff(tx, name="Bo")
        returns, home = agents.create_team(tx, "Returns  &\tdelivery"), agents.create_team(tx, "Home")
        agents.add_member(tx, returns.id, ada.id)
        agents.add_member(tx, returns.id, ada.id)
        agents.set_teams(tx, bo.id, frozenset({returns.id, home.id}))
        agents.set_teams(tx, bo.id, frozenset({home.id}))
        agents.remove_member(tx, home.id, ada.id)
    with store.reading() as tx:
        assert [(t.name, t.staff_ids) for t in agents.teams(tx)] == [
            ("Home", (bo.id,)),
            ("Returns & delivery", (ada.id,)),
        ]


def test_names_of_teams_are_unique_whatever_their_case(store: Store) -> None:
    with store.transaction() as tx:
        team = agents.create_team(tx, "Übersee")
        agents.rename_team(tx, team.id, "ÜBERSEE")  # its own name is free for itself
        for name, reason in (("übersee", "taken"), (" ", "name"), ("x" * 121, "name")):
            with pytest.raises(agents.TeamRefused) as refused:
                agents.create_team(tx, name)
            assert refused.value.reason == reason
        with pytest.raises(LookupError):
            agents.add_member(tx, 999, 1)
        with pytest.raises(LookupError):
            agents.add_member(tx, team.id, 999)
