"""Saved views: made, shared, changed, put in order, removed; each reader sees in one what they may see."""

from __future__ import annotations

from typing import Any

import pytest

from desk import agents, conversations, views
from desk.agents import Viewer
from desk.store import Store, Tx
from desk.views import BadView, NoView
from tests.factories import make_conversation, make_staff, make_team


class People:
    def __init__(self, tx: Tx) -> None:
        self.team = make_team(tx, name="Orders")
        self.other = make_team(tx, name="Returns")
        self.ada = self._viewer(tx, teams=(self.team,))
        self.bea = self._viewer(tx, teams=(self.team,))
        self.cyd = self._viewer(tx)
        self.lead = self._viewer(tx, role="supervisor")

    def _viewer(self, tx: Tx, **fields: Any) -> Viewer:
        found = agents.viewer(tx, make_staff(tx, **fields).id)
        assert found is not None
        return found


@pytest.fixture
def people(store: Store) -> People:
    with store.transaction() as tx:
        return People(tx)


def made(tx: Tx, viewer: Viewer, **fields: Any) -> views.View:
    values = {"name": "Refunds", "filters": "label:refund", "sort": "urgency", "shared": "private", **fields}
    return views.create(tx, viewer, **values)


def names(tx: Tx, viewer: Viewer) -> list[str]:
    return [view.name for view in views.every(tx, viewer)]


def test_who_has_a_view(store: Store, people: People) -> None:
    with store.transaction() as tx:
        made(tx, people.ada, name="Mine alone")
        made(tx, people.ada, name="Team's", shared="team", team_id=people.team.id)
        everybody = made(tx, people.ada, name="Everybody's", shared="everybody")
    with store.reading() as tx:
        assert names(tx, people.ada) == ["Mine alone", "Team's", "Everybody's"]
        assert names(tx, people.bea) == ["Team's", "Everybody's"]
        assert names(tx, people.cyd) == names(tx, people.lead) == ["Everybody's"]
        assert views.get(tx, everybody.id, people.cyd).name == "Everybody's"
        mine = views.every(tx, people.ada)[0]
        with pytest.raises(NoView):
            views.get(tx, mine.id, people.lead)


def test_who_may_change_it(store: Store, people: People) -> None:
    change = {"name": "Other", "filters": "is:open", "sort": "latest", "shared": "everybody"}
    with store.transaction() as tx:
        view = made(tx, people.ada, shared="everybody")
        with pytest.raises(BadView, match="belongs to a colleague"):
            views.change(tx, view.id, people.cyd, **change)
        with pytest.raises(BadView, match="belongs to a colleague"):
            views.remove(tx, view.id, people.cyd)
        views.change(tx, view.id, people.lead, **change)
        with pytest.raises(BadView, match="for themselves"):
            views.change(tx, view.id, people.lead, **change | {"shared": "private"})
        views.remove(tx, view.id, people.ada)
        assert names(tx, people.cyd) == []


def test_the_order_is_each_ones_own(store: Store, people: People) -> None:
    with store.transaction() as tx:
        ids = [made(tx, people.ada, name=name, shared="everybody").id for name in "ABC"]
        views.move(tx, ids[2], people.bea, -1)
        views.move(tx, ids[2], people.bea, -1)
        views.move(tx, ids[2], people.bea, -1)  # it is the first already
        made(tx, people.ada, name="D", shared="everybody")
    with store.reading() as tx:
        assert names(tx, people.bea) == ["C", "A", "B", "D"]
        assert names(tx, people.ada) == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "60 characters"),
        ({"filters": "is:open " + "label:a " * 60}, "300 characters"),
        ({"sort": "colour"}, "sorted by"),
        ({"shared": "nobody"}, "private"),
        ({"shared": "team", "team_id": None}, "team that you are in"),
        ({"filters": "is:open is:resolved"}, "at once"),
    ],
)
def test_what_a_view_cannot_be(store: Store, people: People, fields: dict[str, Any], says: str) -> None:
    with store.transaction() as tx, pytest.raises(BadView, match=says):
        made(tx, people.ada, **fields)


def test_nobody_shares_with_a_team_of_others(store: Store, people: People) -> None:
    with store.transaction() as tx:
        with pytest.raises(BadView, match="team that you are in"):
            made(tx, people.ada, shared="team", team_id=people.other.id)
        assert made(tx, people.lead, shared="team", team_id=people.other.id).team_id == people.other.id


def test_a_view_holds_what_is_open_unless_it_says_otherwise(store: Store, people: People) -> None:
    with store.transaction() as tx:
        assert made(tx, people.ada).filters == "label:refund is:open"
        assert made(tx, people.ada, name="Undone", filters="-is:resolved").filters == "-is:resolved"


def test_each_sees_what_they_may_see_and_me_is_who_reads(store: Store, people: People) -> None:
    with store.transaction() as tx:
        seen = make_conversation(tx, labels=("refund",), assignee_id=people.cyd.id)
        make_conversation(tx, labels=("refund",), team_id=people.team.id)
        make_conversation(tx, labels=("other",))
        refunds = made(tx, people.ada, shared="everybody")
        mine = made(tx, people.ada, name="Mine", filters="assignee:me", shared="everybody")
    with store.reading() as tx:
        assert [row.id for row in views.page(tx, refunds, people.cyd).rows] == [seen.id]
        assert len(views.page(tx, refunds, people.ada).rows) == 2
        assert [row.id for row in views.page(tx, mine, people.cyd).rows] == [seen.id]
        assert views.page(tx, mine, people.ada).rows == []
        assert views.count(tx, refunds, people.ada) == (2, False)
        assert [row.id for row in views.rows_of(tx, mine, people.cyd, [seen.id, 4711])] == [seen.id]


def test_a_filter_that_means_nothing_any_more_is_named(store: Store, people: People) -> None:
    with store.transaction() as tx:
        view = made(tx, people.ada, filters="team:orders")
        agents.rename_team(tx, people.team.id, "Workshop")
    with store.reading() as tx:
        with pytest.raises(BadView) as told:
            views.page(tx, view, people.ada)
        assert told.value.problem is not None and told.value.problem.value == "orders"
        assert views.count(tx, view, people.ada) == (0, False)


def test_a_teams_queue_is_for_its_members(store: Store, people: People) -> None:
    with store.transaction() as tx:
        there = make_conversation(tx, team_id=people.team.id, assignee_id=people.bea.id)
        make_conversation(tx, team_id=people.other.id)
    with store.reading() as tx:
        name = f"team-{people.team.id}"
        assert [row.id for row in conversations.queue(tx, people.ada, name).rows] == [there.id]
        assert [row.id for row in conversations.queue(tx, people.lead, name).rows] == [there.id]
        assert conversations.counts(tx, people.ada)[name] == 1
        with pytest.raises(conversations.NotVisible):
            conversations.queue(tx, people.cyd, name)


def test_one_owner_has_each_name_once(store: Store, people: People) -> None:
    with store.transaction() as tx:
        first, other = made(tx, people.ada), made(tx, people.ada, name="Late")
        made(tx, people.bea, shared="everybody")  # hers, though Ada sees both
    for name in ("Refunds", " refunds ", "REFUNDS"):
        with store.transaction() as tx, pytest.raises(BadView, match="of this name already"):
            made(tx, people.ada, name=name)
    fields: dict[str, Any] = {"filters": "label:refund", "sort": "urgency", "shared": "private"}
    with store.transaction() as tx, pytest.raises(BadView, match="of this name already"):
        views.change(tx, other.id, people.ada, name="refunds", **fields)
    with store.transaction() as tx:
        assert views.change(tx, first.id, people.ada, name="Refunds", **fields).name == "Refunds"  # its own
